"""``/ovrouter/api/openapi.json``: the REST API as an OpenAPI 3.1 document, made from what the handlers declare (warm).

Open to anybody: it says what the source says and nothing of this server, and tools fetch it without credentials.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from quart import Blueprint, Quart, Response, current_app
from werkzeug.routing import Rule

from ovrouter.rest.auth import OPEN_ENDPOINTS
from ovrouter.rest.operation import Operation, operation, operation_of
from ovrouter.rest.responses import json_response
from ovrouter.rest.schema import ErrorAnswer
from ovrouter.session import PROTOCOL_VERSION

__all__ = ["documented_path", "openapi", "openapi_document"]

openapi = Blueprint("openapi", __name__, url_prefix="/ovrouter/api/openapi.json")

Json = dict[str, Any]

_REF = "#/components/schemas/"
_STRANGER = {401: ("the Authorization header is missing or wrong", ErrorAnswer)}
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@openapi.get("")
@operation({200: ("always", dict[str, Any])})
async def describe() -> Response:
    """Return this document."""
    return json_response(openapi_document(current_app))


def documented_path(rule: Rule) -> str:
    """Return the path of *rule* with its parameters in braces."""
    return _PARAMETER.sub(r"{\1}", rule.rule)


def openapi_document(app: Quart) -> Json:
    """Describe every declared handler of *app*."""
    handlers = [
        _Handler(rule, inspect.getdoc(view) or "", declared)
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
        if (declared := operation_of(view := app.view_functions[rule.endpoint]))
    ]
    shapes = list(dict.fromkeys(shape for handler in handlers for shape in handler.shapes()))
    schemas, components = msgspec.json.schema_components(shapes, ref_template=_REF + "{name}")
    schema_of = dict(zip(shapes, schemas, strict=True))
    paths: dict[str, Json] = {}
    for handler in handlers:
        paths.setdefault(handler.path, {}).update(dict.fromkeys(handler.methods, handler.describe(schema_of)))
    return {
        "openapi": "3.1.0",
        "info": {"title": "ovrouter", "version": PROTOCOL_VERSION, "description": "The REST API of OpenVidu 2"},
        "security": [{"secret": []}],
        "paths": paths,
        "components": {
            "schemas": _for_everybody(components),
            "securitySchemes": {"secret": {"type": "http", "scheme": "basic"}},
        },
    }


@dataclass(frozen=True, slots=True)
class _Handler:
    rule: Rule
    words: str
    declared: Operation

    @property
    def path(self) -> str:
        return documented_path(self.rule)

    @property
    def methods(self) -> list[str]:
        return [method.lower() for method in sorted(self.rule.methods or ()) if method not in {"HEAD", "OPTIONS"}]

    @property
    def is_open(self) -> bool:
        return self.rule.endpoint in OPEN_ENDPOINTS

    @property
    def answers(self) -> list[tuple[int, tuple[str, Any]]]:
        return sorted((self.declared.answers | ({} if self.is_open else _STRANGER)).items())

    def shapes(self) -> Iterator[Any]:
        yield from self.declared.bodies
        yield from (shape for _, (_, shape) in self.answers if shape not in {None, str})

    def describe(self, schema_of: dict[Any, Json]) -> Json:
        described: Json = {
            "summary": self.words.partition("\n")[0],
            "tags": [self.rule.endpoint.partition(".")[0]],
            "parameters": [*_path_parameters(self.path), *_query_parameters(self.declared.query)],
            "responses": {str(status): _response(when, shape, schema_of) for status, (when, shape) in self.answers},
        }
        if self.declared.bodies:
            described["requestBody"] = _request_body(self.declared.bodies, schema_of)
        if self.is_open:
            described["security"] = []
        return described


def _path_parameters(path: str) -> Iterator[Json]:
    for name in re.findall(r"{(\w+)}", path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _query_parameters(shape: type[msgspec.Struct] | None) -> Iterator[Json]:
    if shape is not None:
        _, components = msgspec.json.schema_components([shape])
        for name, schema in components[shape.__name__]["properties"].items():
            yield {"name": name, "in": "query", "schema": schema}


def _request_body(bodies: tuple[type, ...], schema_of: dict[Any, Json]) -> Json:
    is_required = all(map(_has_required_members, bodies))
    schemas = [schema_of[body] for body in bodies] + ([] if is_required else [{"type": "null"}])
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return {"required": is_required, "content": {"application/json": {"schema": schema}}}


def _has_required_members(shape: type) -> bool:
    described = msgspec.inspect.type_info(shape)
    return isinstance(described, msgspec.inspect.StructType) and any(field.required for field in described.fields)


def _response(when: str, shape: Any, schema_of: dict[Any, Json]) -> Json:
    described: Json = {"description": when}
    if shape is str:
        described["content"] = {"text/plain": {"schema": {"type": "string"}}}
    elif shape is not None:
        described["content"] = {"application/json": {"schema": schema_of[shape]}}
    return described


def _for_everybody(schema: Any) -> Any:
    r"""Python's ``\Z`` is JSON Schema's ``$``: in ECMA 262 it does not let a newline pass."""
    match schema:
        case dict():
            return {key: _for_everybody(value) for key, value in schema.items()}
        case list():
            return [_for_everybody(item) for item in schema]
        case str():
            return schema.replace(r"\Z", "$")
    return schema
