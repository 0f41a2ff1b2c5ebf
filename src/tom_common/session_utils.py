"""Per-user secrets by the names of 2.32. The key no longer comes from the password: all go to `tom_common.encryption`."""

from __future__ import annotations

import logging
from typing import Any

from django.apps import apps

from tom_common.encryptable import EncryptableModelMixin

logger = logging.getLogger(__name__)

SESSION_KEY_FOR_CIPHER_ENCRYPTION_KEY = "cipher_encryption_key"


def _models() -> list[type[EncryptableModelMixin]]:
    return [model for model in apps.get_models() if issubclass(model, EncryptableModelMixin)]


def create_cipher_encryption_key(user: Any = None, password: str | None = None) -> bytes:
    """The key that encrypts secrets now; it depends neither on the user nor on the password."""
    import base64

    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    from django.conf import settings

    from tom_common.encryption import INFO

    key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=INFO).derive(str(settings.SECRET_KEY).encode())
    return base64.urlsafe_b64encode(key)


def save_key_to_session_store(key: bytes, session_store: Any) -> None:
    """Nothing is kept in the session any more."""


def get_key_from_session_model(session: Any) -> bytes:
    return create_cipher_encryption_key()


def get_key_from_session_store(session_store: Any) -> bytes:
    return create_cipher_encryption_key()


def get_encrypted_field(user: Any, model_instance: Any, field_name: str) -> str | None:
    """The text of an encrypted property; None when there is none or it cannot be opened."""
    from tom_common.encryption import DecryptionError

    try:
        return getattr(model_instance, field_name) or None
    except DecryptionError as error:
        logger.warning("%s of %s %s: %s", field_name, type(model_instance).__name__, model_instance.pk, error)
        return None


def set_encrypted_field(user: Any, model_instance: Any, field_name: str, value: str | None) -> bool:
    """Set an encrypted property (not saved). True when done."""
    setattr(model_instance, field_name, value)
    return True


def reencrypt_data(user: Any = None) -> None:
    """Encrypt a user's secrets with the current key."""
    for model in _models():
        for row in model._default_manager.filter(user=user):
            row.reencrypt_model_fields()


def reencrypt_encypted_fields_for_user(app_config: Any, user: Any, decoding_cipher: Any = None, encoding_cipher: Any = None) -> None:
    for model in app_config.get_models():
        if issubclass(model, EncryptableModelMixin):
            for row in model._default_manager.filter(user=user):
                row.reencrypt_model_fields(decoding_cipher, encoding_cipher)


def clear_encrypted_fields_for_user(app_config: Any, user: Any) -> None:
    for model in app_config.get_models():
        if issubclass(model, EncryptableModelMixin):
            for row in model._default_manager.filter(user=user):
                row.clear_encrypted_fields()
