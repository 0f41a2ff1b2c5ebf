from django.contrib import admin
from guardian.admin import GuardedModelAdmin

from tom_targets.models import BaseTarget, PersistentShare, TargetExtra, TargetList, TargetName


class TargetNameInline(admin.TabularInline):
    model = TargetName
    extra = 0


class TargetExtraInline(admin.TabularInline):
    model = TargetExtra
    exclude = ("float_value", "bool_value", "time_value")
    extra = 0


@admin.register(BaseTarget)
class TargetAdmin(GuardedModelAdmin):
    list_display = ("name", "type", "ra", "dec", "permissions", "created")
    list_filter = ("type", "permissions")
    search_fields = ("name", "aliases__name")
    show_full_result_count = False
    inlines = [TargetNameInline, TargetExtraInline]


@admin.register(TargetList)
class TargetListAdmin(GuardedModelAdmin):
    list_display = ("name", "created")
    search_fields = ("name",)
    raw_id_fields = ("targets",)


@admin.register(TargetExtra)
class TargetExtraAdmin(admin.ModelAdmin):
    list_display = ("target", "key", "value")
    search_fields = ("key",)
    raw_id_fields = ("target",)
    exclude = ("float_value", "bool_value", "time_value")
    show_full_result_count = False


@admin.register(PersistentShare)
class PersistentShareAdmin(admin.ModelAdmin):
    list_display = ("target", "destination", "user", "created")

    def get_form(self, request, obj=None, change=False, **kwargs):
        from tom_targets.forms import AdminPersistentShareForm  # late: forms cost every start

        return super().get_form(request, obj, change=change, **{"form": AdminPersistentShareForm, **kwargs})
