from django.apps import AppConfig


class TomCatalogsConfig(AppConfig):
    name = "tom_catalogs"
    label = "tom_catalogs"
    verbose_name = "Catalogs"
    default_auto_field = "django.db.models.BigAutoField"

    def harvester_classes(self):
        return [
            "tom_catalogs.harvesters.simbad.SimbadHarvester",
            "tom_catalogs.harvesters.ned.NEDHarvester",
            "tom_catalogs.harvesters.jplhorizons.JPLHorizonsHarvester",
            "tom_catalogs.harvesters.tns.TNSHarvester",
        ]
