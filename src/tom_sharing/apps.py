"""Floor 4: what is shared with other TOMs and streams by itself."""

from django.apps import AppConfig


class TomSharingConfig(AppConfig):
    name = "tom_sharing"
    label = "tom_sharing"
    verbose_name = "Sharing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from tom_dataproducts.events import data_added
        from tom_sharing.services.continuous import queue_new_data

        data_added.connect(queue_new_data, when="inside")
