"""What the first releases of openvidu-browser 2 say otherwise, or not at all."""

from __future__ import annotations

import pytest

from tests.unit.signaling.harness import open_world


async def test_up_to_2_4_clients_do_not_tell_their_platform(autojump_clock):
    async with open_world() as world:
        page, connection = await world.open(), world.connection()
        params = {"token": connection.token, "session": world.session.id, "metadata": "", "secret": ""}
        assert (await page.result("joinRoom", params))["id"] == connection.id
        assert connection.platform == "unknown"


@pytest.mark.parametrize(("has_audio", "has_video"), [(True, True), (True, False), (False, True)])
async def test_up_to_2_2_a_stream_has_what_is_active(autojump_clock, has_audio, has_video):
    async with open_world() as world:
        page = await world.join()
        active = {"audioActive": has_audio, "videoActive": has_video, "typeOfVideo": "CAMERA" if has_video else ""}
        result = await page.result("publishVideo", {"sdpOffer": "v=0", "doLoopback": False, "frameRate": -1, **active})
        stream = world.session.stream(result["id"])
        assert (stream.has_audio, stream.has_video) == (has_audio, has_video)


async def test_up_to_2_2_a_departed_connection_is_known_by_name(autojump_clock):
    async with open_world() as world:
        page, other = await world.join(), await world.join()
        await other.publish()
        page.take()
        await other.call("unpublishVideo")
        await other.call("leaveRoom")
        assert [(frame["method"], frame["params"]["name"]) for frame in page.take()] == [
            ("participantUnpublished", other.id),
            ("participantLeft", other.id),
        ]
