"""Tags that show targets."""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime, timedelta

from django import template
from django.conf import settings
from django.db.models import Count
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe

from tom_common.comments import visibility_of
from tom_common.prepared import Prepared
from tom_targets.models import BaseTarget, TargetList, get_target_model_app_label
from tom_targets.policy import visible_to

register = template.Library()


@register.filter
def bold_sharing_source(value):
    """The text before the first colon in bold."""
    head, colon, rest = str(value).partition(":")
    return format_html("<strong>{}</strong>{}{}", head, colon, rest) if colon else value


def _user(context):
    request = context.get("request")
    return getattr(request, "user", None) or context.get("user")


@register.inclusion_tag("tom_targets/partials/recent_targets.html", takes_context=True)
def recent_targets(context, limit=10):
    """The newest targets that the viewer sees."""
    user = _user(context)
    rows = list(visible_to(user).order_by("-created", "-pk")[:limit])
    return {
        "empty_database": not rows and not BaseTarget.objects.exists(),
        "authenticated": bool(user and user.is_authenticated),
        "targets": rows,
    }


@register.inclusion_tag("tom_targets/partials/recently_updated_targets.html", takes_context=True)
def recently_updated_targets(context, limit=10):
    """The targets changed last, of those that the viewer sees."""
    return {"targets": list(visible_to(_user(context)).order_by("-modified", "-pk")[:limit])}


def _seen(context, rows):
    """Of what hangs on a target, what the viewer sees."""
    visible = visibility_of(rows.model)
    return rows.all() if visible is None else rows.filter(pk__in=visible(_user(context)).order_by().values("pk"))


@register.inclusion_tag("tom_targets/partials/target_feature.html", takes_context=True, name="target_feature")
def target_feature_tag(context, target):
    """The featured image of a target, where the viewer may see it."""
    featured = target.featured_image()
    seen = featured is not None and _seen(context, type(featured).objects).filter(pk=featured.pk).exists()
    return {"target": target, "image": featured if seen else None}


def target_feature(target):
    """The same for code that calls it without a page: as a visitor sees it."""
    return target_feature_tag({}, target)


@register.inclusion_tag("tom_targets/partials/target_buttons.html", takes_context=True)
def target_buttons(context, target):
    """Buttons of a target's page, those that the viewer may press."""
    from tom_targets.detail import actions
    from tom_targets.policy import actions_for

    result = context.flatten() if hasattr(context, "flatten") else dict(context)
    may = context.get("may")
    may = actions_for(_user(context), target) if may is None else may
    return {**result, "target": target, "sharing": getattr(settings, "DATA_SHARING", None), "may": may, "actions": actions(target, may)}


@register.inclusion_tag("tom_targets/partials/target_data.html")
def target_data(target):
    """Names, columns, extras and tags of a target."""
    from tom_targets.detail import place

    values = target.extra_fields
    extras = {e["name"]: values.get(e["name"], "") for e in getattr(settings, "EXTRA_FIELDS", []) if not e.get("hidden")}
    fields = []
    for name, value in target.as_dict().items():
        if value is None or name in ("name", "ra", "dec", "permissions"):
            continue
        field = target._meta.get_field(name)
        shown = getattr(target, f"get_{name}_display")() if field.choices else value
        fields.append({"name": name, "label": field.verbose_name, "help": field.help_text, "value": shown})
    return {"target": target, "extras": extras, "fields": fields, "place": place(target), "tags": target.tags}


@register.inclusion_tag("tom_targets/partials/target_unknown_statuses.html")
def target_unknown_statuses(target):
    """How many observations have a status that is not known."""
    records = getattr(target, "observationrecord_set", None)
    return {"num_unknown_statuses": 0 if records is None else sum(_unknown(records.model)(target.pk))}


@functools.cache
def _unknown(records):
    """How many records of one target have no status: one number, or none."""
    counted = records._default_manager.filter(status="").order_by().values("target_id").annotate(n=Count("pk"))
    return Prepared(lambda target: counted.filter(target_id=target).values_list("n", flat=True))


@register.inclusion_tag("tom_targets/partials/target_groups.html", takes_context=True, name="target_groups")
def target_groups_tag(context, target):
    """The lists that hold the target, of those that the viewer may see."""
    user = _user(context)
    lists = TargetList.objects.filter(pk__in=target.targetlist_set.values("pk"))
    if user is not None:
        from tom_targets.policy import lists_visible_to
        from tom_targets.queries import lists_with_counts

        lists = lists_with_counts(user, lists_visible_to(user, "view", lists))
    else:
        lists = lists.none()
    return {"target": target, "groups": lists, "authenticated": bool(user and user.is_authenticated), "csrf_token": context.get("csrf_token")}


def target_groups(target):
    """The same for code that calls it without a page: as a visitor sees it."""
    return target_groups_tag({}, target)


def _figure(columns, keys, title, height, background, label_color, grid):
    """A Plotly figure's div from columns, when Plotly is installed; for templates of others."""
    try:
        import plotly.graph_objs as go
        from plotly import offline
    except ImportError:
        return ""
    times = [datetime.fromtimestamp(t, UTC) for t in columns["time"]]
    traces = [go.Scatter(x=times, y=values, mode="lines", name=name) for name, values in keys]
    layout = go.Layout(height=height, yaxis={"title": title, "color": label_color, "showgrid": grid}, xaxis={"color": label_color, "showgrid": grid},
                       paper_bgcolor=background, plot_bgcolor=background)  # fmt: skip
    return offline.plot(go.Figure(data=traces, layout=layout), output_type="div", show_link=False, include_plotlyjs=False)


@register.inclusion_tag("tom_targets/partials/target_plan.html", takes_context=True)
def target_plan(context, fast_render=False, width=600, height=400, background=None, label_color=None, grid=True):
    """The form for a window, and the airmass of the target in it. With `fast_render` the coming day."""
    from tom_targets.forms import TargetVisibilityForm
    from tom_targets.observatories import places, sites_tonight
    from tom_targets.visibility import plan

    request, target = context.get("request"), context["object"]
    asked = QueryDict() if request is None else request.GET
    form, graph, data = TargetVisibilityForm(), "", None
    start, end, limit, sites = None, None, None, []
    if all(asked.get(x) for x in ("start_time", "end_time")):
        form = TargetVisibilityForm({**asked.dict(), "sites": asked.getlist("sites"), "target": target})
        if form.is_valid():
            start, end = form.cleaned_data["start_time"], form.cleaned_data["end_time"]
            limit = float(form.cleaned_data["airmass"]) if form.cleaned_data.get("airmass") else None
            end = end if end > start else end + timedelta(days=1)
            if form.cleaned_data["sites"]:
                known = places()
                sites = [known[name] for name in form.cleaned_data["sites"]]
    elif fast_render:
        start = timezone.now()
        end = start + timedelta(days=1)
    if start is not None:
        data = plan(target, sites or sites_tonight(), start, end, limit)
        if data and not context.get("own_plots"):
            graph = _figure(data, [(s["site"], s["airmass"]) for s in data["sites"]], "Airmass", height, background, label_color, grid)
    columns = None if not data else {"time": data["time"], "sites": [{k: v for k, v in s.items() if k != "nights"} for s in data["sites"]]}
    return {"form": form, "target": target, "visibility_graph": graph, "plan": data, "columns": columns, "request": request}


@register.inclusion_tag("tom_targets/partials/moon_distance.html")
def moon_distance(target, day_range=30, width=600, height=400, background=None, label_color=None, grid=True):
    """Distance of the Moon and its lit fraction over the coming days."""
    from tom_targets.visibility import moon

    data = moon(target, timezone.now(), int(day_range))
    return {"plot": _MoonPlot(data, height, background, label_color, grid) if data else None, "moon": data, "target": target}


class _MoonPlot:
    """The contract's `plot`: a Plotly div, made only when a template prints it."""

    def __init__(self, data, *style):
        self.data, self.style = data, style

    def __str__(self):
        fraction = [None if v is None else v * 100 for v in self.data["illumination"]]
        keys = [("Moon distance (deg)", self.data["separation"]), ("Lit fraction (%)", fraction)]
        return _figure(self.data, keys, "Degrees, percent", *self.style)

    __html__ = __str__


@register.filter
def deg_to_sexigesimal(value, fmt):
    """Degrees as `hms` (3 decimals) or `dms` (2 decimals), with colons."""
    from tom_astro.angles import format_dec, format_ra

    if value is None or value == "":
        return ""
    try:
        return format_ra(float(value) % 360.0, 3) if fmt == "hms" else format_dec(float(value), 2)
    except ValueError:
        return value


@register.filter
def target_extra_field(target, name):
    """The value of the target's extra of that name, or None."""
    return next((extra.value for extra in target.targetextra_set.all() if extra.key == name), None)


@register.inclusion_tag("tom_targets/partials/targetlist_select.html")
def select_target_js():
    return {}


@register.inclusion_tag("tom_targets/partials/aladin_finderchart.html")
def aladin_finderchart(target):
    """A picture of the sky around the target where a survey server is set, else a chart of what this TOM knows."""
    from tom_common.conf import tom_settings

    return {"target": target, "hips_servers": list(tom_settings.TOM_HIPS_SERVERS or [])}


def _sky():
    from tom_astro.times import datetime_to_mjd

    return _sky_of(int(float(datetime_to_mjd(timezone.now())) * 1440))


@functools.lru_cache(maxsize=4)
def _sky_of(minute):
    # the Moon moves half an arcminute in a minute: less than the line that draws it
    from tom_astro.visibility import moon, sun

    mjd = (minute + 0.5) / 1440
    moon_now, sun_now = moon(mjd), sun(mjd)
    return {
        "moon_ra": float(moon_now.ra_deg), "moon_dec": float(moon_now.dec_deg), "moon_illumination": float(moon_now.illumination),
        "sun_ra": float(sun_now[0]), "sun_dec": float(sun_now[1]),
    }  # fmt: skip


def _points(targets):
    found = []
    for target in targets:
        name, ra, dec = (target.get("name"), target.get("ra"), target.get("dec")) if isinstance(target, dict) else (target.name, target.ra, target.dec)
        if ra is not None and dec is not None:
            found.append({"name": str(name), "ra": float(ra), "dec": float(dec)})
    return found


@register.simple_tag
def skymap_points(targets):
    """A dot of the map for each of these points."""
    from tom_targets.templatetags.target_page import mollweide

    dot = '<circle class="skymap-target" cx="{}" cy="{}" r="1.6"><title>{}</title></circle>'
    return mark_safe("".join(dot.format(*mollweide(at["ra"], at["dec"]), escape(at["name"])) for at in targets))  # noqa: S308


@register.inclusion_tag("tom_targets/partials/aladin_skymap.html")
def aladin_skymap(targets):
    """A map of the whole sky with these targets, the Moon and the Sun."""
    return {"targets": _points(targets), **_sky()}


@register.inclusion_tag("tom_targets/partials/aladin_skymap.html")
def target_distribution(targets):
    """The same as `aladin_skymap`."""
    return aladin_skymap(targets)


@register.inclusion_tag("tom_targets/partials/aladin_skymap_targets_oob.html")
def aladin_skymap_targets_oob(targets):
    """The map's targets, replaced by htmx with the table."""
    points = _points(targets)
    return {"targets": points, "targets_json": json.dumps(points)}


@register.inclusion_tag("tom_targets/partials/target_merge_fields.html")
def target_merge_fields(target1, target2, choices=None, relations=None, undoable=None):
    """What two targets have, and what merging `target2` into `target1` gives; `choices`, `relations`, `undoable` as the page has them."""
    from tom_targets.merge_plan import merge_fields

    def data(target):
        columns = {
            f.name: getattr(target, f.attname)
            for f in target._meta.concrete_fields
            if not getattr(f, "hidden", False) and not f.is_relation and f.name not in ("id", "created", "modified")
        }
        extras = {f"tag: {key}": value for key, value in {**target.tags, **target.extra_fields}.items()}
        return {**columns, **extras, "aliases": ", ".join(alias.name for alias in target.aliases.all())}

    first, second = data(target1), data(target2)
    combined = {key: first.get(key) if first.get(key) not in (None, "") else second.get(key) for key in {**first, **second}}
    combined["aliases"] = ", ".join(x for x in (first["aliases"], target2.name, second["aliases"]) if x)
    rows = [(key, first.get(key), second.get(key), combined[key]) for key in combined if any(v not in (None, "") for v in (first.get(key), second.get(key)))]
    return {
        "target1": target1, "target2": target2, "target1_data": first, "target2_data": second, "combined_target_data": combined, "rows": rows,
        "fields": merge_fields(target1, target2, choices), "relations": relations, "undoable": undoable,
    }  # fmt: skip


@register.simple_tag
def target_table_headers():
    return getattr(settings, "TARGET_LIST_COLUMNS", ["name", "type", "observations", "saved_data"])


@register.simple_tag(takes_context=True, name="target_table_row")
def target_table_row_tag(context, target):
    """Cells of a target for the columns of TARGET_LIST_COLUMNS; numbers are of what the viewer sees."""
    cells = []
    for column in target_table_headers():
        if column == "name":
            cells.append(format_html('<a href="{}">{}</a>', reverse("targets:detail", kwargs={"pk": target.pk}), target.name))
        elif column == "type":
            cells.append(target.get_type_display())
        elif column == "observations":
            records = getattr(target, "observationrecord_set", None)
            cells.append(0 if records is None else _seen(context, records).count())
        elif column == "saved_data":
            products = getattr(target, "dataproduct_set", None)
            cells.append(0 if products is None else _seen(context, products).count())
        else:
            value = getattr(target, column, None)
            cells.append(target_extra_field(target, column) if value is None else value)
    return cells


def target_table_row(target):
    """The same for code that calls it without a page: as a visitor sees it."""
    return target_table_row_tag({}, target)


@register.inclusion_tag("tom_targets/partials/target_table.html", takes_context=True)
def target_table(context, targets, all_checked=False):
    """A table of targets with check boxes."""
    return {
        "targets": targets,
        "headers": target_table_headers(),
        "all_checked": all_checked,
        "empty_database": context.get("empty_database", False),
        "authenticated": bool(getattr(_user(context), "is_authenticated", False)),
        "query_string": context.get("query_string", ""),
    }


@register.inclusion_tag("tom_targets/partials/persistent_share_table.html", takes_context=True)
def persistent_share_table(context, target):
    """Continuous shares that the viewer may see; `target` None for all."""
    from tom_targets.views.sharing import shares_for

    user = _user(context)
    labels = {get_target_model_app_label(), "tom_targets"}
    allowed = any(user.has_perm(f"{label}.view_persistentshare") for label in labels) if user else False
    return {
        "persistentshares": shares_for(user, target) if allowed else [],
        "target": target,
        "can_delete": any(user.has_perm(f"{label}.delete_persistentshare") for label in labels) if user else False,
    }


@register.inclusion_tag("tom_targets/partials/create_persistent_share.html", takes_context=True)
def create_persistent_share(context, target):
    from tom_targets.forms import PersistentShareForm

    form = PersistentShareForm(target_id=target.pk if target else None, user=_user(context))
    return {"form": form, "target": target, "csrf_token": context.get("csrf_token")}


def _integrated(context, method):
    from tom_common.plugins import integration_items

    found = []
    for item in integration_items(method):
        item = {"partial": item} if isinstance(item, str) else dict(item)
        source = item.get("context")
        if isinstance(source, str):
            from django.utils.module_loading import import_string

            try:
                source = import_string(source)
            except ImportError:
                continue
        if callable(source):
            source = source(context)
        item["context"] = source or {}
        found.append(item)
    return found


@register.inclusion_tag("tom_targets/partials/module_buttons.html", takes_context=True)
def get_buttons(context):
    """Buttons that other apps put on a target's page."""
    return {"target_buttons_to_display": _integrated(context, "target_detail_buttons"), **_flat(context)}


def _flat(context):
    return context.flatten() if hasattr(context, "flatten") else dict(context)


@register.filter
def extra_form_field(form, field):
    """The bound field of an EXTRA_FIELDS entry."""
    name = field["name"] if isinstance(field, dict) else field
    return form[name] if name in form.fields else None


def _app_tabs(context):
    known = context.render_context if hasattr(context, "render_context") else {}
    if "target_tabs" not in known:
        known["target_tabs"] = _integrated(context, "target_detail_tabs")
    return known["target_tabs"]


@register.inclusion_tag("tom_targets/partials/app_tab_divs.html", takes_context=True)
def include_app_tab_divs(context):
    """Bodies of the tabs that other apps add."""
    return {"target_tabs_to_display": _app_tabs(context), **_flat(context)}


@register.inclusion_tag("tom_targets/partials/app_tabs.html", takes_context=True)
def include_app_tabs(context):
    """Heads of the tabs that other apps add."""
    return {"target_tabs_to_display": _app_tabs(context), **_flat(context)}
