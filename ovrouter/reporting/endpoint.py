"""The HTTP endpoint that webhooks are sent to (warm)."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import trio

from ovrouter.config import Config
from ovrouter.reporting.report import Report
from ovrouter.reporting.retry import Verdict, judge

__all__ = ["MAX_REQUESTS", "Endpoint", "open_endpoint"]

MAX_REQUESTS = 16
"""At once. An endpoint that needs 100 ms for each gets 160 events a second, and no more than it can be expected to."""
STEP_S = 10.0
"""How long connecting, sending and each part of the answer may take; as in OpenVidu."""
ATTEMPT_S = 30.0
"""How long all of it may take: an answer that trickles in is none."""
KEEP_ALIVE_S = 2.0
"""How long an idle connection is kept: servers close theirs after 5 s and more, and a request must not meet that."""
MAX_ANSWER_BYTES = 64 * 1024
"""What is read of an answer's body, so that the connection can be used again. Nobody looks at it."""


class Endpoint:
    """Comes from :func:`open_endpoint`."""

    def __init__(self, client: httpx.AsyncClient, url: str, headers: list[tuple[str, str]]) -> None:
        # httpx would make Basic credentials of the user information.
        self._url = httpx.URL(url).copy_with(userinfo=b"")
        self._client = client
        self._headers = headers

    def __str__(self) -> str:
        """Scheme, host and port: the rest of an address may be what others must not know."""
        return f"{self._url.scheme}://{self._url.netloc.decode()}"

    async def post(self, report: Report) -> tuple[Verdict, str]:
        """Make one attempt; returns what came of it, also in words. Raises nothing."""
        status = None
        headers = [*self._headers, ("Webhook-Id", report.id)]
        try:
            with trio.fail_after(ATTEMPT_S):
                async with self._client.stream(
                    "POST", self._url, content=bytes(report.body), headers=headers
                ) as response:
                    status = response.status_code
                    await _discard(response)
        except (httpx.RequestError, trio.TooSlowError) as error:
            if status is None:
                return Verdict.UNAVAILABLE, _words(error)
        return judge(status), f"status {status}"


@asynccontextmanager
async def open_endpoint(config: Config) -> AsyncIterator[Endpoint]:
    """Connections to the endpoint that *config* names. Raises OSError for a bad file of authorities."""
    limits = httpx.Limits(max_connections=MAX_REQUESTS, keepalive_expiry=KEEP_ALIVE_S)
    # The environment is not asked: the proxies and passwords it names are meant for others.
    async with httpx.AsyncClient(
        verify=_trust(config),
        timeout=STEP_S,
        limits=limits,
        headers={"User-Agent": "ovrouter"},
        follow_redirects=False,
        trust_env=False,
    ) as client:
        yield Endpoint(client, config.openvidu_webhook_endpoint, _headers(config.openvidu_webhook_headers))


def _trust(config: Config) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=config.ovrouter_webhook_ca or None)
    if not config.ovrouter_webhook_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _headers(configured: tuple[str, ...]) -> list[tuple[str, str]]:
    """The configured ones, but for a Content-Type: what is sent is JSON, whatever somebody calls it."""
    pairs = [(name, value) for name, _, value in (header.partition(": ") for header in configured)]
    return [pair for pair in pairs if pair[0].lower() != "content-type"] + [("Content-Type", "application/json")]


def _words(error: Exception) -> str:
    """The first text on the way to the cause, such as OpenSSL's; httpx's own errors often have none."""
    cause: BaseException | None = error
    while isinstance(cause, Exception):
        if str(cause):
            return str(cause)
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


async def _discard(response: httpx.Response) -> None:
    """Read the body, but not more of it than is worth a connection."""
    with trio.CancelScope() as enough:
        async for _ in response.aiter_raw():
            if response.num_bytes_downloaded > MAX_ANSWER_BYTES:
                # Not break: that would leave httpx's generators open.
                enough.cancel()
