from django.apps import AppConfig


class TomCalendarConfig(AppConfig):
    name = "tom_calendar"
    label = "tom_calendar"
    verbose_name = "Calendar"
    default_auto_field = "django.db.models.BigAutoField"

    def nav_items(self):
        return [{"partial": "tom_calendar/partials/navbar_item.html"}]
