"""Forms that give and take rights on a target, on a list, or on many targets."""

from __future__ import annotations

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from tom_targets.base_models import BaseTarget
from tom_targets.services.rights import LABELS, NONE, VIEW, level_of, rights_on

LEVEL_CHOICES = list(LABELS.items())


def groups_of(user):
    """Groups to which `user` may give rights: their own, all for a superuser."""
    return Group.objects.order_by("name") if user.is_superuser else user.groups.order_by("name")


class _NewHolder(forms.Form):
    person = forms.CharField(required=False, label="One more person", help_text="A username, written in full.", max_length=150)
    person_level = forms.ChoiceField(required=False, label="may", choices=LEVEL_CHOICES[1:], initial=VIEW)

    def clean_person(self):
        name = self.cleaned_data["person"].strip()
        if not name:
            return None
        found = get_user_model()._default_manager.filter(**{get_user_model().USERNAME_FIELD: name}, is_active=True).first()
        if found is None:
            raise forms.ValidationError("There is no account of this name.")
        return found


class RightsForm(_NewHolder):
    """A level for every group that the user may choose and for everybody who has a right already."""

    def __init__(self, *args, obj, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.obj, self.holders = obj, {}
        given = rights_on(obj)
        groups = {group.pk: group for group in [*groups_of(user), *(holder for holder in given if isinstance(holder, Group))]}
        people = [holder for holder in given if not isinstance(holder, Group)]
        for group in sorted(groups.values(), key=lambda group: group.name.lower()):
            self._offer(f"group_{group.pk}", group, f"Group {group.name}", given.get(group, set()))
        for person in sorted(people, key=lambda person: person.get_username().lower()):
            self._offer(f"user_{person.pk}", person, person.get_username(), given[person])
        if isinstance(obj, BaseTarget):
            self.fields["permissions"] = forms.ChoiceField(
                label="Open to", choices=BaseTarget.Permissions.choices, initial=obj.permissions, required=False,
                help_text="Open: every visitor sees it. Public: every logged-in user sees it. Private: those below see it.",
            )  # fmt: skip
        self.order_fields(["permissions", *self.holders, "person", "person_level"])

    def _offer(self, name, holder, label, actions):
        self.holders[name] = holder
        self.fields[name] = forms.ChoiceField(label=label, choices=LEVEL_CHOICES, initial=level_of(actions), required=False)

    def levels(self) -> dict:
        """Holder to level, of those that were answered."""
        data = self.cleaned_data
        found = {holder: data[name] for name, holder in self.holders.items() if data.get(name) and name in self.changed_data}
        if data.get("person"):
            found[data["person"]] = data.get("person_level") or VIEW
        return found


class BulkRightsForm(_NewHolder):
    """One level for one group or one person, on many targets."""

    group = forms.ModelChoiceField(Group.objects.none(), required=False, label="Group")
    group_level = forms.ChoiceField(required=False, label="may", choices=LEVEL_CHOICES, initial=VIEW)
    field_order = ("group", "group_level", "person", "person_level")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["group"].queryset = groups_of(user)
        self.fields["person_level"].choices = LEVEL_CHOICES
        self.fields["person"].label = "or person"

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not cleaned.get("group") and not cleaned.get("person"):
            raise forms.ValidationError("Choose a group, or name a person.")
        return cleaned


def chosen_levels(data) -> dict:
    """Holder to level, of the cleaned data of `BulkRightsForm`."""
    chosen = ((data.get("group"), data.get("group_level")), (data.get("person"), data.get("person_level")))
    return {holder: level or NONE for holder, level in chosen if holder}
