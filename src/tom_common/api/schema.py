"""The API described: OpenAPI at /api/schema/ and a page of all operations at /api/docs/, without scripts from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.urls import URLPattern, path

from tom_common.conf import tom_settings

REFUSALS = {
    "400": "What was sent is not valid: texts by field, or `detail`.",
    "401": "A login is needed.",
    "403": "Seen, but not allowed.",
    "404": "Not there, or not for you to see.",
    "406": "None of the accepted media types can be had.",
    "409": "It clashes with what is there.",
    "413": "Too much at a time.",
    "415": "This media type is not read here.",
    "429": "Asked too often: wait as many seconds as Retry-After says.",
}
WRITING_ONLY = ("409", "413", "415")
METHODS = ("get", "post", "put", "patch", "delete")
SCHEMAS = {
    "Error": {
        "type": "object",
        "description": "Whatever goes wrong, but for fields that are not valid.",
        "required": ["detail", "code"],
        "properties": {
            "detail": {"type": "string", "description": "What went wrong and what to do, for people."},
            "code": {"type": "string", "description": "The same as one word, for programs."},
        },
        "example": {"detail": "Not found.", "code": "not_found"},
    },
    "FieldErrors": {
        "type": "object",
        "description": "What is not valid, by field; `non_field_errors` for what belongs to none, nested fields nested.",
        "additionalProperties": {},
        "example": {"ra": ["RA is between 0 and 360 degrees."]},
    },
    "BulkErrors": {
        "type": "object",
        "required": ["detail", "code"],
        "properties": {
            "detail": {"type": "string"},
            "code": {"type": "string"},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/RowErrors"}},
        },
    },
    "RowErrors": {
        "type": "object",
        "required": ["index", "errors"],
        "properties": {"index": {"type": "integer", "minimum": 0, "description": "Counted from 0."}, "errors": {}},
    },
}
ERROR = {"$ref": "#/components/schemas/Error"}
NOT_VALID = {"anyOf": [ERROR, {"$ref": "#/components/schemas/FieldErrors"}, {"type": "array", "items": {}}, {"type": "string"}]}
FIELDS = {
    "name": "fields",
    "in": "query",
    "required": False,
    "description": "Only these fields: a comma list.",
    "schema": {"type": "string"},
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the version that you have: 304 when it is still that one.",
    "schema": {"type": "string"},
}
ETAG = {"description": "The version of this row, for If-None-Match and If-Match.", "schema": {"type": "string"}}


def urlpatterns() -> list[URLPattern]:
    """Patterns for the root, before the router's; none without drf_spectacular as the API's DEFAULT_SCHEMA_CLASS."""
    if not apps.is_installed("drf_spectacular") or not _described():
        return []
    from drf_spectacular.views import SpectacularAPIView

    _describe_logins()
    from tom_common.api.docs import docs_page

    return [
        path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
        path("api/docs/", docs_page, name="api-docs"),
    ]


def _describe_logins() -> None:
    """What drf_spectacular knows of DRF's own classes is true of ours."""
    from drf_spectacular.authentication import BasicScheme, TokenScheme

    class TomBasicScheme(BasicScheme):
        target_class = "tom_common.accounts.api_auth.TomBasicAuthentication"
        priority = 1

    class TomTokenScheme(TokenScheme):
        target_class = "tom_common.accounts.api_auth.TomTokenAuthentication"
        match_subclasses = True
        priority = 1

        def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
            text = "`Token <key>` or `Bearer <key>`; the key stands on your profile page."
            return {"type": "apiKey", "in": "header", "name": "Authorization", "description": text}


def _described() -> bool:
    from drf_spectacular.openapi import AutoSchema
    from rest_framework.views import APIView

    return isinstance(APIView.schema, AutoSchema)


def described(**actions: dict[str, Any]) -> Callable[[type], type]:
    """Class decorator: what the description says of a viewset's actions, as `extend_schema` takes it; nothing without drf_spectacular."""

    def decorate(view: type) -> type:
        if not apps.is_installed("drf_spectacular"):
            return view
        from drf_spectacular.utils import extend_schema, extend_schema_view

        return extend_schema_view(**{action: extend_schema(**words) for action, words in actions.items()})(view)

    return decorate


def say_refusals(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Hook of drf_spectacular: what every operation has beside what is particular to it: refusals, versions, fields, order."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(SCHEMAS)
    # drf_spectacular calls an address' {pk} by the name of the field
    views = {(_plain(address), method.lower()): callback for address, _, method, callback in getattr(generator, "endpoints", None) or ()}
    for address, item in result.get("paths", {}).items():
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            callback = views.get((_plain(address), method))
            ours = _is_ours(callback)
            if ours:
                _say_kit(result, operation, address, callback.cls, _action_of(callback, method))
            _say_statuses(operation, address, method, ours)
    return result


def _plain(address: str) -> str:
    return re.sub(r"{[^}]*}", "{}", address)


def _is_ours(callback: Any) -> bool:
    from tom_common.api.viewsets import TomViewSetMixin

    cls = getattr(callback, "cls", None)
    return cls is not None and issubclass(cls, TomViewSetMixin)


def _action_of(callback: Any, method: str) -> str:
    return (getattr(callback, "actions", None) or {}).get(method, "")


def _say_statuses(operation: dict[str, Any], address: str, method: str, ours: bool) -> None:
    found = operation.setdefault("responses", {})
    also = dict(REFUSALS)
    if method == "get" and "{" not in address and "parameters" not in operation:  # what is written may name what is not there
        also.pop("404")
    if method in ("get", "delete"):
        also = {status: text for status, text in also.items() if status not in WRITING_ONLY}
    for status, text in also.items():
        answer = {"description": text}
        if ours:
            answer["content"] = {"application/json": {"schema": NOT_VALID if status == "400" else ERROR}}
        found.setdefault(status, answer)
    for status, answer in found.items():
        answer["description"] = answer.get("description") or REFUSALS.get(status, "")
    if "429" in found:
        found["429"].setdefault("headers", {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}})


def _say_kit(result: dict[str, Any], operation: dict[str, Any], address: str, view: type, action: str) -> None:
    responses, parameters = operation.setdefault("responses", {}), operation.setdefault("parameters", [])
    if action == "retrieve":
        parameters += [FIELDS, IF_NONE_MATCH]
        responses["304"] = {"description": "Still the version that you have."}
        responses["200"].setdefault("headers", {})["ETag"] = ETAG
    elif action == "list":
        parameters.append(FIELDS)
        allowed = getattr(view, "ordering_fields", ())
        if allowed:
            from tom_common.api.filters import Ordering

            parameters += Ordering().get_schema_operation_parameters(view)
    elif action in ("update", "partial_update", "destroy"):
        needed = bool(tom_settings.TOM_API_REQUIRE_IF_MATCH)
        text = "The ETag of the version that you change: 412 when it is another one meanwhile."
        parameters.append({"name": "If-Match", "in": "header", "required": needed, "description": text, "schema": {"type": "string"}})
        responses["412"] = _error("It has changed since you read it.")
        if needed:
            responses["428"] = _error("If-Match is needed.")
        if "200" in responses:
            responses["200"].setdefault("headers", {})["ETag"] = ETAG
    elif action == "create" and "201" in responses:
        location = {"description": "Where it is now.", "schema": {"type": "string"}}
        responses["201"].setdefault("headers", {}).update({"ETag": ETAG, "Location": location})
    elif action == "bulk_create":
        _say_bulk(result, operation, address)
    for one in parameters:
        if one["in"] == "path" and one.get("schema", {}).get("type") == "integer":
            one["schema"].setdefault("minimum", 0)
    if not parameters:
        operation.pop("parameters")


def _say_bulk(result: dict[str, Any], operation: dict[str, Any], address: str) -> None:
    single = result["paths"][address.removesuffix("bulk/")]["post"]
    row = single["requestBody"]["content"]["application/json"]["schema"]
    rows = {"type": "array", "items": row, "minItems": 1, "maxItems": tom_settings.TOM_API_BULK_LIMIT}
    wrapped = {"type": "object", "required": ["items"], "properties": {"items": rows}}
    operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": {"oneOf": [rows, wrapped]}}}}
    made = next(iter(single["responses"]["201"]["content"].values()))["schema"]
    partial = "Make the good rows, and tell what is wrong with the others."
    operation["parameters"].append(
        {"name": "partial", "in": "query", "required": False, "description": partial, "schema": {"type": "boolean", "default": False}}
    )
    count = {"type": "integer", "minimum": 0}
    answer = {
        "type": "object",
        "required": ["created", "results", "errors"],
        "properties": {
            "created": count,
            "results": {"type": "array", "items": made},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/RowErrors"}},
        },
    }
    operation["responses"] = {
        "201": {"description": "Made.", "content": {"application/json": {"schema": answer}}},
        "400": {
            "description": "Nothing was made.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/BulkErrors"}}},
        },
    }


def _error(text: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": ERROR}}}
