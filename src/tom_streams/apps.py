from django.apps import AppConfig


class TomStreamsConfig(AppConfig):
    name = "tom_streams"
    label = "tom_streams"
    verbose_name = "Streams"
    default_auto_field = "django.db.models.BigAutoField"
