"""Tags of the pages of data products."""

from django import template

from tom_common.tables.html import head_of, part_pager_of
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


@register.simple_tag(takes_context=True)
def part_head(context, table):
    """The heading cells of a table of measurements inside another page, whose view says `part`, its address and id."""
    return head_of(table, context["request"], context["part"])


@register.simple_tag(takes_context=True)
def part_pager(context, table):
    """What stands below such a table."""
    return part_pager_of(table, context["request"], context["part"])
