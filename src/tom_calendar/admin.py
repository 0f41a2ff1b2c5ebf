from django.contrib import admin

from tom_calendar.models import CalendarEvent, EventTodo


class TodoInline(admin.TabularInline):
    model = EventTodo
    extra = 0


@admin.register(CalendarEvent)
class CalendarEventAdmin(admin.ModelAdmin):
    list_display = ("title", "start_time", "end_time", "telescope", "proposal")
    date_hierarchy = "start_time"
    raw_id_fields = ("target_list",)
    inlines = (TodoInline,)
