class ArchiveRouter:
    """Sessions live in the archive, everything else at home; nothing of a TOM's is ever migrated into the archive."""

    def db_for_read(self, model, **hints):
        return "archive" if model._meta.app_label == "sessions" else "default"

    db_for_write = db_for_read

    def allow_relation(self, obj1, obj2, **hints):
        return (obj1._meta.app_label == "sessions") == (obj2._meta.app_label == "sessions")

    def allow_migrate(self, db, app_label, **hints):
        return (app_label == "sessions") == (db == "archive")
