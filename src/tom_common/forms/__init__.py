"""Forms of accounts and groups."""

from tom_common.forms.groups import GroupForm
from tom_common.forms.users import ChangeUserPasswordForm, CustomUserCreationForm, ProfileModelForm, UserProfileInlineFormSet

__all__ = ["ChangeUserPasswordForm", "CustomUserCreationForm", "GroupForm", "ProfileModelForm", "UserProfileInlineFormSet"]
