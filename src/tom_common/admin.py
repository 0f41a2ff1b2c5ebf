"""The administration site: users with their profile, and which terms were accepted."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin

from tom_common.models import Profile, TermsOfServiceAcceptance

User = get_user_model()


class ProfileInline(admin.StackedInline):
    model = Profile
    can_delete = False
    fields = ("affiliation", "phone_number")


class KeepsLastSuperuser:
    """Of the form of a user: the last superuser stays one."""

    def clean(self):
        from tom_common.services.users import LAST, is_last_superuser

        cleaned = super().clean() or self.cleaned_data
        before = User.objects.filter(pk=self.instance.pk).first()
        if before is not None and not (cleaned.get("is_superuser") and cleaned.get("is_active")) and is_last_superuser(before):
            self.add_error("is_active" if cleaned.get("is_superuser") else "is_superuser", LAST)
        return cleaned


if admin.site.is_registered(User):
    admin.site.unregister(User)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Users with their profile. The last superuser can neither be deleted nor demoted here."""

    inlines = (ProfileInline,)

    def get_form(self, request, obj=None, **kwargs):
        form_class = super().get_form(request, obj, **kwargs)
        if obj is None or not {"is_superuser", "is_active"} <= form_class.base_fields.keys():
            return form_class
        return type(form_class.__name__, (KeepsLastSuperuser, form_class), {})

    def get_deleted_objects(self, objs, request):
        from tom_common.services.users import is_last_superuser

        found, counts, needed, protected = super().get_deleted_objects(objs, request)
        left = User.objects.filter(is_superuser=True, is_active=True).exclude(pk__in=[user.pk for user in objs])
        if any(is_last_superuser(user) or (user.is_superuser and not left.exists()) for user in objs):
            protected = [*protected, "the last superuser of this TOM"]
        return found, counts, needed, protected

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
