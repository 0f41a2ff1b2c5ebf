"""Tags about data: lists of products, upload, plots. The names and contexts are fixed by templates of projects and plugins."""

from __future__ import annotations

import base64
import io
from typing import Any

from django import template
from django.core.paginator import Paginator
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from tom_common.conf import tom_settings
from tom_dataproducts import policy, queries
from tom_dataproducts.forms import DataProductUploadForm, DataShareForm
from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_observations.models import ObservationRecord

register = template.Library()

ROWS_IN_A_TABLE = 500
COLOURS = {"r": "red", "g": "green", "i": "black"}


def _user(context: Any) -> Any:
    request = context.get("request")
    return getattr(request, "user", None) or context.get("user")


def _sharing() -> list:
    from tom_dataproducts.sharing import get_sharing_destination_options

    return get_sharing_destination_options()


@register.inclusion_tag("tom_dataproducts/partials/dataproduct_list_for_target.html", takes_context=True)
def dataproduct_list_for_target(context, target):
    """The data products of a target that the viewer may see."""
    user = _user(context)
    products = policy.visible_to(user, "view", DataProduct.objects.filter(target_id=target.pk)).order_by("-created", "-pk")
    changeable = set(policy.visible_to(user, "change", DataProduct.objects.filter(target_id=target.pk)).values_list("pk", flat=True))
    products = list(products.select_related("observation_record")[:200])
    for product in products:
        product.may_change = product.pk in changeable
    return {
        "products": products,
        "target": target,
        "sharing_destinations": _sharing() if tom_settings.DATA_SHARING else None,
        "data_product_share_form": DataShareForm(initial={"target": target}),
        "request": context.get("request"),
        "user": user,
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("tom_dataproducts/partials/saved_dataproduct_list_for_observation.html")
def dataproduct_list_for_observation_saved(data_products, request):
    """The stored products of an observation, 25 a page."""
    saved = data_products["saved"] if isinstance(data_products, dict) else data_products
    page = Paginator(saved, 25).get_page(request.GET.get("page_saved"))
    return {"products_page": page, "request": request}


@register.inclusion_tag("tom_dataproducts/partials/unsaved_dataproduct_list_for_observation.html")
def dataproduct_list_for_observation_unsaved(data_products):
    """The products of an observation that are at the facility only."""
    return {"products": data_products["unsaved"] if isinstance(data_products, dict) else data_products}


@register.inclusion_tag("tom_dataproducts/partials/dataproduct_list.html", takes_context=True)
def dataproduct_list_all(context):
    """The newest products that the viewer may see."""
    return {"products": policy.visible_to(_user(context)).select_related("target")[:100], "request": context.get("request")}


@register.inclusion_tag("tom_dataproducts/partials/query_single_target_data_service.html")
def query_single_target_data_service(target):
    """Buttons that ask a service for data of this target, by kind of service."""
    from tom_dataproducts.single_target_data_service.single_target_data_service import get_service_classes

    services = [
        {"name": name, "service_type": getattr(cls, "data_service_type", "Data Service")} for name, cls in get_service_classes().items()
    ]
    return {
        "single_target_data_services": services,
        "target": target,
        "data_service_types": sorted({service["service_type"] for service in services}),
    }


@register.inclusion_tag("tom_dataproducts/partials/upload_dataproduct.html", takes_context=True)
def upload_dataproduct(context, obj):
    """The form that uploads files to a target or an observation."""
    initial: dict[str, Any] = {}
    if isinstance(obj, ObservationRecord):
        initial["observation_record"] = obj
        initial["referrer"] = reverse("tom_observations:detail", args=(obj.pk,))
    else:
        initial["target"] = obj
        initial["referrer"] = reverse("tom_targets:detail", args=(obj.pk,))
    user = _user(context)
    form = DataProductUploadForm(initial=initial)
    if not tom_settings.TARGET_PERMISSIONS_ONLY and user is not None:
        form.fields["groups"].queryset = user.groups.all()
    return {"data_product_form": form, "user": user, "request": context.get("request"), "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("tom_dataproducts/partials/recent_photometry.html", takes_context=True)
def recent_photometry(context, target, limit=1):
    """The newest magnitudes or limits of a target."""
    rows = queries.newest_photometry(_user(context), target, limit=int(limit))
    return {
        "data": [
            {
                "timestamp": row.timestamp, "magnitude": row.brightness if row.brightness is not None else row.limit,
                "limit": row.brightness is None, "filter": row.bandpass, "error": row.brightness_error, "unit": row.unit,
            }
            for row in rows
        ],
        "target": target,
    }


@register.inclusion_tag("tom_dataproducts/partials/photometry_datalist_for_target.html", takes_context=True)
def get_photometry_data(context, target, target_share=False):
    """The photometry of a target as a table of its newest points, to choose from for sharing and download."""
    user = _user(context)
    rows = policy.target_data(user, target).filter(data_type="photometry").order_by("-timestamp", "-pk")
    rows = list(rows.defer("wavelength", "flux", "error")[: ROWS_IN_A_TABLE + 1])
    initial = {"submitter": user, "target": target, "data_type": "photometry", "share_title": f"Updated data for {target.name}"}
    form = DataShareForm(initial=initial)
    form.fields["share_title"].initial = initial["share_title"]
    return {
        "data": [
            {
                "id": row.pk, "timestamp": row.timestamp, "source": row.source_name, "filter": row.bandpass, "telescope": row.telescope,
                "magnitude": row.brightness if row.brightness is not None else "",
                "limit": row.limit if row.limit is not None else "", "error": row.brightness_error, "unit": row.unit,
            }
            for row in rows[:ROWS_IN_A_TABLE]
        ],
        "more": len(rows) > ROWS_IN_A_TABLE,
        "shown": ROWS_IN_A_TABLE,
        "target": target,
        "target_data_share_form": form,
        "sharing_destinations": _sharing(),
        "hermes_sharing": bool((tom_settings.DATA_SHARING or {}).get("hermes", {}).get("HERMES_API_KEY")),
        "target_share": target_share,
        "request": context.get("request"),
        "user": user,
        "csrf_token": context.get("csrf_token"),
    }


def _plotly_div(figure: Any) -> str:
    from plotly import offline

    div = offline.plot(figure, output_type="div", show_link=False, include_plotlyjs=False)
    source = static("tom_common/vendor/plotly/plotly-cartesian.min.js")
    return mark_safe(format_html('<script src="{}"></script>', source) + div)  # noqa: S308


def _plotly() -> Any:
    try:
        from plotly import graph_objects
    except ImportError:
        return None
    return graph_objects


def _layout(width: int, height: int, background: Any, label_color: Any, grid: bool) -> dict[str, Any]:
    return {
        "width": width, "height": height, "paper_bgcolor": background, "plot_bgcolor": background,
        "font": {"color": label_color} if label_color else None, "template": tom_settings.PLOTLY_THEME,
        "xaxis": {"showgrid": grid}, "yaxis": {"showgrid": grid}, "margin": {"l": 40, "r": 40, "b": 40, "t": 40},
    }


@register.inclusion_tag("tom_dataproducts/partials/photometry_for_target.html", takes_context=True)
def photometry_for_target(context, target, width=700, height=600, background=None, label_color=None, grid=True):
    """The light curve of a target as a Plotly figure (for templates of others; our own pages draw it from columns of numbers)."""
    graphs = _plotly()
    plot = ""
    if graphs is not None:
        figure = graphs.Figure(layout=_layout(width, height, background, label_color, grid))
        figure.update_yaxes(autorange="reversed", title="magnitude")
        found = queries.light_curve(_user(context), target)
        highest = lowest = None
        from tom_astro.times import mjd_to_datetime

        for one in found["series"]:
            times = [mjd_to_datetime(mjd) for mjd in one["mjd"]]
            colour = COLOURS.get(one["name"], one["colour"])
            seen = [k for k, is_limit in enumerate(one["is_limit"]) if not is_limit]
            limits = [k for k, is_limit in enumerate(one["is_limit"]) if is_limit]
            if seen:
                figure.add_trace(
                    graphs.Scatter(
                        x=[times[k] for k in seen], y=[one["y"][k] for k in seen], mode="markers", name=one["name"],
                        marker={"color": colour}, error_y={"type": "data", "array": [one["error"][k] for k in seen], "visible": True},
                    )
                )
            if limits:
                figure.add_trace(
                    graphs.Scatter(
                        x=[times[k] for k in limits], y=[one["y"][k] for k in limits], mode="markers", opacity=0.5,
                        name=f"{one['name']} non-detection", marker={"symbol": 6, "color": colour},
                    )
                )
            highest = max([highest or -99, *one["y"]])
            lowest = min([lowest or 99, *one["y"]])
        distance = getattr(target, "distance", None)
        if distance and highest is not None:
            from tom_astro.photometry import distance_modulus

            modulus = float(distance_modulus(distance))
            figure.update_layout(
                yaxis={"range": [highest + 0.5, lowest - 0.5], "autorange": False},
                yaxis2={
                    "title": "absolute magnitude", "overlaying": "y", "side": "right", "showgrid": False, "autorange": False,
                    "range": [highest + 0.5 - modulus, lowest - 0.5 - modulus],
                },
            )
            figure.add_trace(graphs.Scatter(x=[], y=[], yaxis="y2", showlegend=False))
        plot = _plotly_div(figure)
    return {"target": target, "plot": plot, "data_url": _url("light-curve", target), "request": context.get("request")}


@register.inclusion_tag("tom_dataproducts/partials/spectroscopy_for_target.html", takes_context=True)
def spectroscopy_for_target(context, target, dataproduct=None):
    """The spectra of a target as a Plotly figure (for templates of others)."""
    graphs = _plotly()
    plot = ""
    if graphs is not None:
        figure = graphs.Figure(layout=_layout(700, 600, None, None, True))
        found = queries.spectra(_user(context), target, data_product=dataproduct)
        for one in found["spectra"]:
            figure.add_trace(graphs.Scatter(x=one["wavelength"], y=one["flux"], name=one["name"], mode="lines"))
        figure.update_xaxes(title="Wavelength (Angstrom)")
        figure.update_yaxes(title="Flux", tickformat=".1e")
        plot = _plotly_div(figure)
    return {"target": target, "plot": plot, "data_url": _url("spectra", target), "request": context.get("request")}


def _url(name: str, target: Any) -> str:
    try:
        return reverse(f"tom_dataproducts:{name}", args=(target.pk,))
    except NoReverseMatch:
        return ""


@register.inclusion_tag("tom_dataproducts/partials/reduceddatum_sparkline.html", takes_context=True)
def reduceddatum_sparkline(context, target, height, spacing=5, color_map=None, limit_y=True, days=32):
    """A small picture (PNG) of the last days of photometry."""
    since = timezone.now() - timezone.timedelta(days=int(days))
    rows = policy.target_data(_user(context), target).filter(data_type="photometry", timestamp__gte=since)
    points = list(rows.order_by("timestamp").values_list("timestamp", "bandpass", "brightness", "limit"))
    return {"sparkline": _sparkline(points, int(height), int(spacing), color_map, limit_y, int(days)) if points else ""}


def _sparkline(points: list, height: int, spacing: int, color_map: Any, limit_y: bool, days: int) -> str:
    from PIL import Image, ImageDraw

    from tom_astro.bands import band

    detections = [b for _, _, b, _ in points if b is not None]
    scale = detections if limit_y and detections else [b if b is not None else limit for _, _, b, limit in points]
    scale = [value for value in scale if value is not None]
    if not scale:
        return ""
    low, high = min(scale), max(scale)
    width = max(2, (days + 1) * spacing)
    picture = Image.new("RGBA", (width, height), (255, 255, 255, 0))
    draw = ImageDraw.Draw(picture)
    newest = max(when for when, *_ in points)

    def place(when, value):
        x = width - 3 - (newest - when).total_seconds() / 86400 * spacing
        y = 2 + (value - low) / ((high - low) or 1) * (height - 5)
        return x, y

    series: dict[str, list] = {}
    for when, bandpass, brightness, limit in points:
        colour = (color_map or {}).get(bandpass) or band(bandpass or "?").colour
        if brightness is None:
            if limit is not None and low <= limit <= high:
                x, y = place(when, limit)
                draw.line((x - 1, y, x + 1, y), fill=colour)
            continue
        series.setdefault(colour, []).append(place(when, brightness))
    for colour, places in series.items():
        if len(places) > 1:
            draw.line(places, fill=colour, width=1)
        for x, y in places:
            draw.ellipse((x - 1, y - 1, x + 1, y + 1), fill=colour)
    out = io.BytesIO()
    picture.save(out, format="PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode("ascii")


@register.inclusion_tag("tom_dataproducts/partials/update_broker_data_button.html", takes_context=True)
def update_broker_data_button(context):
    """The button that asks brokers for new data of the target of the page."""
    target = context.get("target") or context.get("object")
    return {"query_params": {"target_id": target.pk} if target is not None else {}}


@register.filter
def datum_count(target):
    return ReducedDatum.objects.filter(target=target).count()
