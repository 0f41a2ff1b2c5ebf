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


def rotate(**options):
    out, problems = StringIO(), StringIO()
    try:
        call_command("rotate_encryption_key", stdout=out, stderr=problems, **options)
    except CommandError as error:
        return f"{out.getvalue()}{problems.getvalue()}{error}"
    return out.getvalue()


def raw_of(table="test_keeper"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT secret FROM {table} ORDER BY id")
        return [None if row[0] is None else bytes(row[0]) for row in cursor.fetchall()]


def test_a_dry_run_counts_and_changes_nothing_and_a_second_run_has_nothing_to_do(table, settings):
    settings.SECRET_KEY = "old"
    Keeper.objects.bulk_create([Keeper(secret=f"s{number}") for number in range(3)])
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    Keeper.objects.create(secret="already")
    before = raw_of()
    assert "3 secrets would be encrypted with the current key, 1 were so already" in rotate(dry_run=True)
    assert raw_of() == before
    assert "3 secrets encrypted with the current key, 1 were so already" in rotate()
    assert raw_of()[3] == before[3]
    assert "0 secrets encrypted with the current key, 4 were so already" in rotate()
    settings.SECRET_KEY_FALLBACKS = []
    assert [row.secret for row in Keeper.objects.order_by("pk")] == ["s0", "s1", "s2", "already"]


def test_what_cannot_be_opened_stays_and_the_others_are_done(table, settings):
    settings.SECRET_KEY = "lost"
    Keeper.objects.create(secret="gone")
    lost = raw_of()
    settings.SECRET_KEY = "old"
    Keeper.objects.create(secret="there")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    told = rotate()
    assert "1 secrets encrypted" in told
    assert "1 secrets cannot be opened" in told
    assert f"tom_common.Keeper {Keeper.objects.order_by('pk').first().pk} secret" in told
    assert raw_of()[0] == lost[0]


def test_second_factors_go_along(table, django_user_model, settings):
    from allauth.mfa.models import Authenticator
    from allauth.mfa.utils import decrypt as mfa_decrypt
    from allauth.mfa.utils import encrypt as mfa_encrypt

    settings.SECRET_KEY = "old"
    user = django_user_model.objects.create_user("u")
    Authenticator.objects.create(user=user, type="totp", data={"secret": mfa_encrypt("JBSWY3DP")})
    codes = {"seed": mfa_encrypt("seed"), "used_mask": 5, "migrated_codes": [mfa_encrypt("11111111"), mfa_encrypt("22222222")]}
    Authenticator.objects.create(user=user, type="recovery_codes", data=codes)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    assert "4 secrets encrypted" in rotate()
    settings.SECRET_KEY_FALLBACKS = []
    totp, recovery = Authenticator.objects.order_by("type").values_list("data", flat=True)[::-1]
    assert mfa_decrypt(totp["secret"]) == "JBSWY3DP"
    assert mfa_decrypt(recovery["seed"]) == "seed"
    assert [mfa_decrypt(code) for code in recovery["migrated_codes"]] == ["11111111", "22222222"]
    assert recovery["used_mask"] == 5


def test_a_secret_of_another_key_does_not_take_the_page_down_and_is_not_lost(table, settings, caplog):
    settings.SECRET_KEY = "old"
    Keeper.objects.create(secret="kept")
    before = raw_of()
    settings.SECRET_KEY = "new"
    row = Keeper.objects.get()
    assert (row.secret, bool(row.secret)) == ("", False)
    assert "SECRET_KEY_FALLBACKS" in caplog.text
    assert "kept" not in caplog.text
    row.save()
    assert raw_of() == before
    form = SecretForm({"secret": "another"}, instance=row)
    assert form.is_valid()
    form.save()
    assert Keeper.objects.get().secret == "another"


def test_the_error_says_what_to_do():
    from tom_common.errors import TomError

    with pytest.raises(DecryptionError) as caught:
        decrypt(b"gAAAAAnonsense")
    assert isinstance(caught.value, TomError)
    assert caught.value.status == 503
    assert "SECRET_KEY_FALLBACKS" in caught.value.message


def test_fixtures_carry_no_secret_and_can_be_loaded_under_the_same_key_only(table, settings, tmp_path):
    from django.core import serializers

    settings.SECRET_KEY = "mine"
    Keeper.objects.create(secret="pass wörd")
    text = serializers.serialize("json", Keeper.objects.all())
    assert "pass" not in text
    Keeper.objects.all().delete()
    for loaded in serializers.deserialize("json", text):
        loaded.save()
    assert Keeper.objects.get().secret == "pass wörd"
    settings.SECRET_KEY = "theirs"
    with pytest.raises(serializers.base.DeserializationError, match="another SECRET_KEY"):
        list(serializers.deserialize("json", text))


def test_a_text_that_looks_like_a_fixture_is_a_text(table):
    row = Keeper(secret="encrypted:my own words")
    row.full_clean()
    row.save()
    assert Keeper.objects.get().secret == "encrypted:my own words"


def test_the_admin_never_shows_the_secret(table, rf):
    from django.contrib.admin import ModelAdmin, site

    admin = ModelAdmin(Keeper, site)
    form = admin.get_form(rf.get("/"))(instance=Keeper(secret="top-secret-1"))
    assert "top-secret-1" not in form.as_p()
    assert "secret-clear" in form.as_p()


def test_the_administration_never_shows_a_secret():
    from django.contrib.admin.utils import display_for_field

    field = Keeper._meta.get_field("secret")
    assert display_for_field("s3cret", field, "-") == "-"
    assert display_for_field(None, field, "-") == display_for_field("", field, "-") == "not set"
