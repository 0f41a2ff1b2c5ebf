from django.apps import AppConfig


class TomAlertsConfig(AppConfig):
    name = "tom_alerts"
    label = "tom_alerts"
    verbose_name = "Alerts"
    default_auto_field = "django.db.models.BigAutoField"

    def nav_items(self):
        return [{"partial": "tom_alerts/partials/navbar_link.html"}]
