"""Fills the ports that lower floors own."""

from __future__ import annotations

from typing import Any

from django.apps import apps


class DataSink:
    """Stores the files of an observation as data products (the port `tom_observations.ports.data_sink`)."""

    def store(self, record: Any, *, product_id: str, filename: str, content: Any, data_product_type: str = "") -> Any:
        """The data product for a file of an observation; the known one when `product_id` was stored before."""
        from .services import store_product

        return store_product(
            target=record.target, observation_record=record, product_id=product_id, filename=filename, content=content,
            data_product_type=data_product_type, actor=None, or_existing=True,
        )


class DataSharing:
    """Shares the data of targets (the port `tom_targets.ports.data_sharing`)."""

    def tell(self, answer: Any, request: Any) -> None:
        from .sharing import sharing_feedback_handler

        sharing_feedback_handler(answer, request)

    def leave_draft(self, *, user: Any, targets: list, datum_ids: list[str] | None, title: str, submitter: str, text: str, topic: str) -> str:
        from .alertstreams.hermes import BuildHermesMessage, draft_address, own_authors, preload_to_hermes
        from .models import ReducedDatum
        from .policy import data_visible_to

        data = data_visible_to(user, "view", ReducedDatum.objects.filter(target__in=targets))
        if datum_ids is not None:
            data = data.filter(pk__in=[key for key in datum_ids if str(key).isdigit()])
        message = BuildHermesMessage(title=title, submitter=submitter, authors=own_authors(), message=text, topic=topic)
        key = preload_to_hermes(message, data, targets)
        return draft_address(key) if key else ""


def fill_ports() -> None:
    from tom_targets.ports import data_sharing

    data_sharing.fill(DataSharing())
    if apps.is_installed("tom_observations"):
        from tom_observations.ports import data_sink

        data_sink.fill(DataSink())
