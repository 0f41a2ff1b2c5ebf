"""The list view over a table: filters, order, pages; on request columns and filters of the viewer's own, and actions on many rows."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.paginator import EmptyPage, PageNotAnInteger
from django.http import HttpResponseRedirect, QueryDict
from django.utils.cache import patch_vary_headers
from django_tables2 import RequestConfig
from django_tables2.views import SingleTableMixin

from tom_common.tables.bulk import bulk_actions
from tom_common.tables.filters import active_filters, filters_alone, problems_of
from tom_common.tables.paging import CappedPaginator, count_text
from tom_common.tables.table import HTMXTable


class HTMXTableViewMixin(SingleTableMixin):
    """Mix into a list or filter view. Adds ``record_count``, ``record_count_is_capped``, ``empty_database`` to the context.

    An htmx request for the table is answered with the table alone, anything else (also going back) with the whole page.
    The query string is the whole state, so an address can be sent to somebody else.
    """

    paginator_class = CappedPaginator
    paginate_by = 20
    page_sizes: tuple[int, ...] = (20, 50, 100, 200)
    # True: columns by user, saved filters, rows on a page. One query more for who is logged in.
    table_tools = False
    # the name under which `register_bulk_action` has the actions of this list
    bulk_actions = ""

    request: Any

    @property
    def table_page(self) -> str:
        """The name of this page, under which a viewer's filters and columns are kept; "" outside of a URL configuration."""
        match = getattr(self.request, "resolver_match", None)
        return match.view_name if match is not None else ""

    @property
    def has_table_tools(self) -> bool:
        return bool(self.table_tools and self.table_page)

    @cached_property
    def table_preference(self) -> Any:
        from tom_common.services.table_preferences import preference_of

        if not self.has_table_tools:
            return None
        return preference_of(user=self.request.user, session=getattr(self.request, "session", None), page=self.table_page)

    @property
    def is_partial(self) -> bool:
        htmx = getattr(self.request, "htmx", None)
        if htmx is None:
            headers = self.request.headers
            return headers.get("HX-Request") == "true" and not headers.get("HX-Boosted") and not headers.get("HX-History-Restore-Request")
        return bool(htmx) and not htmx.boosted and not htmx.history_restore_request

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if self.has_table_tools:
            if "_table" in request.GET:
                from tom_common.views.tables import show_tool

                return show_tool(self, request.GET["_table"])
            if not request.META.get("QUERY_STRING") and not self.is_partial and self.table_preference.default_filter_id:
                saved = self._saved_filter(self.table_preference.default_filter_id)
                if saved is not None:
                    return HttpResponseRedirect(f"{request.path}?{saved.query}&saved={saved.pk}")
        return super().get(request, *args, **kwargs)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        from tom_common.views.tables import change_tool, do_bulk

        if self.bulk_actions and "bulk" in request.POST:
            return do_bulk(self)
        if self.has_table_tools and "_table" in request.POST:
            return change_tool(self, request.POST["_table"])
        handler = getattr(super(), "post", None)
        return handler(request, *args, **kwargs) if handler is not None else self.http_method_not_allowed(request, *args, **kwargs)

    def _saved_filter(self, pk: Any) -> Any:
        from tom_common.services.saved_filters import visible_filters

        if not str(pk).isdigit() or len(str(pk)) > 18 or int(pk) == 0:
            return None
        return visible_filters(self.request.user, self.table_page).filter(pk=pk).first()

    def get_template_names(self) -> list[str]:
        if self.is_partial:
            table = self.__dict__.get("_table")
            if table is not None and hasattr(table, "get_partial_template_name"):
                return [table.get_partial_template_name()]
            return [getattr(self.get_table_class(), "partial_template_name", HTMXTable.partial_template_name)]
        return super().get_template_names()

    def get_table_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_table_kwargs()
        columns = self.table_preference.columns if self.has_table_tools else None
        if columns is not None and issubclass(self.get_table_class(), HTMXTable):
            known = self.get_table_class().choosable_columns()
            columns = [name for name in columns if name in known]
            if columns:
                kwargs = {"shown": columns, **kwargs}
        return kwargs

    def get_table(self, **kwargs: Any) -> Any:
        table = self.get_table_class()(data=self.get_table_data(), **kwargs)
        self._table = RequestConfig(self.request, paginate=False).configure(table)
        pagination = self.get_table_pagination(table)
        if pagination:
            self._paginate(table, dict(pagination) if hasattr(pagination, "items") else {})
        return table

    def _paginate(self, table: Any, options: dict[str, Any]) -> None:
        options.pop("silent", None)
        options["per_page"] = self.rows_per_page(table, options.get("per_page"))
        number = options.pop("page", 1)
        try:
            number = int(self.request.GET[table.prefixed_page_field])
        except (KeyError, ValueError):
            pass
        try:
            table.paginate(page=number, **options)
        except PageNotAnInteger:
            table.page = table.paginator.page(1)
        except EmptyPage:
            table.page = table.paginator.page(table.paginator.num_pages if number > 0 else 1)

    def rows_per_page(self, table: Any, usual: int | None) -> int:
        """What the address asks for, else what the viewer keeps, else the page's own; only what is offered."""
        usual = usual or table._meta.per_page
        asked = self.request.GET.get(table.prefixed_per_page_field, "")
        kept = self.table_preference.per_page if self.has_table_tools else None
        if asked.isdigit() and len(asked) < 6:
            # an address may ask for fewer than is offered, never for more
            return min(max(int(asked), 1), max(*self.page_sizes, usual))
        return kept if kept in self.page_sizes else usual

    def paginate_queryset(self, queryset: Any, page_size: int) -> tuple[Any, Any, Any, bool]:
        # the table pages its own rows, in its own order: a second pager would ask the database twice
        return None, None, queryset, False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        table = context[self.get_context_table_name(self._table)]
        paginator = getattr(table, "paginator", None)
        page = getattr(table, "page", None)
        context["paginator"], context["page_obj"] = paginator, page
        context["is_paginated"] = bool(page and page.has_other_pages())
        context["record_count"] = paginator.count if paginator is not None else len(table.rows)
        context["record_count_is_capped"] = bool(getattr(paginator, "is_capped", False))
        context["record_count_text"] = count_text(paginator._counted, paginator.count_cap) if isinstance(paginator, CappedPaginator) else ""
        context["empty_database"] = context["record_count"] == 0 and self.is_database_empty()
        context["is_htmx_partial"] = self.is_partial
        context["bulk_offered"] = tuple(bulk_actions(self.bulk_actions, self.request.user)) if self.bulk_actions else ()
        if self.has_table_tools:
            context |= self._tools_context(context)
        table.page_sizes = self._offered_sizes(paginator) if self.has_table_tools else ()
        return context

    def _offered_sizes(self, paginator: Any) -> tuple[int, ...]:
        if paginator is None or (paginator.count <= min(self.page_sizes) and paginator.per_page <= min(self.page_sizes)):
            return ()
        return tuple(sorted({*self.page_sizes, paginator.per_page}))

    def _tools_context(self, context: dict[str, Any]) -> dict[str, Any]:
        query = self.request.GET.copy()
        query.pop("_table", None)
        found: dict[str, Any] = {"table_tools": True, "table_page": self.table_page, "table_state": query.urlencode()}
        found["is_filtered"] = bool(filters_alone(self.request.GET))
        filterset = context.get("filter")
        if filterset is not None:
            # the fields of the filters are made when they are used, or asked for
            names = active_filters(filterset)
            found["show_filters"] = bool(names or (filterset.is_bound and filterset.form.errors))
            if not hasattr(filterset, "active_filters"):
                found["active_filter_names"] = names
        found["clear_url"] = self.request.path + ("?saved=0" if self.table_preference.default_filter_id else "")
        if "saved" in self.request.GET:
            saved = self._saved_filter(self.request.GET["saved"])
            if saved is not None:
                kept = QueryDict(saved.query)
                found["saved_filter"] = saved
                found["saved_filter_changed"] = filters_alone(kept) != filters_alone(self.request.GET)
                found["saved_filter_problems"] = problems_of(filterset, self.request.GET) if filterset is not None else []
        return found

    def is_database_empty(self) -> bool:
        """True when this viewer has no rows at all, filters or not."""
        if not hasattr(self, "get_queryset"):
            return True
        rows = self.get_queryset()
        return not (rows.exists() if hasattr(rows, "exists") else bool(rows))

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> Any:
        response = super().render_to_response(context, **kwargs)
        patch_vary_headers(response, ["HX-Request"])
        return response
