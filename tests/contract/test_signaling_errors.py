"""Codes and texts of every refusal that a client may meet."""

import json

import pytest

from ovrouter.errors import ForcedCodecMissing, SdpMalformed
from ovrouter.session import Role
from tests.unit.signaling.harness import DIMENSIONS, PUBLISH, open_world

MISSING = (
    "Request element '{}' is missing in RPC method '{}'. "
    "Check that 'openvidu-server' and 'openvidu-browser' versions are compatible with each other"
)
CANDIDATE = {"endpointName": "con_X", "candidate": "", "sdpMid": "0", "sdpMLineIndex": 0}
PROPERTY = {"streamId": "s", "property": "audioActive", "newValue": True, "reason": "publishAudio"}
COMPLETE = {
    "joinRoom": {"token": "t", "session": "s", "metadata": "", "secret": ""},
    "publishVideo": {"sdpOffer": "v=0", "hasAudio": True, "hasVideo": True, "doLoopback": False},
    "prepareReceiveVideoFrom": {"sender": "s"},
    "receiveVideoFrom": {"sender": "s", "sdpAnswer": "v=0"},
    "unsubscribeFromVideo": {"sender": "s"},
    "onIceCandidate": CANDIDATE,
    "sendMessage": {"message": "{}"},
    "streamPropertyChanged": PROPERTY,
    "forceUnpublish": {"streamId": "s"},
    "forceDisconnect": {"connectionId": "c"},
    "reconnectStream": {"stream": "s"},
    "videoData": {"height": 1, "width": 1, "videoActive": True, "audioActive": True},
}


@pytest.mark.parametrize(
    ("method", "element"), [(method, element) for method, params in COMPLETE.items() for element in params]
)
async def test_missing_element(autojump_clock, method, element):
    async with open_world() as world:
        page = await (world.open() if method == "joinRoom" else world.join(Role.MODERATOR))
        params = {name: value for name, value in COMPLETE[method].items() if name != element}
        assert await page.error(method, params) == (-1, MISSING.format(element, method))


async def test_join(autojump_clock):
    async with open_world() as world:
        page = await world.open()
        session_id = world.session.id
        params = {"token": "wss://x?token=tok_B", "platform": "p", "metadata": "", "secret": "wrong"}
        assert await page.error("joinRoom", params | {"session": "ses_X"}) == (
            202,
            "Unable to join session. Session ses_X cannot be found. Code: 202",
        )
        code, text = await page.error("joinRoom", params | {"session": session_id})
        assert code == 401
        assert text.startswith(f"Unable to join session {session_id}. Token ")
        assert text.endswith(" is not valid. Code: 401")


async def test_a_token_is_used_up(autojump_clock):
    async with open_world() as world:
        token = world.connection().token
        first, second = await world.open(), await world.open()
        await first.join(world.session, token)
        params = {"token": token, "session": world.session.id, "platform": "p", "metadata": "", "secret": ""}
        assert (await second.error("joinRoom", params))[0] == 401


async def test_joining_twice(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        token = world.connection().token
        params = {"token": token, "session": world.session.id, "platform": "p", "metadata": "", "secret": ""}
        assert (await page.error("joinRoom", params))[0] == 104
        assert len(world.session.pending) == 1


FIRST = "Method 'Session.connect()' must be the first operation called in any session. Code: 803"


async def test_methods_before_join_room(autojump_clock):
    async with open_world() as world:
        page = await world.open()
        private_id = (await page.result("connect"))["sessionId"]
        text = f"No connection found for participant with privateId {private_id}. {FIRST}"
        assert await page.error("publishVideo", PUBLISH) == (803, text)
        await page.error("joinRoom", {"token": "t", "session": "s", "platform": "p", "metadata": "", "secret": ""})
        text = f"No session information found for participant with privateId {private_id}. {FIRST}"
        assert await page.error("publishVideo", PUBLISH) == (803, text)


async def test_unknown_method(autojump_clock):
    async with open_world() as world:
        unjoined, joined = await world.open(), await world.join()
        for page in (unjoined, joined):
            assert await page.error("__class__") == (-32601, "There is no RPC method '__class__'")


@pytest.mark.parametrize(
    ("method", "params", "text"),
    [
        ("publishVideo", PUBLISH, "Unable to publish video. The user does not have a valid token"),
        ("forceUnpublish", {"streamId": "s"}, "Unable to force unpublish. The user does not have a valid token"),
        ("forceDisconnect", {"connectionId": "c"}, "Unable to force disconnect. The user does not have a valid token"),
    ],
)
async def test_role(autojump_clock, method, params, text):
    async with open_world() as world:
        page = await world.join(Role.SUBSCRIBER)
        assert await page.error(method, params) == (401, f"{text}. Code: 401")


async def test_the_secret_passes_all_role_checks(autojump_clock):
    async with open_world() as world:
        other = await world.join()
        page = await world.join(Role.SUBSCRIBER, secret="s3cret")
        assert page.id.startswith("con_")
        await page.publish()
        assert await page.result("forceDisconnect", {"connectionId": other.id}) == {"sessionId": page.rpc_session_id}


async def test_publishing(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        world.media.fail_next("open_uplink", ForcedCodecMissing("The offer has no H264"))
        assert await page.error("publishVideo", PUBLISH) == (800, "The offer has no H264. Code: 800")
        world.media.fail_next("open_uplink", SdpMalformed("No ice-ufrag"))
        assert await page.error("publishVideo", PUBLISH) == (302, "No ice-ufrag. Code: 302")
        assert await page.error("unpublishVideo") == (
            105,
            f"Participant '{page.id}' is not streaming media. Code: 105",
        )
        assert (await page.error("streamPropertyChanged", PROPERTY))[0] == 105
        await page.publish()
        assert await page.error("publishVideo", PUBLISH) == (
            106,
            f"User {page.id} is already publishing in session {world.session.id}. Code: 106",
        )


@pytest.mark.parametrize("method", ["prepareReceiveVideoFrom", "receiveVideoFrom"])
async def test_subscribing(autojump_clock, method):
    async with open_world() as world:
        page, other = await world.join(), await world.join()
        own = await page.publish()
        session_id = world.session.id
        for stream_id, code, text in (
            (own, 105, "Can loopback only when publishing media"),
            ("str_CAM_Abcd_con_Y", 102, f"User 'con_Y not found in session '{session_id}'"),
            (f"str_CAM_Abcd_{other.id}", 105, f"User '{other.id} not streaming media in session '{session_id}'"),
        ):
            params = {"sender": stream_id, "sdpOffer": "v=0"}
            assert await page.error(method, params) == (code, f"{text}. Code: {code}")


async def test_answer_without_an_offer(autojump_clock):
    async with open_world() as world:
        alice, bob = await world.join(), await world.join()
        stream_id = await alice.publish()
        assert (await bob.error("receiveVideoFrom", {"sender": stream_id, "sdpAnswer": "v=0"}))[0] == 303


async def test_unsubscribing(autojump_clock):
    async with open_world() as world:
        page, other = await world.join(), await world.join()
        assert await page.error("unsubscribeFromVideo", {"sender": "con_Y"}) == (
            102,
            f"User con_Y not found in session {world.session.id}. Code: 102",
        )
        assert await page.result("unsubscribeFromVideo", {"sender": other.id}) == {"sessionId": page.rpc_session_id}


async def test_candidates_are_never_refused_for_their_endpoint(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        assert await page.result("onIceCandidate", CANDIDATE) == {"sessionId": page.rpc_session_id}


async def test_reconnecting_an_unknown_stream(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        params = {"stream": "str_CAM_Abcd_con_Y", "sdpString": "v=0"}
        text = f"Stream 'str_CAM_Abcd_con_Y' does not exist in Session '{world.session.id}'. Code: 105"
        assert await page.error("reconnectStream", params) == (105, text)


async def test_moderating_the_unknown(autojump_clock):
    async with open_world() as world:
        page = await world.join(Role.MODERATOR)
        text = f"Stream 'str_X' does not exist in Session '{world.session.id}'. Code: 105"
        assert await page.error("forceUnpublish", {"streamId": "str_X"}) == (105, text)
        text = "Connection not found when calling 'forceDisconnect'. Code: 102"
        assert await page.error("forceDisconnect", {"connectionId": "con_X"}) == (102, text)


@pytest.mark.parametrize("message", ["", "hello", "[]", "7", '{"data":{}}', '{"data":"a","type":1}'])
async def test_signal_format(autojump_clock, message):
    async with open_world() as world:
        page = await world.join()
        text = f"Provided signal object '{message}' has not a valid JSON format. Code: 600"
        assert await page.error("sendMessage", {"message": message}) == (600, text)


@pytest.mark.parametrize(
    ("to", "text"),
    [
        (["con_X"], "some connectionId does not exist in this session"),
        ([None], "null"),
        ([7], "it must contain strings only"),
        ([{}], "it must contain strings only"),
        ("con_X", "it must be an array of connection ids"),
    ],
)
async def test_signal_recipients(autojump_clock, to, text):
    async with open_world() as world:
        page = await world.join()
        params = {"message": json.dumps({"to": to, "data": "", "type": "signal:x"})}
        assert await page.error("sendMessage", params) == (
            601,
            f'Signal "to" field invalid format: {text}. Code: 601',
        )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("audioActive", "maybe"),
        ("videoDimensions", "640x480"),
        ("videoDimensions", {"width": 640}),
        ("filter", {}),
        ("role", "MODERATOR"),
    ],
)
async def test_what_would_break_other_browsers_is_not_passed_on(autojump_clock, name, value):
    async with open_world() as world:
        page, watcher = await world.join(), await world.join()
        await page.publish()
        watcher.take()
        assert (await page.error("streamPropertyChanged", PROPERTY | {"property": name, "newValue": value}))[0] == -1
        assert watcher.take() == []


async def test_publishing_with_broken_dimensions(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        assert (await page.error("publishVideo", PUBLISH | {"videoDimensions": DIMENSIONS[:-1]}))[0] == -1
        assert world.media.open_links == set()


@pytest.mark.parametrize(
    "method",
    ["applyFilter", "execFilterMethod", "removeFilter", "addFilterEventListener", "removeFilterEventListener"],
)
async def test_filters_are_refused_clearly(autojump_clock, method):
    async with open_world() as world:
        page = await world.join(Role.MODERATOR)
        assert await page.error(method) == (997, "Filters are not available in this server. Code: 997")


async def test_publishing_with_a_filter_is_refused_clearly(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        params = PUBLISH | {"filter": {"type": "GStreamerFilter", "options": {}}}
        text = "Filters are not available: publish the stream without a filter. Code: 997"
        assert await page.error("publishVideo", params) == (997, text)


@pytest.mark.parametrize("method", ["subscribeToSpeechToText", "unsubscribeFromSpeechToText"])
async def test_speech_to_text(autojump_clock, method):
    async with open_world() as world:
        page = await world.join()
        text = "Speech To Text requires OpenVidu Pro/Enterprise edition. Code: 997"
        assert await page.error(method, {"connectionId": page.id}) == (997, text)
