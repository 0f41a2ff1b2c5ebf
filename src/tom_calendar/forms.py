"""The form of an event. Times are entered and shown in UTC."""

from __future__ import annotations

from django import forms

from tom_calendar.models import CalendarEvent, EventTodo

TIME_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"]


def _time_field(label: str) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "class": "form-control"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=f"{label} (UTC)", input_formats=TIME_FORMATS, widget=widget)


class EventForm(forms.ModelForm):
    start_time = _time_field("Start")
    end_time = _time_field("End")
    url = forms.URLField(label="URL", required=False, assume_scheme="https")

    class Meta:
        model = CalendarEvent
        fields = ("title", "description", "start_time", "end_time", "url", "target_list", "user", "proposal", "telescope", "instrument")
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, target_lists=None, **kwargs):
        super().__init__(*args, **kwargs)
        if target_lists is not None:
            self.fields["target_list"].queryset = target_lists
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "form-select" if isinstance(field.widget, forms.Select) else "form-control")

    def clean(self):
        cleaned = super().clean()
        start, end = cleaned.get("start_time"), cleaned.get("end_time")
        if start and end and end < start:
            self.add_error("end_time", "The end must not be before the start.")
        return cleaned


class TodoForm(forms.ModelForm):
    class Meta:
        model = EventTodo
        fields = ("description",)
