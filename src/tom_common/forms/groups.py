from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import QuerySet


def selectable_users() -> QuerySet:
    stand_in = getattr(settings, "ANONYMOUS_USER_NAME", "AnonymousUser")
    return get_user_model().objects.exclude(username=stand_in or "").order_by("username")


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
        self.fields["users"].queryset = selectable_users()
        if self.instance.pk:
            self.fields["users"].initial = self.instance.user_set.all()

    def save(self, commit: bool = True) -> Group:
        group = super().save(commit=commit)
        if commit:
            group.user_set.set(self.cleaned_data["users"])
        return group
