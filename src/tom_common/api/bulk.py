"""Many new rows in one request: `POST <resource>/bulk/` with a list, or `{"items": [...]}`.

All or nothing, or with `?partial=true` the good rows. What is wrong is told by the index of its row.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response

from tom_common.api.errors import TooLarge, exception_handler
from tom_common.conf import tom_settings
from tom_common.errors import TomError


class RowRefused(Exception):  # noqa: N818
    """Row `index` cannot be made, because of `error`."""

    def __init__(self, index: int, error: Exception) -> None:
        self.index, self.error = index, error
        super().__init__(index)


class BulkCreateMixin:
    """Adds `bulk/` to a viewset. Override `create_many` where one service makes many rows at once."""

    bulk_limit: int | None = None
    heavy_actions: tuple[str, ...] = ("bulk_create",)

    @property
    def bulk_counts(self) -> dict[str, int]:
        """What else to count in the answer, beside `created`, or instead of it."""
        return {}

    def create_many(self, serializers: list[Any]) -> list[Any]:
        """Make the rows of valid serializers in one transaction, the instances in the same order; RowRefused says which one fails."""
        made = []
        for index, serializer in enumerate(serializers):
            try:
                made.append(serializer.save())
            except (APIException, TomError, DjangoValidationError) as error:
                raise RowRefused(index, error) from error
        return made

    def bulk_items(self, request: Any) -> tuple[list[Any], bool]:
        """(the rows that were sent, whether the good ones among them are wanted)."""
        items = request.data.get("items") if isinstance(request.data, dict) else request.data
        if not isinstance(items, list) or not items:
            raise ValidationError({"items": ["A list of at least one object is needed: as the whole body, or as `items`."]})
        limit = self.bulk_limit or tom_settings.TOM_API_BULK_LIMIT
        if len(items) > limit:
            raise TooLarge(f"At most {limit} rows are taken at a time; these are {len(items)}.")
        return items, request.query_params.get("partial", "").lower() in ("true", "1", "yes")

    def check_many(self, good: list[tuple[int, Any]], errors: dict[int, Any]) -> None:
        """Add to `errors`, by index, what only all valid rows together show to be wrong (names that are taken, ...)."""

    @action(detail=False, methods=["post"], url_path="bulk", url_name="bulk")
    def bulk_create(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Make many at once."""
        items, partial = self.bulk_items(request)
        errors: dict[int, Any] = {}
        good: list[tuple[int, Any]] = []
        ignored: list[str] = []
        for index, item in enumerate(items):
            self.ignored_fields: list[str] = []
            try:
                serializer = self.get_serializer(data=item)  # type: ignore[attr-defined]
                serializer.is_valid(raise_exception=True)
                good.append((index, serializer))
            except (ValidationError, DjangoValidationError, TomError) as error:
                errors[index] = self._told(error)
            ignored += [f"[{index}].{name}" for name in self.ignored_fields]
        self.ignored_fields = ignored
        self.check_many(good, errors)
        good = [(index, serializer) for index, serializer in good if index not in errors]
        if errors and not partial:
            return self._refused(errors)
        made = self._made(good, errors, partial)
        if (errors and not partial) or not made:
            return self._refused(errors)
        rows = list(self.get_serializer(made, many=True).data)  # type: ignore[attr-defined]
        body = {
            "created": len(rows),
            **self.bulk_counts,
            "results": rows,
            "errors": [{"index": index, "errors": errors[index]} for index in sorted(errors)],
        }
        return Response(body, status=status.HTTP_201_CREATED)

    def _made(self, good: list[tuple[int, Any]], errors: dict[int, Any], partial: bool) -> list[Any]:
        if not partial:
            return self._make(good, errors)
        return [row for one in good for row in self._make([one], errors)]

    def _make(self, good: list[tuple[int, Any]], errors: dict[int, Any]) -> list[Any]:
        try:
            with transaction.atomic():
                return self.create_many([serializer for _, serializer in good])
        except RowRefused as refused:
            errors[good[refused.index][0]] = self._told(refused.error)
            return []

    def _told(self, error: Exception) -> Any:
        response = exception_handler(error, {"view": self, "request": self.request})  # type: ignore[attr-defined]
        assert response is not None
        return response.data

    @staticmethod
    def _refused(errors: dict[int, Any], done: str = "made") -> Response:
        rows = [{"index": index, "errors": errors[index]} for index in sorted(errors)]
        text = f"Nothing was {done}: {len(rows)} of the rows cannot be. The first is row {rows[0]['index']} (counted from 0)."
        return Response({"detail": text, "code": "invalid", "errors": rows}, status=status.HTTP_400_BAD_REQUEST)
