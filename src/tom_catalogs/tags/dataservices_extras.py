"""The tag library `dataservices_extras` of a TOM without data services: its menu lists the catalogues."""

from django import template

from tom_catalogs.harvester import get_service_classes

register = template.Library()


@register.inclusion_tag("tom_catalogs/partials/catalog_query_menu.html")
def catalog_query_menu():
    """A menu with an entry for each catalogue."""
    return {"catalogs": list(get_service_classes())}
