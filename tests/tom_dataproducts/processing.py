"""Processors run on bytes, without a database."""

import io
from types import SimpleNamespace

from django.core.files.base import ContentFile


class Held(ContentFile):
    """A file in memory that opens again and again, as stored ones do."""

    def open(self, mode=None):
        return io.BytesIO(self.file.getvalue())


def product_of(content, name="file.csv", target=None):
    content = content.encode() if isinstance(content, str) else content
    return SimpleNamespace(data=Held(content, name=name), target=target)


def read(processor, content, name="file.csv", target=None, keep_good_rows=False):
    """What a processor gives of a file: rows, and the processor with its report."""
    processor.keep_good_rows = keep_good_rows
    return processor.process_data(product_of(content, name, target)), processor
