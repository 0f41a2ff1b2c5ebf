from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from tom_common.models import Profile

User = get_user_model()


class ChangeUserPasswordForm(forms.Form):
    """A new password that an administrator sets. Pass ``user``, so that the validators know whose it will be."""

    password = forms.CharField(
        label="New password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), required=True
    )
    change_password_form = forms.BooleanField(widget=forms.HiddenInput(), initial=True, required=False)

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password"].help_text = password_validators_help_text_html()

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password


class ProfileModelForm(forms.ModelForm):
    class Meta:
        model = Profile
        fields = ("affiliation", "phone_number")


UserProfileInlineFormSet = forms.inlineformset_factory(
    User, Profile, form=ProfileModelForm, fields=("affiliation", "phone_number"), can_delete=False, extra=1, max_num=1, validate_max=True
)


class CustomUserCreationForm(UserCreationForm):
    """Creates a user with profile and groups; for an existing user the password may stay empty.

    ``user_profile_formset`` is the profile's part. Who changes their own password gives the present one (``actor``).
    """

    email = forms.EmailField(required=True)
    groups = forms.ModelMultipleChoiceField(Group.objects.none(), required=False, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email", "groups")

    def __init__(self, *args: Any, actor: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.fields["groups"].queryset = Group.objects.order_by("name")
        if self.instance.pk:
            self.fields["groups"].initial = self.instance.groups.all()
            for name in ("password1", "password2"):
                self.fields[name].required = False
            if actor is not None and actor.pk == self.instance.pk:
                self.fields["current_password"] = forms.CharField(
                    required=False,
                    strip=False,
                    label="Current password",
                    help_text="Needed only to choose a new one.",
                    widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
                )
        # a form that says nothing of the profile leaves it as it is
        bound = self.is_bound and f"{UserProfileInlineFormSet.get_default_prefix()}-TOTAL_FORMS" in self.data
        self.user_profile_formset = UserProfileInlineFormSet(data=self.data if bound else None, instance=self.instance)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("password1") and "current_password" in self.fields:
            if not self.instance.check_password(cleaned.get("current_password") or ""):
                self.add_error("current_password", ValidationError("This is not your current password.", code="password_incorrect"))
        return cleaned

    def validate_passwords(self, *args: Any, **kwargs: Any) -> None:
        if self.instance.pk and not self.data.get(self.add_prefix("password1")) and not self.data.get(self.add_prefix("password2")):
            return
        super().validate_passwords(*args, **kwargs)

    def validate_password_for_user(self, *args: Any, **kwargs: Any) -> None:
        if self.cleaned_data.get("password2"):
            super().validate_password_for_user(*args, **kwargs)

    def clean_username(self) -> str:
        username = self.cleaned_data.get("username", "")
        if username and User.objects.filter(username__iexact=username).exclude(pk=self.instance.pk).exists():
            raise ValidationError("A user with that username already exists.", code="unique")
        return username

    def is_valid(self) -> bool:
        return super().is_valid() and (not self.user_profile_formset.is_bound or self.user_profile_formset.is_valid())

    def changed_data_names(self) -> list[str]:
        """Names of what was changed, without any value."""
        names = [name for name in self.changed_data if name != "current_password"]
        if self.user_profile_formset.is_bound:
            names += [name for form in self.user_profile_formset.forms for name in form.changed_data if name not in {"id", "user"}]
        return names

    def save(self, commit: bool = True) -> Any:
        user = forms.ModelForm.save(self, commit=False)
        if self.cleaned_data.get("password1"):
            user.set_password(self.cleaned_data["password1"])
        if not commit:
            return user
        with transaction.atomic():
            user.save()
            if "groups" in self.fields:
                user.groups.set(self.cleaned_data["groups"])
            if self.user_profile_formset.is_bound:
                self.save_profile(user)
        return user

    def save_profile(self, user: Any) -> None:
        # creating the user made its profile already
        profile, _ = Profile.objects.get_or_create(user=user)
        for form in self.user_profile_formset.forms[:1]:
            for name in ("affiliation", "phone_number"):
                if name in form.cleaned_data:
                    setattr(profile, name, form.cleaned_data[name] or None)
        profile.save(update_fields=["affiliation", "phone_number"])
        user.profile = profile
