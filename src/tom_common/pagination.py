"""What a pager under a list has to know."""

from __future__ import annotations

from typing import Any

from tom_common.conf import tom_settings


def pagination_context(context: Any, page: Any, **kwargs: Any) -> dict[str, Any]:
    """Pages, links and counts of ``page``. Options: ``pages_to_show``, ``url``, ``extra``, ``parameter_name``, ``size``."""
    request = context.get("request")
    name = kwargs.get("parameter_name", "page")
    query = request.GET.copy() if request is not None else None
    if query is not None:
        query.pop(name, None)
    base = query.urlencode() if query is not None else ""
    extra = (kwargs.get("extra") or "").lstrip("&?")
    prefix = f"{kwargs.get('url') or ''}?" + "".join(f"{part}&" for part in (base, extra) if part) + f"{name}="
    count, current = page.paginator.num_pages, page.number
    around = max(int(kwargs.get("pages_to_show", 11)) // 2, 1)
    first = max(1, min(current - around, count - 2 * around))
    last = min(count, first + 2 * around)
    return kwargs | {
        "page": page,
        "pages_shown": range(first, last + 1),
        "url_prefix": prefix,
        "current_page": current,
        "num_pages": count,
        "show_first": first > 1,
        "show_last": last < count,
        "start_index": page.start_index(),
        "end_index": page.end_index(),
        "total_count": page.paginator.count,
        "is_capped": getattr(page.paginator, "is_capped", False),
        "show_pagination_info": bool(tom_settings.SHOW_PAGINATION_INFO),
        "pagination_size": kwargs.get("size"),
    }
