"""The OpenAPI 3.1 document, made from the table of routes and the forms that decode and encode."""

from typing import Any

import msgspec

from liveinsight import __version__
from liveinsight.http.exchange import Request, Response, plain
from liveinsight.http.problems import Problem
from liveinsight.http.routes import Access, Param, Route

REFERENCE = "#/components/schemas/{name}"
MEANING = {
    200: "Good",
    204: "Nothing to tell",
    400: "Something sent is not valid; `details` names it",
    401: "A key or a session is wanted",
    403: "This key, session or token may not",
    404: "There is no such thing",
    405: "Another method",
    413: "Too large",
    415: "A type or encoding that is not read",
    429: "Too many requests; `Retry-After` says when to come back",
    503: "Not now; `Retry-After` says when to come back",
}
Json = dict[str, Any]


class OpenApiDoor:
    """`GET /api/openapi.json`."""

    def __init__(self) -> None:
        self._body = b""

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        return (
            Route(
                method="GET",
                path="/api/openapi.json",
                handler=self.document,
                about="This interface, as an OpenAPI 3.1 document",
            ),
        )

    def tell_of(self, routes: tuple[Route, ...]) -> None:
        """All routes, once they are known."""
        self._body = msgspec.json.encode(document(routes))

    async def document(self, request: Request) -> Response:
        """The whole interface."""
        del request
        return plain(200, self._body, b"application/json", (b"cache-control", b"max-age=300"))


def document(routes: tuple[Route, ...]) -> Json:
    """The document of these routes."""
    told = [route for route in routes if not route.path.endswith("/*")]
    forms = {form for route in told for form in (route.body, route.answers) if form is not None}
    ordered = [Problem, *sorted(forms, key=lambda form: form.__name__)]
    schemas, components = msgspec.json.schema_components(ordered, ref_template=REFERENCE)
    schema_of = dict(zip(ordered, schemas, strict=True))
    paths: dict[str, Json] = {}
    for route in told:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LiveInsight",
            "version": __version__,
            "description": "Real-time web analytics.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(route: Route, schema_of: dict[Any, Json]) -> Json:
    operation: Json = {
        "summary": route.about,
        "operationId": f"{route.method.lower()}{route.path.replace('/', '_').replace('.', '_')}",
        "parameters": [_parameter(param) for param in route.params],
        "responses": {
            "200": _good(route, schema_of),
            **{str(status): _bad(status, schema_of) for status in sorted({*route.errors, 429})},
        },
    }
    if route.access is not Access.ANYONE:
        operation["security"] = [{"key": []}, {"bearer": []}, {}]
    if route.body is not None:
        schema = schema_of[route.body]
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return operation


def _parameter(param: Param) -> Json:
    return {
        "name": param.name,
        "in": "query",
        "required": param.required,
        "description": param.about,
        "schema": msgspec.json.schema(param.form),
    }


def _good(route: Route, schema_of: dict[Any, Json]) -> Json:
    content: Json = {}
    for media in route.media:
        if media != "application/json":
            content[media] = {"schema": {"type": "string"}}
        elif route.answers is not None:
            content[media] = {
                "schema": {
                    "type": "object",
                    "required": ["status", "data"],
                    "properties": {
                        "status": {"const": "success"},
                        "data": schema_of[route.answers],
                    },
                }
            }
        else:
            content[media] = {"schema": {"type": "object"}}
    return {"description": MEANING[200], "content": content}


def _bad(status: int, schema_of: dict[Any, Json]) -> Json:
    return {
        "description": MEANING[status],
        "content": {"application/json": {"schema": schema_of[Problem]}},
    }
