"""Data products: files of a target or of an observation, and the groups in which they are gathered."""

from __future__ import annotations

import logging
import os
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.module_loading import import_string
from django.utils.text import slugify

from tom_common.fields import ExactCharField
from tom_observations.models import ObservationRecord
from tom_targets.models import BaseTarget

logger = logging.getLogger(__name__)

DEFAULT_DATA_TYPE_CHOICES = (("photometry", "Photometry"), ("spectroscopy", "Spectroscopy"))


def data_product_types() -> dict[str, tuple[str, str]]:
    """The types of data products of this TOM: key to (type, label)."""
    types = getattr(settings, "DATA_PRODUCT_TYPES", None)
    return types or {key: (key, label) for key, label in DEFAULT_DATA_TYPE_CHOICES}


def data_type_choices() -> list[tuple[str, str]]:
    return [(kind, label) for kind, label in data_product_types().values()]


class _LazyChoices:
    """The choices as settings say them when they are read, not when this module was imported."""

    def __iter__(self):
        return iter(data_type_choices())

    def __len__(self) -> int:
        return len(data_type_choices())

    def __getitem__(self, index: int) -> tuple[str, str]:
        return data_type_choices()[index]

    def __contains__(self, item: object) -> bool:
        return item in data_type_choices()


DATA_TYPE_CHOICES = _LazyChoices()
THUMBNAIL_DEFAULT_SIZE = getattr(settings, "THUMBNAIL_DEFAULT_SIZE", None) or (200, 200)


def data_product_path(instance: DataProduct, filename: str) -> str:
    """Where the file of a data product is kept: `<target>/<facility or "none">/<file>`, or as DATA_PRODUCT_PATH says."""
    own = getattr(settings, "DATA_PRODUCT_PATH", None)
    if own:
        path = own if callable(own) else import_string(own)
        if path is not data_product_path:
            return path(instance, filename)
    target = slugify(instance.target.name) or f"target-{instance.target_id}"
    facility = "none"
    if instance.observation_record_id is not None:
        facility = slugify(instance.observation_record.facility) or "none"
    return f"{target}/{facility}/{filename}"


def find_fits_img_size(filename: Any) -> tuple[int, int]:
    """The (width, height) for an image made of a FITS file: THUMBNAIL_MAX_SIZE, or the largest NAXIS1 and NAXIS2 in it."""
    from ..services.thumbnails import fits_image_size

    return fits_image_size(filename)


def is_fits_image_file(file: Any) -> bool:
    """Whether a file is a FITS file with an image in it (an extension named SCI)."""
    from ..services.thumbnails import has_science_image

    return has_science_image(file)


class DataProductGroup(models.Model):
    """Data products gathered under a name. With user groups given, its products are for these groups."""

    name = models.CharField(max_length=200, help_text="Name of the data product group")
    created = models.DateTimeField(auto_now_add=True, help_text="When the group was made")
    modified = models.DateTimeField(auto_now=True, help_text="When the group was last changed")
    user_groups = models.ManyToManyField(
        Group, blank=True, related_name="+", help_text="User groups that may see these products; none: whoever may see the target"
    )

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        from django.urls import reverse

        return reverse("dataproducts:group-detail", kwargs={"pk": self.pk})


class DataProduct(models.Model):
    """A file with data about a target, from an observation or uploaded."""

    FITS_EXTENSIONS = {".fits": "PRIMARY", ".fz": "SCI"}

    class Processing(models.TextChoices):
        NONE = "", "not processed"
        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    product_id = ExactCharField(max_length=255, unique=True, null=True, blank=True, help_text="Identifier at the source of the file")
    target = models.ForeignKey(BaseTarget, on_delete=models.CASCADE)
    observation_record = models.ForeignKey(ObservationRecord, null=True, default=None, blank=True, on_delete=models.CASCADE)
    data = models.FileField(upload_to=data_product_path, null=True, default=None, max_length=500)
    extra_data = models.TextField(blank=True, default="")
    group = models.ManyToManyField(DataProductGroup)
    created = models.DateTimeField(auto_now_add=True, help_text="When the data product was made")
    modified = models.DateTimeField(auto_now=True, help_text="When the data product was last changed")
    data_product_type = models.CharField(max_length=50, blank=True, default="")
    featured = models.BooleanField(default=False)
    thumbnail = models.FileField(upload_to=data_product_path, null=True, default=None, max_length=500)
    processing_state = models.CharField(max_length=10, choices=Processing.choices, blank=True, default="")
    processing_message = models.TextField(blank=True, default="", help_text="Why processing failed, or what it made")
    size_bytes = models.BigIntegerField(null=True, blank=True, default=None, editable=False, help_text="Size of the file in bytes")
    sha256 = models.CharField(max_length=64, blank=True, default="", editable=False, help_text="SHA-256 of the file, as it was stored")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, default=None, editable=False, on_delete=models.SET_NULL, related_name="+",
        help_text="Who uploaded the file; nobody, when it came from a facility",
    )

    class Meta:
        ordering = ("-created",)
        get_latest_by = ("modified",)

    def __str__(self) -> str:
        return self.data.name if self.data else (self.product_id or f"data product {self.pk}")

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.data_product_type and self.data_product_type not in {kind for kind, _ in data_type_choices()}:
            raise ValidationError("Not a valid DataProduct type.")
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        from django.urls import reverse

        return reverse("dataproducts:detail", kwargs={"pk": self.pk})

    def get_type_display(self) -> str:
        """The label of the type; a type that settings no longer name is shown as it is."""
        return dict(data_type_choices()).get(self.data_product_type, self.data_product_type)

    def get_file_name(self) -> str:
        return os.path.basename(self.data.name) if self.data else ""

    def get_file_extension(self) -> str:
        return os.path.splitext(self.data.name)[1] if self.data else ""

    def get_preview(self, size: tuple[int, int] | None = THUMBNAIL_DEFAULT_SIZE, redraw: bool = False) -> str | None:
        """URL of a small JPEG of a FITS image, made where it is missing or of another size; None for what is no image."""
        from ..services.thumbnails import preview_url

        return preview_url(self, size=size, redraw=redraw)

    def create_thumbnail(self, width: int | None = None, height: int | None = None) -> Any:
        """A temporary file with a JPEG of the FITS image (size in pixels), or None for what is no image."""
        from ..services.thumbnails import make_thumbnail

        return make_thumbnail(self, width=width, height=height)


class DataProductTag(models.Model):
    """A word by which data products are found again."""

    product = models.ForeignKey(DataProduct, on_delete=models.CASCADE, related_name="tags")
    name = ExactCharField(max_length=100, help_text="The tag, such as *host subtracted*")

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=("product", "name"), name="unique_product_tag")]
        indexes = [models.Index(fields=["name"], name="product_tag_name")]

    def __str__(self) -> str:
        return self.name
