from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.generic import View
from django_filters.views import FilterView

from tom_common.accounts import services
from tom_common.accounts.security_log import events_for
from tom_common.htmx_table import HTMXTable, HTMXTableFilterSet, HTMXTableViewMixin, htmx_attributes_instant
from tom_common.mixins import SuperuserRequiredMixin
from tom_common.models import SecurityEvent
from tom_common.templatetags.tom_common_extras import state_badge, utc_time

Kind = SecurityEvent.Kind
# state and icon of the badge; what is not named here is quiet
LOOKS = {
    Kind.LOGIN: ("ok", "box-arrow-in-right"),
    Kind.LOGIN_FAILED: ("warn", "x-octagon"),
    Kind.FACTOR_REMOVED: ("warn", "shield-slash"),
    Kind.ACCOUNT_DELETED: ("warn", "trash"),
    Kind.RIGHTS_CHANGED: ("info", "person-gear"),
    Kind.APPROVED: ("info", "person-check"),
}


class SecurityEventTable(HTMXTable):
    selection = None
    at = tables.Column(verbose_name="Time", order_by=("id",))
    kind = tables.Column(verbose_name="What", orderable=False)
    user_name = tables.Column(verbose_name="Account", orderable=False, empty_values=())
    actor_name = tables.Column(verbose_name="By", orderable=False)
    ip_address = tables.Column(verbose_name="From", orderable=False, attrs={"td": {"class": "num"}})
    detail = tables.Column(verbose_name="Details", orderable=False)
    user_agent = tables.Column(verbose_name="Browser", orderable=False)

    class Meta(HTMXTable.Meta):
        model = SecurityEvent
        fields = ("at", "kind", "user_name", "actor_name", "ip_address", "detail", "user_agent")
        sequence = fields
        order_by = "-at"

    def render_at(self, value: Any) -> Any:
        return utc_time(value)

    def render_kind(self, record: SecurityEvent) -> Any:
        state, icon = LOOKS.get(record.kind, ("quiet", "dot"))
        return state_badge(record.kind_label, state, icon)

    def render_user_name(self, record: SecurityEvent) -> Any:
        if record.user_name and record.user_id is None:
            return format_html('{} <span class="text-body-secondary">(no account)</span>', record.user_name)
        return record.user_name or "–"

    def render_user_agent(self, value: str) -> Any:
        return format_html('<span title="{}">{}</span>', value, browser_of(value))


BROWSERS = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("python-requests", "Python"),
    ("curl/", "curl"),
]
SYSTEMS = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
]


def browser_of(user_agent: str) -> str:
    """Browser and system in two words, as far as the header tells."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return " on ".join(part for part in (browser, system) if part) or user_agent[:40]


class SecurityEventFilterSet(HTMXTableFilterSet):
    kind = django_filters.ChoiceFilter(label="What", choices=Kind.choices, widget=forms.Select(attrs=htmx_attributes_instant))
    since = django_filters.DateFilter(
        field_name="at",
        lookup_expr="date__gte",
        label="From day (UTC)",
        widget=forms.DateInput(attrs={**htmx_attributes_instant, "type": "date"}),
    )
    until = django_filters.DateFilter(
        field_name="at",
        lookup_expr="date__lte",
        label="To day (UTC)",
        widget=forms.DateInput(attrs={**htmx_attributes_instant, "type": "date"}),
    )

    class Meta:
        model = SecurityEvent
        fields = ["query", "kind", "since", "until"]

    def general_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        for word in value.split()[:10]:
            queryset = queryset.filter(
                Q(user_name__icontains=word) | Q(actor_name__icontains=word) | Q(ip_address__startswith=word) | Q(detail__icontains=word)
            )
        return queryset


@method_decorator(never_cache, name="dispatch")
class SecurityLogView(LoginRequiredMixin, HTMXTableViewMixin, FilterView):
    """What happened to accounts: all of it for superusers, one's own account for everybody else."""

    model = SecurityEvent
    table_class = SecurityEventTable
    filterset_class = SecurityEventFilterSet
    template_name = "tom_common/security_log.html"
    paginate_by = 50

    def get_queryset(self) -> QuerySet:
        return events_for(self.request.user)


class ResetSecondFactorView(SuperuserRequiredMixin, View):
    """A superuser takes away the second factors of somebody who lost them, after a question."""

    def get(self, request: Any, pk: int) -> HttpResponse:
        return render(request, "tom_common/reset_second_factor.html", {"account": self.account(pk)})

    def post(self, request: Any, pk: int) -> HttpResponse:
        account = self.account(pk)
        services.reset_second_factor(actor=request.user, user=account)
        messages.success(request, f"{account.get_username()} can log in with the password alone and set up a new second factor.")
        return redirect("user-list")

    @staticmethod
    def account(pk: int) -> Any:
        user = get_user_model().objects.filter(pk=pk).first()
        if user is None:
            raise Http404
        return user
