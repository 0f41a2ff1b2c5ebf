"""Storages as other projects have them."""

from django.core.files.storage import FileSystemStorage


class NoLocalPath(FileSystemStorage):
    """Keeps files, and knows neither a path on this disk nor an address for them."""

    def path(self, name):
        raise NotImplementedError("This storage has no local paths.")

    def url(self, name):
        raise NotImplementedError("This storage has no addresses.")

    def _inside(self):
        return FileSystemStorage(location=self.location)

    def _open(self, name, mode="rb"):
        return self._inside()._open(name, mode)

    def _save(self, name, content):
        return self._inside()._save(name, content)

    def delete(self, name):
        return self._inside().delete(name)

    def exists(self, name):
        return self._inside().exists(name)

    def size(self, name):
        return self._inside().size(name)
