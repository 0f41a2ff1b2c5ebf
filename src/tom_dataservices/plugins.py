"""The extension points that tom_dataservices offers, and what its own menu needs."""

from tom_common.plugins import PluginKind, register_kind

DATA_SERVICE = register_kind(
    PluginKind(
        "data service",
        help="a service that answers a query with targets, their names and their data",
        method="data_services",
        base="tom_dataservices.dataservices.DataService",
    )
)


def nav_context(context: dict) -> dict:
    """The data services of the menu."""
    from tom_dataservices.dataservices import get_data_service_classes

    services = get_data_service_classes()
    names = tuple((name, str(getattr(service, "verbose_name", "") or name)) for name, service in services.items())
    return {"data_services": services, "data_service_names": names}
