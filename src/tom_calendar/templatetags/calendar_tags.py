from datetime import timedelta

from django import template

from tom_calendar.models.event import COLORS

register = template.Library()


@register.simple_tag
def target_list_color(target_list) -> str:
    """A Bootstrap colour name, always the same for one list."""
    return COLORS[(getattr(target_list, "pk", None) or 0) % len(COLORS)]


@register.filter
def offset_time(value, hours):
    """The time shifted by so many hours: a time in UTC as a clock at that offset shows it."""
    try:
        return value + timedelta(hours=float(hours or 0))
    except (TypeError, ValueError):
        return value
