from __future__ import annotations

import re

import pytest

from ovrouter.errors import (
    AlreadyPublishing,
    ConnectionNotFound,
    ForcedCodecMissing,
    NotPublishing,
    RoleForbids,
    SdpMalformed,
    StreamNotFound,
)
from ovrouter.events import EndReason, StreamPublished, StreamUnpublished
from ovrouter.medianode import BandwidthLimits, OpenUplink, VideoCodec
from ovrouter.session import KurentoOptions, Role
from ovrouter.session.connection_view import stream_json


async def test_the_others_are_told_of_a_stream(world):
    session = world.session()
    alice, bob = world.join(session), world.join(session)
    world.take_events()
    world.now_ms += 10

    result = await session.publish(alice.id, world.publish_request())

    stream = result.stream
    assert result.sdp_answer == f"answer {stream.id}"
    assert stream is alice.stream
    assert stream is session.stream(stream.id)
    assert stream.created_at_ms == world.now_ms
    assert world.take_events() == [
        StreamPublished(
            session_id=session.id,
            session_created_at_ms=session.created_at_ms,
            timestamp_ms=world.now_ms,
            audience=(bob.id,),
            connection_id=alice.id,
            stream=stream_json(stream),
        )
    ]


async def test_what_the_media_node_is_asked(make_world):
    world = make_world(openvidu_enterprise_media_server="kurento")
    session = world.session(allow_transcoding=True)
    alice = world.join(session, kurento_options=KurentoOptions(video_max_send_bandwidth=500))

    stream = (await session.publish(alice.id, world.publish_request(loopback=True))).stream

    assert world.media.uplinks == {
        stream.id: OpenUplink(
            link_id=stream.id,
            session_id=session.id,
            client_id=alice.id,
            sdp_offer="offer",
            forced_codec=VideoCodec.VP8,
            allow_other_codecs=True,
            video_limits=BandwidthLimits(300, 500),
            loopback=True,
        )
    }


@pytest.mark.parametrize(
    ("changes", "prefix"),
    [
        ({"type_of_video": "CAMERA"}, "CAM"),
        ({"type_of_video": "SCREEN"}, "SCR"),
        ({"type_of_video": "CUSTOM"}, "CUS"),
        ({"type_of_video": "\n/.."}, "CUS"),
        ({"type_of_video": None}, "CUS"),
        ({"has_video": False, "type_of_video": None}, "MIC"),
    ],
)
async def test_stream_ids_tell_the_type_and_the_connection(world, changes, prefix):
    session = world.session()
    alice = world.join(session)

    stream = (await session.publish(alice.id, world.publish_request(**changes))).stream

    assert re.fullmatch(f"str_{prefix}_[A-Z][A-Za-z0-9]{{3}}_{alice.id}", stream.id)


async def test_what_a_client_says_of_media_it_does_not_send_is_dropped(world):
    session = world.session()
    alice, bob = world.join(session), world.join(session)

    audio = (await session.publish(alice.id, world.publish_request(has_video=False))).stream
    video = (await session.publish(bob.id, world.publish_request(has_audio=False))).stream

    assert (audio.video_active, audio.type_of_video, audio.video_dimensions) == (None, None, None)
    assert audio.audio_active is True
    assert video.audio_active is None


async def test_subscribers_may_not_publish(world):
    session = world.session()
    alice = world.join(session, Role.SUBSCRIBER)
    world.take_events()

    with pytest.raises(RoleForbids, match=r"^Unable to publish video. The user does not have a valid token$"):
        await world.publish(session, alice)

    assert world.take_events() == []
    assert world.media.open_links == set()


async def test_a_role_change_takes_effect_at_once(world):
    session = world.session()
    alice = world.join(session, Role.SUBSCRIBER)
    session.change_connection(alice.id, role=Role.PUBLISHER)

    stream = await world.publish(session, alice)
    session.change_connection(alice.id, role=Role.SUBSCRIBER)

    assert alice.stream is stream
    await session.unpublish(alice.id)
    with pytest.raises(RoleForbids):
        await world.publish(session, alice)


async def test_one_stream_for_each_connection(world):
    session = world.session()
    alice = world.join(session)
    stream = await world.publish(session, alice)

    with pytest.raises(AlreadyPublishing, match=f"^User {alice.id} is already publishing in session {session.id}$"):
        await world.publish(session, alice)

    assert world.media.open_links == {stream.id}


@pytest.mark.parametrize("error", [SdpMalformed("no m-line"), ForcedCodecMissing("VP8")])
async def test_a_bad_offer_changes_nothing(world, error):
    session = world.session()
    alice = world.join(session)
    world.take_events()
    world.media.fail_next("open_uplink", error)

    with pytest.raises(type(error)):
        await world.publish(session, alice)

    assert alice.stream is None
    assert world.take_events() == []
    assert await world.publish(session, alice)


async def test_unpublishing_tells_the_others(world):
    session = world.session()
    alice, bob = world.join(session), world.join(session)
    stream = await world.publish(session, alice)
    await world.subscribe(session, bob, stream)
    world.take_events()
    world.now_ms += 100

    await session.unpublish(alice.id)

    ended, unpublished = world.take_events()
    assert (ended.connection_id, ended.reason) == (bob.id, EndReason.UNPUBLISH)
    assert unpublished == StreamUnpublished(
        session_id=session.id,
        session_created_at_ms=session.created_at_ms,
        timestamp_ms=world.now_ms,
        audience=(bob.id,),
        connection_id=alice.id,
        stream=stream_json(stream),
        start_time_ms=stream.published_at_ms,
        reason=EndReason.UNPUBLISH,
    )
    assert alice.stream is None
    assert bob.subscriptions == {}
    assert world.media.open_links == set()


async def test_publishing_again_gives_a_new_stream(world):
    session = world.session()
    alice = world.join(session)
    first = await world.publish(session, alice)
    await session.unpublish(alice.id)

    assert (await world.publish(session, alice)).id != first.id


async def test_unpublishing_nothing(world):
    session = world.session()
    alice = world.join(session)

    with pytest.raises(NotPublishing, match=f"^Participant '{alice.id}' is not streaming media$"):
        await session.unpublish(alice.id)


@pytest.mark.parametrize("by_moderator", [True, False])
async def test_a_forced_end_is_told_to_everyone(world, by_moderator):
    session = world.session()
    mia, bob = world.join(session, Role.MODERATOR), world.join(session)
    stream = await world.publish(session, bob)
    world.take_events()

    await session.force_unpublish(stream.id, by=mia.id if by_moderator else None)

    (unpublished,) = world.take_events()
    assert unpublished.audience == (mia.id, bob.id)
    assert unpublished.reason is (
        EndReason.FORCE_UNPUBLISH_BY_USER if by_moderator else EndReason.FORCE_UNPUBLISH_BY_SERVER
    )
    assert world.media.open_links == set()


async def test_only_moderators_force(world):
    session = world.session()
    alice, bob = world.join(session), world.join(session)
    stream = await world.publish(session, bob)

    with pytest.raises(RoleForbids, match=r"^Unable to force unpublish. The user does not have a valid token$"):
        await session.force_unpublish(stream.id, by=alice.id)

    assert bob.stream is stream


async def test_insecure_participants_pass_role_checks(world):
    session = world.session()
    insecure, bob = world.join_with_secret(session), world.join(session)
    stream = await world.publish(session, bob)

    await session.force_unpublish(stream.id, by=insecure.id)
    await world.publish(session, insecure)

    assert bob.stream is None
    assert insecure.stream is not None


async def test_forcing_an_unknown_stream(world):
    session = world.session()
    mia, bob = world.join(session, Role.MODERATOR), world.join(session)
    stream = await world.publish(session, bob)
    await session.unpublish(bob.id)
    await world.publish(session, bob)

    for stream_id in (stream.id, "str_CAM_Xabc_con_Nobody", "nonsense", ""):
        with pytest.raises(StreamNotFound, match=f"^Stream '{stream_id}' does not exist in Session '{session.id}'$"):
            await session.force_unpublish(stream_id, by=mia.id)


async def test_a_reconnected_publisher_keeps_stream_and_subscribers(world):
    session = world.session()
    alice, bob = world.join(session), world.join(session)
    stream = (await session.publish(alice.id, world.publish_request(loopback=True))).stream
    await world.subscribe(session, bob, stream)
    published_at_ms = stream.published_at_ms
    world.take_events()
    world.now_ms += 100

    result = await session.reconnect_publisher(alice.id, "another offer")

    assert result.stream is stream
    assert result.sdp_answer == f"answer {stream.id}"
    assert (stream.created_at_ms, stream.published_at_ms) == (world.now_ms, published_at_ms)
    assert world.media.uplinks[stream.id].sdp_offer == "another offer"
    assert world.media.uplinks[stream.id].loopback
    assert stream.id in bob.subscriptions
    assert world.take_events() == []
    assert world.media.closed == []


async def test_reconnecting_with_a_bad_offer_keeps_the_stream(world):
    session = world.session()
    alice = world.join(session)
    stream = await world.publish(session, alice)
    world.media.fail_next("open_uplink", SdpMalformed("no m-line"))

    with pytest.raises(SdpMalformed):
        await session.reconnect_publisher(alice.id, "nonsense")

    assert alice.stream is stream
    assert world.media.closed == []


async def test_reconnecting_nothing(world):
    session = world.session()
    alice = world.join(session)

    with pytest.raises(NotPublishing):
        await session.reconnect_publisher(alice.id, "offer")


async def test_strangers_publish_nothing(world):
    session = world.session()

    with pytest.raises(ConnectionNotFound):
        await session.publish("con_Nobody", world.publish_request())
    with pytest.raises(ConnectionNotFound):
        await session.unpublish("con_Nobody")
