"""Targets from files."""

from tom_targets.services.importing.files import change_mapping, check_file, discard_file, import_file, imports_of, receive_file
from tom_targets.services.importing.tables import largest_mb, open_table
from tom_targets.services.importing.undo import undo_import
from tom_targets.services.importing.writing import ImportResult, import_csv

__all__ = [
    "ImportResult", "change_mapping", "check_file", "discard_file", "import_csv", "import_file", "imports_of", "largest_mb", "open_table", "receive_file", "undo_import",
]  # fmt: skip
