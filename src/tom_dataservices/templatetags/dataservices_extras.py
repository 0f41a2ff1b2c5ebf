from django import template

from tom_dataservices.dataservices import get_data_service_classes
from tom_dataservices.plugins import nav_context

register = template.Library()


@register.inclusion_tag("tom_dataservices/partials/navbar_list.html")
def dataservices_list():
    """The menu of data services."""
    return nav_context({})


@register.inclusion_tag("tom_dataservices/partials/catalog_query_menu.html")
def catalog_query_menu():
    """A menu with an entry for each data service that makes targets."""
    return {"data_services": get_data_service_classes()}


@register.filter
def is_cfield(field) -> bool:
    """Is this form field a classifier's, or its probability's?"""
    name = getattr(field, "name", field)
    return str(name).startswith(("cfield_", "prob_cfield_"))


@register.inclusion_tag("tom_dataservices/partials/update_data_from_dataservice.html", takes_context=True)
def update_data_from_dataservice(context):
    """A form that asks a data service for the target's data; needs `target` in the context."""
    from tom_dataservices.forms import UpdateDataFromDataServiceForm
    from tom_dataservices.views import may_update

    target, request = context.get("target") or context.get("object"), context.get("request")
    allowed = target is not None and (request is None or may_update(request.user, target))
    form = UpdateDataFromDataServiceForm(initial={"target": target}) if allowed else None
    return {"form": form if form and form.fields["data_service"].choices else None, "target": target, "request": request}
