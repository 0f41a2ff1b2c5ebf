"""Secrets at rest: Fernet with a key derived from SECRET_KEY (HKDF-SHA256); keys of SECRET_KEY_FALLBACKS still open."""

from __future__ import annotations

import base64
import logging
from functools import lru_cache
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import FieldError, ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from tom_common.errors import TomError

INFO = b"tom-toolkit-encryption-v1"
REDACTED = "••••••••"


FIXTURE_MARK = "encrypted:"
FERNET_BEGINS = "gAAAA"
logger = logging.getLogger(__name__)


class DecryptionError(TomError, ValueError):
    """The bytes were not encrypted with SECRET_KEY or one of SECRET_KEY_FALLBACKS."""

    status = 503
    code = "cannot_decrypt"
    default_message = (
        "This secret was encrypted under another SECRET_KEY: put the old key into SECRET_KEY_FALLBACKS, or enter the secret again."
    )


class Unreadable(str):
    """What a field holds that cannot be opened: reads as no secret, and is written back as it was until another one is entered."""

    ciphertext: bytes

    def __new__(cls, ciphertext: bytes) -> Unreadable:
        made = super().__new__(cls, "")
        made.ciphertext = ciphertext
        return made

    def __reduce__(self) -> Any:
        return (Unreadable, (self.ciphertext,))


@lru_cache(maxsize=32)
def _fernet(secret: str) -> Any:
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=INFO).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def _secret(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def encrypt(plaintext: str) -> bytes:
    """Encrypt text with the current key."""
    return _fernet(_secret(settings.SECRET_KEY)).encrypt(plaintext.encode())


def decrypt(ciphertext: bytes) -> str:
    """Decrypt what `encrypt` gave, with the current key or a fallback. DecryptionError when none fits."""
    from cryptography.fernet import InvalidToken

    for secret in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]:
        try:
            return _fernet(_secret(secret)).decrypt(bytes(ciphertext)).decode()
        except InvalidToken:
            continue
    raise DecryptionError


def is_current(ciphertext: bytes) -> bool:
    """Whether the current SECRET_KEY opens it, without its fallbacks."""
    from cryptography.fernet import InvalidToken

    try:
        _fernet(_secret(settings.SECRET_KEY)).decrypt(bytes(ciphertext))
    except InvalidToken:
        return False
    return True


class ClearableEncryptedInput(forms.PasswordInput):
    """An input that never shows the secret: left empty keeps it, the box `<name>-clear` removes it."""

    template_name = "tom_common/partials/clearable_encrypted_input.html"

    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__(attrs={"autocomplete": "new-password", **(attrs or {})}, render_value=False)

    def clear_name(self, name: str) -> str:
        return f"{name}-clear"

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, None, attrs)
        context["widget"] |= {
            "has_value": bool(value),
            "is_initial": bool(value),
            "clear_name": self.clear_name(name),
            "clear_checkbox_name": self.clear_name(name),
            "clear_checkbox_id": f"{self.clear_name(name)}_id",
            "redacted": REDACTED,
        }
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        entered = super().value_from_datadict(data, files, name)
        if entered:
            return entered
        return False if data.get(self.clear_name(name)) else None

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data and self.clear_name(name) not in data

    def use_required_attribute(self, initial: Any) -> bool:
        return super().use_required_attribute(initial) and not initial


class EncryptedFormField(forms.CharField):
    """Text that is kept encrypted. Cleaned: the new text, the former value when left empty, None when cleared."""

    widget = ClearableEncryptedInput

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("strip", False)
        super().__init__(**kwargs)

    def clean(self, value: Any, initial: Any = None) -> Any:
        if value is False:
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        if value in self.empty_values:
            if not initial and self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return initial or None
        return super().clean(value)

    def _clean_bound_field(self, bound_field: Any) -> Any:
        value = bound_field.initial if self.disabled else bound_field.data
        return self.clean(value, bound_field.initial)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return not self.disabled and data is not None and data != ""

    def prepare_value(self, value: Any) -> Any:
        return value


class EncryptedModelField(models.BinaryField):
    """A text that is encrypted in the database. In Python it is the plain text (or None); no lookup is possible.

    One that no key opens is `Unreadable`: an empty text, so that pages stand and the secret can be entered anew; it is logged. In fixtures
    (`dumpdata`) it stays encrypted, and only a TOM with the same key can load it.
    """

    description = _("Encrypted text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        # BinaryField drops editable=True from its kwargs only when it is the default there, which is False
        kwargs.pop("editable", None)
        if not self.editable:
            kwargs["editable"] = False
        return name, path, args, kwargs

    def get_prep_value(self, value: Any) -> bytes | None:
        if isinstance(value, Unreadable):
            return value.ciphertext
        if value is None or value == "":
            return None if self.null else b""
        if isinstance(value, bytes | bytearray | memoryview):
            value = bytes(value).decode()
        return encrypt(str(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if not prepared:
            value = self.get_prep_value(value)
        return value if value is None else connection.Database.Binary(value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        if value is None:
            return None
        data = bytes(value)
        try:
            return decrypt(data) if data else ""
        except DecryptionError as error:
            logger.warning("%s.%s: %s", self.model._meta.label, self.name, error)
            return Unreadable(data)

    def to_python(self, value: Any) -> Any:
        """The text; from a fixture, the encrypted form that `value_to_string` wrote."""
        if isinstance(value, str) and value.startswith(FIXTURE_MARK + FERNET_BEGINS):
            try:
                return decrypt(value.removeprefix(FIXTURE_MARK).encode())
            except DecryptionError as error:
                raise ValidationError(error.message, code=error.code) from error
        return value

    def get_lookup(self, lookup_name: str) -> Any:
        raise FieldError(f"{self.name} is encrypted: it cannot be looked up ({lookup_name})")

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(f"{self.name} is encrypted: it cannot be looked up ({lookup_name})")

    @property
    def flatchoices(self) -> list[tuple[Any, str]]:
        """What Django's administration shows of a read-only field: whether there is a secret, never the secret (that is its empty sign)."""
        return [(None, "not set"), ("", "not set")]

    def get_default(self) -> Any:
        if self.has_default():
            return super().get_default()
        return None if self.null else ""

    def value_to_string(self, obj: Any) -> str:
        # fixtures carry the encrypted form, never the text
        value = self.value_from_object(obj)
        if isinstance(value, Unreadable):
            return FIXTURE_MARK + value.ciphertext.decode("ascii", "replace")
        return "" if not value else FIXTURE_MARK + encrypt(value).decode()

    def formfield(self, **kwargs: Any) -> Any:
        kwargs.pop("widget", None) if not isinstance(kwargs.get("widget"), ClearableEncryptedInput) else None
        options = {
            "required": not self.blank,
            "label": self.verbose_name.capitalize() if self.verbose_name else None,
            "help_text": self.help_text,
        }
        return EncryptedFormField(
            **{**options, **{k: v for k, v in kwargs.items() if k in {"required", "label", "help_text", "widget", "initial"}}}
        )
