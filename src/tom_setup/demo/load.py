"""Fills an empty TOM with the demo: real objects, their measurements and alerts, an observation and its data.

Everything goes through the services that a page, the REST API or a stream uses; nothing is written past them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.core.management import call_command

from tom_setup.demo.packets import load_objects, write_packets

DATA = Path(__file__).parent / "data"
GROUP = "Demo observers"
FACILITY = "Example"


@dataclass
class DemoReport:
    targets: int = 0
    products: int = 0
    alert_files: int = 0
    problems: list[str] = field(default_factory=list)


def load(*, actor: Any, folder: Path, say=lambda line: None) -> DemoReport:
    """Load what is not there yet; a second run changes nothing. `folder` takes the packets that are written."""
    report = DemoReport()
    group, _ = Group.objects.get_or_create(name=GROUP)
    objects = list(load_objects())
    for entry in objects:
        if _make_target(entry, actor=actor, group=group):
            report.targets += 1
    say(f"{report.targets} targets")
    packets = write_packets(folder)
    report.alert_files = len(packets)
    call_command("ingestalerts", *map(str, packets), permissions="OPEN", group=[GROUP], user=actor.get_username(), verbosity=0)
    say(f"{report.alert_files} files of alert packets ingested")
    for entry in objects:
        if "arrives_as_alert" in entry and "position" not in entry:
            _annotate_alert_target(entry, actor=actor)
        for product in entry["products"]:
            if _store(entry["name"], product, actor=actor, report=report):
                report.products += 1
    say(f"{report.products} files of measurements stored and reduced")
    _observe("AT2020caa", actor=actor, product_file="AT2020caa_gmos.fits", report=report)
    _lists(objects, actor=actor)
    return report


def _target(name: str) -> Any:
    from tom_targets.models import Target

    return Target.objects.filter(name=name).first()


def _make_target(entry: dict[str, Any], *, actor: Any, group: Group) -> bool:
    from tom_astro.angles import parse_dec, parse_ra
    from tom_targets.rows import TargetRow
    from tom_targets.services import create_target

    if _target(entry["name"]):
        return False
    shared = {"name": entry["name"], "aliases": tuple(entry["aliases"]), "extras": _tags(entry)}
    if "position" in entry:
        position = entry["position"]
        row = TargetRow(ra=parse_ra(position["ra"]), dec=parse_dec(position["dec"]), fields={"permissions": "OPEN"}, **shared)
    elif "elements" in entry:
        elements = {name: value if name == "scheme" else float(value) for name, value in entry["elements"].items()}
        row = TargetRow(type="NON_SIDEREAL", fields={**elements, "permissions": "OPEN"}, **shared)
    else:
        return False  # its alerts make it
    create_target(actor=actor, row=row, groups=[group])
    return True


def _tags(entry: dict[str, Any]) -> dict[str, str]:
    tags = {"Kind": entry["kind"]}
    if "redshift" in entry.get("position", {}):
        tags["redshift"] = entry["position"]["redshift"]
    for number, citation in enumerate(entry["citations"], start=1):
        tags[f"Source {number}"] = f"{citation['what']}: {citation['reference']} [{citation['file']}]"
    return tags


def _annotate_alert_target(entry: dict[str, Any], *, actor: Any) -> None:
    """A target that an alert made is known by the alert's position; it gets the citation all the same."""
    from tom_targets.queries import cone
    from tom_targets.services import update_target

    content = json.loads((DATA.parent / "alerts" / entry["arrives_as_alert"]).read_text())
    place = content["diaObject"]
    target = cone(_all_targets(), place["ra"], place["dec"], 2.0 / 3600).first()
    if target is not None and "Kind" not in target.tags:
        update_target(actor=actor, target=target, extras=_tags(entry))


def _all_targets() -> Any:
    from tom_targets.models import Target

    return Target.objects.all()


def _store(name: str, product: dict[str, str], *, actor: Any, report: DemoReport) -> bool:
    from tom_dataproducts.models import DataProduct
    from tom_dataproducts.services import process_product, store_product

    stored = store_product(
        actor=actor,
        target=_target(name),
        filename=product["file"],
        content=(DATA / product["file"]).read_bytes(),
        data_product_type=product["type"],
        product_id=f"demo:{product['file']}",
        or_existing=True,
    )
    if stored.processing_state == DataProduct.Processing.DONE:
        return False
    try:
        found = len(process_product(product=stored, actor=actor))
    except Exception as error:
        report.problems.append(f"{product['file']}: {error}")
        return False
    if not found:
        report.problems.append(f"{product['file']}: no measurement was found in it (setting DATA_PROCESSORS)")
    return bool(found)


def _observe(name: str, *, actor: Any, product_file: str, report: DemoReport) -> None:
    """An observation at the manual facility, completed, to which the object's spectrum belongs."""
    from tom_dataproducts.models import DataProduct
    from tom_observations.facility import get_service_class
    from tom_observations.models import ObservationRecord
    from tom_observations.services import set_status, submit_observation

    target = _target(name)
    if ObservationRecord.objects.filter(target_id=target.pk, facility=FACILITY).exists():
        return
    try:
        facility = get_service_class(FACILITY)()
    except ImportError as error:
        report.problems.append(str(error))
        return
    facility.set_user(actor)
    parameters = {"name": f"Spectrum of {name}", "start": "2021-02-19", "observation_id": "S20210219S0075"}
    submission = submit_observation(
        actor=actor,
        facility=facility,
        target=target,
        payload={"target_id": target.pk, "params": parameters},
        parameters={**parameters, "facility": FACILITY, "target_id": target.pk, "observation_type": "OBSERVATION"},
    )
    for record in submission.records:
        set_status(actor=actor, record=record, status="Completed")
        DataProduct.objects.filter(product_id=f"demo:{product_file}").update(observation_record=record)


def _lists(objects: list[dict[str, Any]], *, actor: Any) -> None:
    from tom_targets.models import TargetList

    groups = {
        "Supernovae and kilonovae": ("supernova", "kilonova"),
        "Microlensing and variables": ("microlensing", "variable"),
        "Solar System": ("asteroid", "comet"),
    }
    for title, kinds in groups.items():
        members = [_target(entry["name"]) for entry in objects if any(kind in entry["kind"] for kind in kinds)]
        if not TargetList.objects.filter(name=title).exists():
            made = _new_list(title, actor=actor)
            made.targets.add(*[member for member in members if member])


def _new_list(title: str, *, actor: Any) -> Any:
    from tom_targets.services import create_list

    return create_list(actor=actor, name=title)
