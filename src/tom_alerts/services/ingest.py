"""Alert packets into targets and reduced data: one batch, one transaction, one line in the ledger."""

from __future__ import annotations

import itertools
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import transaction

from tom_alerts.models import IngestRecord
from tom_alerts.queries import known_source_ids
from tom_alerts.rows import datum_rows, own_first
from tom_alerts.services.dead_letters import keep_dead_letter
from tom_alerts.services.report import IngestReport, Skipped
from tom_clients.alert_packets import BadPacket, Packet, SchemaStore, encode_packet, read_packets
from tom_common.conf import tom_settings
from tom_dataproducts.services import add_reduced_data_many
from tom_targets.models import TargetName
from tom_targets.rows import TargetRow
from tom_targets.services import create_or_match_targets, grant_access

logger = logging.getLogger(__name__)

BATCH = 200
ACTIONS = ("view", "change", "delete")


@transaction.atomic
def ingest_packets(
    *,
    packets: Iterable[Packet],
    actor: User | None = None,
    source: str = "",
    radius_arcsec: float | None = None,
    permissions: str | None = None,
    groups: Iterable[Group] = (),
    solar_system_radius_arcsec: float | None = None,
) -> IngestReport:
    """Match each alert to a target, by name and then by position, or create one; add its measurements; write the ledger.

    Matching sees all targets, whoever the actor is: an ingest is the TOM's own work. A measurement that the TOM has is not made twice.
    Known solar-system objects never make or match a sidereal target: they are reported as skipped.

    :param radius_arcsec: how near a target must be to be the alert's (setting `ALERT_MATCH_RADIUS_ARCSEC`)
    :param permissions: of targets that are created (PRIVATE, PUBLIC, OPEN); the TOM's default when None
    :param groups: user groups that may view, change and delete the targets that are created, as the actor may
    :param solar_system_radius_arcsec: see the setting `ALERT_SOLAR_SYSTEM_RADIUS_ARCSEC`
    """
    packets = list(packets)
    near_arcsec = float(tom_settings.ALERT_SOLAR_SYSTEM_RADIUS_ARCSEC if solar_system_radius_arcsec is None else solar_system_radius_arcsec)
    report = IngestReport(packets=len(packets))
    objects: dict[tuple[str, str], list[Packet]] = defaultdict(list)
    for packet in packets:
        reason = packet.skip_reason(near_arcsec)
        if reason:
            report.skipped.append(Skipped(packet.alert_id, packet.name, reason))
        else:
            objects[packet.survey, packet.name].append(packet)
    if objects:
        matches = create_or_match_targets(
            actor=None,
            rows=[_target_row(found[-1], permissions) for found in objects.values()],
            radius_arcsec=float(tom_settings.ALERT_MATCH_RADIUS_ARCSEC if radius_arcsec is None else radius_arcsec),
        )
        _count_and_grant(report, matches, groups=list(groups), actor=actor)
        _keep_names(matches, list(objects.values()))
        _add_data(report, list(zip(matches, objects.values(), strict=True)), near_arcsec=near_arcsec, actor=actor)
    _write_ledger(report, packets=packets, source=source, actor=actor)
    return report


def ingest_source(
    *,
    source: str | Path | bytes,
    actor: User | None = None,
    survey: str | None = None,
    schemas: SchemaStore | None = None,
    batch_size: int = BATCH,
    on_batch: Callable[[IngestReport], None] | None = None,
    **options: Any,
) -> IngestReport:
    """Read a file, archive or message and ingest it batch after batch; what cannot be read or stored becomes a dead letter.

    A batch that fails as a whole is tried packet by packet, so that one bad packet keeps back itself alone.

    :param on_batch: called with the report so far after each batch
    :param options: further arguments of :func:`ingest_packets`
    """
    total = IngestReport()
    bad: list[BadPacket] = []
    name = str(source) if isinstance(source, str | Path) else "message"
    schemas = schemas or SchemaStore(tom_settings.ALERT_SCHEMA_FOLDERS)
    packets = read_packets(source, survey=survey, schemas=schemas, on_error=bad.append)
    while batch := list(itertools.islice(packets, batch_size)):
        try:
            done = ingest_packets(packets=batch, actor=actor, source=name, **options)
        except Exception:
            logger.warning("A batch of %s packets of %s failed; trying them one by one.", len(batch), name, exc_info=True)
            done = _one_by_one(batch, actor=actor, source=name, **options)
        total.add(done)
        if on_batch is not None:
            on_batch(total)
    for letter in bad:
        keep_dead_letter(bad=letter, survey=survey or "", source=name)
        total.packets += 1
        total.failed.append(f"{letter.origin or name}#{letter.position}: {letter.error}")
    return total


def _one_by_one(batch: list[Packet], *, source: str, **options: Any) -> IngestReport:
    total = IngestReport()
    for packet in batch:
        try:
            total.add(ingest_packets(packets=[packet], source=source, **options))
        except Exception as error:
            payload = encode_packet(packet) if packet.schema is not None else b""
            bad = BadPacket(packet.origin, packet.position, payload, f"{type(error).__name__}: {error}")
            keep_dead_letter(bad=bad, survey=packet.survey, source=source)
            total.packets += 1
            total.failed.append(f"{packet.name or packet.alert_id}: {bad.error}")
    return total


def _target_row(packet: Packet, permissions: str | None) -> TargetRow:
    return TargetRow(
        name=packet.name,
        type="SIDEREAL",
        ra=packet.ra_deg,
        dec=packet.dec_deg,
        aliases=packet.aliases,
        fields={"permissions": permissions} if permissions else {},
    )


def _count_and_grant(report: IngestReport, matches: list, *, groups: list[Group], actor: User | None) -> None:
    holders = [*groups, *([actor] if actor is not None and actor.pk else [])]
    for match in matches:
        if match.created:
            report.targets_created.add(match.target.pk)
            for holder in holders:
                grant_access(actor=actor, target=match.target, holder=holder, actions=ACTIONS)
        else:
            report.targets_matched.add(match.target.pk)
    report.targets_matched -= report.targets_created


def _keep_names(matches: list, objects: list[list[Packet]]) -> None:
    """A target that was met by its position is from now on found by the survey's name for it too."""
    for match, packets in zip(matches, objects, strict=True):
        if match.matched_by != "position":
            continue
        for name in (packets[-1].name, *packets[-1].aliases):
            alias = TargetName(target=match.target, name=name)
            try:
                alias.full_clean()
            except ValidationError:
                continue  # the name is another target's
            alias.save()


def _add_data(report: IngestReport, found: list, *, near_arcsec: float, actor: User | None) -> None:
    targets: dict[int, Any] = {}
    rows: dict[int, list] = defaultdict(list)
    for match, packets in found:
        targets[match.target.pk] = match.target
        for packet in packets:
            rows[match.target.pk] += datum_rows(packet, solar_system_radius_arcsec=near_arcsec)
    own: dict[int, list] = {}
    history: dict[int, list] = {}
    for key, pairs in rows.items():
        own[key], history[key] = own_first(pairs)
    known = known_source_ids(target_ids=targets, rows=itertools.chain.from_iterable(history.values()))
    mapping = {}
    for key, target in targets.items():
        missing = [row for row in history[key] if (key, row.source_name, row.source_id) not in known]
        report.data_unchanged += len(history[key]) - len(missing)
        mapping[target] = own[key] + missing
    added = add_reduced_data_many(mapping, actor=actor)
    for result in added.values() if isinstance(added, dict) else [added]:
        report.data_created += result.created
        report.data_updated += result.updated
        report.data_unchanged += len(result.unchanged)


def _write_ledger(report: IngestReport, *, packets: list[Packet], source: str, actor: User | None) -> IngestRecord:
    return IngestRecord.objects.create(
        actor=actor if actor is not None and actor.pk else None,
        survey=",".join(sorted({packet.survey for packet in packets}))[:32],
        source=source[-500:],
        packets=report.packets,
        targets_created=len(report.targets_created),
        targets_matched=len(report.targets_matched),
        data_created=len(report.data_created),
        data_updated=len(report.data_updated),
        data_unchanged=report.data_unchanged,
        skipped=report.skipped_by_reason,
    )
