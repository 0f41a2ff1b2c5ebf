"""Per-user secrets as code written for 2.32 declares them; the encryption is that of `tom_common.encryption`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class EncryptedProperty:
    """A property whose value is kept encrypted in the binary field named by `db_field_name`."""

    def __init__(self, db_field_name: str) -> None:
        self.db_field_name = db_field_name

    def __set_name__(self, owner: type, name: str) -> None:
        self.property_name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        from tom_common.encryption import decrypt

        data = getattr(instance, self.db_field_name)
        return "" if not data else decrypt(bytes(data))

    def __set__(self, instance: Any, value: str | None) -> None:
        from tom_common.encryption import encrypt

        setattr(instance, self.db_field_name, encrypt(value) if value else None)


class EncryptableModelMixin(models.Model):
    """A model of one row per user with `EncryptedProperty` members."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)

    class Meta:
        abstract = True

    @classmethod
    def encrypted_properties(cls) -> dict[str, EncryptedProperty]:
        return {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items() if isinstance(value, EncryptedProperty)}

    def reencrypt_model_fields(self, decoding_cipher: Any = None, encoding_cipher: Any = None) -> None:
        """Encrypt the members anew with the given ciphers (default: ours, whose key comes from SECRET_KEY) and save."""
        from tom_common.encryption import decrypt, encrypt

        for member in self.encrypted_properties().values():
            data = getattr(self, member.db_field_name)
            if data:
                text = decoding_cipher.decrypt(bytes(data)).decode() if decoding_cipher else decrypt(bytes(data))
                setattr(self, member.db_field_name, encoding_cipher.encrypt(text.encode()) if encoding_cipher else encrypt(text))
        self.save()

    def clear_encrypted_fields(self) -> None:
        for member in self.encrypted_properties().values():
            setattr(self, member.db_field_name, None)
        self.save()
