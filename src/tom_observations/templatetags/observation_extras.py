"""Tags of observation pages. They ask for nothing outside; what they read of the database is bounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode

from .. import policy
from ..facility import get_service_class, get_service_classes
from ..forms.records import AddExistingObservationForm, UpdateObservationId
from ..models import ObservationRecord
from ..observation_template import ApplyObservationTemplateForm
from ..plots import airmass_plot, sky_map
from ..queries import FacilityStates, for_list
from ..utils import get_sidereal_visibility

register = template.Library()

ROWS_OF_TARGET = 100
POINTS_OF_MAP = 500


@register.filter
def display_obs_type(value):
    """``SPECTRA_Advanced`` as ``Spectra Advanced``."""
    return str(value).replace("_", " ").title()


@register.inclusion_tag("tom_observations/partials/navbar_facilities_list.html", takes_context=True)
def observation_facilities_list(context):
    """The facilities that have a page of their own, for the navigation bar."""
    found = []
    for name, facility_class in get_service_classes().items():
        url_name = getattr(facility_class, "detail_url_name", None)
        if not url_name:
            continue
        try:
            found.append({"name": name, "url": reverse(url_name)})
        except NoReverseMatch:
            continue
    context["observation_facilities"] = found
    return context


@register.inclusion_tag("tom_observations/partials/update_status_button.html", takes_context=True)
def update_status_button(context):
    query = context["request"].GET.copy()
    query.pop("update_status", None)
    return {"query_params": urlencode(query, doseq=True), "request": context["request"], "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("tom_observations/partials/observing_buttons.html")
def observing_buttons(target):
    return {"target": target, "facilities": get_service_classes()}


@register.inclusion_tag("tom_observations/partials/existing_observation_form.html", takes_context=True)
def existing_observation_form(context, target):
    return {"form": AddExistingObservationForm(initial={"target_id": target.pk}), "target": target, "request": context.get("request")}


@register.inclusion_tag("tom_observations/partials/update_observation_id_form.html", takes_context=True)
def update_observation_id_form(context, obsr):
    form = UpdateObservationId(initial={"obsr_id": obsr.pk, "observation_id": obsr.observation_id})
    return {"form": form, "object": obsr, "request": context.get("request")}


@register.inclusion_tag("tom_observations/partials/observation_type_tabs.html", takes_context=True)
def observation_type_tabs(context):
    request = context["request"]
    query = request.GET.copy()
    for name in ("observation_type", "target_id"):
        query.pop(name, None)
    form = context.get("form")
    return {
        "params": query.urlencode(),
        "type_choices": context.get("type_choices", []),
        "observation_type": request.GET.get("observation_type", ""),
        "facility": form["facility"].value() if form is not None else "",
        "target_id": request.GET.get("target_id", ""),
    }


@register.inclusion_tag("tom_observations/partials/facility_observation_form.html", takes_context=True)
def facility_observation_form(context, target, facility, observation_type):
    """The form of one observation type, for another page than that of the facility."""
    instance = get_service_class(facility)()
    user = getattr(context.get("request"), "user", None)
    if hasattr(instance, "set_user"):
        instance.set_user(user)
    initial = {"target_id": target.pk, "facility": facility, "observation_type": observation_type}
    form = instance.create_form_instance(observation_type, initial=initial)
    if getattr(form, "helper", None) is not None:
        form.helper.form_action = reverse("tom_observations:create", kwargs={"facility": facility})
    return {"obs_form": form, "request": context.get("request")}


@register.inclusion_tag("tom_observations/partials/observation_plan.html")
def observation_plan(target, facility=None, length=2, interval=60, airmass_limit=None, start=None):
    """Airmass over the next `length` days, every `interval` minutes."""
    begin = start or datetime.now(UTC)
    visibility = get_sidereal_visibility(target, begin, begin + timedelta(days=length), interval, airmass_limit, facility)
    return {"visibility_graph": airmass_plot(visibility), "target": target, "sidereal": target.type == "SIDEREAL"}


@register.inclusion_tag("tom_observations/partials/observation_plan.html", takes_context=True)
def observation_plan_from_request(context, target):
    """As asked for by ``start_time``, ``end_time`` (UTC) and ``airmass`` of the address; without them the next day."""
    query = context["request"].GET
    found = {"target": target, "sidereal": target.type == "SIDEREAL", "problem": "", "visibility_graph": ""}
    begin, end, limit, problem = plan_range(query)
    found.update(start_time=begin, end_time=end, airmass=limit, problem=problem)
    if not problem:
        minutes = max(5, round((end - begin).total_seconds() / 60 / 300))
        found["visibility_graph"] = airmass_plot(get_sidereal_visibility(target, begin, end, minutes, limit))
    return found


def plan_range(query):
    """(start, end, airmass limit, problem) of a query."""

    def moment(name, default):
        text = query.get(name, "")
        if not text:
            return default
        found = parse_datetime(text)
        if found is None:
            raise ValueError(name)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)

    now = datetime.now(UTC).replace(second=0, microsecond=0)
    try:
        begin = moment("start_time", now)
        end = moment("end_time", begin + timedelta(days=1))
        limit = float(query.get("airmass") or 2.5)
    except ValueError:
        return now, now + timedelta(days=1), 2.5, "Enter start and end as date and time, and the airmass as a number."
    if end <= begin:
        return begin, end, limit, "The end must be after the start."
    if end - begin > timedelta(days=366):
        return begin, end, limit, "Ask for a year at most."
    if not 1 < limit <= 30:
        return begin, end, limit, "The airmass must be between 1 and 30."
    return begin, end, limit, ""


@register.inclusion_tag("tom_observations/partials/observation_list.html", takes_context=True)
def observation_list(context, target=None):
    """The newest observations of a target, or of all, that the user may see."""
    request = context.get("request")
    user = getattr(request, "user", None)
    rows = ObservationRecord.objects.filter(target=target) if target is not None else ObservationRecord.objects.all()
    records = list(for_list(policy.visible_to(user, "view", rows))[: ROWS_OF_TARGET + 1])
    return {
        "observations": FacilityStates().annotate(records[:ROWS_OF_TARGET], user),
        "more": len(records) > ROWS_OF_TARGET,
        "target": target,
        "request": request,
    }


@register.inclusion_tag("tom_observations/partials/observationtemplate_run.html")
def observationtemplate_run(target):
    form = ApplyObservationTemplateForm(initial={"target": target})
    return {"form": form, "target": target, "any": form.fields["observation_template"].queryset.exists()}


@register.inclusion_tag("tom_observations/partials/observationtemplate_from_record.html")
def observationtemplate_from_record(obsr):
    return {"facility": obsr.facility, "params": urlencode(obsr.parameters or {}, doseq=True), "obsr": obsr}


@register.inclusion_tag("tom_observations/partials/observation_distribution.html")
def observation_distribution(observations):
    """Where on the sky the newest of these observations are: grey without a status, red under way, green ended."""
    states = FacilityStates()
    rows = observations.filter(target__type="SIDEREAL", target__ra__isnull=False, target__dec__isnull=False)
    points = []
    for record in rows.select_related("target")[:POINTS_OF_MAP]:
        kind = "none" if not record.status else "done" if states.is_terminal(record) else "open"
        points.append((record.target.ra, record.target.dec, kind, f"{record.target.name} {record.facility} {record.status}"))
    return {"figure": sky_map(points, mirrored=True, label=f"Positions of {len(points)} observations on the sky"), "points": len(points)}


@register.inclusion_tag("tom_observations/partials/facility_map.html", takes_context=True)
def facility_map(context):
    """Where the sites of this TOM's facilities are."""
    points = []
    for name, facility_class in get_service_classes().items():
        try:
            sites = facility_class().get_observing_sites() or {}
        except Exception:  # noqa: S112  a facility that cannot be made shows no site
            continue
        points += [(site["longitude"], site["latitude"], "site", f"{label} ({name})") for label, site in sites.items()]
    return {"figure": sky_map(points, mirrored=False, label=f"World map of {len(points)} sites"), "sites": points}
