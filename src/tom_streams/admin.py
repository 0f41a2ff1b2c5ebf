from django.contrib import admin

from tom_streams.models import StreamFailure, StreamPosition


@admin.register(StreamPosition)
class StreamPositionAdmin(admin.ModelAdmin):
    list_display = ("stream", "topic", "partition", "next_offset", "modified")


@admin.register(StreamFailure)
class StreamFailureAdmin(admin.ModelAdmin):
    list_display = ("created", "stream", "topic", "offset", "error", "attempts", "replayed")
    exclude = ("payload",)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
