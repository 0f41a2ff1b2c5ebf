"""The API described: OpenAPI at /api/schema/ and a page listing all operations at /api/docs/, without scripts from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.shortcuts import render
from django.urls import URLPattern, path

REFUSALS = {
    "400": "What was sent is not valid: texts by field, or `detail`.",
    "401": "A login is needed.",
    "403": "Seen, but not allowed.",
    "404": "Not there, or not for you to see.",
    "406": "None of the accepted media types can be had.",
    "409": "It clashes with what is there.",
    "415": "This media type is not read here.",
    "429": "Asked too often.",
}
METHODS = ("get", "post", "put", "patch", "delete")


def urlpatterns() -> list[URLPattern]:
    """Patterns for the root, before the router's; none without drf_spectacular as the API's DEFAULT_SCHEMA_CLASS."""
    if not apps.is_installed("drf_spectacular") or not _described():
        return []
    from drf_spectacular.views import SpectacularAPIView

    return [
        path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
        path("api/docs/", docs_page, name="api-docs"),
    ]


def described(**actions: dict[str, Any]) -> Callable[[type], type]:
    """Class decorator: what the description says of a viewset's actions, as `extend_schema` takes it; nothing without drf_spectacular."""

    def decorate(view: type) -> type:
        if not apps.is_installed("drf_spectacular"):
            return view
        from drf_spectacular.utils import extend_schema, extend_schema_view

        return extend_schema_view(**{action: extend_schema(**words) for action, words in actions.items()})(view)

    return decorate


def say_refusals(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Hook of drf_spectacular: the refusals that every operation may answer with."""
    for address, item in result.get("paths", {}).items():
        for method in METHODS:
            if method not in item:
                continue
            found = item[method].setdefault("responses", {})
            also = dict(REFUSALS)
            if "{" not in address and "parameters" not in item[method]:
                also.pop("404")
            if method in ("get", "delete"):
                also = {status: text for status, text in also.items() if status not in ("409", "415")}
            for status, text in also.items():
                found.setdefault(status, {"description": text})
    return result


def _described() -> bool:
    from drf_spectacular.openapi import AutoSchema
    from rest_framework.views import APIView

    return isinstance(APIView.schema, AutoSchema)


def operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schema's operations by tag: [{tag, operations: [{method, path, summary, parameters, fields, ...}]}]."""
    groups: dict[str, list[dict[str, Any]]] = {}
    components = schema.get("components", {}).get("schemas", {})
    for address, item in schema.get("paths", {}).items():
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            tag = (operation.get("tags") or ["api"])[0]
            groups.setdefault(tag, []).append(
                {
                    "method": method.upper(),
                    "path": address,
                    "id": operation.get("operationId", ""),
                    "text": operation.get("summary") or operation.get("description", ""),
                    "parameters": operation.get("parameters", []),
                    "fields": _fields(operation.get("requestBody", {}), components),
                    "statuses": ", ".join(operation.get("responses", {})),
                }
            )
    return [{"tag": tag, "operations": items} for tag, items in sorted(groups.items())]


def _fields(body: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    content = body.get("content", {})
    schema = next(iter(content.values()), {}).get("schema", {})
    if "$ref" in schema:
        schema = components.get(schema["$ref"].rpartition("/")[2], {})
    required = set(schema.get("required", ()))
    return [
        {"name": name, "type": field.get("type", "object"), "required": name in required, "text": field.get("description", "")}
        for name, field in schema.get("properties", {}).items()
        if not field.get("readOnly")
    ]


def docs_page(request: Any) -> Any:
    """Every operation that whoever asks may use, as a plain page."""
    from drf_spectacular.generators import SchemaGenerator
    from rest_framework.request import Request
    from rest_framework.settings import api_settings

    drf_request = Request(request, authenticators=[cls() for cls in api_settings.DEFAULT_AUTHENTICATION_CLASSES])
    schema = SchemaGenerator().get_schema(request=drf_request, public=True)
    return render(request, "tom_common/api_docs.html", {"info": schema.get("info", {}), "groups": operations(schema)})
