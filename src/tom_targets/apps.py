from django.apps import AppConfig
from django.conf import settings


def open_to(target):
    """To whom a target is open and why; its module imports models, so it is met first when it is asked."""
    from tom_targets.access import grants_of

    return grants_of(target)


class TomTargetsConfig(AppConfig):
    name = "tom_targets"
    verbose_name = "Targets"
    default_auto_field = "django.db.models.BigAutoField"
    bulk_actions = ("tom_targets.bulk",)

    def ready(self):
        from tom_common.access import register_explainer
        from tom_common.comments import register_visibility
        from tom_common.suggestions import register_suggestions
        from tom_targets import checks, comment_rights, signals  # noqa: F401
        from tom_targets.base_models import BaseTarget
        from tom_targets.models import TargetList
        from tom_targets.suggest import suggest

        register_visibility(BaseTarget, comment_rights.targets_seen_by)
        register_visibility(TargetList, comment_rights.lists_seen_by)
        register_suggestions("targets", suggest)
        register_explainer(BaseTarget, open_to)
        if not hasattr(settings, "GUARDIAN_GET_CONTENT_TYPE"):
            from guardian.conf import settings as guardian_settings

            guardian_settings.GET_CONTENT_TYPE = "tom_targets.content_types.get_content_type"
