"""Who may do what with data products and reduced data: one door.

A product is seen by who sees its target, changed and deleted by who may change its target; a product in a group that names user groups,
by those of them who belong to one. With TARGET_PERMISSIONS_ONLY False each right is given on the product (guardian) and the target says
nothing. A datum goes with its product, else with its target; a right given on a single datum is honoured.
"""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, Q, QuerySet

from tom_common.conf import tom_settings
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
    return bool(user is not None and user.is_authenticated and user.is_active and (user.is_superuser or user.has_perm(f"{APP}.{codename}")))


def _granted_keys(user: Any, action: str, models: tuple[str, ...]) -> list[int]:
    """Keys of single rows on which guardian holds the right for the user."""
    from guardian.models import GroupObjectPermission, UserObjectPermission

    person = _person(user)
    if person is None or not person.is_active:
        return []
    types = [ContentType.objects.get_by_natural_key(APP, model).pk for model in models]
    of = {"content_type__in": types, "permission__codename__in": [f"{action}_{model}" for model in models]}
    mine = UserObjectPermission.objects.filter(user_id=person.pk, **of).order_by().values_list("object_pk", flat=True)
    ours = GroupObjectPermission.objects.filter(group__in=standing_of(person).groups, **of).order_by().values_list("object_pk", flat=True)
    return sorted(int(key) for key in mine.union(ours) if key.isdigit())


def _own_groups(user: Any) -> list[int]:
    person = _person(user)
    return list(standing_of(person).groups) if person is not None and person.is_active else []


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
    closed = DataProductGroup.objects.filter(dataproduct=OuterRef("pk"), user_groups__isnull=False)
    mine = DataProductGroup.objects.filter(dataproduct=OuterRef("pk"), user_groups__in=_own_groups(user))
    of_target = restrict_by_target(queryset, user, "view" if action == "view" else "change")
    return of_target.filter(~Exists(closed) | Exists(mine))


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


def target_data(user: Any, target: Any, queryset: QuerySet | None = None) -> QuerySet:
    """Reduced data of one target that `user` may see, without asking the target's rights of each row again."""
    from tom_targets import policy as targets

    queryset = ReducedDatum.objects.all() if queryset is None else queryset
    queryset = queryset.filter(target_id=target.pk)
    if _has_all(user, "view_reduceddatum"):
        return queryset
    products = visible_to(user, "view", DataProduct.objects.filter(target_id=target.pk)).order_by().values("pk")
    rule = Q(data_product__in=products)
    if targets.can(user, "view", target):
        rule |= Q(data_product__isnull=True)
    granted = _granted_keys(user, "view", DATUM_MODELS)
    if granted:
        rule |= Q(pk__in=granted)
    return queryset.filter(rule)


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
