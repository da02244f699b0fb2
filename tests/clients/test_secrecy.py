"""The most talkative log of a whole call, its failures included, gives nothing away."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser.router_process import SECRET, RouterProcess
from tests.clients.participants import Participants
from tests.interop.client import Client
from tests.interop.media import CountingVideo, Tone

ICE_PASSWORD = re.compile(r"ice-pwd:(\S+)")
TOKEN = re.compile(r"tok_\w+")
TURN_CREDENTIAL = re.compile(r"turnCredential=([^&]+)")
WRONG_SECRET = "guessed-by-somebody"


@pytest.fixture(scope="module")
def router_settings() -> dict[str, str]:
    return {"OVROUTER_LOG_LEVEL": "debug"}


async def join_in_vain(token: str) -> None:
    """Try to join with a token that was used before."""
    with pytest.raises(AssertionError, match="Unable to join"):
        async with Client(token):
            pass


async def publish_without_forced_codec(token: str) -> None:
    """Offer what lacks VP9; the error that comes back has the whole offer in it."""
    async with Client(token) as client:
        with pytest.raises(AssertionError, match="ice-pwd"):
            await client.publish(Tone(), CountingVideo())


def secrets_of_a_call(router: RouterProcess, participants: Participants) -> set[str]:
    """Make a call with all that may go wrong; what nobody else may know of it."""
    session = router.create_session(customSessionId="private")
    tokens = [router.create_token(session, role="MODERATOR", data="for Alice"), router.create_token(session)]
    alice, bob = (participants.join(token) for token in tokens)
    stream = alice.publish()
    bob.subscribe(stream)
    described = router.rest.get(f"/openvidu/api/sessions/{session}?webRtcStats=true").text
    router.rest.get("/openvidu/api/sessions", auth=("OPENVIDUAPP", WRONG_SECRET))
    router.rest.post("/openvidu/api/tokens", content=f'{{"session": "{tokens[0]}"')

    used = tokens[0]
    participants.run(join_in_vain(used))
    other = router.create_session(customSessionId="other", forcedVideoCodec="VP9")
    unused = router.create_token(other)
    participants.run(publish_without_forced_codec(unused))
    alice.leave()
    bob.abandon()

    texts = " ".join([*tokens, unused, described])
    found = {SECRET, WRONG_SECRET, alice.rpc_session_id, bob.rpc_session_id}
    for pattern in (ICE_PASSWORD, TOKEN, TURN_CREDENTIAL):
        found |= {match.group(match.lastindex or 0) for match in pattern.finditer(texts)}
    return found


def test_a_call_leaves_no_secret_in_the_log(
    router: RouterProcess, router_folder: Path, participants: Participants
) -> None:
    secrets = secrets_of_a_call(router, participants)
    assert len(secrets) > 10

    log = (router_folder / "router.log").read_text()
    assert "ovrouter_log_level='debug'" in log
    assert [secret for secret in secrets if secret in log] == []
