from django.apps import AppConfig, apps
from django.conf import settings


class TomCatalogsConfig(AppConfig):
    name = "tom_catalogs"
    label = "tom_catalogs"
    verbose_name = "Catalogs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        # Two apps would otherwise own one name; the data services' library takes precedence.
        if not apps.is_installed("tom_dataservices"):
            for engine in settings.TEMPLATES:
                if engine.get("BACKEND") == "django.template.backends.django.DjangoTemplates":
                    libraries = engine.setdefault("OPTIONS", {}).setdefault("libraries", {})
                    libraries.setdefault("dataservices_extras", "tom_catalogs.tags.dataservices_extras")

    def harvester_classes(self):
        return [
            "tom_catalogs.harvesters.simbad.SimbadHarvester",
            "tom_catalogs.harvesters.ned.NEDHarvester",
            "tom_catalogs.harvesters.jplhorizons.JPLHorizonsHarvester",
            "tom_catalogs.harvesters.tns.TNSHarvester",
        ]
