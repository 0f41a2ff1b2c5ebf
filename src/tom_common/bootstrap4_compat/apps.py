from django.apps import AppConfig


class Bootstrap4CompatConfig(AppConfig):
    name = "tom_common.bootstrap4_compat"
    label = "tom_bootstrap4_compat"
    verbose_name = "Bootstrap 4 templates"
    default_auto_field = "django.db.models.BigAutoField"
