from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from tom_common.encryptable import EncryptableModelMixin
from tom_common.encryption import DecryptionError, EncryptedModelField, decrypt, encrypt


class Command(BaseCommand):
    help = (
        "Encrypt every stored secret anew with the current SECRET_KEY. First put the new key into SECRET_KEY and the old one into "
        "SECRET_KEY_FALLBACKS, then run this, then take the old key out."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        count, failed = 0, []
        for model in apps.get_models():
            names = [field.attname for field in model._meta.local_concrete_fields if isinstance(field, EncryptedModelField)]
            if names:
                count += self._rotate_fields(model, names, failed)
            if issubclass(model, EncryptableModelMixin):
                count += self._rotate_properties(model, failed)
        count += self._rotate_authenticators(failed)
        for line in failed:
            self.stderr.write(self.style.ERROR(line))
        self.stdout.write(f"{count} secrets encrypted with the current key")
        if failed:
            raise CommandError(f"{len(failed)} secrets cannot be opened with SECRET_KEY or SECRET_KEY_FALLBACKS; they are as they were")

    def _rotate_fields(self, model: Any, names: list[str], failed: list[str]) -> int:
        count = 0
        for key in list(model._base_manager.values_list("pk", flat=True)):
            for name in names:
                with transaction.atomic():
                    try:
                        value = model._base_manager.values_list(name, flat=True).get(pk=key)
                    except DecryptionError as error:
                        failed.append(f"{model._meta.label} {key} {name}: {error}")
                        continue
                    except model.DoesNotExist:
                        continue
                    if value:
                        model._base_manager.filter(pk=key).update(**{name: value})
                        count += 1
        return count

    def _rotate_properties(self, model: Any, failed: list[str]) -> int:
        count = 0
        columns = {member.db_field_name for member in model.encrypted_properties().values()}
        for row in model._base_manager.all():
            for column in columns:
                data = getattr(row, column)
                if not data:
                    continue
                try:
                    model._base_manager.filter(pk=row.pk).update(**{column: encrypt(decrypt(bytes(data)))})
                    count += 1
                except DecryptionError as error:
                    failed.append(f"{model._meta.label} {row.pk} {column}: {error}")
        return count

    def _rotate_authenticators(self, failed: list[str]) -> int:
        if not apps.is_installed("allauth.mfa"):
            return 0
        from allauth.mfa.models import Authenticator
        from allauth.mfa.utils import decrypt as mfa_decrypt
        from allauth.mfa.utils import encrypt as mfa_encrypt

        count = 0
        for row in Authenticator.objects.all():
            changed = False
            for name in ("secret", "seed"):
                if row.data.get(name):
                    try:
                        row.data[name] = mfa_encrypt(mfa_decrypt(row.data[name]))
                        changed = True
                    except (DecryptionError, ValueError) as error:
                        failed.append(f"second factor {row.pk}: {error}")
            if isinstance(row.data.get("migrated_codes"), list):
                try:
                    row.data["migrated_codes"] = [mfa_encrypt(mfa_decrypt(code)) for code in row.data["migrated_codes"]]
                    changed = True
                except (DecryptionError, ValueError) as error:
                    failed.append(f"recovery codes {row.pk}: {error}")
            if changed:
                row.save(update_fields=["data"])
                count += 1
        return count
