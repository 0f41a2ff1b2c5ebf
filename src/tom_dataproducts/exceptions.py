"""Errors of data processing."""

from __future__ import annotations

from tom_common.errors import InvalidInputError


class InvalidFileFormatException(InvalidInputError):  # noqa: N818
    """The file is not what its type of data product says, or cannot be read. The message says why."""

    code = "invalid_file_format"
    default_message = "Unsupported file type"
