from __future__ import annotations

import pytest

from ovrouter.errors import ConnectionNotFound, LinkNotFound, NotPublishing, SdpMalformed
from ovrouter.events import EndReason, SubscriberMustReconnect, SubscriptionEnded, SubscriptionStarted
from ovrouter.medianode import AcceptDownlink, BandwidthLimits, OpenDownlink, RenegotiationNeeded, VideoCodec
from ovrouter.session import KurentoOptions, Role
from ovrouter.session.connection_view import stream_json


@pytest.fixture
async def call(world):
    """Alice publishes, Bob may only watch."""
    session = world.session()
    alice, bob = world.join(session), world.join(session, Role.SUBSCRIBER)
    stream = await world.publish(session, alice)
    world.take_events()
    return session, alice, bob, stream


async def test_the_client_offers(world, call):
    session, alice, bob, stream = call
    world.now_ms += 10

    answer = await session.subscribe(bob.id, stream.id, sdp_offer="offer")

    link_id = f"{bob.id}_{stream.id}"
    assert answer == f"answer {link_id}"
    assert bob.subscriptions[stream.id].created_at_ms == world.now_ms
    assert world.take_events() == [
        SubscriptionStarted(
            session_id=session.id,
            session_created_at_ms=session.created_at_ms,
            timestamp_ms=world.now_ms,
            connection_id=bob.id,
            receiving_from=alice.id,
            stream=stream_json(stream),
        )
    ]


async def test_the_server_offers(world, call):
    session, _alice, bob, stream = call

    offer = await session.prepare_subscription(bob.id, stream.id, reconnect=False)

    link_id = f"{bob.id}_{stream.id}"
    assert offer == f"offer {link_id}"
    assert bob.subscriptions == {}
    assert world.take_events() == []

    assert await session.subscribe(bob.id, stream.id, sdp_answer="answer") is None

    assert world.media.accepted == [AcceptDownlink(link_id, "answer")]
    assert stream.id in bob.subscriptions
    assert world.told() == [("SubscriptionStarted", bob.id, ())]


async def test_what_the_media_node_is_asked(make_world):
    world = make_world(openvidu_streams_forced_video_codec="H264")
    session = world.session(allow_transcoding=True)
    alice = world.join(session)
    bob = world.join(session, kurento_options=KurentoOptions(video_max_recv_bandwidth=500))
    stream = await world.publish(session, alice)

    await session.subscribe(bob.id, stream.id, sdp_offer="the offer")

    link_id = f"{bob.id}_{stream.id}"
    assert world.media.downlinks[link_id] == OpenDownlink(
        link_id=link_id,
        uplink_id=stream.id,
        session_id=session.id,
        client_id=bob.id,
        sdp_offer="the offer",
        forced_codec=VideoCodec.H264,
        allow_other_codecs=True,
        video_limits=BandwidthLimits(300, 500),
    )


async def test_the_offer_counts_when_both_are_given(world, call):
    session, _alice, bob, stream = call

    assert await session.subscribe(bob.id, stream.id, sdp_offer="offer", sdp_answer="answer") is not None
    assert world.media.accepted == []


async def test_neither_offer_nor_answer(call):
    session, _alice, bob, stream = call

    with pytest.raises(SdpMalformed):
        await session.subscribe(bob.id, stream.id)


@pytest.mark.parametrize("is_established", [True, False])
async def test_an_answer_to_no_offer(world, call, is_established):
    session, _alice, bob, stream = call
    if is_established:
        await world.subscribe(session, bob, stream)

    with pytest.raises(LinkNotFound):
        await session.subscribe(bob.id, stream.id, sdp_answer="answer")


async def test_a_bad_answer_may_be_followed_by_a_good_one(world, call):
    session, _alice, bob, stream = call
    await session.prepare_subscription(bob.id, stream.id, reconnect=False)
    world.media.fail_next("accept_downlink", SdpMalformed("nonsense"))

    with pytest.raises(SdpMalformed):
        await session.subscribe(bob.id, stream.id, sdp_answer="nonsense")
    assert bob.subscriptions == {}
    await session.subscribe(bob.id, stream.id, sdp_answer="answer")

    assert stream.id in bob.subscriptions


async def test_streams_that_cannot_be_received(call, world):
    session, alice, bob, stream = call
    gone = stream.id.replace("_CAM_", "_SCR_")

    with pytest.raises(ConnectionNotFound, match=f"^User 'con_Nobody not found in session '{session.id}'$"):
        await session.prepare_subscription(bob.id, "str_CAM_Xabc_con_Nobody", reconnect=False)
    with pytest.raises(NotPublishing, match=f"^User '{alice.id} not streaming media in session '{session.id}'$"):
        await session.subscribe(bob.id, gone, sdp_offer="offer")
    with pytest.raises(NotPublishing, match=r"^Can loopback only when publishing media$"):
        await session.subscribe(alice.id, stream.id, sdp_offer="offer")
    assert world.media.downlinks == {}


async def test_a_bad_offer_leaves_no_subscription(world, call):
    session, _alice, bob, stream = call
    world.media.fail_next("open_downlink", SdpMalformed("nonsense"))

    with pytest.raises(SdpMalformed):
        await session.subscribe(bob.id, stream.id, sdp_offer="nonsense")

    assert bob.downlinks == {}
    assert world.take_events() == []
    with pytest.raises(LinkNotFound):
        await session.subscribe(bob.id, stream.id, sdp_answer="answer")


async def test_unsubscribing(world, call):
    session, alice, bob, stream = call
    await world.subscribe(session, bob, stream)
    subscription = bob.subscriptions[stream.id]
    world.take_events()
    world.now_ms += 10

    await session.unsubscribe(bob.id, alice.id)

    assert world.take_events() == [
        SubscriptionEnded(
            session_id=session.id,
            session_created_at_ms=session.created_at_ms,
            timestamp_ms=world.now_ms,
            connection_id=bob.id,
            receiving_from=alice.id,
            stream=stream_json(stream),
            start_time_ms=subscription.created_at_ms,
            reason=EndReason.UNSUBSCRIBE,
        )
    ]
    assert world.media.open_links == {stream.id}


async def test_unsubscribing_from_what_was_only_prepared_says_nothing(world, call):
    session, alice, bob, stream = call
    await session.prepare_subscription(bob.id, stream.id, reconnect=False)

    await session.unsubscribe(bob.id, alice.id)

    assert world.take_events() == []
    assert world.media.open_links == {stream.id}


async def test_unsubscribing_without_subscription(world, call):
    session, alice, bob, _stream = call

    await session.unsubscribe(bob.id, alice.id)
    await session.unsubscribe(alice.id, bob.id)

    assert world.take_events() == []
    with pytest.raises(ConnectionNotFound, match=f"^User con_Nobody not found in session {session.id}$"):
        await session.unsubscribe(bob.id, "con_Nobody")


async def test_subscribing_again_is_a_new_subscription(world, call):
    session, _alice, bob, stream = call
    await world.subscribe(session, bob, stream)
    world.take_events()

    await world.subscribe(session, bob, stream)

    assert world.told() == [("SubscriptionEnded", bob.id, ()), ("SubscriptionStarted", bob.id, ())]
    assert world.media.open_links == {stream.id, f"{bob.id}_{stream.id}"}


async def test_a_client_offer_reconnects_silently(world, call):
    session, _alice, bob, stream = call
    await world.subscribe(session, bob, stream)
    subscription = bob.subscriptions[stream.id]
    world.take_events()

    answer = await session.reconnect_subscriber(bob.id, stream.id, sdp_offer="another offer")

    assert answer == f"answer {bob.id}_{stream.id}"
    assert world.media.downlinks[subscription.link_id].sdp_offer == "another offer"
    assert bob.subscriptions == {stream.id: subscription}
    assert world.take_events() == []


async def test_a_server_offer_reconnects_silently(world, call):
    session, _alice, bob, stream = call
    await world.subscribe(session, bob, stream)
    world.take_events()

    await session.prepare_subscription(bob.id, stream.id, reconnect=True)
    assert stream.id in bob.subscriptions
    assert await session.reconnect_subscriber(bob.id, stream.id, sdp_answer="answer") is None

    assert world.take_events() == []
    assert world.media.closed == []


async def test_reconnecting_what_never_was_is_subscribing(world, call):
    session, _alice, bob, stream = call

    await session.reconnect_subscriber(bob.id, stream.id, sdp_offer="offer")

    assert world.told() == [("SubscriptionStarted", bob.id, ())]


async def test_a_failed_reconnection_keeps_the_subscription(world, call):
    session, _alice, bob, stream = call
    await world.subscribe(session, bob, stream)
    world.media.fail_next("open_downlink", SdpMalformed("nonsense"))

    with pytest.raises(SdpMalformed):
        await session.reconnect_subscriber(bob.id, stream.id, sdp_offer="nonsense")

    assert stream.id in bob.subscriptions
    assert world.media.closed == []


async def test_internal_participants_subscribe_in_silence(world, call):
    session, alice, _bob, stream = call
    recorder = world.join_with_secret(session, recorder=True)

    await world.subscribe(session, recorder, stream)
    await session.unsubscribe(recorder.id, alice.id)

    assert world.take_events() == []


async def test_the_media_node_wants_a_new_offer(world, call):
    session, alice, bob, stream = call
    await world.subscribe(session, bob, stream)
    world.take_events()

    await world.registry.handle_link_event(RenegotiationNeeded(f"{bob.id}_{stream.id}"))

    assert world.take_events() == [
        SubscriberMustReconnect(
            session_id=session.id,
            session_created_at_ms=session.created_at_ms,
            timestamp_ms=world.now_ms,
            audience=(bob.id,),
            connection_id=alice.id,
            stream_id=stream.id,
            sdp_offer=f"offer {bob.id}_{stream.id}",
        )
    ]
    await session.reconnect_subscriber(bob.id, stream.id, sdp_answer="answer")
    assert world.take_events() == []


async def test_a_new_offer_waits_until_the_open_one_is_answered(world, call):
    session, _alice, bob, stream = call
    await session.prepare_subscription(bob.id, stream.id, reconnect=False)

    await world.registry.handle_link_event(RenegotiationNeeded(f"{bob.id}_{stream.id}"))
    await world.registry.handle_link_event(RenegotiationNeeded(f"{bob.id}_{stream.id}"))
    assert world.take_events() == []
    await session.subscribe(bob.id, stream.id, sdp_answer="answer")

    assert world.told() == [("SubscriptionStarted", bob.id, ()), ("SubscriberMustReconnect", _alice.id, (bob.id,))]


async def test_a_fresh_negotiation_makes_a_wanted_one_needless(world, call):
    session, _alice, bob, stream = call
    await session.prepare_subscription(bob.id, stream.id, reconnect=False)
    await world.registry.handle_link_event(RenegotiationNeeded(f"{bob.id}_{stream.id}"))

    await session.prepare_subscription(bob.id, stream.id, reconnect=True)
    await session.subscribe(bob.id, stream.id, sdp_answer="answer")

    assert world.told() == [("SubscriptionStarted", bob.id, ())]


async def test_renegotiation_of_a_link_that_is_gone(world, call):
    _session, _alice, bob, stream = call

    await world.registry.handle_link_event(RenegotiationNeeded(f"{bob.id}_{stream.id}"))

    assert world.take_events() == []
