"""Tags about data: lists of products, upload, plots. The names and contexts are fixed by templates of projects and plugins."""

from __future__ import annotations

import base64
from typing import Any

from django import template
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse

from tom_common.conf import tom_settings
from tom_dataproducts import policy, queries
from tom_dataproducts.forms import DataProductUploadForm, DataShareForm
from tom_dataproducts.models import DataProduct
from tom_observations.models import ObservationRecord

register = template.Library()

ROWS_IN_A_TABLE = 500
PRODUCTS_IN_A_LIST = 200
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
    seen = policy.visible_to(user, "view", DataProduct.objects.filter(target_id=target.pk)).order_by("-created", "-pk")
    changeable = set(policy.visible_to(user, "change", DataProduct.objects.filter(target_id=target.pk)).values_list("pk", flat=True))
    # not a slice: who takes this function for pages of their own filters further
    products = DataProduct.objects.filter(pk__in=list(seen.values_list("pk", flat=True)[:PRODUCTS_IN_A_LIST]))
    products = products.select_related("observation_record").order_by("-created", "-pk")
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


@register.inclusion_tag("tom_dataproducts/partials/recent_photometry.html", takes_context=True, name="recent_photometry")
def recent_photometry_tag(context, target, limit=1):
    """The newest magnitudes or limits of a target."""
    return _recent_photometry(target, queries.newest_photometry(_user(context), target, limit=int(limit)))


def recent_photometry(target, limit=1):
    """The same for code that calls it without a page: of those points that all see who see the target."""
    return _recent_photometry(target, queries.newest_photometry(None, target, limit=int(limit), seen=True))


def _recent_photometry(target, rows):
    return {
        "data": [
            {
                "timestamp": row.timestamp,
                "magnitude": row.brightness if row.brightness is not None else row.limit,
                "limit": row.brightness is None,
                "filter": row.bandpass,
                "error": row.brightness_error,
                "unit": row.unit,
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
                "id": row.pk,
                "timestamp": row.timestamp,
                "source": row.source_name,
                "filter": row.bandpass,
                "telescope": row.telescope,
                "magnitude": row.brightness if row.brightness is not None else "",
                "limit": row.limit if row.limit is not None else "",
                "error": row.brightness_error,
                "unit": row.unit,
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


def _figure(data: list[dict[str, Any]], layout: dict[str, Any], label: str) -> str:
    """A Plotly figure as HTML: its numbers as JSON, drawn by the one shared library, without inline script."""
    from tom_common.templatetags.tom_common_extras import plotly_figure

    return render_to_string("tom_common/ui/figure.html", plotly_figure({"data": data, "layout": layout}, label))


def _layout(width: int, height: int, background: Any, label_color: Any, grid: bool) -> dict[str, Any]:
    axis = {"showgrid": bool(grid)}
    layout = {"width": width, "height": height, "xaxis": dict(axis), "yaxis": dict(axis), "margin": {"l": 60, "r": 40, "b": 50, "t": 40}}
    if background:
        layout |= {"paper_bgcolor": background, "plot_bgcolor": background}
    if label_color:
        layout["font"] = {"color": label_color}
    return layout


@register.inclusion_tag("tom_dataproducts/partials/photometry_for_target.html", takes_context=True)
def photometry_for_target(context, target, width=700, height=600, background=None, label_color=None, grid=True):
    """The light curve of a target as a Plotly figure (for templates of others; our own pages draw it from columns of numbers)."""
    from tom_dataproducts.plots.about import numbers_of
    from tom_dataproducts.plots.plotly import light_curve_figure

    curve = queries.light_curve_columns(_user(context), target)
    modulus = numbers_of(target)["distance_modulus"] if getattr(target, "distance", None) else None
    data, axes = light_curve_figure(curve, COLOURS, modulus)
    layout = _layout(width, height, background, label_color, grid)
    for name, axis in axes.items():
        layout[name] = layout.get(name, {}) | axis
    plot = _figure(data, layout, f"Light curve of {target.name}")
    return {"target": target, "plot": plot, "data_url": _url("light-curve", target), "request": context.get("request")}


@register.inclusion_tag("tom_dataproducts/partials/spectroscopy_for_target.html", takes_context=True)
def spectroscopy_for_target(context, target, dataproduct=None):
    """The spectra of a target, or of one data product (or its key), as a Plotly figure (for templates of others)."""
    from tom_dataproducts.plots.plotly import spectra_figure

    found = queries.spectra(_user(context), target, data_product=dataproduct)
    data, axes = spectra_figure(found["spectra"])
    plot = _figure(data, _layout(700, 600, None, None, True) | axes, f"Spectra of {target.name}")
    return {"target": target, "plot": plot, "data_url": _url("spectra", target), "request": context.get("request")}


def _url(name: str, target: Any) -> str:
    try:
        return reverse(f"tom_dataproducts:{name}", args=(target.pk,))
    except NoReverseMatch:
        return ""


@register.inclusion_tag("tom_dataproducts/partials/reduceddatum_sparkline.html", takes_context=True, name="reduceddatum_sparkline")
def reduceddatum_sparkline_tag(context, target, height, spacing=5, color_map=None, limit_y=True, days=32):
    """A small picture (PNG) of the last days of photometry, detections and limits."""
    return _sparkline(queries.recent_points(_user(context), target, days=int(days)), height, spacing, color_map, limit_y, days)


def reduceddatum_sparkline(target, height, spacing=5, color_map=None, limit_y=True, days=32):
    """The same for code that calls it without a page: of those points that all see who see the target."""
    return _sparkline(queries.recent_points(None, target, days=int(days), seen=True), height, spacing, color_map, limit_y, days)


def _sparkline(points, height, spacing, color_map, limit_y, days):
    from tom_dataproducts.plots.image import sparkline_png

    png = sparkline_png(points, height=int(height), spacing=int(spacing), days=int(days), colours=color_map, limit_y=limit_y)
    return {"sparkline": "data:image/png;base64," + base64.b64encode(png).decode("ascii") if png else ""}


@register.inclusion_tag("tom_dataproducts/partials/update_broker_data_button.html", takes_context=True)
def update_broker_data_button(context):
    """The button that asks brokers for new data of the target of the page."""
    target = context.get("target") or context.get("object")
    return {"query_params": {"target_id": target.pk} if target is not None else {}}


@register.filter
def datum_count(target):
    """How many measurements a target has, of those that all see who see the target: a filter does not know who looks."""
    return policy.seen_target_data(None, target).count()
