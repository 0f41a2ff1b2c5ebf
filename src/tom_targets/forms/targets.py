"""Forms that create and change targets."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.forms import inlineformset_factory
from guardian.shortcuts import get_groups_with_perms

from tom_common.errors import RowError, TomError
from tom_targets.base_models import (
    IGNORE_FIELDS,
    NON_SIDEREAL_FIELDS,
    REQUIRED_NON_SIDEREAL_FIELDS,
    REQUIRED_NON_SIDEREAL_FIELDS_PER_SCHEME,
    REQUIRED_SIDEREAL_FIELDS,
    SIDEREAL_FIELDS,
    BaseTarget,
)
from tom_targets.forms.fields import CoordinateField
from tom_targets.models import TargetExtra, TargetName, get_target_model_class
from tom_targets.rows import TargetRow
from tom_targets.services.validation import impossible, is_missing, taken

Target = get_target_model_class()


def _own_fields() -> list[str]:
    """Columns that the project's own target model adds."""
    known = {f.name for f in BaseTarget._meta.get_fields()}
    return [
        f.name
        for f in Target._meta.get_fields()
        if f.concrete and f.editable and f.name not in known and f.name not in IGNORE_FIELDS and not f.auto_created
    ]


def extra_field_to_form_field(field_type: str) -> forms.Field:
    """Form field of an EXTRA_FIELDS entry of this type."""
    if field_type == "number":
        return forms.FloatField(required=False)
    if field_type == "boolean":
        return forms.BooleanField(required=False)
    if field_type == "datetime":
        return forms.DateTimeField(required=False, help_text="UTC")
    if field_type == "string":
        return forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    raise ValueError(f'Invalid field type {field_type} in EXTRA_FIELDS: use "number", "boolean", "datetime" or "string".')


class TargetForm(forms.ModelForm):
    """Columns, `EXTRA_FIELDS` and groups of one target. Pass `user`: whose groups are offered, and who is told which name is taken."""

    groups = forms.ModelMultipleChoiceField(
        Group.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="These groups may view and change a private target.",
    )

    class Meta:
        model = Target
        fields = [f.name for f in Target._meta.concrete_fields if f.editable and not f.is_relation]
        widgets = {"type": forms.HiddenInput()}

    def __init__(self, *args, user=None, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)
        self.extra_fields = {}
        present = {e.key: e for e in self.instance.targetextra_set.all()} if self.instance.pk else {}
        for extra in getattr(settings, "EXTRA_FIELDS", []):
            name = extra["name"]
            self.extra_fields[name] = self.fields[name] = extra_field_to_form_field(extra["type"])
            if name in present:
                self.fields[name].initial = present[name].typed_value(extra["type"])
            elif not self.instance.pk and extra.get("default") is not None:
                self.fields[name].initial = extra["default"]
        if user is not None:
            self.offer_groups(user)

    def offer_groups(self, user):
        """Groups that `user` may choose from: their own, all for a superuser."""
        self.fields["groups"].queryset = Group.objects.order_by("name") if user.is_superuser else user.groups.order_by("name")
        if self.instance.pk:
            self.fields["groups"].initial = get_groups_with_perms(self.instance)

    def clean(self):
        """What no target can have, or not together, is said beside the fields."""
        cleaned = super().clean() or self.cleaned_data
        for error in impossible({"type": getattr(self.instance, "type", ""), **cleaned}):
            if error.column in self.fields and error.column not in self.errors:
                self.add_error(error.column, said(error))
        return cleaned

    def validate_unique(self):
        try:
            self.instance.validate_unique(exclude=self._get_validation_exclusions())
        except ValidationError as error:
            if any(e.code in ("name_taken", "unique") for e in getattr(error, "error_dict", {}).get("name", [])):
                why = taken(self.instance.name, actor=self.user, besides=self.instance.pk)
                error = ValidationError({"name": ValidationError(why or error.message_dict["name"][0], code="name_taken")})
            self._update_errors(error)

    def extras(self) -> dict:
        """Values of the EXTRA_FIELDS that were filled in, and those that were emptied."""
        given = {}
        for name in self.extra_fields:
            value = self.cleaned_data.get(name)
            if is_missing(value):
                if self.instance.pk and name in self.changed_data:
                    given[name] = ""
            else:
                given[name] = value
        return given

    def columns(self) -> dict:
        """Columns of the model as the form has set them."""
        own = {f.name for f in self._meta.model._meta.concrete_fields if f.editable}
        return {name: getattr(self.instance, name) for name in self.fields if name in own and name in self.cleaned_data}

    _besides: tuple = (None, (), None)

    def save_with(self, *, actor=None, names=(), tags=None):
        """`save` by `actor`, with aliases and tags besides: a form of a project may have a `save(commit)` of its own."""
        self._besides = (actor, names, tags)
        return self.save() or self.instance

    def save(self, commit=True):
        """Create or change the target with its extras and groups. See `services.create_target`."""
        actor, names, tags = self._besides
        if not commit:
            return super().save(commit=False)
        from tom_targets.services import create_target, set_groups, update_target

        if self.errors:
            raise ValueError("The target could not be saved because the form is not valid.")
        actor = actor or self.user
        extras = {**(tags or {}), **self.extras()}
        groups = list(self.cleaned_data.get("groups") or [])
        if self.instance.pk:
            self.instance = update_target(
                actor=actor, target=self.instance, columns=self.columns(), extras=extras, aliases=names, groups=groups,
                of_groups=list(self.fields["groups"].queryset),
            )  # fmt: skip
        else:
            columns = self.columns()
            row = TargetRow(
                name=columns.pop("name"), type=columns.pop("type", "SIDEREAL"), aliases=tuple(names), extras=extras, fields=columns
            )
            self.instance = create_target(actor=actor, row=row, groups=groups)
        if actor is None and not groups and "groups" in self.changed_data:
            set_groups(target=self.instance, groups=groups, of_groups=list(self.fields["groups"].queryset))
        return self.instance

    def report(self, error: TomError) -> None:
        """Put what a service refused beside the fields."""
        rows = getattr(error, "errors", None)
        if not rows:
            self.add_error(None, error.message)
        for row in rows or ():
            self.add_error(row.column if row.column in self.fields else None, said(row))


def said(error: RowError) -> str:
    """The text of an error beside its field."""
    text = f"{error.problem} ({error.mend})" if error.mend else error.problem
    return f"{text[:1].upper()}{text[1:]}"


class SiderealTargetCreateForm(TargetForm):
    """A target at a fixed position."""

    ra = CoordinateField(required=True, label="Right Ascension", c_type="ra")
    dec = CoordinateField(required=True, label="Declination", c_type="dec")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in REQUIRED_SIDEREAL_FIELDS:
            self.fields[name].required = True
        self.order_fields([*SIDEREAL_FIELDS, *_own_fields()])

    class Meta(TargetForm.Meta):
        fields = [*SIDEREAL_FIELDS, *_own_fields(), "permissions"]


class NonSiderealTargetCreateForm(TargetForm):
    """A target on an orbit."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in REQUIRED_NON_SIDEREAL_FIELDS:
            self.fields[name].required = True
        self.fields["type"].initial = self.fields["type"].initial or "NON_SIDEREAL"

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        scheme = cleaned.get("scheme")
        for name in REQUIRED_NON_SIDEREAL_FIELDS_PER_SCHEME.get(scheme or "", []):
            if name not in self.errors and is_missing(cleaned.get(name)):
                self.add_error(name, f"This field is required for the scheme {dict(BaseTarget.TARGET_SCHEMES)[scheme]}.")
        return cleaned

    class Meta(TargetForm.Meta):
        fields = [*NON_SIDEREAL_FIELDS, *_own_fields(), "permissions"]
        help_texts = {
            "scheme": "Which elements are needed beside those marked. Minor planet: mean anomaly and semimajor axis; comet: perihelion distance and"
            " epoch of perihelion; major planet: mean daily motion, mean anomaly and semimajor axis.",
            "epoch_of_elements": "Modified Julian date (MJD).",
            "epoch_of_perihelion": "Modified Julian date (MJD).",
            "eccentricity": "0 for a circle, below 1 for an ellipse, 1 and more for what does not come back.",
        }


class UnknownTypeTargetCreateForm(TargetForm):
    """A target whose type is none of the known ones, which must be chosen."""

    type = forms.ChoiceField(choices=BaseTarget.TARGET_TYPES, required=True)
    ra = CoordinateField(required=False, label="Right Ascension", c_type="ra")
    dec = CoordinateField(required=False, label="Declination", c_type="dec")


TargetExtraFormset = inlineformset_factory(
    Target, TargetExtra, fields=("key", "value"), widgets={"value": forms.TextInput()}, extra=3, can_delete=True
)
TargetNamesFormset = inlineformset_factory(Target, TargetName, fields=("name",), validate_min=False, can_delete=True, extra=3)
