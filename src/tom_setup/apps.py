from django.apps import AppConfig


class TomSetupConfig(AppConfig):
    name = "tom_setup"
    label = "tom_setup"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Project set-up"
