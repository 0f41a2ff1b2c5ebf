"""What can be done with many data products of the list at once."""

from __future__ import annotations

from django.db import transaction

from tom_common.errors import TomError
from tom_common.tables import BulkAction, BulkResult, capped_count, count_text, register_bulk_action


def may(action):
    def allowed(user, queryset):
        from tom_dataproducts.policy import visible_to

        return visible_to(user, action, queryset)

    return allowed


def each(verb):
    """Each product by itself: one that fails keeps none of the others."""

    def run(*, actor, rows, options) -> BulkResult:
        done, failed = 0, []
        for product in rows:
            name = product.get_file_name() or str(product)
            try:
                with transaction.atomic():
                    verb(actor, product, options)
                done += 1
            except TomError as error:
                failed.append((name, error.message))
        return BulkResult(done=done, failed=failed)

    return run


def _delete(actor, product, options):
    from tom_dataproducts.services import delete_product

    delete_product(product=product, actor=actor)


def _tag(actor, product, options):
    from tom_dataproducts.services.tagging import add_tags, split_tags

    add_tags(product=product, tags=split_tags(options.get("tags", "")), actor=actor)


def _add_to_group(*, actor, rows, options) -> BulkResult:
    from tom_dataproducts.policy import groups_visible_to
    from tom_dataproducts.services.grouping import add_to_group

    chosen = options.get("group")  # the form's object, or from a task its key
    group = groups_visible_to(actor, "change").filter(pk=getattr(chosen, "pk", chosen)).first()
    rows = list(rows)
    if group is None:
        return BulkResult(failed=[("group", "there is no such group that you may change")], failed_count=len(rows))
    add_to_group(group=group, products=rows, actor=actor)
    return BulkResult(done=len(rows))


def _zip(*, request, rows, options):
    from tom_dataproducts.views.zipping import zip_response

    return zip_response(rows)


def what_goes_with(user, queryset) -> list[tuple[str, str]]:
    from tom_dataproducts.models import ReducedDatum

    count = capped_count(ReducedDatum.objects.filter(data_product__in=queryset.order_by().values("pk")))
    return [("Measurements read from them", count_text(count))] if count else []


def register() -> None:
    register_bulk_action(
        "dataproducts",
        BulkAction(slug="zip", label="Download (zip)", icon="file-earmark-zip", respond=_zip, order=50),
    )
    register_bulk_action(
        "dataproducts",
        BulkAction(
            slug="group", label="Add to group", icon="collection", run=_add_to_group, allowed=may("change"), order=100,
            form="tom_dataproducts.forms.groups.ChooseGroupForm", question="Into which group?", past="added to the group",
        ),
    )  # fmt: skip
    register_bulk_action(
        "dataproducts",
        BulkAction(
            slug="tag", label="Tag", icon="tag", run=each(_tag), allowed=may("change"), order=110,
            form="tom_dataproducts.forms.tags.TagsForm", question="Which tags shall they get?", past="tagged",
        ),
    )  # fmt: skip
    register_bulk_action(
        "dataproducts",
        BulkAction(
            slug="delete", label="Delete", icon="trash", danger=True, run=each(_delete), allowed=may("delete"), consequences=what_goes_with,
            question="Their files and the measurements read from them go with them. This cannot be undone.", past="deleted", at_once=100,
            order=900,
        ),
    )  # fmt: skip
