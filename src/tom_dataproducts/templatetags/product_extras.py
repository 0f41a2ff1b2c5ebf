"""Tags of the pages of data products."""

from django import template

from tom_dataproducts import product_tables

register = template.Library()


@register.simple_tag
def processing_badge(product):
    """How far the processing of a product is, by word and icon."""
    return product_tables.processing_badge(product)


@register.filter
def get_item(of, key):
    """`of[key]`, or a dash where there is none."""
    found = of.get(key)
    return "–" if found is None or found == "" else found
