"""Floor 2: observation records, their groups, templates and cadences, and the facilities that carry them out."""

from django.apps import AppConfig


def records_seen_by(user):
    """Whose comments on observations one sees: of those that one sees themselves."""
    from .policy import visible_to

    return visible_to(user)


def groups_seen_by(user):
    from .policy import groups_visible_to

    return groups_visible_to(user)


def open_to(record):
    from .access import grants_of

    return grants_of(record)


class TomObservationsConfig(AppConfig):
    name = "tom_observations"
    verbose_name = "TOM Observations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from tom_common.access import register_explainer
        from tom_common.comments import register_visibility
        from tom_targets.ports import observation_templates

        from . import columns
        from .models import ObservationGroup, ObservationRecord
        from .templates_port import ObservationTemplates

        observation_templates.fill(ObservationTemplates())
        columns.register()
        register_explainer(ObservationRecord, open_to)
        register_visibility(ObservationRecord, records_seen_by)
        register_visibility(ObservationGroup, groups_seen_by)

    def nav_items(self):
        return [{"partial": "tom_observations/partials/navbar_facilities_list.html", "position": "left"}]
