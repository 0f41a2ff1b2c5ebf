"""Every list and detail page costs a fixed number of queries, whatever the size of the database."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.contrib.sites.models import Site
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_comments.models import Comment
from guardian.shortcuts import assign_perm

from tom_alerts.models import BrokerQuery
from tom_calendar.models import CalendarEvent, EventTodo
from tom_common.models import CommentAttachment, CommentMention, OutboxItem, TaskRun
from tom_common.services.history import record_history
from tom_dataproducts.models import DataProduct, DataProductGroup, ReducedDatum
from tom_dataservices.models import DataServiceQuery
from tom_observations.models import ObservationGroup, ObservationRecord, ObservationTemplate
from tom_targets.models import Target, TargetExtra, TargetList, TargetName

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, tzinfo=UTC)
LISTS = {
    "home": {},
    "user-list": {},
    "user-profile": {},
    "security-log": {},
    "plugin-list": {},
    "targets:list": {},
    "targets:skymap": {},
    "targets:targetgrouping": {},
    "targets:list-choice": {},
    "observations:list": {},
    "observations:group-list": {},
    "observations:template-list": {},
    "dataproducts:list": {},
    "dataproducts:group-list": {},
    "dataproducts:measurements": {},
    "alerts:list": {},
    "dataservices:query_list": {},
    "calendar:calendar": {"month": 3, "year": 2026},
    "api:targets-list": {},
    "api:targetname-list": {},
    "api:targetextra-list": {},
    "api:targetlist-list": {},
    "api:observations-list": {},
    "api:dataproducts-list": {},
    "api:reduceddatums-list": {},
    "api:groups-list": {},
    "api:tasks-list": {},
    "api:comments-list": {},
    "task-list": {},
    "history-list": {},
    "outbox-list": {},
}
HOME_PANELS = ["tonight", "observations", "latest-data", "target-lists", "latest-comments", "saved-filters", "failed-tasks", "mentions"]
DETAILS = [
    "targets:detail", "targets:coordinates", "targets:ephemeris", "targets:finder", "observations:detail", "dataproducts:group-detail", "api:targets-detail",
    "api:observations-detail",
]  # fmt: skip


class Tom:
    """A TOM that grows: `grow(n)` adds n of everything, half of it seen by the member's group only."""

    def __init__(self, member, group):
        self.member, self.group, self.made = member, group, 0
        self.target = Target.objects.create(name="First", type="SIDEREAL", ra=10.0, dec=5.0, permissions="OPEN")
        self.record = ObservationRecord.objects.create(
            target=self.target, user=member, facility="Example", observation_id="first", status="PENDING", parameters={}
        )
        self.product_group = DataProductGroup.objects.create(name="First")

    def grow(self, count):
        for number in range(self.made, self.made + count):
            target = Target.objects.create(
                name=f"Grown {number}", type="SIDEREAL", ra=number * 0.01, dec=1.0, permissions="PRIVATE" if number % 2 else "PUBLIC"
            )
            assign_perm("tom_targets.view_target", self.group, target)
            for owner in (target, self.target):
                TargetName.objects.create(target=owner, name=f"Alias {number} of {owner.name}")
                TargetExtra.objects.create(target=owner, key=f"key {number}", value="1")
                record = ObservationRecord.objects.create(
                    target=owner, user=self.member, facility="Example", observation_id=str(number), status="PENDING", parameters={}
                )
                product = DataProduct.objects.create(product_id=f"{number}-{owner.pk}", target=owner, data_product_type="fits_file")
                product.group.add(self.product_group)
                ReducedDatum.objects.create(
                    target=owner,
                    data_product=product,
                    data_type="photometry",
                    timestamp=START + timedelta(hours=number),
                    value={"magnitude": 18.0 + number / 100, "error": 0.1, "filter": "r"},
                )
                observation_group = ObservationGroup.objects.create(name=f"Group {number}")
                observation_group.observation_records.add(record, self.record)
                assign_perm("tom_observations.view_observationgroup", self.member, observation_group)
                comment = Comment.objects.create(
                    content_type=ContentType.objects.get_for_model(Target), object_pk=str(owner.pk), site=Site.objects.get_current(),
                    user=self.member, comment=f"Comment {number}", submit_date=START + timedelta(hours=number),
                )  # fmt: skip
                CommentAttachment.objects.create(comment_id=comment.pk, file="x/y.txt", name="y.txt", mime_type="text/plain", size_bytes=1)
                CommentMention.objects.create(comment_id=comment.pk, user=self.member)
            target_list = TargetList.objects.create(name=f"List {number}")
            target_list.targets.add(target, self.target)
            assign_perm("tom_targets.view_targetlist", self.member, target_list)
            DataProductGroup.objects.create(name=f"Products {number}")
            TaskRun.objects.create(name="x.y", title=f"Task {number}", actor=self.member, state="succeeded")
            OutboxItem.objects.create(destination="d", kind="k", payload={}, idempotency_key=str(number), actor=self.member)
            for what in (target, self.target, record, target_list):
                record_history(actor=self.member, verb="changed", obj=what, before={"name": "a"}, after={"name": "b"}, mentions=[self.target])
            ObservationTemplate.objects.create(name=f"Template {number}", facility="Example", parameters={})
            BrokerQuery.objects.create(name=f"Query {number}", broker="Lasair", parameters={})
            DataServiceQuery.objects.create(name=f"Query {number}", data_service="Simbad", parameters={})
            event = CalendarEvent.objects.create(
                title=f"Night {number}",
                start_time=START + timedelta(days=number % 25),
                end_time=START + timedelta(days=number % 25, hours=9),
            )
            EventTodo.objects.create(event=event, description="Look")
        self.made += count


@pytest.fixture
def tom(client, django_user_model):
    from django.contrib.auth.models import Group

    member = django_user_model.objects.create_user("member", password="pw")
    group = Group.objects.create(name="team")
    member.groups.add(group)
    client.force_login(member, backend="allauth.account.auth_backends.AuthenticationBackend")
    return Tom(member, group)


def queries(client, url, data=None):
    client.get(url, data)  # what is cached for the process (content types, sites) is not what is counted
    cache.clear()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(url, data)
    assert answer.status_code == 200, f"{url} answers {answer.status_code}"
    return [query["sql"] for query in captured]


def assert_fixed(client, tom, url, data=None):
    tom.grow(4)
    few = queries(client, url, data)
    tom.grow(16)
    many = queries(client, url, data)
    grown = [sql for sql in many if many.count(sql) > few.count(sql)]
    assert len(many) <= len(few), f"{url}: {len(few)} queries with few rows, {len(many)} with many; more of:\n" + "\n".join(grown[:8])


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_whatever_it_holds(client, tom, name):
    if name == "plugin-list":  # shown to superusers alone
        tom.member.is_superuser = True
        tom.member.save()
    assert_fixed(client, tom, reverse(name), LISTS[name])


@pytest.mark.parametrize("name", DETAILS)
def test_a_page_of_one_thing_costs_the_same_whatever_hangs_on_it(client, tom, name):
    app = name.split(":")[-2] + name.split(":")[-1]
    pk = {"targets": tom.target.pk, "observations": tom.record.pk, "dataproducts": tom.product_group.pk}[
        next(word for word in ("dataproducts", "observations", "targets") if word in app)
    ]
    assert_fixed(client, tom, reverse(name, kwargs={"pk": pk}))


@pytest.mark.parametrize("name", ["dataproducts:detail"])
def test_a_page_of_a_product_costs_the_same_whatever_hangs_on_it(client, tom, name):
    tom.grow(2)
    product = DataProduct.objects.filter(target=tom.target).order_by("pk").first()
    url = reverse(name, kwargs={"pk": product.pk})

    def hang(count):
        for _ in range(count):
            number = tom.made = tom.made + 1
            product.tags.create(name=f"tag {number}")
            group = DataProductGroup.objects.create(name=f"Holds {number}")
            group.dataproduct_set.add(product)
            ReducedDatum.objects.create(
                target=tom.target, data_product=product, data_type="photometry", timestamp=START + timedelta(days=number, minutes=1),
                value={"magnitude": 17.0, "filter": "g"},
            )  # fmt: skip
            record_history(actor=tom.member, verb="changed", obj=product, before={"tags": []}, after={"tags": ["a"]})

    hang(3)
    few = queries(client, url)
    hang(12)
    many = queries(client, url)
    assert len(many) <= len(few), "\n".join(sql for sql in many if many.count(sql) > few.count(sql))


PARTS = "visibility observe observations manage-data groups photometry spectroscopy history card-finder card-nearby".split()


@pytest.mark.parametrize("slug", PARTS)
def test_a_tab_costs_the_same_whatever_hangs_on_the_target(client, tom, slug):
    assert_fixed(client, tom, reverse("targets:tab", kwargs={"pk": tom.target.pk, "slug": slug}))


@pytest.mark.parametrize("slug", HOME_PANELS)
def test_a_panel_of_the_home_page_costs_the_same_whatever_there_is(client, tom, slug):
    assert_fixed(client, tom, reverse("home-panel", args=[slug]))


def test_a_thread_of_comments_and_the_names_offered_cost_the_same(client, tom):
    thread = reverse("comment-thread", args=[Target._meta.app_label, Target._meta.model_name, tom.target.pk])
    assert_fixed(client, tom, thread)
    assert_fixed(client, tom, reverse("name-suggest"), {"name": "grown"})
