"""The router against its own OpenAPI document: what schemathesis makes of the one, sent to the other.

Answers have a declared status, content type and shape; what the document forbids is refused; nothing is ever a failure
of ours. Ids of what can exist here are replaced by ones that do, so that requests get past the look-up.
"""

from functools import cache

import httpx
import requests
import schemathesis
import trio
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from ovrouter.rest.openapi import openapi_document
from tests.unit.rest.harness import AUTHORIZATION, Rest

BASE_URL = "https://router.test"
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
SCHEMA = schemathesis.openapi.from_dict(openapi_document(Rest().app))


class World:
    """The router that all requests go to, and the ids of what is in it."""

    def __init__(self) -> None:
        trio.run(self._prepare)

    async def _prepare(self) -> None:
        self.rest = Rest()
        publisher = await self.rest.publisher(await self.rest.session("used"))
        self.ids = {
            "session_id": "used",
            "connection_id": publisher.id,
            "stream_id": publisher.stream.id,
            "node_id": "media_local",
        }

    @property
    def is_whole(self) -> bool:
        session = next((each for each in self.rest.registry.sessions() if each.id == "used"), None)
        return bool(session and session.connections and self.rest.registry.nodes.all())


@cache
def worlds() -> list[World]:
    return []


def world() -> World:
    """One where everything is there that requests name."""
    if not worlds() or not worlds()[-1].is_whole:
        worlds()[:] = [World()]
    return worlds()[-1]


async def send(rest: Rest, request: requests.PreparedRequest) -> httpx.Response:
    headers = dict(request.headers)
    if "Authorization" in headers:  # a request without it is a test of its own
        headers["Authorization"] = AUTHORIZATION
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=rest.app)) as client:
        return await client.request(request.method, request.url, headers=headers, content=request.body)


@SCHEMA.parametrize()
@settings(max_examples=5, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
def test_conformance(case):
    here = world()
    for name in case.path_parameters or {}:
        case.path_parameters[name] = here.ids.get(name, "unknown")
    if isinstance(case.body, dict) and isinstance(case.body.get("session"), str):
        case.body["session"] = "used"
    request = requests.Request(**case.as_transport_kwargs(base_url=BASE_URL)).prepare()
    response = trio.run(send, here.rest, request)
    case.validate_response(response, checks=CHECKS)
