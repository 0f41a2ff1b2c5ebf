"""Pagination in the style of this site, for templates that load ``bootstrap4_overrides``."""

from django import template

from tom_common.pagination import pagination_context

register = template.Library()


@register.inclusion_tag("bootstrap4_overrides/pagination.html", takes_context=True)
def bootstrap_pagination(context, page, **kwargs):
    """The pages around the present one, with which rows of how many are shown."""
    return pagination_context(context, page, **kwargs)
