"""Who may do what with data products and reduced data: one door.

A product is seen by who sees its target, changed and deleted by who may change its target; a product in a group that names user groups,
by those of them who belong to one. With TARGET_PERMISSIONS_ONLY False each right is given on the product (guardian) and the target says
nothing. A datum goes with its product, else with its target; a right given on a single datum is honoured.
"""

from __future__ import annotations

import functools
from collections.abc import Collection
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet

from tom_common.conf import tom_settings
from tom_common.prepared import Prepared
from tom_targets import policy as targets
from tom_targets.models import BaseTarget
from tom_targets.policy import restrict_by_target, target_rule
from tom_targets.standing import standing_of

from .models import DataProduct, DataProductGroup, ReducedDatum

APP = "tom_dataproducts"
DATUM_MODELS = (
    "reduceddatum", "photometryreduceddatum", "spectroscopyreduceddatum", "astrometryreduceddatum", "genericreduceddatum",
)


def _person(user: Any) -> Any:
    """The account whose explicit rights count: a visitor's are those of guardian's anonymous account."""
    if user is not None and user.is_authenticated:
        return user
    from django.contrib.auth import get_user_model
    from guardian.utils import get_anonymous_user

    try:
        return get_anonymous_user()
    except get_user_model().DoesNotExist:
        return None


def _has_all(user: Any, codename: str) -> bool:
    if user is None or not user.is_authenticated or not user.is_active:
        return False
    if user.is_superuser:
        return True
    standing_of(user)  # by one statement all that `has_perm` looks at
    return user.has_perm(f"{APP}.{codename}")


def _granted_keys(user: Any, action: str, models: tuple[str, ...]) -> list[int]:
    """Keys of single rows on which guardian holds the right for the user."""
    person = _person(user)
    if person is None or not person.is_active:
        return []
    types = tuple(ContentType.objects.get_by_natural_key(APP, model).pk for model in models)
    # nobody is in group 0
    keys = _grants(action, models)(person.pk, standing_of(person).groups or (0,), types)
    return sorted(int(key) for key in keys if key.isdigit())


@functools.cache
def _grants(action: str, models: tuple[str, ...]) -> Prepared:
    """Asked with (account, groups, content types): the rows on which they have the right, as texts."""
    names = [f"{action}_{model}" for model in models]

    def made(person: Any, groups: Any, types: Any) -> QuerySet:
        from guardian.models import GroupObjectPermission, UserObjectPermission

        of = {"content_type__in": types, "permission__codename__in": names}
        mine = UserObjectPermission.objects.filter(user_id=person, **of).order_by().values_list("object_pk", flat=True)
        return mine.union(GroupObjectPermission.objects.filter(group__in=groups, **of).order_by().values_list("object_pk", flat=True))

    return Prepared(made)


def _own_groups(user: Any) -> list[int]:
    person = _person(user)
    return list(standing_of(person).groups) if person is not None and person.is_active else []


class NotShut(Func):
    """True for data products, the key in `column`, in no group of products that names user groups, or in one that names one of `groups`.

    As one expression of SQL: two trees of Django's cost more than the query.
    """

    output_field = BooleanField()
    conditional = True

    def __init__(self, column: str, groups: Collection[int]) -> None:
        super().__init__(F(column))
        self.groups = tuple(groups)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        product, params = compiler.compile(self.get_source_expressions()[0])
        holds, opens = DataProduct.group.through._meta.db_table, DataProductGroup.user_groups.through._meta.db_table
        quote = connection.ops.quote_name
        named = (
            f"EXISTS(SELECT 1 FROM {quote(holds)} tom_in JOIN {quote(opens)} tom_for "  # noqa: S608
            f"ON tom_for.dataproductgroup_id = tom_in.dataproductgroup_id WHERE tom_in.dataproduct_id = {product}"
        )
        if not self.groups:
            return f"NOT {named})", list(params)
        marks = ", ".join(["%s"] * len(self.groups))
        return f"(NOT {named}) OR {named} AND tom_for.group_id IN ({marks})))", [*params, *params, *self.groups]


def visible_to(user: Any, action: str = "view", queryset: QuerySet | None = None) -> QuerySet:
    """Data products on which `user` may do `action`: view, change or delete."""
    action = action.removesuffix("_dataproduct")
    queryset = DataProduct.objects.all() if queryset is None else queryset
    if _has_all(user, f"{action}_dataproduct"):
        return queryset
    if action != "view" and not (user is not None and user.is_authenticated and user.is_active):
        return queryset.none()
    if not tom_settings.TARGET_PERMISSIONS_ONLY:
        return queryset.filter(pk__in=_granted_keys(user, action, ("dataproduct",)))
    return restrict_by_target(queryset, user, "view" if action == "view" else "change").filter(NotShut("pk", _own_groups(user)))


def can(user: Any, action: str, product: DataProduct) -> bool:
    """May `user` do `action` (view, change, delete) with this product."""
    return visible_to(user, action, DataProduct.objects.filter(pk=product.pk)).exists()


def data_visible_to(user: Any, action: str = "view", queryset: QuerySet | None = None) -> QuerySet:
    """Reduced data on which `user` may do `action`: view, change or delete."""
    queryset = ReducedDatum.objects.all() if queryset is None else queryset
    if _has_all(user, f"{action}_reduceddatum"):
        return queryset
    if action != "view" and not (user is not None and user.is_authenticated and user.is_active):
        return queryset.none()
    by_target = target_rule(user, "view" if action == "view" else "change", using=queryset.db)
    products = visible_to(user, action, DataProduct.objects.filter(pk=OuterRef("data_product_id")))
    rule = by_target & Q(data_product__isnull=True) | Q(Exists(products))
    granted = _granted_keys(user, action, DATUM_MODELS)
    if granted:
        rule |= Q(pk__in=granted)
    return queryset.filter(rule)


def target_data(user: Any, target: Any, queryset: QuerySet | None = None, *, seen: bool = False) -> QuerySet:
    """Reduced data of one target that `user` may see, without asking the target's rights of each row again.

    `seen`: it was asked already whether the user may see the target.
    """
    queryset = ReducedDatum.objects.all() if queryset is None else queryset
    queryset = queryset.filter(target_id=target.pk)
    if _has_all(user, "view_reduceddatum"):
        return queryset
    sees = seen or targets.can(user, "view", target)
    products = DataProduct.objects.filter(target_id=target.pk).order_by().values("pk")
    if sees and tom_settings.TARGET_PERMISSIONS_ONLY and not _has_all(user, "view_dataproduct"):
        rule = Q(data_product__in=products.filter(NotShut("pk", _own_groups(user))))
    else:
        rule = Q(data_product__in=visible_to(user, "view", products))
    if sees:
        rule |= Q(data_product__isnull=True)
    granted = _granted_keys(user, "view", DATUM_MODELS)
    if granted:
        rule |= Q(pk__in=granted)
    return queryset.filter(rule)


def changeable(user: Any, rows: Collection[ReducedDatum]) -> frozenset[int]:
    """The keys of those of these rows that `user` may change: as `data_visible_to` says it, asked of their targets and products."""
    keys = frozenset(row.pk for row in rows)
    if not keys or user is None or not user.is_authenticated or not user.is_active:
        return frozenset()
    if _has_all(user, "change_reduceddatum"):
        return keys
    good_targets = _changeable_targets(user, {row.target_id for row in rows if row.data_product_id is None})
    of_products = {row.data_product_id for row in rows if row.data_product_id is not None}
    products = DataProduct.objects.filter(pk__in=of_products)
    good_products = set(visible_to(user, "change", products).order_by().values_list("pk", flat=True)) if of_products else ()
    granted = keys.intersection(_granted_keys(user, "change", DATUM_MODELS))
    return granted | {row.pk for row in rows if (row.target_id in good_targets if row.data_product_id is None else row.data_product_id in good_products)}


def _changeable_targets(user: Any, keys: set[int]) -> set[int]:
    if len(keys) > 1:
        return set(targets.visible_to(user, "change", BaseTarget.objects.filter(pk__in=keys)).order_by().values_list("pk", flat=True))
    return {key for key in keys if targets.can(user, "change", BaseTarget(pk=key))}


def seen_target_data(user: Any, target: Any) -> QuerySet:
    """Data of a target that `user` is known to see already, decided in the query itself; rights on single data are left out."""
    queryset = ReducedDatum.objects.filter(target_id=target.pk)
    if _has_all(user, "view_reduceddatum"):
        return queryset
    if not tom_settings.TARGET_PERMISSIONS_ONLY:
        return target_data(user, target, queryset)
    of_product = DataProductGroup.objects.filter(dataproduct=OuterRef("data_product_id"))
    open_to = Q(~Exists(of_product.filter(user_groups__isnull=False)))
    if user is not None and user.is_authenticated and user.is_active:
        open_to |= Q(Exists(of_product.filter(user_groups__in=user.groups.order_by().values("pk"))))
    return queryset.filter(Q(data_product__isnull=True) | Q(open_to, data_product__target_id=target.pk))


def groups_visible_to(user: Any, action: str = "view", queryset: QuerySet | None = None) -> QuerySet:
    """Groups of data products: seen by everybody unless they name user groups, changed by logged-in users under the same rule."""
    queryset = DataProductGroup.objects.all() if queryset is None else queryset
    if _has_all(user, f"{action}_dataproductgroup"):
        return queryset
    if action != "view" and not (user is not None and user.is_authenticated and user.is_active):
        return queryset.none()
    own = DataProductGroup.user_groups.through.objects.filter(dataproductgroup_id=OuterRef("pk"))
    return queryset.filter(~Exists(own) | Exists(own.filter(group_id__in=_own_groups(user))))
