"""The month's grid, and who may write in it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from guardian.shortcuts import assign_perm

from tom_calendar.forms import EventForm
from tom_calendar.models import CalendarEvent, EventTodo
from tom_calendar.month import month_days, moon_of, phase, span, weeks
from tom_calendar.templatetags.calendar_tags import offset_time
from tom_targets.models import TargetList

pytestmark = pytest.mark.database


def event(start, end, **fields):
    return CalendarEvent(title="Run", start_time=start, end_time=end, **fields)


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("elongation", "name"),
    [
        (0, "new moon"),
        (22, "new moon"),
        (338, "new moon"),
        (23, "waxing crescent"),
        (90, "first quarter"),
        (135, "waxing gibbous"),
        (180, "full moon"),
        (160, "full moon"),
        (202, "full moon"),
        (225, "waning gibbous"),
        (270, "last quarter"),
        (315, "waning crescent"),
        (359, "new moon"),
    ],
)
def test_each_phase_owns_the_degrees_around_its_middle(elongation, name):
    assert phase(elongation)[1] == name


def test_the_moon_of_known_days():
    # Total lunar eclipse on 2022-05-16, total solar eclipse on 2024-04-08.
    full, new = moon_of(date(2022, 5, 16)), moon_of(date(2024, 4, 8))
    assert (full.name, full.percent) == ("full moon", 100)
    assert (new.name, new.percent) == ("new moon", 0)


def test_a_month_is_whole_weeks_from_sunday():
    days = month_days(2024, 2)
    assert (days[0], days[-1]) == (date(2024, 1, 28), date(2024, 3, 2))
    assert len(days) % 7 == 0
    assert span(days, -7)[0] == at(2024, 1, 28, 7)
    assert span(days, 0)[1] == at(2024, 3, 3)


def test_an_event_stands_on_every_day_that_it_touches_at_the_offset():
    run = event(at(2024, 2, 10, 22), at(2024, 2, 12, 2))
    midnight = event(at(2024, 2, 20, 0), at(2024, 2, 21, 0))
    moment = event(at(2024, 2, 25, 0), at(2024, 2, 25, 0))

    def days(hours):
        grid = weeks(year=2024, month=2, events=[run, midnight, moment], utc_offset=hours, today=date(2024, 2, 1))
        return [[day.date.day for week in grid for day in week if one in day.events] for one in (run, midnight, moment)]

    assert days(0) == [[10, 11, 12], [20], [25]]
    assert days(3) == [[11, 12], [20, 21], [25]]
    assert days(-3) == [[10, 11], [19, 20], [24]]


def test_an_event_longer_than_the_month():
    run = event(at(2023, 1, 1), at(2025, 1, 1))
    grid = weeks(year=2024, month=2, events=[run], utc_offset=0, today=date(2024, 2, 1))
    assert all(run in day.events for week in grid for day in week)


def test_the_end_may_not_be_before_the_start():
    form = EventForm(
        {"title": "Run", "start_time": "2024-02-10T22:00", "end_time": "2024-02-10T21:00"}, target_lists=TargetList.objects.none()
    )
    assert not form.is_valid()
    assert "end_time" in form.errors


def test_the_clock_at_an_offset():
    assert offset_time(at(2024, 2, 10, 22), 3) == at(2024, 2, 11, 1)
    assert offset_time("", 3) == ""


@pytest.fixture
def run(db):
    return CalendarEvent.objects.create(title="Run <b>1</b>", start_time=at(2024, 2, 10, 22), end_time=at(2024, 2, 11, 2))


@pytest.fixture
def user(db):
    return get_user_model().objects.create_user("observer")


def test_the_page_shows_the_month(client, run):
    answer = client.get(reverse("calendar:calendar"), {"month": 2, "year": 2024})
    assert answer.status_code == 200
    assert "Run &lt;b&gt;1&lt;/b&gt;" in answer.content.decode()
    assert "February 2024" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["month=13&year=x", "month=&year=", "utc_offset=99", "month=1e400", "year=-5"])
def test_nonsense_shows_the_present_month(client, query):
    assert client.get(f"{reverse('calendar:calendar')}?{query}").status_code == 200


def test_the_number_of_queries_is_fixed(client, user, django_assert_max_num_queries):
    client.force_login(user)
    for number in range(30):
        one = CalendarEvent.objects.create(title=str(number), start_time=at(2024, 2, 1) + timedelta(hours=number), end_time=at(2024, 2, 20))
        EventTodo.objects.create(event=one, description="fill")
    with django_assert_max_num_queries(14):
        client.get(reverse("calendar:calendar"), {"month": 2, "year": 2024})


def urls(run, todo):
    return {
        "create": reverse("calendar:create-event"),
        "update": reverse("calendar:update-event", args=[run.pk]),
        "delete": reverse("calendar:delete-event", args=[run.pk]),
        "todo": reverse("calendar:create-todo", args=[run.pk]),
        "tick": reverse("calendar:update-todo", args=[todo.pk]),
    }


def test_a_visitor_may_write_nothing(client, run):
    todo = EventTodo.objects.create(event=run, description="fill the dewar")
    for address in urls(run, todo).values():
        for ask in (client.get, client.post):
            answer = ask(address)
            assert answer.status_code == 302
            assert reverse("login") in answer.url
    assert CalendarEvent.objects.count() == EventTodo.objects.count() == 1


def test_get_never_deletes(client, run, user):
    client.force_login(user)
    assert client.get(reverse("calendar:delete-event", args=[run.pk])).status_code == 200
    assert CalendarEvent.objects.filter(pk=run.pk).exists()
    assert client.post(reverse("calendar:delete-event", args=[run.pk])).status_code == 302
    assert not CalendarEvent.objects.filter(pk=run.pk).exists()
    assert client.post(reverse("calendar:delete-event", args=[run.pk])).status_code == 404


def test_create_update_and_todos(client, user):
    client.force_login(user)
    data = {"title": "Run", "start_time": "2024-02-10T22:00", "end_time": "2024-02-11T02:00"}
    answer = client.post(reverse("calendar:create-event"), data, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert "calRefresh" in answer.headers["HX-Trigger"]
    one = CalendarEvent.objects.get()
    assert one.start_time == at(2024, 2, 10, 22)
    answer = client.post(
        reverse("calendar:update-event", args=[one.pk]), {**data, "title": "Long run", "save_and_edit": "1"}, headers={"HX-Request": "true"}
    )
    assert answer.headers["HX-Retarget"] == "#cal-modal-body"
    one.refresh_from_db()
    assert one.title == "Long run"
    empty = client.post(reverse("calendar:create-todo", args=[one.pk]), {"description": ""}, headers={"HX-Request": "true"})
    assert empty.status_code == 200
    assert EventTodo.objects.count() == 0
    client.post(reverse("calendar:create-todo", args=[one.pk]), {"description": "fill the dewar"})
    todo = EventTodo.objects.get()
    client.post(reverse("calendar:update-todo", args=[todo.pk]), {"is_completed": "true"})
    todo.refresh_from_db()
    assert todo.is_completed
    assert list(one.active_todos) == []


def test_a_target_list_is_shown_to_those_who_may_see_it(client, run, user):
    secret = TargetList.objects.create(name="Secret list")
    run.target_list = secret
    run.save()
    month = {"month": 2, "year": 2024}
    client.force_login(user)
    assert "Secret list" not in client.get(reverse("calendar:calendar"), month).content.decode()
    address = reverse("calendar:update-event", args=[run.pk])
    assert "Secret list" not in client.get(address).content.decode()
    client.post(address, {"title": "Run", "start_time": "2024-02-10T22:00", "end_time": "2024-02-11T02:00"})
    run.refresh_from_db()
    assert run.target_list == secret
    assign_perm("tom_targets.view_targetlist", user, secret)
    client.force_login(get_user_model().objects.get(pk=user.pk))
    assert "Secret list" in client.get(reverse("calendar:calendar"), month).content.decode()
