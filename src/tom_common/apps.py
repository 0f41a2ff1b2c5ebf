import gc

from django.apps import AppConfig
from django.core.checks import register


class TomCommonConfig(AppConfig):
    name = "tom_common"
    verbose_name = "TOM: common"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tom_common import checks, comments, plotly_theme, signals

        signals.connect()
        comments.connect()
        plotly_theme.watch()
        for check in checks.CHECKS:
            register(check)
        for check in checks.CHECKS_OF_DEPLOYMENT:
            register(check, deploy=True)
        # what start-up made stays: no collection needs to walk through it again
        gc.freeze()

    def profile_details(self) -> list[dict]:
        return [
            {"partial": "tom_common/partials/user_data.html", "context": "tom_common.templatetags.user_extras.user_data"},
            {"partial": "tom_common/partials/security_card.html", "context": "tom_common.templatetags.user_extras.security_card"},
        ]
