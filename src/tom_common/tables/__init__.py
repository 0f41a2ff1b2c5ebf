"""Lists of many rows: tables, filters, pages, columns by user, filters under names, actions on many rows.

The names that outside code imports stand in `tom_common.htmx_table`; what is new for plugins is here.
"""

from tom_common.tables.bulk import BulkAction, BulkResult, register_bulk_action, unregister_bulk_action
from tom_common.tables.paging import CappedPage, CappedPaginator, capped_count, count_text
from tom_common.tables.table import AddedColumn, register_table_column

__all__ = [
    "AddedColumn", "BulkAction", "BulkResult", "CappedPage", "CappedPaginator", "capped_count", "count_text", "register_bulk_action",
    "register_table_column", "unregister_bulk_action",
]  # fmt: skip
