"""Floor 3: data products, reduced data, their processors and plots."""

from typing import Any

from django.apps import AppConfig


def products_seen_by(user: Any) -> Any:
    """Whose comments on products one sees: of those that one sees themselves."""
    from .policy import visible_to

    return visible_to(user)


def groups_seen_by(user: Any) -> Any:
    from .policy import groups_visible_to

    return groups_visible_to(user)


def open_to(product: Any) -> Any:
    from .access import grants_of

    return grants_of(product)


def products_open_to(user: Any, action: str, queryset: Any) -> Any:
    from .policy import visible_to

    return visible_to(user, action, queryset)


def data_open_to(user: Any, action: str, queryset: Any) -> Any:
    from .policy import data_visible_to

    return data_visible_to(user, action, queryset)


class TomDataproductsConfig(AppConfig):
    name = "tom_dataproducts"
    verbose_name = "TOM Data Products"
    default_auto_field = "django.db.models.BigAutoField"
    bulk_actions = ("tom_dataproducts.product_bulk", "tom_dataproducts.measurement_bulk")

    def ready(self) -> None:
        from tom_common.access import register_explainer
        from tom_common.comments import register_visibility
        from tom_common.object_rules import register_object_rule

        from . import columns, signals
        from .models import DataProduct, DataProductGroup, ReducedDatum

        signals.connect()
        columns.register()
        register_explainer(DataProduct, open_to)
        register_object_rule(DataProduct, products_open_to)
        register_object_rule(ReducedDatum, data_open_to)
        register_visibility(DataProduct, products_seen_by)
        register_visibility(DataProductGroup, groups_seen_by)
