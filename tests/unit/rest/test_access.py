"""ALLOWED_ACCESS_TO_RESTAPI and ALLOWED_ACCESS_TO_DASHBOARD: who gets 403."""

import pytest

from tests.unit.rest.harness import API, AUTHORIZATION, Rest

PAGE, SESSIONS = "/", f"{API}/sessions"


async def status(rest, path, address):
    client = rest.app.test_client()
    scope_base = {"client": (address, 50000)}
    response = await client.get(path, headers={"Authorization": AUTHORIZATION}, scope_base=scope_base)
    return response.status_code


@pytest.mark.parametrize("address", ["198.51.100.7", "2001:db8::7"])
async def test_everybody_may_by_default(rest, address):
    assert (await status(rest, SESSIONS, address), await status(rest, PAGE, address)) == (200, 200)


@pytest.mark.parametrize(
    ("address", "api", "page"),
    [
        ("198.51.100.7", 200, 403),
        ("2001:db8::7", 200, 403),
        ("203.0.113.9", 200, 200),
        ("198.51.101.7", 403, 403),
        ("2001:db9::7", 403, 403),
        ("127.0.0.1", 200, 200),
        ("::1", 200, 200),
        ("", 403, 403),
    ],
)
async def test_lists_hold_for_their_paths(address, api, page):
    rest = Rest(
        allowed_access_to_restapi=("198.51.100.0/24", "2001:db8::/32"), allowed_access_to_dashboard=("203.0.113.9",)
    )
    assert (await status(rest, SESSIONS, address), await status(rest, PAGE, address)) == (api, page)
    assert await status(rest, "/config", address) == api
    assert await status(rest, "/openvidu/accept-certificate", address) == 200


async def test_a_list_for_the_page_leaves_the_api_open():
    rest = Rest(allowed_access_to_dashboard=("203.0.113.9",))
    assert (await status(rest, SESSIONS, "198.51.100.7"), await status(rest, PAGE, "198.51.100.7")) == (200, 403)


async def test_strangers_learn_nothing_of_secrets():
    rest = Rest(allowed_access_to_restapi=("203.0.113.9",))
    client = rest.app.test_client()
    answers = [
        await client.get(SESSIONS, headers={"Authorization": header}, scope_base={"client": ("198.51.100.7", 1)})
        for header in (AUTHORIZATION, "Basic wrong")
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert await answers[0].get_json() == {
        **await answers[1].get_json(),
        "timestamp": (await answers[0].get_json())["timestamp"],
    }
    assert (await answers[0].get_json())["message"] == "198.51.100.7 is not in ALLOWED_ACCESS_TO_RESTAPI"
