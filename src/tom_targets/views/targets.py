"""Pages of targets: one, new, changed, deleted; the list is in `listing`.

What a project may override: `queryset` or `get_queryset`, `form_class` or `get_form_class`, `get_context_data`, `get`, `form_valid`,
templates, and `action` (which right a page asks for).
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse, reverse_lazy
from django.views.generic import DeleteView, DetailView, View
from django.views.generic.edit import CreateView, UpdateView

from tom_common.conf import tom_settings
from tom_common.errors import TomError
from tom_common.panels import get_panel, get_tab, render_panel
from tom_targets.constants import NON_SIDEREAL, SIDEREAL
from tom_targets.duplicates import possible_duplicates
from tom_targets.forms import (
    NonSiderealTargetCreateForm,
    SiderealTargetCreateForm,
    TargetExtraFormset,
    TargetForm,
    TargetNamesFormset,
    UnknownTypeTargetCreateForm,
)
from tom_targets.models import get_target_model_class
from tom_targets.policy import get_or_deny
from tom_targets.ports import observation_templates
from tom_targets.queries import read_attached
from tom_targets.services import change_attached, delete_target, grant_access, update_target
from tom_targets.services.validation import NOT_AVAILABLE, taken

Target = get_target_model_class()
MOST_NAMES = 100  # names in the address of the form for a new target


class TargetObjectMixin:
    """The target of a page, for who may do `action` with it; the one answer for hidden and missing ones otherwise."""

    model = Target
    action = "view"

    def get_object(self, queryset=None):
        queryset = self.get_queryset() if queryset is None else queryset
        return get_or_deny(self.request, self.kwargs["pk"], self.action, queryset)


class _TargetFormMixin:
    """What creating and changing share: the form, names and tags, saved in one go."""

    model = Target
    fields = "__all__"
    template_name = "tom_targets/target_form.html"

    def get_form_kwargs(self):
        kwargs = super().get_form_kwargs()
        if hasattr(self.get_form_class(), "offer_groups"):
            kwargs["user"] = self.request.user
        return kwargs

    def _formsets(self, instance):
        data = self.request.POST if self.request.method == "POST" else None
        found = {}
        for key, cls in (("extra_form", TargetExtraFormset), ("names_form", TargetNamesFormset)):
            bound = data is not None and f"{cls.get_default_prefix()}-TOTAL_FORMS" in data
            rows = {}
            if key == "extra_form" and instance is not None and instance.pk:
                # those that EXTRA_FIELDS names have fields of their own
                rows["queryset"] = instance.targetextra_set.exclude(key__in=[extra["name"] for extra in tom_settings.EXTRA_FIELDS])
            found[key] = cls(data if bound else None, instance=instance, **rows)
        return found

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["type_choices"] = Target.TARGET_TYPES
        for key, formset in (self.__dict__.get("formsets") or self._formsets(self.object)).items():
            context.setdefault(key, formset)
        names = [name.strip() for name in self.request.GET.get("names", "").split(",") if name.strip()][:MOST_NAMES]
        if names and not self.object and self.request.method in ("GET", "HEAD"):
            context["names_form"].extra = max(context["names_form"].extra, len(names))
            for form, name in zip(context["names_form"].forms, names, strict=False):
                form.initial["name"] = name
        return context

    def form_valid(self, form):
        """Save target, names and tags together; what is refused is shown and nothing is left behind."""
        self.formsets = self._formsets(form.instance)
        extra, names = self.formsets["extra_form"], self.formsets["names_form"]
        if not all([formset.is_valid() for formset in self.formsets.values() if formset.is_bound]):  # noqa: C419  (every one of them is to say what is wrong)
            self._say_who_has_the_name(names)
            return self.form_invalid(form)
        tags = {f.cleaned_data["key"]: f.cleaned_data.get("value", "") for f in extra.forms if extra.is_bound and _is_new(f, "key")}
        aliases = [f.cleaned_data["name"] for f in names.forms if names.is_bound and _is_new(f, "name")]
        try:
            self.object = self.save(form, aliases, tags)
        except TomError as error:
            form.report(error) if isinstance(form, TargetForm) else form.add_error(None, error.message)
            return self.form_invalid(form)
        return redirect(self.get_success_url())

    def _say_who_has_the_name(self, names):
        for form in names.forms if names.is_bound else ():
            if any(error.code == "name_taken" for error in form.errors.as_data().get("name", [])):
                form._errors["name"] = form.error_class([taken(form["name"].value(), actor=self.request.user) or NOT_AVAILABLE])

    def save(self, form, aliases, tags):
        """Write what the forms hold; returns the target."""
        user = self.request.user
        with transaction.atomic():
            if isinstance(form, TargetForm):
                return form.save_with(actor=user, names=aliases, tags=tags)
            # a form of a project's own
            new, target = form.instance.pk is None, form.save()
            if new:
                grant_access(target=target, holder=user, actor=user)
            return update_target(actor=user, target=target, extras=tags, aliases=aliases) if tags or aliases else target


def _is_new(form, name) -> bool:
    data = getattr(form, "cleaned_data", None) or {}
    return bool(data.get(name)) and not data.get("DELETE") and not form.instance.pk


class TargetCreateView(LoginRequiredMixin, _TargetFormMixin, CreateView):
    """A new target; any column, and `names`, may be given in the query."""

    def get_default_target_type(self):
        return tom_settings.TARGET_TYPE or SIDEREAL

    def get_target_type(self):
        data = self.request.GET if self.request.method in ("GET", "HEAD") else self.request.POST
        return data.get("type") or self.request.GET.get("type") or self.get_default_target_type()

    def get_initial(self):
        given = {key: value for key, value in self.request.GET.items() if key not in ("names",)}
        return {**super().get_initial(), **given, "type": self.get_target_type()}

    def get_form_class(self):
        kind = self.get_target_type()
        self.initial = {**self.initial, "type": kind}
        if kind == SIDEREAL:
            return SiderealTargetCreateForm
        if kind == NON_SIDEREAL:
            return NonSiderealTargetCreateForm
        return UnknownTypeTargetCreateForm

    def form_valid(self, form):
        """As for every target. A place at which one that the user sees lies already is asked about by our own page (`ask_nearby`), told
        afterwards to who posts the form without it: what was written for the form of other toolkits gets its target."""
        place = {name: form.cleaned_data.get(name) for name in ("ra", "dec", "epoch")}
        near = [] if "create_anyway" in self.request.POST else possible_duplicates(actor=self.request.user, **place).found
        if near and "ask_nearby" in self.request.POST:
            self.formsets = self._formsets(form.instance)
            return self.render_to_response(self.get_context_data(form=form, near=near))
        response = super().form_valid(form)
        if near and self.object is not None:
            messages.warning(self.request, f"It may be known already. {' '.join(map(str, near))}", fail_silently=True)
        return response

    def get_success_url(self):
        return reverse("targets:detail", kwargs={"pk": self.object.pk})


class TargetUpdateView(LoginRequiredMixin, TargetObjectMixin, _TargetFormMixin, UpdateView):
    """Change a target."""

    action = "change"

    def get_form_class(self):
        kind = self.object.type
        if kind == SIDEREAL:
            return SiderealTargetCreateForm
        if kind == NON_SIDEREAL:
            return NonSiderealTargetCreateForm
        return UnknownTypeTargetCreateForm

    def save(self, form, aliases, tags):
        with transaction.atomic():
            for formset in self.formsets.values():
                if formset.is_bound:
                    changed, removed = _known_rows(formset)
                    change_attached(actor=self.request.user, target=self.object, changed=changed, removed=removed)
            return super().save(form, aliases, tags)

    def get_success_url(self):
        return reverse("targets:detail", kwargs={"pk": self.object.pk})


def _known_rows(formset):
    # New rows come with the target; here are those that were there: changed, and taken away.
    removed = [form for form in formset.initial_forms if formset._should_delete_form(form)]
    changed = [form.instance for form in formset.initial_forms if form.has_changed() and form not in removed]
    return changed, [form.instance for form in removed]


class TargetDeleteView(LoginRequiredMixin, TargetObjectMixin, DeleteView):
    """Delete a target, asked first."""

    action = "delete"
    template_name = "tom_targets/target_confirm_delete.html"
    success_url = reverse_lazy("targets:list")

    def get_context_data(self, **kwargs):
        from tom_targets.hanging import hanging_on

        return {"consequences": hanging_on(self.request.user, self.object), **super().get_context_data(**kwargs)}

    def form_valid(self, form):
        name, url = self.object.name, self.get_success_url()
        try:
            delete_target(actor=self.request.user, target=self.object)
        except TomError as error:
            messages.error(self.request, error.message)
            return redirect("targets:detail", pk=self.kwargs["pk"])
        messages.success(self.request, f"Target {name} deleted.")
        return HttpResponseRedirect(url)


class TargetDetailView(TargetObjectMixin, DetailView):
    """One target: the header, then tabs that load when they are seen."""

    template_name = "tom_targets/target_detail.html"

    def get_queryset(self):
        return Target.objects.all()

    def get_object(self, queryset=None):
        return read_attached(super().get_object(queryset))

    def get_context_data(self, *args, **kwargs):
        from tom_targets.detail import header

        context = super().get_context_data(*args, **kwargs)
        context["target"] = self.object
        context["parts_url"] = reverse("targets:tab", args=[self.object.pk, "-"]).removesuffix("-/")
        context["parts_query"] = f"?{self.request.GET.urlencode()}" if self.request.GET else ""
        context["comments_template"] = "tom_targets/partials/comments.html"
        context.update(header(self.request, self.object))
        context["observation_template_form"] = self.get_observation_template_form()
        return context

    def get_observation_template_form(self):
        """The form that applies an observation template, where observations are installed."""
        return observation_templates.form(self.object) if observation_templates.filled else None

    def get(self, request, *args, **kwargs):
        """Old addresses stay: `observation_template` leads to the prefilled form, `update_status` to a page that asks and posts."""
        if request.GET.get("update_status"):
            self.object = self.get_object()
            return redirect("targets:refresh-observations", pk=self.object.pk)
        if request.GET.get("observation_template"):
            self.object = self.get_object()
            return self.apply_template()
        return super().get(request, *args, **kwargs)

    def apply_template(self):
        address = observation_templates.address(self.object, self.request.GET) if observation_templates.filled else None
        if address is None:
            raise Http404
        return redirect(address)


class TargetTabView(TargetObjectMixin, DetailView):
    """What one tab of a target's page holds, or (`card-` before its name) one card beside them."""

    CARD = "card-"

    def get_queryset(self):
        return Target.objects.all()

    def get(self, request, *args, **kwargs):
        target, slug = self.get_object(), kwargs["slug"]
        find = get_panel if slug.startswith(self.CARD) else get_tab
        panel = find("target_detail", slug.removeprefix(self.CARD), request, target)
        if panel is None:
            raise Http404
        html = render_panel(panel, request, target, {"target": target})
        if find is get_panel:
            html = render_to_string("tom_targets/partials/card.html", {"panel": panel, "html": html})
        return HttpResponse(html)


class TargetTonightView(TargetObjectMixin, View):
    """Columns for the plot of when a target is up: JSON."""

    def get_queryset(self):
        return Target.objects.all()

    def get(self, request, *args, **kwargs):
        from django.http import JsonResponse
        from django.utils import timezone

        from tom_targets.observatories import sites_tonight
        from tom_targets.visibility import tonight

        return JsonResponse(tonight(self.get_object(), sites_tonight(), timezone.now()))
