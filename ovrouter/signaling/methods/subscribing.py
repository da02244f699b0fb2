"""The methods of a subscriber (cold). Whoever offers decides the mode: both are always served."""

from __future__ import annotations

from ovrouter.signaling.methods.participant import Participant, Result
from ovrouter.signaling.methods.publishing import published
from ovrouter.signaling.params import Params

__all__ = [
    "echo",
    "on_ice_candidate",
    "prepare_receive_video_from",
    "receive_video_from",
    "reconnect_stream",
    "unsubscribe_from_video",
]


async def prepare_receive_video_from(caller: Participant, params: Params) -> Result:
    """Ask for the server's offer."""
    stream_id, reconnect = params.string("sender"), params.optional_boolean("reconnect") or False
    return {"sdpOffer": await caller.session.prepare_subscription(caller.id, stream_id, reconnect=reconnect)}


async def receive_video_from(caller: Participant, params: Params) -> Result:
    """Subscribe with an offer, or with the answer to the server's offer."""
    stream_id = params.string("sender")
    if "sdpOffer" in params:
        offer = params.string("sdpOffer")
        return {"sdpAnswer": await caller.session.subscribe(caller.id, stream_id, sdp_offer=offer)}
    await caller.session.subscribe(caller.id, stream_id, sdp_answer=params.string("sdpAnswer"))
    return {}


async def unsubscribe_from_video(caller: Participant, params: Params) -> Result:
    """End a subscription. Here ``sender`` is a connection id."""
    await caller.session.unsubscribe(caller.id, params.string("sender"))
    return {}


async def on_ice_candidate(caller: Participant, params: Params) -> Result:
    """A trickled candidate of one of the caller's PeerConnections."""
    await caller.session.add_candidate(
        caller.id,
        params.string("endpointName"),
        params.string("candidate"),
        params.string("sdpMid"),
        params.integer("sdpMLineIndex"),
    )
    return {}


async def reconnect_stream(caller: Participant, params: Params) -> Result:
    """Replace the PeerConnection of a stream.

    In ``sdpString`` a publisher sends its offer, a subscriber the answer to ours.
    """
    session, stream_id = caller.session, params.string("stream")
    if session.stream(stream_id) is caller.connection.stream:
        offer = params.string("sdpString" if "sdpString" in params else "sdpOffer")
        return published(await session.reconnect_publisher(caller.id, offer))
    if "sdpOffer" in params:
        offer = params.string("sdpOffer")
        return {"sdpAnswer": await session.reconnect_subscriber(caller.id, stream_id, sdp_offer=offer)}
    await session.reconnect_subscriber(caller.id, stream_id, sdp_answer=params.string("sdpString"))
    return {}


async def echo(caller: Participant, params: Params) -> Result:
    """Are you there? The browser asks before it reconnects a stream."""
    return {}
