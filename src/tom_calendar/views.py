"""The month's page, and the form of an event in its dialog. Looking is free (unless the TOM is locked); writing needs login and POST."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView, View

from tom_calendar.forms import EventForm, TodoForm
from tom_calendar.models import CalendarEvent, EventTodo
from tom_calendar.month import month_days, span, weeks
from tom_calendar.policy import visible_lists
from tom_calendar.services import add_todo, delete_event, save_event, set_todo

MONTHS = [datetime(2000, month, 1, tzinfo=UTC).strftime("%B") for month in range(1, 13)]


def _number(text: str | None, default: int, low: int, high: int) -> int:
    """A whole number within its bounds; the default for anything else."""
    try:
        number = int(float(text)) if text not in (None, "") else default
    except (TypeError, ValueError, OverflowError):
        return default
    return number if low <= number <= high else default


class CalendarView(TemplateView):
    template_name = "tom_calendar/calendar_page.html"

    def get_template_names(self):
        return ["tom_calendar/partials/calendar.html"] if getattr(self.request, "htmx", False) else [self.template_name]

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        utc_offset = _number(self.request.GET.get("utc_offset"), 0, -12, 12)
        here = timezone.now().astimezone(UTC) + timedelta(hours=utc_offset)
        month = _number(self.request.GET.get("month"), here.month, 1, 12)
        year = _number(self.request.GET.get("year"), here.year, 1900, 2200)
        start, end = span(month_days(year, month), utc_offset)
        events = list(
            CalendarEvent.objects.filter(start_time__lt=end, end_time__gte=start)
            .select_related("target_list")
            .prefetch_related("todos")
            .order_by("start_time", "pk")
        )
        seen = (
            set(visible_lists(self.request.user).values_list("pk", flat=True)) if any(event.target_list_id for event in events) else set()
        )
        lists = {event.target_list_id: event.target_list for event in events if event.target_list_id in seen}
        for event in events:
            if event.target_list_id not in seen:
                event.target_list = None
        first = datetime(year, month, 1, tzinfo=UTC)
        before, after = first - timedelta(days=1), first + timedelta(days=32)
        context.update(
            weeks=weeks(year=year, month=month, events=events, utc_offset=utc_offset, today=here.date()),
            events=events,
            month=month,
            year=year,
            month_name=MONTHS[month - 1],
            months=list(enumerate(MONTHS, start=1)),
            utc_offset=utc_offset,
            utc_offsets=range(-12, 13),
            previous={"month": before.month, "year": before.year},
            next={"month": after.month, "year": after.year},
            target_lists=list(lists.values()),
        )
        return context


class _EventFormView(LoginRequiredMixin, View):
    """The form in the calendar's dialog, or a page of its own for a browser without scripts."""

    def render_form(self, form, *, status: int = 200) -> HttpResponse:
        event = form.instance if form.instance.pk else None
        response = render(
            self.request,
            "tom_calendar/partials/event_form.html" if getattr(self.request, "htmx", False) else "tom_calendar/event_page.html",
            {
                "form": form,
                "event": event,
                "todos": list(event.todos.order_by("is_completed", "pk")) if event else [],
                "action": self.request.get_full_path(),
            },
            status=status,
        )
        response["HX-Retarget"] = "#cal-modal-body"
        response["HX-Reswap"] = "innerHTML"
        return response

    def saved(self, event: CalendarEvent) -> HttpResponse:
        edit = reverse("tom_calendar:update-event", kwargs={"event_id": event.pk})
        if "save_and_edit" in self.request.POST:
            if not getattr(self.request, "htmx", False):
                return redirect(edit)
            form = EventForm(instance=event, target_lists=visible_lists(self.request.user))
            response = self.render_form(form)
            response["HX-Trigger"] = "calRefresh"
            return response
        return done(self.request)


def done(request) -> HttpResponse:
    """Close the dialog and draw the month anew, or go back to it."""
    if not getattr(request, "htmx", False):
        return redirect(reverse("tom_calendar:calendar"))
    return HttpResponse(status=204, headers={"HX-Trigger": '{"calClose": null, "calRefresh": null}'})


class CreateEventView(_EventFormView):
    http_method_names = ("get", "post", "options")

    def get(self, request, *args, **kwargs):
        form = EventForm(initial=self._initial(request.GET.get("date")), target_lists=visible_lists(request.user))
        return self.render_form(form)

    def _initial(self, text: str | None) -> dict:
        try:
            start = datetime.strptime(text or "", "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            start = timezone.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return {"start_time": start, "end_time": start + timedelta(hours=1)}

    def post(self, request, *args, **kwargs):
        form = EventForm(request.POST, target_lists=visible_lists(request.user))
        if not form.is_valid():
            return self.render_form(form)
        return self.saved(save_event(actor=request.user, event=form.save(commit=False)))


class UpdateEventView(_EventFormView):
    http_method_names = ("get", "post", "options")

    def _form(self, request, event_id, data=None):
        event = get_object_or_404(CalendarEvent, pk=event_id)
        lists = visible_lists(request.user)
        # A list that one may not see is neither shown nor lost when the event is changed.
        hidden = event.target_list_id and not lists.filter(pk=event.target_list_id).exists()
        self.hidden_list = event.target_list if hidden else None
        return EventForm(data, instance=event, target_lists=lists, initial={"target_list": None} if hidden else None)

    def get(self, request, event_id, *args, **kwargs):
        return self.render_form(self._form(request, event_id))

    def post(self, request, event_id, *args, **kwargs):
        form = self._form(request, event_id, request.POST)
        if not form.is_valid():
            return self.render_form(form)
        event = form.save(commit=False)
        if event.target_list_id is None:
            event.target_list = self.hidden_list
        return self.saved(save_event(actor=request.user, event=event))


class DeleteEventView(LoginRequiredMixin, View):
    """GET asks, POST deletes."""

    http_method_names = ("get", "post", "delete", "options")

    def get(self, request, event_id, *args, **kwargs):
        event = get_object_or_404(CalendarEvent, pk=event_id)
        return render(request, "tom_calendar/event_confirm_delete.html", {"event": event})

    def post(self, request, event_id, *args, **kwargs):
        delete_event(actor=request.user, event=get_object_or_404(CalendarEvent, pk=event_id))
        return done(request)

    delete = post


class _TodoView(LoginRequiredMixin, View):
    http_method_names = ("post", "options")

    def answer(self, request, event: CalendarEvent, form=None) -> HttpResponse:
        if not getattr(request, "htmx", False):
            return redirect(reverse("tom_calendar:update-event", kwargs={"event_id": event.pk}))
        todos = list(event.todos.order_by("is_completed", "pk"))
        response = render(request, "tom_calendar/partials/todos.html", {"event": event, "todos": todos, "todo_form": form})
        response["HX-Trigger"] = "calRefresh"
        return response


class CreateTodoView(_TodoView):
    def post(self, request, event_id, *args, **kwargs):
        event = get_object_or_404(CalendarEvent, pk=event_id)
        form = TodoForm(request.POST)
        if form.is_valid():
            add_todo(event=event, description=form.cleaned_data["description"])
            form = None
        return self.answer(request, event, form)


class UpdateTodoView(_TodoView):
    def post(self, request, todo_id, *args, **kwargs):
        todo = get_object_or_404(EventTodo.objects.select_related("event"), pk=todo_id)
        set_todo(todo=todo, is_completed=request.POST.get("is_completed", "").lower() in ("on", "true", "1", "yes"))
        return self.answer(request, todo.event)
