"""What an ingest did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Skipped:
    """An alert that was left out, and why."""

    alert_id: str
    name: str
    reason: str


@dataclass(slots=True)
class IngestReport:
    """Keys of the targets and data that an ingest made, changed or found already there."""

    packets: int = 0
    targets_created: set[int] = field(default_factory=set)
    targets_matched: set[int] = field(default_factory=set)
    data_created: list[int] = field(default_factory=list)
    data_updated: list[int] = field(default_factory=list)
    data_unchanged: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def add(self, other: IngestReport) -> None:
        """Take in what a further batch did; a target made by an earlier batch stays one that was made."""
        self.packets += other.packets
        self.targets_created |= other.targets_created
        self.targets_matched |= other.targets_matched - self.targets_created
        self.data_created += other.data_created
        self.data_updated += other.data_updated
        self.data_unchanged += other.data_unchanged
        self.skipped += other.skipped
        self.failed += other.failed

    @property
    def skipped_by_reason(self) -> dict[str, int]:
        return dict(Counter(skipped.reason for skipped in self.skipped))

    def lines(self) -> list[str]:
        """The report for a person."""
        lines = [
            f"{self.packets} packets read",
            f"targets: {len(self.targets_created)} created, {len(self.targets_matched)} matched",
            f"measurements: {len(self.data_created)} created, {len(self.data_updated)} updated, {self.data_unchanged} already there",
        ]
        lines += [f"left out: {count} ({reason})" for reason, count in sorted(self.skipped_by_reason.items())]
        if self.failed:
            lines.append(f"failed: {len(self.failed)} packets, kept as dead letters")
        return lines
