from django.contrib import admin

from .models import DynamicCadence, Facility, ObservationGroup, ObservationRecord


@admin.register(ObservationRecord)
class ObservationRecordAdmin(admin.ModelAdmin):
    list_display = ("id", "target", "facility", "observation_id", "status", "created")
    list_filter = ("facility",)
    search_fields = ("observation_id", "=target__name")
    raw_id_fields = ("target", "user")
    list_select_related = ("target",)
    show_full_result_count = False


@admin.register(ObservationGroup)
class ObservationGroupAdmin(admin.ModelAdmin):
    search_fields = ("name",)
    raw_id_fields = ("observation_records",)


@admin.register(DynamicCadence)
class DynamicCadenceAdmin(admin.ModelAdmin):
    list_display = ("id", "observation_group", "cadence_strategy", "active", "modified")
    list_filter = ("active", "cadence_strategy")
    raw_id_fields = ("observation_group",)


@admin.register(Facility)
class FacilityAdmin(admin.ModelAdmin):
    list_display = ("short_name", "full_name", "location", "mpc_observatory_code")
    search_fields = ("short_name", "full_name")
