"""What the API says of itself: the OpenAPI document is made of the routes that answer."""

import re

from odoo.modules.module import get_manifest

from ..call import Call
from ..inputs import Listing
from ..objects import COMPONENTS, FREE, TEXT, all_of
from ..paging import MOST_PER_PAGE, PER_PAGE
from ..routing import ROUTES, Route, route

_REASONS = {
    400: "The body is no JSON, or lacks its root key",
    401: "The key is missing, wrong, expired or revoked",
    403: "Shared by all services: not yours to change",
    404: "There is none of this id among your own",
    405: "It is in no state for this, or the customer has no subscription that runs",
    422: "A value cannot be taken; error_details says which and why",
}
#: What every route of a kind may end in.
_MAY = {
    400: lambda route: route.body,
    401: lambda route: not route.open,
    404: lambda route: route.names,
}
_ERROR = {"schema": {"$ref": "#/components/schemas/Error"}}


@route("GET", "/health", all_of({"version": TEXT, "message": TEXT}), open=True)
def health(_call: Call) -> dict:
    """Is the API there?"""
    return {"version": _version(), "message": "Success"}


@route("GET", "/openapi.json", FREE, open=True)
def openapi(_call: Call) -> dict:
    """This document."""
    paths = {}
    tags = list(dict.fromkeys(route.tag for route in ROUTES))
    for one in sorted(ROUTES, key=lambda one: tags.index(one.tag)):
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Centralized Billing",
            "version": _version(),
            "description": "Lago's API, as far as Odoo bills by it.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": COMPONENTS,
        },
    }


def _version() -> str:
    return get_manifest("fusion_centralize_billing")["version"]


def _operation(route: Route) -> dict:
    operation = {
        "operationId": f"{route.method.lower()}{re.sub(r'[^a-z]+', '_', route.path)}",
        "summary": route.summary,
        **({"description": f"In part: {route.partly}."} if route.partly else {}),
        "tags": [route.tag],
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": _responses(route),
    }
    if route.body:
        operation["requestBody"] = _body(*route.body)
    if route.open:
        operation["security"] = []
    return operation


def _path_parameters(route: Route) -> list[dict]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in route.names
    ]


def _query_parameters(route: Route) -> list[dict]:
    kinds = {name: kind.schema() for name, kind in route.query.items()}
    if route.paged:
        kinds["page"] = {"type": "integer", "minimum": 1, "default": 1}
        kinds["per_page"] = {
            "type": "integer",
            "minimum": 1,
            "maximum": MOST_PER_PAGE,
            "default": PER_PAGE,
        }
    return [{"name": name, "in": "query", "schema": schema} for name, schema in kinds.items()]


def _body(root: str, kind) -> dict:
    inner = kind.schema()
    if isinstance(kind, Listing):
        inner["minItems"] = 1
    schema = {"type": "object", "properties": {root: inner}, "required": [root]}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _responses(route: Route) -> dict:
    answers = {"description": "Done"}
    if route.answer:
        kind = "text/plain" if route.answer is TEXT else "application/json"
        answers["content"] = {kind: {"schema": route.answer}}
    responses = {"200": answers}
    # Any route may be asked for what it does not know.
    faults = {422, *route.faults}
    faults |= {status for status, may in _MAY.items() if may(route)}
    for status in sorted(faults):
        responses[str(status)] = {
            "description": _REASONS[status],
            "content": {"application/json": _ERROR},
        }
    return responses
