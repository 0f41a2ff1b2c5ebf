"""Tables that sort, filter and page in place: a django-tables2 table, a django-filter set and a view, joined by htmx.

A page of such a list costs a fixed number of queries whatever its size: one count that stops at ``count_cap``, one page of rows, and
what the rows prefetch. A view is a declaration:

>>> class SpectrographListView(HTMXTableViewMixin, FilterView):
...     model = Spectrograph
...     table_class = SpectrographTable
...     filterset_class = SpectrographFilterSet
...     template_name = "my_app/spectrograph_list.html"
...     paginate_by = 20
...     table_tools = True  # columns by user, saved filters, rows on a page
...     bulk_actions = "spectrographs"  # see tom_common.tables.bulk

Its template includes ``tom_common/ui/table_page.html``, or puts ``{% render_table table %}`` where the table shall be.
"""

from __future__ import annotations

from tom_common.tables.filters import (
    HTMXTableFilterSet,
    active_filters,
    htmx_attributes,
    htmx_attributes_delayed,
    htmx_attributes_instant,
    htmx_attributes_onenter,
    is_empty,
)
from tom_common.tables.paging import COUNT_CAP, CappedPage, CappedPaginator, capped_count
from tom_common.tables.table import PROPERTY_ORDERING_CAP, HTMXTable, SelectionColumn, SortedRows, computed_attrs
from tom_common.tables.views import HTMXTableViewMixin

__all__ = [
    "COUNT_CAP", "PROPERTY_ORDERING_CAP", "CappedPage", "CappedPaginator", "HTMXTable", "HTMXTableFilterSet", "HTMXTableViewMixin",
    "SelectionColumn", "SortedRows", "active_filters", "capped_count", "computed_attrs", "htmx_attributes", "htmx_attributes_delayed",
    "htmx_attributes_instant", "htmx_attributes_onenter", "is_empty",
]  # fmt: skip
