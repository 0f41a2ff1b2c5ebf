"""What goes to other systems, and how far it is."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.generic import TemplateView, View

from tom_common.errors import NotAllowedError, TomError
from tom_common.models import OutboxItem
from tom_common.permissions import deny
from tom_common.redaction import masked, without_secrets
from tom_common.services import outbox
from tom_common.views.keyset import keyset_page, word
from tom_common.views.tasks import back


class OutboxListView(LoginRequiredMixin, TemplateView):
    """Everything for superusers, their own for others."""

    template_name = "tom_common/outbox_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        request = self.request
        rows = outbox.visible_items(request.user).select_related("actor").defer("payload")
        state, where = word(request, "state"), word(request, "destination")
        if state in OutboxItem.State.values:
            rows = rows.filter(state=state)
        if where:
            rows = rows.filter(destination__icontains=where)
        items, next_page = keyset_page(rows, request)
        return super().get_context_data(**kwargs) | {
            "items": [(item, without_secrets(item.last_error)[:200]) for item in items],
            "next_page": next_page,
            "states": OutboxItem.State.choices,
            "asked": {"state": state, "destination": where},
            "filtered": bool(state or where),
        }


def _item(request: Any, pk: int) -> OutboxItem:
    item = outbox.visible_items(request.user).filter(pk=pk).select_related("actor").first()
    if item is None:
        deny(request, seen=False)
    return item


class OutboxDetailView(View):
    def get(self, request: Any, pk: int) -> HttpResponse:
        item = _item(request, pk)
        context = {
            "item": item,
            "payload": masked(item.payload),
            "error": without_secrets(item.last_error),
            "offered": outbox.settlements(request.user, item),
        }
        return render(request, "tom_common/outbox_detail.html", context)


class OutboxSettleView(LoginRequiredMixin, View):
    """`state`: to_send, sent or refused; `remote_id`: what the other side calls it, when it was sent."""

    http_method_names = ["post"]

    def post(self, request: Any, pk: int) -> HttpResponse:
        item = _item(request, pk)
        try:
            outbox.settle(actor=request.user, item=item, state=request.POST.get("state", ""), remote_id=request.POST.get("remote_id", ""))
        except NotAllowedError:
            deny(request, seen=True)
        except TomError as error:
            messages.error(request, str(error))
            return redirect("outbox-detail", pk)
        messages.success(request, f"The item is now marked: {item.get_state_display()}.")
        return back(request, "outbox-detail", pk)
