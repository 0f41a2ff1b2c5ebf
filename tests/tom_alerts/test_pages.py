"""The pages of brokers: queries, runs, targets from alerts, submissions; and who may open them."""

import pytest
from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.template import Context, Template
from django.urls import reverse

from tom_alerts.alerts import GenericAlert, GenericBroker, GenericQueryForm, GenericUpstreamSubmissionForm
from tom_alerts.exceptions import AlertSubmissionException
from tom_alerts.models import AlertStreamMessage, BrokerQuery
from tom_common.exceptions import ImproperCredentialsException
from tom_common.http import ServiceUnavailableError
from tom_dataproducts.models import ReducedDatum
from tom_targets.models import Target
from tom_targets.policy import visible_to

pytestmark = pytest.mark.django_db


class SubmissionForm(GenericUpstreamSubmissionForm):
    topic = forms.CharField(required=False, max_length=100)


class Broker(GenericBroker):
    name = "Test"
    form = GenericQueryForm
    alert_submission_form = SubmissionForm
    score_description = "how good it is"
    alerts = 3
    feedback = ""
    error: Exception | None = None
    submitted: list = []
    taken: bool | Exception = True

    def fetch_alerts(self, parameters):
        if self.error:
            raise self.error
        return ({"id": number, "name": f"T{number}"} for number in range(self.alerts)), self.feedback

    def to_generic_alert(self, alert):
        return GenericAlert(None, alert["id"], alert["name"], float(alert["id"]), 1.5, 18.5, 0.9, "javascript:alert(1)")

    def process_reduced_data(self, target, alert=None):
        ReducedDatum.objects.create(target=target, data_type="photometry", source_name="Test", value={"magnitude": 18.5, "filter": "r"})

    def submit_upstream_alert(self, target=None, observation_record=None, **kwargs):
        if isinstance(self.taken, Exception):
            raise self.taken
        type(self).submitted.append((target, observation_record, kwargs))
        return self.taken


@pytest.fixture(autouse=True)
def _broker(settings, monkeypatch):
    settings.TOM_ALERT_CLASSES = ["tests.tom_alerts.test_pages.Broker"]
    monkeypatch.setattr(Broker, "submitted", [])
    cache.clear()


@pytest.fixture
def user():
    return get_user_model().objects.create_user("astronomer")


@pytest.fixture
def query():
    return BrokerQuery.objects.create(name="Mine", broker="Test", parameters={"query_name": "Mine", "broker": "Test"})


def addresses(query):
    return {
        "get": [
            reverse("alerts:list"),
            reverse("alerts:create") + "?broker=Test",
            reverse("alerts:update", args=[query.pk]),
            reverse("alerts:run", args=[query.pk]),
            reverse("alerts:delete", args=[query.pk]),
        ],
        "post": [reverse("alerts:create-target"), reverse("alerts:submit-alert", args=["Test"])],
    }


def test_visitors_are_asked_to_log_in(client, query):
    for method, urls in addresses(query).items():
        for url in urls:
            answer = getattr(client, method)(url)
            assert answer.status_code == 302
            assert reverse("login") in answer.url


def test_users_open_every_page(client, user, query):
    client.force_login(user)
    for url in addresses(query)["get"]:
        assert client.get(url).status_code == 200, url
    for url in addresses(query)["post"]:
        assert client.get(url).status_code == 405


def test_what_is_not_there(client, user, query):
    client.force_login(user)
    for name in ("update", "run", "delete"):
        assert client.get(reverse(f"alerts:{name}", args=[10**6])).status_code == 404
    assert client.get(reverse("alerts:create") + "?broker=Nobody").status_code == 404
    assert client.post(reverse("alerts:create-target"), {"broker": "Nobody"}).status_code == 404
    assert client.post(reverse("alerts:submit-alert", args=["Nobody"])).status_code == 404


def test_a_query_is_made_changed_and_deleted(client, user):
    client.force_login(user)
    assert client.post(reverse("alerts:create"), {"query_name": "Q", "broker": "Test"}).url == reverse("alerts:list")
    query = BrokerQuery.objects.get()
    client.post(reverse("alerts:update", args=[query.pk]), {"query_name": "R", "broker": "Test"})
    query.refresh_from_db()
    assert query.name == "R"
    assert client.post(reverse("alerts:create"), {"query_name": "", "broker": "Test"}).status_code == 200
    assert "R" in client.get(reverse("alerts:list"), {"name": "r"}).content.decode()
    client.get(reverse("alerts:delete", args=[query.pk]))
    assert BrokerQuery.objects.exists()
    client.post(reverse("alerts:delete", args=[query.pk]))
    assert not BrokerQuery.objects.exists()


def test_the_list_has_a_fixed_number_of_queries(client, user, django_assert_max_num_queries):
    BrokerQuery.objects.bulk_create(BrokerQuery(name=str(number), broker="Test", parameters={}) for number in range(90))
    client.force_login(user)
    with django_assert_max_num_queries(10):
        assert len(client.get(reverse("alerts:list")).context["object_list"]) == 90


def test_run_shows_alerts_and_makes_targets(client, user, query):
    group = Group.objects.create(name="G")
    user.groups.add(group)
    client.force_login(user)
    answer = client.get(reverse("alerts:run", args=[query.pk]))
    assert [alert.name for alert in answer.context["alerts"]] == ["T0", "T1", "T2"]
    assert "javascript:" not in answer.content.decode()
    assert answer.context["score_description"] == "how good it is"
    query.refresh_from_db()
    assert query.last_run is not None
    answer = client.post(reverse("alerts:create-target"), {"query_id": query.pk, "broker": "Test", "alerts": ["0", "2"]})
    assert answer.url == reverse("targets:list")
    assert set(Target.objects.values_list("name", flat=True)) == {"T0", "T2"}
    assert ReducedDatum.objects.count() == 2
    other = get_user_model().objects.create_user("colleague")
    other.groups.add(group)
    for person in (user, other):
        assert visible_to(person, "change").count() == 2
    assert visible_to(get_user_model().objects.create_user("stranger")).count() == 0
    again = client.post(reverse("alerts:create-target"), {"query_id": query.pk, "broker": "Test", "alerts": ["0"]}, follow=True)
    assert Target.objects.count() == 2
    assert "No target was made" in again.content.decode()


def test_results_are_each_users_own(client, user, query):
    client.force_login(user)
    client.get(reverse("alerts:run", args=[query.pk]))
    cache.set("of-somebody-else", "kept")
    client.force_login(get_user_model().objects.create_user("stranger"))
    data = {"query_id": query.pk, "broker": "Test", "alerts": ["0"]}
    assert "no longer at hand" in client.post(reverse("alerts:create-target"), data, follow=True).content.decode()
    assert Target.objects.count() == 0
    client.get(reverse("alerts:run", args=[query.pk]))
    assert cache.get("of-somebody-else") == "kept"


def test_nothing_selected(client, user, query):
    client.force_login(user)
    answer = client.post(reverse("alerts:create-target"), {"query_id": query.pk, "broker": "Test"})
    assert answer.url == reverse("alerts:run", args=[query.pk])


def test_a_hundred_alerts_are_shown(client, user, query, monkeypatch):
    monkeypatch.setattr(Broker, "alerts", 150)
    client.force_login(user)
    context = client.get(reverse("alerts:run", args=[query.pk])).context
    assert len(context["alerts"]) == 100
    assert context["too_many_alerts"]


@pytest.mark.parametrize("error", [AttributeError("no key"), ServiceUnavailableError("it is down"), KeyError("oid")])
def test_a_broker_that_fails_is_told_on_the_page(client, user, query, monkeypatch, error):
    monkeypatch.setattr(Broker, "error", error)
    client.force_login(user)
    answer = client.get(reverse("alerts:run", args=[query.pk]))
    assert answer.status_code == 200
    assert answer.context["broker_feedback"]


def test_credentials_that_are_refused_lead_home(client, user, query, monkeypatch):
    monkeypatch.setattr(Broker, "error", ImproperCredentialsException("Test"))
    client.force_login(user)
    assert client.get(reverse("alerts:run", args=[query.pk])).status_code == 302


def test_feedback_is_cleaned(client, user, query, monkeypatch):
    monkeypatch.setattr(Broker, "feedback", "<script>alert(1)</script><b>Look</b>")
    client.force_login(user)
    page = client.get(reverse("alerts:run", args=[query.pk])).content.decode()
    assert "<script>alert(1)" not in page
    assert "<b>Look</b>" in page


def test_submission(client, user):
    target = Target.objects.create(name="P", type="SIDEREAL", ra=1, dec=2, permissions="PUBLIC")
    hidden = Target.objects.create(name="H", type="SIDEREAL", ra=1, dec=20, permissions="PRIVATE")
    client.force_login(user)
    url = reverse("alerts:submit-alert", args=["Test"])
    answer = client.post(url, {"target": target.pk, "topic": "news", "redirect_url": target.get_absolute_url()})
    assert answer.url == target.get_absolute_url()
    assert Broker.submitted == [(target, None, {"topic": "news"})]
    assert client.post(url, {"target": hidden.pk}).status_code == 302
    assert client.post(url, {}).status_code == 302
    assert len(Broker.submitted) == 1
    assert client.post(url, {"target": target.pk, "redirect_url": "https://elsewhere.example/"}).url == reverse("home")


@pytest.mark.parametrize("taken", [False, AlertSubmissionException("no topic")])
def test_a_submission_that_is_not_taken(client, user, monkeypatch, taken):
    monkeypatch.setattr(Broker, "taken", taken)
    target = Target.objects.create(name="P", type="SIDEREAL", ra=1, dec=2, permissions="PUBLIC")
    client.force_login(user)
    answer = client.post(reverse("alerts:submit-alert", args=["Test"]), {"target": target.pk}, follow=True)
    assert "Unable to submit one or more alerts to Test" in answer.content.decode()


def test_the_tag_renders_a_form():
    page = Template("{% load alerts_extras %}{% submit_upstream_form 'Test' %}").render(Context({}))
    assert reverse("alerts:submit-alert", args=["Test"]) in page


def test_the_command_makes_targets(query, capsys):
    call_command("runbrokerquery", "Mine")
    assert Target.objects.count() == ReducedDatum.objects.count() == 3
    call_command("runbrokerquery", "Mine")
    assert Target.objects.count() == 3
    assert "3 left out" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no query"):
        call_command("runbrokerquery", "Nobody's")


def test_messages_and_data_know_each_other():
    target = Target.objects.create(name="P", type="SIDEREAL", ra=1, dec=2)
    datum = ReducedDatum.objects.create(target=target, data_type="photometry", source_name="Test", value={"magnitude": 1.0, "filter": "r"})
    message = AlertStreamMessage.objects.create(topic="hermes.test", message_id="1", exchange_status="published")
    datum.message.add(message)
    assert list(message.reduceddatum_set.all()) == [datum]
    assert ReducedDatum.objects.get(message__topic="hermes.test") == datum
    assert str(message) == "Message 1 on hermes.test."
