"""Floor 3: data products, reduced data, their processors and plots."""

from django.apps import AppConfig


class TomDataproductsConfig(AppConfig):
    name = "tom_dataproducts"
    verbose_name = "TOM Data Products"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import signals

        signals.connect()
