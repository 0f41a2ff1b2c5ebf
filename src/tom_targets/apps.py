from django.apps import AppConfig
from django.conf import settings


class TomTargetsConfig(AppConfig):
    name = "tom_targets"
    verbose_name = "Targets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from tom_common.comments import register_visibility
        from tom_targets import checks, signals  # noqa: F401
        from tom_targets.base_models import BaseTarget

        def seen_by(user):
            from tom_targets.policy import visible_to

            return visible_to(user)

        register_visibility(BaseTarget, seen_by)
        if not hasattr(settings, "GUARDIAN_GET_CONTENT_TYPE"):
            from guardian.conf import settings as guardian_settings

            guardian_settings.GET_CONTENT_TYPE = "tom_targets.content_types.get_content_type"
