"""Every address of a project: one of each thing is made, and every URL pattern is filled in with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.exceptions import NoReverseMatch

QUERIES = {
    "observations:create": "target_id={target}",
    "observations:redirect": "target_id={target}",
    "alerts:create": "broker=Gaia",
    "dataservices:create": "data_service=Simbad",
    "dataproducts:download": "format=csv",
}
FOREIGN = {"admin", "rest_framework"}  # pages of other projects' apps, not ours to test


class Address(NamedTuple):
    name: str
    url: str
    arguments: dict[str, object]


def one_of_each() -> dict[str, dict[str, object]]:
    """Arguments by namespace, then by argument name."""
    from tom_dataproducts.models import DATA_TYPE_CHOICES, DataProduct, DataProductGroup, ReducedDatum
    from tom_observations.models import ObservationGroup, ObservationRecord, ObservationTemplate
    from tom_targets.models import Target, TargetList

    user, _ = get_user_model().objects.get_or_create(username="owner", defaults={"is_superuser": True, "is_staff": True})
    group, _ = Group.objects.get_or_create(name="members")
    target = Target.objects.create(name="Crawled 1", type="SIDEREAL", ra=10.0, dec=-20.0)
    other = Target.objects.create(name="Crawled 2", type="SIDEREAL", ra=0.01, dec=89.9)
    Target.objects.create(
        name="Crawled 3", type="NON_SIDEREAL", scheme="MPC_MINOR_PLANET", epoch_of_elements=60000.0, inclination=10.586,
        lng_asc_node=80.26, arg_of_perihelion=73.47, eccentricity=0.0788, mean_anomaly=17.2, semimajor_axis=2.767,
    )  # fmt: skip
    target_list = TargetList.objects.create(name="A list")
    target_list.targets.add(target)
    facility = "Example" if "Example" in facilities() else next(iter(facilities()))
    record = ObservationRecord.objects.create(
        target=target, user=user, facility=facility, observation_id="1", status="PENDING", parameters={"facility": facility}
    )
    observation_group = ObservationGroup.objects.create(name="A group")
    observation_group.observation_records.add(record)
    template = ObservationTemplate.objects.create(name="A template", facility=facility, parameters={})
    product = DataProduct.objects.create(product_id="p1", target=target, data_product_type=DATA_TYPE_CHOICES[0][0])
    product_group = DataProductGroup.objects.create(name="Products")
    datum = ReducedDatum.objects.first() or ReducedDatum.objects.create(
        target=target, data_type="photometry", timestamp=datetime(2024, 3, 1, tzinfo=UTC), value={"magnitude": 17.0, "filter": "r"}
    )
    found = {
        "targets": {"pk": target.pk, "target_pk": target.pk, "pk1": target.pk, "pk2": other.pk, "name": "Crawled 1", "slug": "photometry"},
        "observations": {"pk": record.pk, "facility": facility, "slug": "upload"},
        "dataproducts": {
            "pk": product.pk,
            "dp_pk": product.pk,
            "tg_pk": target.pk,
            "target_pk": target.pk,
            "service": "Atlas",
            "kind": "photometry",
        },
        "": {"pk": user.pk, "slug": "latest-targets", "path": "x/y.txt"},
        "targets:delete-group": {"pk": target_list.pk},
        "targets:share-group": {"pk": target_list.pk},
        "comment-thread": {"app_label": target._meta.app_label, "model_name": target._meta.model_name, "object_pk": target.pk},
        "comment-people": {"app_label": target._meta.app_label, "model_name": target._meta.model_name, "object_pk": target.pk},
        "observations:template-detail": {"pk": template.pk},
        "observations:template-update": {"pk": template.pk},
        "observations:template-delete": {"pk": template.pk},
        "observations:group-delete": {"pk": observation_group.pk},
        "dataproducts:group-detail": {"pk": product_group.pk},
        "dataproducts:group-delete": {"pk": product_group.pk},
        "dataproducts:group-update": {"pk": product_group.pk},
        "dataproducts:save": {"pk": record.pk},
        **{f"dataproducts:measurement{verb}": {"pk": datum.pk} for verb in ("", "-edit", "-delete")},
        "group-update": {"pk": group.pk},
        "group-delete": {"pk": group.pk},
        "group-detail": {"pk": group.pk},
        "group-members": {"pk": group.pk},
        "api": {"pk": target.pk},
        "api:observations-detail": {"pk": record.pk},
        "api:dataproducts-detail": {"pk": product.pk},
    }
    found |= activity_of(user, target)
    if apps.is_installed("tom_alerts"):
        from tom_alerts.models import BrokerQuery

        query = BrokerQuery.objects.create(name="A query", broker="Gaia", parameters={"query_name": "A query", "broker": "Gaia"})
        found["alerts"] = {"pk": query.pk, "broker": "Gaia"}
    if apps.is_installed("tom_dataservices"):
        from tom_dataservices.models import DataServiceQuery

        service = DataServiceQuery.objects.create(name="A query", data_service="Simbad", parameters={})
        found["dataservices"] = {"pk": service.pk}
    if apps.is_installed("tom_calendar"):
        from tom_calendar.models import CalendarEvent, EventTodo

        event = CalendarEvent.objects.create(
            title="Run", start_time=datetime(2026, 1, 1, tzinfo=UTC), end_time=datetime(2026, 1, 2, tzinfo=UTC)
        )
        todo = EventTodo.objects.create(event=event, description="Look")
        found["calendar"] = {"event_id": event.pk, "todo_id": todo.pk}
    return found


def activity_of(user, target) -> dict[str, dict[str, object]]:
    """One task run, periodic job, outbox item and event of history, each of `user`."""
    from tom_common.models import OutboxItem, PeriodicJob, TaskRun
    from tom_common.services.history import record_history
    from tom_targets.models import TargetImport

    file = TargetImport.objects.create(user=user, file_name="targets.csv", state="failed", report={"problem": "The file is empty."})
    run = TaskRun.objects.create(name="tom_common.housekeeping.prune", title="A task", actor=user, state="failed", reason="It failed")
    job = PeriodicJob.objects.create(name="crawled", task="tom_common.housekeeping.prune", every_s=60)
    item = OutboxItem.objects.create(destination="other", kind="crawled", payload={}, idempotency_key="crawled", actor=user)
    event = record_history(actor=user, verb="changed", obj=target, before={"ra": 10.5}, after={"ra": 10.0})
    return {
        **{
            name: {"pk": run.pk}
            for name in ("task-detail", "task-progress", "task-cancel", "task-retry", "api:tasks-detail", "api:tasks-cancel")
        },
        **{name: {"pk": job.pk} for name in ("periodic-switch", "periodic-run")},
        **{name: {"pk": item.pk} for name in ("outbox-detail", "outbox-settle")},
        "history-undo": {"pk": event.pk},
        "targets:import-detail": {"pk": file.pk},
    }


def facilities() -> dict[str, type]:
    from tom_observations.facility import get_service_classes

    return get_service_classes()


def names(resolver: URLResolver, namespaces: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from names(entry, inner)
        elif entry.name:
            yield namespaces, entry


def addresses(arguments: dict[str, dict[str, object]], unfilled: list[str] | None = None) -> Iterator[Address]:
    """Every named pattern, filled in from `one_of_each()`; names that cannot be filled are put into `unfilled`."""
    seen = set()
    for namespaces, pattern in names(get_resolver()):
        if FOREIGN & set(namespaces):
            continue
        name = ":".join((*namespaces, pattern.name))
        wanted = pattern.pattern.regex.groupindex.keys() | pattern.pattern.converters.keys()
        if "format" in wanted:  # the same page under a second address
            continue
        known = {**arguments.get(namespaces[-1] if namespaces else "", {}), **arguments.get(name, {})}
        if namespaces:
            known |= arguments.get(f"{namespaces[-1]}:{pattern.name}", {})
        try:
            filled = {key: known[key] for key in wanted}
            url = reverse(name, kwargs=filled)
        except (KeyError, NoReverseMatch):
            if unfilled is not None:
                unfilled.append(name)
            continue
        if url in seen:
            continue
        seen.add(url)
        query = "?" + QUERIES[name].format(target=arguments["targets"]["pk"]) if name in QUERIES else ""
        yield Address(name, url + query, filled)
