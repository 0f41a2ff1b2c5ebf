"""The tables of users, of groups and of a group's members, and what they are filtered by."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tom_common.htmx_table import HTMXTable, HTMXTableFilterSet, SelectionColumn, htmx_attributes_instant
from tom_common.templatetags.tom_common_extras import state_badge, utc_time

User = get_user_model()
NONE = "–"


def by_words(queryset: QuerySet, text: str, fields: tuple[str, ...]) -> QuerySet:
    """Rows that have every word of `text` in one of the fields."""
    for word in text.split()[:10]:
        wanted = Q()
        for field in fields:
            wanted |= Q(**{f"{field}__icontains": word})
        queryset = queryset.filter(wanted)
    return queryset


def icon_link(url: str, icon: str, label: str, title: str) -> SafeString:
    return format_html('<a href="{}" aria-label="{}" title="{}"><i class="bi bi-{}" aria-hidden="true"></i></a>', url, label, title, icon)


class RequirementColumn(tables.Column):
    """Whether the accounts of the page fulfil one requirement, asked once for all of them."""

    def __init__(self, requirement: Any, **kwargs: Any) -> None:
        super().__init__(accessor="pk", orderable=False, verbose_name=requirement.column_label(), **kwargs)
        self.requirement = requirement

    def render(self, record: Any, table: Any) -> str:
        met = table.met.get(self.requirement)
        if met is None:
            met = table.met[self.requirement] = self.requirement.met_user_pks([row.record for row in table.paginated_rows])
        return state_badge("yes", "ok", "check") if record.pk in met else state_badge("no", "warn", "x")


class NameColumn(tables.Column):
    """First and last name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(accessor="last_name", order_by=("last_name", "first_name"), verbose_name="Name", empty_values=(), **kwargs)

    def render(self, record: Any) -> str:
        return record.get_full_name() or NONE


class UserTable(HTMXTable):
    """Accounts, for superusers with what only they may see and do."""

    selection = None
    username = tables.Column(attrs={"td": {"class": "fw-semibold"}})
    name = NameColumn()
    email = tables.Column(verbose_name="E-mail", default=NONE)
    affiliation = tables.Column(accessor="profile__affiliation", verbose_name="Affiliation", default=NONE)
    groups = tables.Column(accessor="pk", orderable=False, verbose_name="Groups")
    last_login = tables.Column(verbose_name="Last login (UTC)", attrs={"td": {"class": "num"}}, default="never")
    actions = tables.Column(accessor="pk", orderable=False, verbose_name="", attrs={"td": {"class": "row-actions"}})

    class Meta(HTMXTable.Meta):
        model = User
        fields = ("username", "name", "email", "affiliation", "groups", "last_login")
        sequence = ("username", "name", "email", "affiliation", "groups", "last_login", "...", "actions")
        empty_text = "No account fits."
        order_by = "username"

    ONLY_SUPERUSERS = ("email", "groups", "last_login", "actions")

    def __init__(self, *args: Any, viewer: Any, requirements: Any = (), **kwargs: Any) -> None:
        extra = [(f"requirement_{number}", RequirementColumn(one)) for number, one in enumerate(requirements)]
        hidden = () if viewer.is_superuser else self.ONLY_SUPERUSERS
        super().__init__(*args, extra_columns=extra, exclude=hidden, **kwargs)
        self.viewer, self.met = viewer, {}
        self.factors: set[int] | None = None

    def render_username(self, record: Any) -> str:
        marks = [state_badge("Superuser", "info", "star")] if record.is_superuser and self.viewer.is_superuser else []
        if not record.is_active:
            marks.append(state_badge("Inactive", "quiet", "slash-circle"))
        return format_html("{}{}", record.get_username(), format_html_join("", " {}", ((mark,) for mark in marks)))

    def render_groups(self, record: Any) -> str:
        found = [(reverse("group-detail", args=[group.pk]), group.name) for group in record.groups.all()]
        return format_html_join(", ", '<a href="{}">{}</a>', found) if found else NONE

    def render_last_login(self, value: Any) -> str:
        return utc_time(value)

    def with_factor(self) -> set[int]:
        """The accounts of the page that have a second factor, asked once."""
        if self.factors is None:
            self.factors = set()
            if apps.is_installed("allauth.mfa"):
                from allauth.mfa.models import Authenticator

                shown = [row.record.pk for row in self.paginated_rows]
                self.factors = set(Authenticator.objects.filter(user__in=shown).values_list("user_id", flat=True))
        return self.factors

    def render_actions(self, record: Any) -> str:
        name = record.get_username()
        reset = reverse("user-reset-second-factor", args=[record.pk])
        return format_html(
            "{} {} {} {}",
            icon_link(reverse("user-update", args=[record.pk]), "pencil", f"Edit {name}", "Edit"),
            icon_link(reverse("admin-user-change-password", args=[record.pk]), "key", f"Change the password of {name}", "Change password"),
            icon_link(reset, "shield-x", f"Reset the second factor of {name}", "Reset second factor") if record.pk in self.with_factor() else "",
            icon_link(reverse("user-delete", args=[record.pk]), "trash", f"Delete {name}", "Delete"),
        )


def groups_of_viewer(request: Any) -> QuerySet[Group]:
    from tom_common.services.groups import visible_groups

    return visible_groups(request.user).order_by("name")


def user_rows(viewer: Any) -> QuerySet:
    """The accounts that the viewer may look at, with what the table shows of them."""
    from tom_common.services.users import visible_users

    return visible_users(viewer).select_related("profile").prefetch_related("groups").order_by("username")


def user_table_arguments(viewer: Any) -> dict[str, Any]:
    from tom_common.accounts.requirements import configured_requirements

    return {"viewer": viewer, "requirements": configured_requirements() if viewer.is_superuser else ()}


STATES = [
    ("active", "Active"),
    ("inactive", "Inactive"),
    ("superuser", "Superusers"),
    ("manager", "Managers of groups"),
    ("never", "Never logged in"),
]


class UserFilterSet(HTMXTableFilterSet):
    """By words in the names, and for superusers in the e-mail address; by group and state."""

    group = django_filters.ModelChoiceFilter(
        queryset=groups_of_viewer,
        field_name="groups",
        label="Group",
        widget=forms.Select(attrs={**htmx_attributes_instant, "class": "form-select"}),
    )
    state = django_filters.ChoiceFilter(
        choices=STATES, method="by_state", label="State", widget=forms.Select(attrs={**htmx_attributes_instant, "class": "form-select"})
    )

    class Meta:
        model = User
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.request.user.is_superuser:
            del self.filters["state"]

    def general_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        fields = ("username", "first_name", "last_name", "profile__affiliation")
        return by_words(queryset, value, (*fields, "email") if self.request.user.is_superuser else fields)

    def by_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        if value == "manager":
            from tom_common.models import GroupManager

            return queryset.filter(pk__in=GroupManager.objects.values("user_id"))
        rules = {
            "active": {"is_active": True},
            "inactive": {"is_active": False},
            "superuser": {"is_superuser": True},
            "never": {"last_login": None},
        }
        return queryset.filter(**rules[value])


class MemberTable(HTMXTable):
    """Members of one group; the selection is for those who manage it."""

    selection = SelectionColumn(
        accessor="pk",
        orderable=False,
        attrs={
            "td__input": {"name": "users", "form": "members-form"},
            "th": {"class": "col-selection"},
            "td": {"class": "col-selection"},
        },
    )
    username = tables.Column(attrs={"td": {"class": "fw-semibold"}})
    name = NameColumn()
    affiliation = tables.Column(accessor="profile__affiliation", verbose_name="Affiliation", default=NONE)
    manages = tables.Column(verbose_name="Part", empty_values=())

    class Meta(HTMXTable.Meta):
        model = User
        fields = ("selection", "username", "name", "affiliation", "manages")
        sequence = ("selection", "username", "name", "affiliation", "manages")
        empty_text = "Nobody here."

    def __init__(self, *args: Any, may_manage: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, exclude=() if may_manage else ("selection",), **kwargs)

    def render_username(self, record: Any) -> str:
        badge = "" if record.is_active else state_badge("Inactive", "quiet", "slash-circle")
        return format_html("{} {}", record.get_username(), badge)

    def render_manages(self, record: Any) -> str:
        return state_badge("Manager", "info", "person-gear") if record.manages else "Member"


class MemberFilterSet(HTMXTableFilterSet):
    class Meta:
        model = User
        fields: list[str] = []

    def general_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return by_words(queryset, value, ("username", "first_name", "last_name", "profile__affiliation"))
