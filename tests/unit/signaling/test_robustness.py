"""Whatever a client sends, every request is answered once and nobody else notices."""

import contextlib
import json

import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from ovrouter import isolate
from ovrouter.session import Role
from ovrouter.signaling.jsonrpc import EnvelopeError, parse_request
from ovrouter.signaling.methods import METHODS
from tests.unit.signaling.harness import open_world, settle

NAMES = """
    token session platform metadata secret recorder stt sdpOffer sdpAnswer sdpString hasAudio hasVideo doLoopback
    audioActive videoActive typeOfVideo frameRate videoDimensions sender reconnect endpointName candidate sdpMid
    sdpMLineIndex message streamId connectionId stream property newValue reason width height sessionId interval
    filter
""".split()  # noqa: SIM905 - one name a line tells no more
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
KNOWN = st.sampled_from(
    ["{}", '{"to":[]}', "audioActive", "videoDimensions", "CAMERA", "true", "0", "OWN STREAM", "OWN ID"]
)
VALUES = st.recursive(KNOWN | SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)
REQUESTS = st.tuples(
    st.sampled_from([*METHODS, "joinRoom", "ping", "connect", "nonsense"]).filter(lambda name: name != "leaveRoom"),
    st.dictionaries(st.sampled_from(NAMES), VALUES),
)


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_any_text_is_a_request_or_an_envelope_error(text):
    with contextlib.suppress(EnvelopeError):
        parse_request(text)


@settings(max_examples=30, deadline=None)
@given(st.lists(REQUESTS, max_size=20))
def test_any_request_is_answered_once(requests):
    async def main():
        async with open_world() as world:
            neighbour, page = await world.join(), await world.join(Role.PUBLISHER)
            stream_id = await page.publish()
            sent = []
            for method, params in requests:
                text = json.dumps(params).replace("OWN STREAM", stream_id).replace("OWN ID", page.id)
                sent.append(page.send(method, json.loads(text)))
            await settle()
            answers = [frame for frame in page.take() if "id" in frame]
            assert sorted(answer["id"] for answer in answers) == sent
            assert all(("result" in answer) != ("error" in answer) for answer in answers)
            assert "Internal error" not in json.dumps(answers)
            assert not page.ended.is_set()
            assert await neighbour.result("echo") == {"sessionId": neighbour.rpc_session_id}

    failures = isolate.failure_counts.total()
    trio.run(main, clock=MockClock(autojump_threshold=0))
    assert isolate.failure_counts.total() == failures
