"""What the OpenAPI document says beside what FastAPI reads off the routes."""

from typing import Any, Final

from corridor.gateway.http import models
from corridor.gateway.http.problems import KINDS, MEDIA_TYPE

_ALWAYS: Final = (401, 406, 408, 413, 429, 500)
"""What any route that needs a token may answer: the guard stands before it."""
OPEN_ROUTES: Final = frozenset({"/v1/health"})
_MODELS: Final = (models.ProblemModel, models.Bulk, models.Ack, models.QueryAsked)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the problems that a route may answer, those of every route among them."""
    told = {}
    for status in sorted({*_ALWAYS, *statuses}):
        codes = [code for code, kind in KINDS.items() if kind.status == status]
        headers = {}
        if status in {429, 503}:
            headers["Retry-After"] = _header("Seconds to wait.", "integer", required=True)
        if status == 401:  # noqa: PLR2004 - HTTP
            headers["WWW-Authenticate"] = _header(
                "How to show who you are.", "string", required=True
            )
        schema = {"$ref": "#/components/schemas/ProblemModel"}
        told[status] = {
            "description": f"{KINDS[codes[0]].title}. Codes: {', '.join(codes)}.",
            "content": {MEDIA_TYPE: {"schema": schema}},
        } | ({"headers": headers} if headers else {})
    return told  # type: ignore[return-value]  # ints are what FastAPI reads


def _header(words: str, kind: str, *, required: bool) -> dict[str, Any]:
    return {"description": words, "required": required, "schema": {"type": kind}}


def body_of(kinds: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the part of an operation that says what its body is."""
    content = {name: {"schema": schema} for name, schema in kinds.items()}
    return {"requestBody": {"required": True, "content": content}}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add schemas, security and examples to what FastAPI wrote."""
    parts = document.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for model in _MODELS:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    schemas["ProblemModel"]["properties"]["code"]["enum"] = sorted(KINDS)
    schemas["TransitRecord"] = {
        "type": "object",
        "description": "A TransitRecord (records.proto) in protobuf's JSON, fields named as in the"
        " schema: `header` and exactly one body.",
        "required": ["header"],
        "properties": {"header": {"type": "object"}},
    }
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "`corridor http token add`"},
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            open_to_all = path in OPEN_ROUTES
            operation["security"] = [] if open_to_all else [{"token": []}]
    return document
