from django.apps import AppConfig


class NewFriendConfig(AppConfig):
    """An app without models whose one migration depends on every name that the toolkit ever published."""

    name = "tests.upgrade.newfriend"
    default_auto_field = "django.db.models.AutoField"
