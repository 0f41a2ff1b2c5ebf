from django.apps import AppConfig
from django.urls import include, path


class TomDataServicesConfig(AppConfig):
    name = "tom_dataservices"
    label = "tom_dataservices"
    verbose_name = "Data services"
    default_auto_field = "django.db.models.BigAutoField"
    trimmed_name = "dataservices"

    def include_url_paths(self):
        return [path("tom_dataservices/", include("tom_dataservices.urls", namespace="dataservices"))]

    def nav_items(self):
        return [{"partial": "tom_dataservices/partials/navbar_list.html", "context": "tom_dataservices.plugins.nav_context"}]

    def data_services(self):
        return [
            {"class": "tom_dataservices.data_services.simbad.SimbadDataService"},
            {"class": "tom_dataservices.data_services.tns.TNSDataService"},
            {"class": "tom_dataservices.data_services.alerce.ALeRCEDataService"},
            {"class": "tom_dataservices.data_services.ned.NEDDataService"},
            {"class": "tom_dataservices.data_services.mpc.MPCExplorerDataService"},
        ]
