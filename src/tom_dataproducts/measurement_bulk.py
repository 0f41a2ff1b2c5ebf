"""What can be done with many measurements at once, and with the measurements of many targets."""

from __future__ import annotations

from tom_common.tables import BulkAction, BulkResult, register_bulk_action
from tom_dataproducts.services.bulk_export import FORMATS


def delete_them(*, actor, rows, options) -> BulkResult:
    from tom_dataproducts.services import delete_reduced_data

    return BulkResult(done=delete_reduced_data(rows=rows, actor=actor))


def may_delete(user, queryset):
    from tom_dataproducts.policy import data_visible_to

    return data_visible_to(user, "delete", queryset)


def exporter(slug: str):
    def export_selected(*, request, rows, options):
        from tom_dataproducts.views.measurements import export_response

        match = request.resolver_match
        return export_response(rows, match.kwargs.get("kind", "") if match is not None else "", slug)

    return export_selected


def exporter_of_targets(slug: str):
    """All measurements of the chosen targets that the viewer may see."""

    def export_of_targets(*, request, rows, options):
        from tom_dataproducts.models import ReducedDatum
        from tom_dataproducts.policy import data_visible_to
        from tom_dataproducts.views.measurements import export_response

        of_targets = ReducedDatum.objects.filter(target_id__in=rows.order_by().values("pk"))
        return export_response(data_visible_to(request.user, "view", of_targets), "", slug)

    return export_of_targets


def register() -> None:
    for order, (slug, format) in enumerate(FORMATS.items(), start=50):
        label = f"{format.label} of these"
        register_bulk_action("measurements", BulkAction(slug=f"export-{slug}", label=label, icon="download", respond=exporter(slug), order=order))
    for order, slug in enumerate(("csv", "votable", "parquet"), start=60):
        label = f"Measurements as {FORMATS[slug].label}"
        register_bulk_action(
            "targets", BulkAction(slug=f"data-{slug}", label=label, icon="graph-down", respond=exporter_of_targets(slug), order=order)
        )
    register_bulk_action(
        "measurements",
        BulkAction(
            slug="delete",
            label="Delete",
            icon="trash",
            danger=True,
            run=delete_them,
            allowed=may_delete,
            question="The history of their targets keeps what brings them back, in parts of 500.",
            past="deleted",
            at_once=5000,
            order=900,
        ),
    )
