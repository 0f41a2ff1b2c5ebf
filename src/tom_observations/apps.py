"""Floor 2: observation records, their groups, templates and cadences, and the facilities that carry them out."""

from django.apps import AppConfig


class TomObservationsConfig(AppConfig):
    name = "tom_observations"
    verbose_name = "TOM Observations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from tom_targets.ports import observation_templates

        from .templates_port import ObservationTemplates

        observation_templates.fill(ObservationTemplates())

    def nav_items(self):
        return [{"partial": "tom_observations/partials/navbar_facilities_list.html", "position": "left"}]
