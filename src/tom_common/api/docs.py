"""The page of all operations: what to send, what comes back, a command to try."""

from __future__ import annotations

import json
import re
from typing import Any

from django.shortcuts import render

from tom_common.api.schema import METHODS

DEEP = 4


def operations(schema: dict[str, Any], root: str = "") -> list[dict[str, Any]]:
    """The schema's operations by tag: [{tag, operations: [{method, path, anchor, summary, parameters, fields, curl, ...}]}]."""
    groups: dict[str, list[dict[str, Any]]] = {}
    components = schema.get("components", {}).get("schemas", {})
    for address, item in schema.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                tag = re.sub(r"^(api|v\d+)/", "", address.strip("/")).partition("/")[0]
                groups.setdefault(tag, []).append(_operation(item[method], address, method, components, root))
    return [{"tag": tag, "operations": items} for tag, items in sorted(groups.items())]


def _operation(operation: dict[str, Any], address: str, method: str, components: dict[str, Any], root: str) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    media_type = "application/json" if "application/json" in content else next(iter(content), "")
    body = content.get(media_type, {})
    answers = [
        {"status": status, "text": answer.get("description") or "", "kind": _kind_of_answer(answer, components)}
        for status, answer in sorted(operation.get("responses", {}).items())
    ]
    return {
        "method": method.upper(),
        "path": address,
        "anchor": operation.get("operationId", ""),
        "text": operation.get("summary") or operation.get("description", ""),
        "parameters": [{**one, "kind": kind_of(one.get("schema", {}))} for one in operation.get("parameters", [])],
        "fields": _fields(body.get("schema", {}), components),
        "media_types": list(content),
        "needs_login": {} not in operation.get("security", [{}]),
        "answers": answers,
        "curl": curl(operation, address, method, media_type, body, components, root),
    }


def resolved(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    for _ in range(DEEP):
        if "$ref" in schema:
            schema = components.get(schema["$ref"].rpartition("/")[2], {})
        elif len(schema.get("allOf", ())) == 1:
            schema = {**schema["allOf"][0], **{key: value for key, value in schema.items() if key != "allOf"}}
        elif schema.get("oneOf"):
            schema = next((one for one in schema["oneOf"] if one.get("enum") != [""] and one.get("enum") != [None]), {})
        else:
            break
    return schema


def kind_of(schema: dict[str, Any], components: dict[str, Any] | None = None) -> str:
    """`integer`, `array of Target`, `one of: a, b`: a schema in a few words."""
    schema = resolved(schema, components or {}) if components is not None else schema
    if "enum" in schema:
        return "one of: " + ", ".join(str(value) for value in schema["enum"][:12])
    if schema.get("type") == "array":
        return f"list of {kind_of(schema.get('items', {}), components)}"
    words = [schema.get("type", "anything" if not schema.get("properties") else "object")]
    if schema.get("format"):
        words.append(f"({schema['format']})")
    bounds = [f"{sign} {schema[key]:g}" for key, sign in (("minimum", "≥"), ("maximum", "≤")) if abs(schema.get(key, 2**40)) < 2**40]
    return " ".join([*words, *bounds])


def _kind_of_answer(answer: dict[str, Any], components: dict[str, Any]) -> str:
    schema = next(iter(answer.get("content", {}).values()), {}).get("schema", {})
    return schema["$ref"].rpartition("/")[2] if "$ref" in schema else schema.get("type", "")


def _fields(schema: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    schema = resolved(schema, components)
    if schema.get("type") == "array":
        schema = resolved(schema.get("items", {}), components)
    required = set(schema.get("required", ()))
    return [
        {
            "name": name,
            "kind": kind_of(field, components),
            "required": name in required,
            "text": _without_choices(resolved(field, components).get("description") or field.get("description", "")),
        }
        for name, field in schema.get("properties", {}).items()
        if not field.get("readOnly")
    ]


def _without_choices(text: str) -> str:
    """drf_spectacular lists the choices once more: they stand in `kind`."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("* `")).strip()


def example_of(schema: dict[str, Any], components: dict[str, Any], depth: int = 0) -> Any:
    """What could be sent: the example of the schema, or else its required fields filled in."""
    schema = resolved(schema, components)
    for key in ("example", "default"):
        if schema.get(key) is not None:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "array":
        return [example_of(schema.get("items", {}), components, depth + 1)] if depth < DEEP else []
    if kind == "object" or "properties" in schema:
        named = [name for name in schema.get("required", ()) if not schema.get("properties", {}).get(name, {}).get("readOnly")]
        return {name: example_of(schema["properties"][name], components, depth + 1) for name in named if name in schema["properties"]}
    if kind == "string":
        return {"date-time": "2026-01-31T03:00:00Z", "date": "2026-01-31", "uri": "https://example.org/"}.get(
            schema.get("format", ""), "text"
        )
    return {"integer": 1, "number": 1.5, "boolean": True}.get(kind or "", {})


def curl(
    operation: dict[str, Any], address: str, method: str, media_type: str, body: dict[str, Any], components: dict[str, Any], root: str
) -> str:
    """The command that does it, with a placeholder for the token."""
    url = root.rstrip("/") + re.sub(r"\{[^}]+\}", "1", address)
    words = ["curl"]
    if method != "get":
        words.append(f"-X {method.upper()}")
    if not address.endswith("/token-auth/"):
        words.append('-H "Authorization: Token $TOKEN"')
    if any(one["name"] == "If-Match" for one in operation.get("parameters", [])):
        words.append("-H 'If-Match: \"<etag>\"'")
    if body:
        given = next(iter(body.get("examples", {}).values()), {}).get("value") if body.get("examples") else None
        example = given if given is not None else example_of(body.get("schema", {}), components)
        if media_type == "application/json":
            words += ['-H "Content-Type: application/json"', "-d " + _quoted(json.dumps(example, ensure_ascii=False))]
        elif isinstance(example, dict):
            words += [f"-F {name}=" + ("@file.csv" if name in ("file", "data") else _quoted(str(value))) for name, value in example.items()]
    return " \\\n  ".join([*words, _quoted(url)])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def docs_page(request: Any) -> Any:
    """Every operation that whoever asks may use, as a plain page."""
    from drf_spectacular.generators import SchemaGenerator
    from rest_framework.request import Request
    from rest_framework.settings import api_settings

    drf_request = Request(request, authenticators=[cls() for cls in api_settings.DEFAULT_AUTHENTICATION_CLASSES])
    schema = SchemaGenerator().get_schema(request=drf_request, public=True)
    context = {"info": schema.get("info", {}), "groups": operations(schema, request.build_absolute_uri("/"))}
    return render(request, "tom_common/api_docs.html", context)
