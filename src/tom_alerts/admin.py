from django.contrib import admin

from tom_alerts.models import AlertStreamMessage, BrokerQuery, DeadLetter, IngestRecord


class _ReadOnly(admin.ModelAdmin):
    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(IngestRecord)
class IngestRecordAdmin(_ReadOnly):
    list_display = ("created", "survey", "source", "packets", "targets_created", "targets_matched", "data_created", "failed")
    list_select_related = ()
    show_full_result_count = False


@admin.register(DeadLetter)
class DeadLetterAdmin(_ReadOnly):
    list_display = ("created", "source", "position", "error", "attempts", "replayed")
    exclude = ("payload",)
    show_full_result_count = False


@admin.register(AlertStreamMessage)
class AlertStreamMessageAdmin(admin.ModelAdmin):
    list_display = ("topic", "message_id", "exchange_status", "date_shared")
    raw_id_fields = ("reduced_data",)


admin.site.register(BrokerQuery)
