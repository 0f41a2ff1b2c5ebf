"""What pages of targets need of the floors above: observation templates, and sharing of data."""

from __future__ import annotations

from typing import Any, Protocol

from tom_common.ports import Port


class ObservationTemplates(Protocol):
    """Applies observation templates to targets; filled by tom_observations."""

    def form(self, target: Any) -> Any:
        """The unbound form that chooses a template for `target`."""

    def address(self, target: Any, query: Any) -> str | None:
        """The prefilled request for the template that `query` (of an address) names; None when there is no such template."""


class DataSharing(Protocol):
    """Tells what came of sharing, and leaves drafts at Hermes; filled by tom_dataproducts."""

    def tell(self, answer: Any, request: Any) -> None:
        """Show the answer of a destination on the next page."""

    def leave_draft(self, *, user: Any, targets: list, datum_ids: list[str] | None, title: str, submitter: str, text: str, topic: str) -> str:
        """A draft at Hermes of `targets` with those of their data that have these keys (None: all) and that `user` may change the
        targets of: the address of the page that goes on with it. Empty when Hermes did not take it."""


observation_templates: Any = Port("tom_targets.ports.observation_templates", filled_by="tom_observations")
data_sharing: Any = Port("tom_targets.ports.data_sharing", filled_by="tom_dataproducts")
