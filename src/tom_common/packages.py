"""The packages that this distribution holds."""

OUR_APPS = frozenset(
    {
        "tom_alerts",
        "tom_base",
        "tom_calendar",
        "tom_catalogs",
        "tom_common",
        "tom_dataproducts",
        "tom_dataservices",
        "tom_observations",
        "tom_setup",
        "tom_sharing",
        "tom_streams",
        "tom_targets",
    }
)
OUR_PACKAGES = OUR_APPS | {"tom_astro", "tom_clients"}
