"""Forms of data products, at the path that outside code imports."""

from .groups import AddProductToGroupForm
from .sharing import DataShareForm
from .upload import DataProductUploadForm, MultipleFileField, MultipleFileInput

__all__ = ["AddProductToGroupForm", "DataProductUploadForm", "DataShareForm", "MultipleFileField", "MultipleFileInput"]
