import base64
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django import forms
from django.conf import settings
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import connection, models
from hypothesis import given
from hypothesis import strategies as st

from tom_common import session_utils
from tom_common.encryption import (
    ClearableEncryptedInput,
    DecryptionError,
    EncryptedFormField,
    EncryptedModelField,
    decrypt,
    encrypt,
)
from tom_common.models import EncryptableModelMixin, EncryptedProperty


class Keeper(models.Model):
    secret = EncryptedModelField(null=True, blank=True)

    class Meta:
        app_label = "tom_common"
        managed = False
        db_table = "test_keeper"


class OldKeeper(EncryptableModelMixin):
    # the table exists in some tests only: deleting a user elsewhere must not look for it
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+")
    _ciphertext_key = models.BinaryField(null=True)
    key = EncryptedProperty("_ciphertext_key")

    class Meta:
        app_label = "tom_common"
        managed = False
        db_table = "test_old_keeper"


@pytest.fixture
def table(transactional_db):
    with connection.schema_editor() as editor:
        editor.create_model(Keeper)
        editor.create_model(OldKeeper)
    yield
    with connection.schema_editor() as editor:
        editor.delete_model(OldKeeper)
        editor.delete_model(Keeper)


@given(st.text())
def test_round_trip(text):
    assert decrypt(encrypt(text)) == text


def test_the_key_is_the_one_of_the_contract(settings):
    settings.SECRET_KEY = "s3cret"
    key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"tom-toolkit-encryption-v1").derive(b"s3cret")
    fernet = Fernet(base64.urlsafe_b64encode(key))
    assert decrypt(fernet.encrypt(b"hello")) == "hello"
    assert fernet.decrypt(encrypt("hello")) == b"hello"


def test_fallback_keys_open_and_others_do_not(settings):
    settings.SECRET_KEY = "old"
    token = encrypt("x")
    settings.SECRET_KEY = "new"
    with pytest.raises(DecryptionError, match="SECRET_KEY_FALLBACKS"):
        decrypt(token)
    settings.SECRET_KEY_FALLBACKS = ["old"]
    assert decrypt(token) == "x"


def test_model_field_stores_ciphertext_and_gives_text(table):
    row = Keeper.objects.create(secret="pass wörd")
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM test_keeper")
        raw = bytes(cursor.fetchone()[0])
    assert b"pass" not in raw
    assert decrypt(raw) == "pass wörd"
    row.refresh_from_db()
    assert row.secret == "pass wörd"
    row.secret = None
    row.save()
    assert Keeper.objects.get().secret is None


@pytest.mark.parametrize("lookup", ["secret", "secret__contains", "secret__isnull", "secret__in", "secret__startswith"])
def test_every_lookup_is_refused(lookup):
    with pytest.raises(FieldError, match="encrypted"):
        str(Keeper.objects.filter(**{lookup: ["x"] if lookup.endswith("in") else "x"}).query)


def test_deconstruct_is_stable():
    field = EncryptedModelField(null=True, blank=True)
    _, path, args, kwargs = field.deconstruct()
    assert path == "tom_common.encryption.EncryptedModelField"
    assert EncryptedModelField(*args, **kwargs).deconstruct()[1:] == (path, args, kwargs)


class SecretForm(forms.ModelForm):
    class Meta:
        model = Keeper
        fields = ["secret"]


def test_form_keeps_replaces_and_clears():
    assert isinstance(SecretForm().fields["secret"], EncryptedFormField)
    for data, expected in [({}, "old"), ({"secret": ""}, "old"), ({"secret": "new"}, "new"), ({"secret-clear": "on"}, None)]:
        form = SecretForm(data, instance=Keeper(secret="old"))
        assert form.is_valid(), form.errors
        assert form.cleaned_data["secret"] == expected, data
    assert SecretForm({"secret": ""}, instance=Keeper()).is_valid()
    assert SecretForm({"secret-clear": "on"}, instance=Keeper(secret="old")).has_changed()
    assert not SecretForm({"secret": ""}, instance=Keeper(secret="old")).has_changed()


def test_widget_never_shows_the_secret():
    context = ClearableEncryptedInput().get_context("secret", "top-secret", {})
    assert "top-secret" not in str(context)
    assert context["widget"]["has_value"] is True
    assert context["widget"]["clear_name"] == "secret-clear"


def test_required_field():
    field = EncryptedFormField(required=True)
    assert field.clean(None, "kept") == "kept"
    with pytest.raises(forms.ValidationError):
        field.clean(None, None)
    with pytest.raises(forms.ValidationError):
        field.clean(False, "old")


def test_names_of_2_32(table, django_user_model):
    user = django_user_model.objects.create_user("u")
    row = OldKeeper(user=user)
    assert session_utils.set_encrypted_field(user, row, "key", "abc")
    row.save()
    row = OldKeeper.objects.get()
    assert b"abc" not in bytes(row._ciphertext_key)
    assert session_utils.get_encrypted_field(user, row, "key") == "abc"
    row._ciphertext_key = b"nonsense"
    assert session_utils.get_encrypted_field(user, row, "key") is None
    Fernet(session_utils.create_cipher_encryption_key(user, "password"))
    session_utils.save_key_to_session_store(b"", {})
    assert session_utils.get_key_from_session_store({}) == session_utils.get_key_from_session_model(None)
    session_utils.reencrypt_data(user)
    OldKeeper.objects.get().clear_encrypted_fields()
    assert OldKeeper.objects.get().key == ""


def test_rotation(table, django_user_model, settings):
    settings.SECRET_KEY = "old"
    Keeper.objects.create(secret="one")
    Keeper.objects.create(secret=None)
    old = OldKeeper(user=django_user_model.objects.create_user("u"))
    old.key = "two"
    old.save()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    out = StringIO()
    call_command("rotate_encryption_key", stdout=out)
    assert "2 secrets" in out.getvalue()
    settings.SECRET_KEY_FALLBACKS = []
    assert sorted(str(row.secret) for row in Keeper.objects.all()) == ["None", "one"]
    assert OldKeeper.objects.get().key == "two"
    settings.SECRET_KEY = "unrelated"
    with pytest.raises(CommandError, match="2 secrets"):
        call_command("rotate_encryption_key", stdout=out, stderr=StringIO())
