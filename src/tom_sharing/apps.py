from django.apps import AppConfig


class TomSharingConfig(AppConfig):
    name = "tom_sharing"
    label = "tom_sharing"
    verbose_name = "Sharing"
    default_auto_field = "django.db.models.BigAutoField"
