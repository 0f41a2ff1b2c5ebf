from django.apps import AppConfig


class OldFriendConfig(AppConfig):
    name = "tests.upgrade.oldfriend"
    default_auto_field = "django.db.models.AutoField"
