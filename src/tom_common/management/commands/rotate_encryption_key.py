from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, router, transaction
from django.db.models import BinaryField, ExpressionWrapper, F

from tom_common.encryptable import EncryptableModelMixin
from tom_common.encryption import DecryptionError, EncryptedModelField, Unreadable, decrypt, encrypt, is_current


class Command(BaseCommand):
    help = (
        "Encrypt every stored secret anew with the current SECRET_KEY: encrypted fields, per-user credentials, second factors. First put the "
        "new key into SECRET_KEY and the old one into SECRET_KEY_FALLBACKS, then run this, then take the old key out. Each row is one "
        "transaction; what the current key opens already is passed over, so a run that broke off is simply run again."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what would be encrypted anew, and what cannot be opened.")
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS)

    def handle(self, *args: Any, **options: Any) -> None:
        self.dry_run, self.database = options["dry_run"], options["database"]
        self.renewed, self.current, self.failed = 0, 0, []
        for model in apps.get_models():
            if model._meta.proxy or not router.allow_migrate_model(self.database, model):
                continue
            names = [field.attname for field in model._meta.local_concrete_fields if isinstance(field, EncryptedModelField)]
            plain = sorted({member.db_field_name for member in model.encrypted_properties().values()}) if _is_old(model) else []
            if names or plain:
                self._rotate_columns(model, dict.fromkeys(names, Unreadable) | dict.fromkeys(plain, bytes))
        self._rotate_authenticators()
        for line in self.failed:
            self.stderr.write(self.style.ERROR(line))
        would = "would be encrypted" if self.dry_run else "encrypted"
        self.stdout.write(f"{self.renewed} secrets {would} with the current key, {self.current} were so already")
        if self.failed:
            raise CommandError(
                f"{len(self.failed)} secrets cannot be opened with SECRET_KEY or SECRET_KEY_FALLBACKS; they are as they were"
            )

    def _renew(self, what: str, data: bytes) -> bytes | None:
        """The same secret under the current key; None when there is nothing to do."""
        if is_current(data):
            self.current += 1
            return None
        try:
            text = decrypt(data)
        except DecryptionError as error:
            self.failed.append(f"{what}: {error}")
            return None
        self.renewed += 1
        return encrypt(text)

    def _rotate_columns(self, model: Any, seals: dict[str, Callable[[bytes], Any]]) -> None:
        # the columns as they are, past the decryption of the field
        raw = {f"raw_{number}": ExpressionWrapper(F(name), output_field=BinaryField()) for number, name in enumerate(seals)}
        rows = model._base_manager.using(self.database)
        for key in list(rows.values_list("pk", flat=True)):
            with transaction.atomic(using=self.database):
                held = rows.filter(pk=key).select_for_update(of=("self",)) if self._locks_rows() else rows.filter(pk=key)
                found = held.annotate(**raw).values_list(*raw).first()
                changes = {}
                for (name, seal), data in zip(seals.items(), found or (), strict=False):
                    if data and (new := self._renew(f"{model._meta.label} {key} {name}", bytes(data))):
                        changes[name] = seal(new)
                if changes and not self.dry_run:
                    rows.filter(pk=key).update(**changes)

    def _locks_rows(self) -> bool:
        from django.db import connections

        return connections[self.database].features.has_select_for_update_of

    def _rotate_authenticators(self) -> None:
        """Secrets of TOTP, seeds and codes of recovery, where the MFA adapter encrypts them (that of Django-allauth itself does not)."""
        if not apps.is_installed("allauth.mfa"):
            return
        from allauth.mfa.models import Authenticator
        from allauth.mfa.utils import encrypt as mfa_encrypt

        if mfa_encrypt("x") == "x":
            return
        rows = Authenticator.objects.using(self.database)
        for key in list(rows.values_list("pk", flat=True)):
            with transaction.atomic(using=self.database):
                row = rows.select_for_update().filter(pk=key).first()
                if row is not None and self._renew_factor(row) and not self.dry_run:
                    row.save(update_fields=["data"])

    def _renew_factor(self, row: Any) -> bool:
        changed = False
        for name in ("secret", "seed"):
            if row.data.get(name) and (new := self._renew(f"second factor {row.pk} {name}", row.data[name].encode())):
                row.data[name], changed = new.decode(), True
        codes = row.data.get("migrated_codes")
        for number, code in enumerate(codes if isinstance(codes, list) else []):
            if new := self._renew(f"second factor {row.pk} recovery code {number + 1}", code.encode()):
                codes[number], changed = new.decode(), True
        return changed


def _is_old(model: Any) -> bool:
    return issubclass(model, EncryptableModelMixin)
