"""What can be done with many targets of the list at once."""

from __future__ import annotations

from django.db import transaction

from tom_common.errors import TomError
from tom_common.tables import BulkAction, BulkResult, capped_count, count_text, register_bulk_action


def delete_targets(*, actor, rows, options) -> BulkResult:
    """Each by itself: one that cannot be deleted keeps none of the others."""
    from tom_targets.services import delete_target

    done, failed = 0, []
    for target in rows:
        name = target.name
        try:
            with transaction.atomic():
                delete_target(actor=actor, target=target)
            done += 1
        except TomError as error:
            failed.append((name, error.message))
    return BulkResult(done=done, failed=failed)


def may_delete(user, queryset):
    from tom_targets.policy import visible_to

    return visible_to(user, "delete", queryset)


def what_goes_with(user, queryset) -> list[tuple[str, str]]:
    """Rows of other tables that are deleted with these targets, counted up to the usual cap."""
    keys = queryset.order_by().values("pk")
    found = []
    for relation in queryset.model._meta.get_fields():
        if not (relation.one_to_many or relation.one_to_one) or not relation.auto_created or relation.concrete:
            continue
        model, name = relation.related_model, relation.field.name
        if model._meta.proxy or issubclass(model, queryset.model) or model._meta.model_name.endswith(("objectpermission", "grant")):
            continue
        count = capped_count(model._base_manager.filter(**{f"{name}__in": keys}))
        if count:
            found.append((str(model._meta.verbose_name_plural).capitalize(), count_text(count)))
    return found


def exporter(slug: str):
    """Answers with the chosen targets as a file of this format, streamed."""

    def export_selected(*, request, rows, options):
        from tom_targets.services.exporting import export_format
        from tom_targets.views.transfer import export_response

        return export_response(rows, export_format(slug))

    return export_selected


def may_change(user, queryset):
    from tom_targets.policy import visible_to

    return visible_to(user, "change", queryset)


def give_rights(*, actor, rows, options) -> BulkResult:
    """One level for one holder, on each target by itself."""
    from tom_targets.forms.rights import chosen_levels
    from tom_targets.services import set_rights

    levels = chosen_levels(options)
    done, failed = 0, []
    for target in rows:
        try:
            set_rights(actor=actor, obj=target, levels=levels)
            done += 1
        except TomError as error:
            failed.append((target.name, error.message))
    return BulkResult(done=done, failed=failed)


def register() -> None:
    register_bulk_action(
        "targets",
        BulkAction(
            slug="rights",
            label="Rights",
            icon="key",
            run=give_rights,
            allowed=may_change,
            form="tom_targets.forms.rights.BulkRightsForm",
            question="Give one group or one person a right on these targets, or take it.",
            past="given these rights",
            order=300,
        ),
    )
    register_bulk_action("targets", BulkAction(slug="export", label="Export CSV", icon="download", respond=exporter("csv"), order=50))
    for order, (slug, label) in enumerate((("ecsv", "Export ECSV"), ("votable", "Export VOTable"), ("fits", "Export FITS")), start=51):
        register_bulk_action(
            "targets", BulkAction(slug=f"export-{slug}", label=label, icon="download", respond=exporter(slug), order=order)
        )
    register_bulk_action(
        "targets",
        BulkAction(
            slug="delete",
            label="Delete",
            icon="trash",
            danger=True,
            run=delete_targets,
            allowed=may_delete,
            consequences=what_goes_with,
            question="Names, tags, observations and data go with them. This cannot be undone.",
            past="deleted",
            at_once=100,
            order=900,
        ),
    )
