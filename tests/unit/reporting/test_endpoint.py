import logging
import ssl
from contextlib import asynccontextmanager
from dataclasses import replace

import msgspec
import pytest
import trio

from ovrouter import Config
from ovrouter.reporting import endpoint as endpoint_module
from ovrouter.reporting.endpoint import MAX_ANSWER_BYTES, open_endpoint
from ovrouter.reporting.report import Report
from ovrouter.reporting.retry import Verdict
from ovrouter.tls import ensure_certificate
from tests.unit.reporting.endpoint_server import Answer, open_endpoint_server

DEADLINE_S = 60
BODY = b'{"sessionId":"ses_A","timestamp":1.0, "x":"\xc3\xa4"}'
REPORT = Report("evt_1", "ses_A_1", "sessionCreated", msgspec.Raw(BODY))
NEVER = trio.Event()


@asynccontextmanager
async def server_and_endpoint(config=None, *, url="{}", tls=None):
    with trio.fail_after(DEADLINE_S):
        async with open_endpoint_server(tls=tls) as server:
            config = replace(config or Config(), openvidu_webhook_endpoint=url.format(server.url))
            async with open_endpoint(config) as endpoint:
                yield server, endpoint


async def test_an_event_is_the_body_of_a_post():
    async with server_and_endpoint() as (server, endpoint):
        server.listen()
        assert await endpoint.post(REPORT) == (Verdict.DELIVERED, "status 200")
        (request,) = server.requests
        assert (request.method, request.target, request.body) == ("POST", "/hook", BODY)
        assert request.header("content-type") == ["application/json"]
        assert request.header("webhook-id") == ["evt_1"]
        assert request.header("user-agent") == ["ovrouter"]
        assert request.header("authorization") == []


async def test_configured_headers_are_sent_each_time_and_the_type_stays():
    headers = ("Authorization: Bearer a: b", "X-Key: 1", "X-Key: 2", "content-type: text/plain", "User-Agent: mine")
    async with server_and_endpoint(Config(openvidu_webhook_headers=headers)) as (server, endpoint):
        server.listen()
        for _ in range(2):
            await endpoint.post(REPORT)
            request = server.requests[-1]
            assert request.header("authorization") == ["Bearer a: b"]
            assert request.header("x-key") == ["1", "2"]
            assert request.header("content-type") == ["application/json"]
            assert request.header("user-agent") == ["mine"]
        assert server.connections == 1


async def test_nobody_there_is_unavailable():
    async with server_and_endpoint() as (_, endpoint):
        verdict, words = await endpoint.post(REPORT)
        assert verdict is Verdict.UNAVAILABLE
        assert words


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(status):
    async with server_and_endpoint() as (server, endpoint), open_endpoint_server() as other:
        for each in (server, other):
            each.listen()

        async def redirect(_):
            return Answer(status, (("Location", other.url),))

        server.answer = redirect
        assert await endpoint.post(REPORT) == (Verdict.REFUSED, f"status {status}")
        assert len(server.requests) == 1
        assert other.requests == []


async def test_an_answer_that_does_not_come_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(endpoint_module, "STEP_S", 0.05)

    async def be_silent(_):
        await NEVER.wait()

    async with server_and_endpoint() as (server, endpoint):
        server.listen()
        server.answer = be_silent
        verdict, words = await endpoint.post(REPORT)
        assert verdict is Verdict.UNAVAILABLE
        assert words.endswith("Timeout")


async def test_an_attempt_has_an_end_whatever_happens(monkeypatch):
    monkeypatch.setattr(endpoint_module, "ATTEMPT_S", 0.05)

    async def be_silent(_):
        await NEVER.wait()

    async with server_and_endpoint() as (server, endpoint):
        server.listen()
        server.answer = be_silent
        assert await endpoint.post(REPORT) == (Verdict.UNAVAILABLE, "TooSlowError")


async def test_a_connection_that_breaks_is_unavailable():
    async def hang_up(_):
        return None

    async with server_and_endpoint() as (server, endpoint):
        server.listen()
        server.answer = hang_up
        verdict, _ = await endpoint.post(REPORT)
        assert verdict is Verdict.UNAVAILABLE
        assert len(server.requests) == 1


async def test_an_answer_that_breaks_off_is_an_answer():
    async def promise_more(_):
        return Answer(201, missing_bytes=1)

    async with server_and_endpoint() as (server, endpoint):
        server.listen()
        server.answer = promise_more
        assert await endpoint.post(REPORT) == (Verdict.DELIVERED, "status 201")


async def test_of_a_long_answer_only_the_status_counts():
    async def talk(_):
        return Answer(200, body=b"x" * 100 * MAX_ANSWER_BYTES)

    async with server_and_endpoint() as (server, endpoint):
        server.listen()
        server.answer = talk
        for _ in range(2):
            assert await endpoint.post(REPORT) == (Verdict.DELIVERED, "status 200")
        assert server.connections == 2


def certificate(tmp_path, host="localhost"):
    files = ensure_certificate(tmp_path, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate_path, files.key_path)
    return files.certificate_path, context


async def test_a_certificate_of_nobody_known_is_refused(tmp_path):
    _, context = certificate(tmp_path)
    async with server_and_endpoint(tls=context) as (server, endpoint):
        server.listen()
        verdict, words = await endpoint.post(REPORT)
        assert verdict is Verdict.UNAVAILABLE
        assert "CERTIFICATE_VERIFY_FAILED" in words
        assert server.requests == []


@pytest.mark.parametrize("by", ["its authority", "not looking"])
async def test_a_certificate_can_be_trusted(tmp_path, by):
    path, context = certificate(tmp_path)
    trusting = Config(ovrouter_webhook_ca=str(path)) if by == "its authority" else Config(ovrouter_webhook_verify=False)
    async with server_and_endpoint(trusting, tls=context) as (server, endpoint):
        server.listen()
        assert await endpoint.post(REPORT) == (Verdict.DELIVERED, "status 200")
        assert server.requests[0].body == BODY


class Resolver(trio.abc.HostnameResolver):
    """Knows one address."""

    async def getaddrinfo(self, host, port, family=0, type=0, proto=0, flags=0):
        return [(trio.socket.AF_INET, trio.socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))]

    async def getnameinfo(self, sockaddr, flags):
        raise AssertionError("nobody asks for names of addresses")


async def test_a_trusted_certificate_of_another_host_is_refused(tmp_path):
    path, context = certificate(tmp_path)
    trio.socket.set_custom_hostname_resolver(Resolver())
    async with open_endpoint_server(tls=context) as server:
        server.listen()
        url = server.url.replace("localhost", "other.example")
        config = Config(ovrouter_webhook_ca=str(path), openvidu_webhook_endpoint=url)
        async with open_endpoint(config) as endpoint:
            verdict, words = await endpoint.post(REPORT)
        assert verdict is Verdict.UNAVAILABLE
        assert "Hostname mismatch" in words
        assert server.requests == []


async def test_user_information_of_the_address_is_no_password():
    async with open_endpoint_server() as server:
        server.listen()
        url = server.url.replace("http://", "http://user:passw0rd@") + "?key=hidden"
        async with open_endpoint(Config(openvidu_webhook_endpoint=url)) as endpoint:
            await endpoint.post(REPORT)
            assert str(endpoint) == server.url.removesuffix("/hook")
        assert server.requests[0].target == "/hook?key=hidden"
        assert server.requests[0].header("authorization") == []


async def test_proxies_of_the_environment_are_not_asked(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with server_and_endpoint() as (server, endpoint):
        server.listen()
        assert await endpoint.post(REPORT) == (Verdict.DELIVERED, "status 200")


async def test_headers_never_reach_a_log(caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    headers = ("Authorization: Bearer hidden-1", "X-Key: hidden-2")
    _, context = certificate(tmp_path)
    for tls in (None, context):
        async with server_and_endpoint(Config(openvidu_webhook_headers=headers), tls=tls) as (server, endpoint):
            await endpoint.post(REPORT)
            server.listen()
            await endpoint.post(REPORT)
    assert caplog.records
    assert "hidden" not in caplog.text
