"""Pages that send targets elsewhere, and those about continuous sharing."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.generic import FormView, TemplateView, View

from tom_common.errors import TomError
from tom_common.permissions import deny
from tom_targets.forms import PersistentShareForm, TargetListShareForm, TargetShareForm
from tom_targets.models import PersistentShare, TargetList, get_target_model_class
from tom_targets.policy import get_or_deny, restrict_by_target, visible_to
from tom_targets.ports import data_sharing
from tom_targets.views.lists import ListObjectMixin


class _LoggedIn:
    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated:
            deny(request, seen=False)
        return super().dispatch(request, *args, **kwargs)


def _post(request, send, *args):
    """Hand over to the floor where data are; its words become messages."""
    try:
        data_sharing.tell(send(request, *args), request)
    except TomError as error:
        messages.error(request, error.message)


class TargetShareView(_LoggedIn, FormView):
    """Send a target and its data. For who may change it: what leaves the TOM cannot be called back."""

    template_name = "tom_targets/target_share.html"
    form_class = TargetShareForm

    def dispatch(self, request, *args, **kwargs):
        self.target = get_or_deny(request, kwargs["pk"], "change")
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self):
        return {**super().get_initial(), "target": self.target, "submitter": self.request.user, "share_title": f"Updated data for {self.target.name}"}

    def get_context_data(self, *args, **kwargs):
        return {**super().get_context_data(*args, **kwargs), "target": self.target}

    def form_valid(self, form):
        from tom_targets.sharing import share_target_and_all_data, share_target_and_chosen_data

        data = {**form.cleaned_data, "target": self.target}
        chosen = self.request.POST.getlist("share-box")

        def send(request):
            if chosen:
                return share_target_and_chosen_data(data["share_destination"], self.target, chosen, data, request.user)
            return share_target_and_all_data(data["share_destination"], self.target, request.user)

        _post(self.request, send)
        return redirect(self.get_success_url())

    def get_success_url(self):
        return reverse("targets:detail", kwargs={"pk": self.target.pk})


class TargetGroupingShareView(_LoggedIn, ListObjectMixin, FormView):
    """Send targets of a list, and their data when asked to. For who may change the list; of its targets, those one may change."""

    template_name = "tom_targets/target_group_share.html"
    form_class = TargetListShareForm
    action = "change"

    def dispatch(self, request, *args, **kwargs):
        self.grouping = self.get_object()
        return super().dispatch(request, *args, **kwargs)

    def get_targets(self):
        return visible_to(self.request.user, "change", self.grouping.targets.order_by("name"))

    def get_initial(self):
        return {**super().get_initial(), "target_list": self.grouping, "submitter": self.request.user, "share_title": self.grouping.name}

    def get_context_data(self, *args, **kwargs):
        context = super().get_context_data(*args, **kwargs)
        context.update(target_list=self.grouping, target=self.grouping, targets=self.get_targets()[:500], empty_database=False, query_string="")
        return context

    def form_valid(self, form):
        from tom_targets.sharing import share_target_and_all_data, share_target_with_tom

        keys = [key for key in self.request.POST.getlist("selected-target") if key.isdigit()]
        targets = list(self.get_targets().filter(pk__in=keys))
        if not targets:
            messages.error(self.request, "Choose at least one target.")
            return self.form_invalid(form)
        with_data = self.request.POST.get("dataSwitch") == "on"
        for target in targets:

            def send(request, target=target):
                if with_data:
                    return share_target_and_all_data(form.cleaned_data["share_destination"], target, request.user)
                data = {**form.cleaned_data, "target": target}
                return share_target_with_tom(form.cleaned_data["share_destination"], data, [self.grouping], user=request.user)

            _post(self.request, send)
        return redirect(self.get_success_url())

    def get_success_url(self):
        return reverse("targets:targetgrouping")


class TargetHermesPreloadView(_LoggedIn, View):
    """Hand data to Hermes' own submit page: the message is preloaded, then the browser goes there."""

    http_method_names = ["post"]

    def post(self, request, pk):
        return _preload(request, [get_or_deny(request, pk, "change")], request.POST.getlist("share-box"))


class TargetGroupingHermesPreloadView(_LoggedIn, ListObjectMixin, View):
    """The same for targets of a list."""

    http_method_names = ["post"]
    action = "change"

    def post(self, request, pk):
        keys = [key for key in request.POST.getlist("selected-target") if key.isdigit()]
        targets = visible_to(request.user, "change", self.get_object().targets.filter(pk__in=keys))
        return _preload(request, list(targets), None if request.POST.get("dataSwitch") == "on" else [])


def _preload(request, targets, datum_ids):
    from django.conf import settings

    hermes = getattr(settings, "DATA_SHARING", {}).get("hermes", {})
    if not hermes.get("HERMES_API_KEY"):
        return HttpResponseBadRequest("This TOM has no key for Hermes: DATA_SHARING['hermes']['HERMES_API_KEY'] is not set.")
    try:
        address = data_sharing.leave_draft(
            user=request.user,
            targets=targets,
            datum_ids=datum_ids,
            title=request.POST.get("share_title", ""),
            submitter=request.POST.get("submitter", "") or request.user.get_username(),
            text=request.POST.get("share_message", ""),
            topic=request.POST.get("share_destination", "").partition(":")[2] or "hermes.test",
        )
    except TomError as error:
        messages.error(request, error.message)
        return redirect(reverse("targets:list"))
    if not address:
        messages.error(request, "Hermes did not take the draft. Try again later; the log says what it answered.")
        return redirect(reverse("targets:list"))
    return redirect(address)


class PersistentShareManageFormView(_LoggedIn, TemplateView):
    """Continuous sharing: what is shared, and a form for more."""

    template_name = "tom_targets/target_manage_persistent_shares.html"

    def get_target(self):
        pk = self.kwargs.get("target_pk")
        return None if pk is None else get_or_deny(self.request, pk, "change")

    def get_context_data(self, **kwargs):
        target = self.get_target()
        form = PersistentShareForm(target_id=target.pk if target else None, user=self.request.user)
        return {**super().get_context_data(**kwargs), "target": target, "form": form, "object": target}


class PersistentShareManageTable(_LoggedIn, View):
    """The table of continuous shares alone."""

    def get(self, request, target_pk=None):
        from tom_targets.templatetags.targets_extras import persistent_share_table

        target = None if target_pk is None else get_or_deny(request, target_pk, "change", get_target_model_class().objects.all())
        context = persistent_share_table({"request": request}, target)
        return render(request, "tom_targets/partials/persistent_share_table.html", context)


def shares_for(user, target=None):
    """Continuous shares of the targets that `user` may change."""
    rows = PersistentShare.objects.select_related("target", "user")
    if target is not None:
        rows = rows.filter(target_id=target.pk)
    return restrict_by_target(rows, user, "change")


__all__ = [
    "PersistentShareManageFormView", "PersistentShareManageTable", "TargetGroupingHermesPreloadView", "TargetGroupingShareView",
    "TargetHermesPreloadView", "TargetList", "TargetShareView", "shares_for",
]  # fmt: skip
