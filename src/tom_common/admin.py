"""The administration site: users with their profile, and which terms were accepted."""

from functools import wraps

from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin

from tom_common.models import Profile, TermsOfServiceAcceptance

User = get_user_model()


class ProfileInline(admin.StackedInline):
    model = Profile
    can_delete = False
    fields = ("affiliation", "phone_number")


if admin.site.is_registered(User):
    admin.site.unregister(User)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    inlines = (ProfileInline,)

    def get_inline_instances(self, request, obj=None):
        # the profile is made with the user
        return super().get_inline_instances(request, obj) if obj is not None else []


@admin.register(TermsOfServiceAcceptance)
class TermsOfServiceAcceptanceAdmin(admin.ModelAdmin):
    list_display = ("user", "version", "accepted_at", "ip_address")
    list_filter = ("version",)
    search_fields = ("user__username",)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


if apps.is_installed("allauth.account"):
    _own_login = admin.site.login

    @wraps(_own_login)
    def secure_login(request, *args, **kwargs):
        """The second factor and the limits of the login page hold here too."""
        from allauth.account.decorators import secure_admin_login  # late: it costs every start

        return secure_admin_login(_own_login)(request, *args, **kwargs)

    admin.site.login = secure_login
