"""The description for people: the same OpenAPI document, read into a page."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import condition, require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer

from dispatch.web.scopes import SCOPES


@lru_cache(maxsize=4)
def _schema(_language: str) -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


@lru_cache(maxsize=4)
def _document(language: str) -> bytes:
    made: bytes = OpenApiJsonRenderer().render(_schema(language), renderer_context={})
    return made


def _etag(_request: HttpRequest) -> str:
    return f'"{hashlib.sha256(_document(get_language() or "")).hexdigest()[:32]}"'


@require_safe
@condition(etag_func=_etag)
def schema(request: HttpRequest) -> HttpResponse:
    """The OpenAPI 3.1 document in the asker's language, made once a process: making it takes half a second."""
    return HttpResponse(
        _document(get_language() or ""), content_type=f"{OpenApiJsonRenderer.media_type}; charset=utf-8"
    )


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Every operation by subject, with what it takes, answers and refuses."""
    return render(request, "api/docs.html", {"groups": _groups(get_language() or ""), "scopes": SCOPES.items()})


@lru_cache(maxsize=4)
def _groups(language: str) -> list[tuple[str, list[dict[str, Any]]]]:
    schema = _schema(language)
    shapes: dict[str, Any] = schema["components"]["schemas"]
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in schema["paths"].items():
        for method, entry in methods.items():
            row = {
                "id": entry["operationId"],
                "method": method.upper(),
                "path": path,
                "text": entry.get("description", ""),
                "scope": entry.get("x-scope", ""),
                "parameters": entry.get("parameters", []),
                "body": _fields(_content(entry.get("requestBody", {})), shapes),
                "answers": [_answered(code, one, shapes) for code, one in sorted(entry["responses"].items())],
            }
            groups.setdefault(entry["tags"][0], []).append(row)
    return sorted(groups.items())


def _content(holder: dict[str, Any]) -> dict[str, Any]:
    return next((one.get("schema", {}) for one in holder.get("content", {}).values()), {})


def _answered(code: str, one: dict[str, Any], shapes: dict[str, Any]) -> dict[str, Any]:
    schema = _content(one)
    name = schema.get("$ref", "").rpartition("/")[2]
    return {"code": code, "name": name, "fields": _fields(schema, shapes) if code < "300" else []}


def _fields(schema: dict[str, Any], shapes: dict[str, Any]) -> list[dict[str, Any]]:
    """The first level of an object: name, type, whether it must be given."""
    shape = shapes.get(schema.get("$ref", "").rpartition("/")[2], schema)
    needed = set(shape.get("required", ()))
    return [
        {"name": name, "type": _type(one), "needed": name in needed, "text": one.get("description", "")}
        for name, one in shape.get("properties", {}).items()
    ]


def _type(one: dict[str, Any]) -> str:
    if "$ref" in one:
        return str(one["$ref"]).rpartition("/")[2]
    for together in ("oneOf", "anyOf", "allOf"):
        if together in one:
            return " | ".join(dict.fromkeys(_type(part) for part in one[together]))
    kind = one.get("type", "")
    name = " | ".join(kind) if isinstance(kind, list) else str(kind)
    if name == "array":
        return f"[{_type(one.get('items', {}))}]"
    return f"{name} ({one['format']})" if "format" in one else name
