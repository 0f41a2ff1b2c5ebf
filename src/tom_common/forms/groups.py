from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import QuerySet

# Beyond so many accounts the form offers the members alone: others are found by name on the group's page.
OFFERED_AT_MOST = 200


def selectable_users() -> QuerySet:
    """Accounts that may be put into a group."""
    from tom_common.services.users import accounts

    return accounts().order_by("username")


class GroupForm(forms.ModelForm):
    """A group and its members."""

    users = forms.ModelMultipleChoiceField(
        get_user_model().objects.none(), required=False, widget=forms.CheckboxSelectMultiple, label="Members"
    )

    class Meta:
        model = Group
        fields = ("name", "users")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        users = self.fields["users"]
        users.queryset = selectable_users()
        members = list(self.instance.user_set.order_by("username")) if self.instance.pk else []
        users.initial = members
        offered = list(users.queryset[: OFFERED_AT_MOST + 1])
        if len(offered) > OFFERED_AT_MOST:
            offered = members
            users.help_text = "There are too many accounts for a list: add others by name on the page of the group."
        users.widget.choices = [(user.pk, users.label_from_instance(user)) for user in offered]

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if Group.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("There is a group of this name already.", code="unique")
        return name

    def save(self, commit: bool = True) -> Group:
        group = super().save(commit=commit)
        if commit:
            group.user_set.set(self.cleaned_data["users"])
        return group
