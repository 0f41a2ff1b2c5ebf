"""Storing files as data products."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.core.files.base import ContentFile, File
from django.db import IntegrityError, transaction
from guardian.shortcuts import assign_perm

from tom_common.conf import tom_settings
from tom_common.errors import ConflictError, InvalidInputError, RowError
from tom_common.services.history import record_history
from tom_common.tasks import enqueue
from tom_dataproducts.events import product_stored
from tom_dataproducts.models import DataProduct, DataProductGroup
from tom_dataproducts.models.products import data_type_choices
from tom_dataproducts.storage import leads_outside

from .images import may_be_picture
from .thumbnails import store_preview_task

LONGEST_NAME = 120
CHUNK = 1 << 20


def safe_name(filename: str) -> str:
    """The last part of a file name in plain characters: no folders, no leading dots, nothing a shell or a browser could act on."""
    name = unicodedata.normalize("NFKC", str(filename)).replace("\\", "/").rsplit("/", 1)[-1]
    name = re.sub(r"[^\w.+()=,@ -]", "_", name).strip(" .").replace(" ", "_").lstrip("-")
    if not name or not re.search(r"\w", name):
        raise InvalidInputError(errors=[RowError(None, "files", filename, "this is no file name")])
    stem, ending = os.path.splitext(name)
    return stem[: LONGEST_NAME - len(ending)] + ending[:20]


def store_product(
    *,
    target: Any,
    filename: str,
    content: Any,
    actor: Any = None,
    observation_record: Any = None,
    product_id: str | None = None,
    data_product_type: str = "",
    extra_data: str = "",
    groups: Iterable[DataProductGroup] = (),
    or_existing: bool = False,
) -> DataProduct:
    """Keep a file (bytes, str or a file object) as a data product.

    The file is read in pieces: once for its size and SHA-256, once into the storage. With `or_existing` a product of that `product_id` is
    given back when there is one. Raises InvalidInputError for a type, a name, a size or an ending that is not taken, ConflictError for a
    `product_id` that another product has.
    """
    product_id = product_id or None
    if product_id is not None and (known := DataProduct.objects.filter(product_id=product_id).first()) is not None:
        if or_existing:
            return known
        raise ConflictError(f"A data product {product_id} exists already.")
    name = _check(filename, data_product_type)
    file = _as_file(content, name)
    size_bytes, sha256 = _measure(file, name)
    product = DataProduct(
        target_id=target.pk,
        observation_record=observation_record,
        product_id=product_id,
        data_product_type=data_product_type,
        extra_data=extra_data,
        size_bytes=size_bytes,
        sha256=sha256,
        added_by_id=_account(actor),
    )
    try:
        with transaction.atomic():
            _save_inside(product, name, file)
            product.save()
            product.group.set(groups)
            if product.added_by_id and not tom_settings.TARGET_PERMISSIONS_ONLY:
                open_to(product, actor)
            record_history(actor=actor, verb="stored", obj=product, after={"file": product.data.name, "type": data_product_type})
            product_stored.send(product_id=product.pk, target_id=product.target_id, actor=actor)
            if tom_settings.AUTO_THUMBNAILS and may_be_picture(name):
                transaction.on_commit(lambda: enqueue(store_preview_task, product.pk, actor=actor))
    except BaseException as error:
        if product.data.name:
            product.data.storage.delete(product.data.name)
        if isinstance(error, IntegrityError) and product_id is not None:
            known = DataProduct.objects.filter(product_id=product_id).first()
            if known is not None and or_existing:
                return known
            if known is not None:
                raise ConflictError(f"A data product {product_id} exists already.") from None
        raise
    finally:
        # read once only, and so copied by us
        if file.file is not content and isinstance(file.file, tempfile.SpooledTemporaryFile):
            file.close()
    return product


def open_to(product: DataProduct, holder: Any) -> None:
    """Every right on the product to a user or a group."""
    for action in ("view", "change", "delete"):
        assign_perm(f"tom_dataproducts.{action}_dataproduct", holder, product)


def _save_inside(product: DataProduct, name: str, file: File) -> None:
    """Into the storage, and nowhere else: a folder in it may be a link."""
    folder = product.data.field.generate_filename(product, name)
    planned = product.data.field.attr_class(product, product.data.field, folder)
    if leads_outside(planned):
        raise InvalidInputError(errors=[RowError(None, "files", name, "its folder is a link that leads outside of the storage")])
    product.data.save(name, file, save=False)


def _account(actor: Any) -> int | None:
    """The key of the account, where there is one behind `actor`."""
    return actor.pk if getattr(actor, "pk", None) and getattr(actor, "is_authenticated", False) else None


def _measure(file: File, name: str) -> tuple[int, str]:
    """Size and SHA-256, read in pieces; the file stands at its start again. Stops at TOM_UPLOAD_MAX_BYTES."""
    limit = tom_settings.TOM_UPLOAD_MAX_BYTES
    too_large = InvalidInputError(errors=[RowError(None, "files", name, f"larger than the {limit:,} bytes that are taken")])
    if file.size is not None and file.size > limit:
        raise too_large
    found, size = hashlib.sha256(), 0
    for chunk in file.chunks(CHUNK):
        size += len(chunk)
        if size > limit:
            raise too_large
        found.update(chunk)
    file.seek(0)
    return size, found.hexdigest()


def _check(filename: str, data_product_type: str) -> str:
    name = safe_name(filename)
    kinds = [kind for kind, _ in data_type_choices()]
    if data_product_type and data_product_type not in kinds:
        raise InvalidInputError(
            errors=[
                RowError(
                    None,
                    "data_product_type",
                    data_product_type,
                    f"Not a valid data_product_type. Valid data_product_types are {', '.join(kinds)}.",
                )
            ]
        )
    ending = os.path.splitext(name)[1].lower()
    if ending in tom_settings.TOM_UPLOAD_REFUSED_EXTENSIONS:
        raise InvalidInputError(errors=[RowError(None, "files", name, f"files ending in {ending} are not taken as data")])
    return name


def _as_file(content: Any, name: str) -> File:
    if isinstance(content, str):
        content = content.encode()
    if isinstance(content, (bytes, bytearray, memoryview)):
        return ContentFile(bytes(content), name=name)
    if isinstance(content, File):
        return content
    if hasattr(content, "read"):
        return File(content if _rewinds(content) else _spooled(content, name), name=name)
    raise InvalidInputError(errors=[RowError(None, "files", type(content).__name__, "this is no file")])


def _rewinds(content: Any) -> bool:
    try:
        return bool(content.seekable()) and hasattr(content, "tell")
    except (AttributeError, ValueError):
        return False


def _spooled(content: Any, name: str) -> Any:
    """What can be read once only, such as the answer of a server, on disk: no more of it than is taken."""
    limit = tom_settings.TOM_UPLOAD_MAX_BYTES
    spool = tempfile.SpooledTemporaryFile(max_size=CHUNK)  # noqa: SIM115  (closed with the File around it)
    while chunk := content.read(CHUNK):
        spool.write(chunk)
        if spool.tell() > limit:
            spool.close()
            raise InvalidInputError(errors=[RowError(None, "files", name, f"larger than the {limit:,} bytes that are taken")])
    spool.seek(0)
    return spool
