"""The methods of a publisher (cold)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ovrouter.session import PublishRequest, PublishResult
from ovrouter.signaling.errors import InvalidParams, NotAvailable
from ovrouter.signaling.methods.participant import Participant, Result
from ovrouter.signaling.params import Params

__all__ = ["publish_video", "published", "stream_property_changed", "unpublish_video", "video_data"]

_NEW_VALUES: Mapping[str, Callable[[Params, str], Any]] = {
    "audioActive": Params.boolean,
    "videoActive": Params.boolean,
    "videoDimensions": Params.object_text,
    "audioTrack": Params.value,
    "videoTrack": Params.value,
}
"""What a publisher may change, and the type its new value must have: other browsers parse it unchecked."""


async def publish_video(caller: Participant, params: Params) -> Result:
    """Publish a stream. A filter that cannot be applied fails the call: the app believes its video to be filtered."""
    if "filter" in params:
        raise NotAvailable("Filters are not available: publish the stream without a filter")
    request = PublishRequest(
        sdp_offer=params.string("sdpOffer"),
        has_audio=_has(params, "hasAudio", "audioActive"),
        has_video=_has(params, "hasVideo", "videoActive"),
        audio_active=params.optional_boolean("audioActive"),
        video_active=params.optional_boolean("videoActive"),
        type_of_video=params.optional_string("typeOfVideo"),
        frame_rate=params.optional_number("frameRate"),
        video_dimensions=params.object_text("videoDimensions") if "videoDimensions" in params else None,
        loopback=params.boolean("doLoopback"),
    )
    return published(await caller.session.publish(caller.id, request))


async def unpublish_video(caller: Participant, params: Params) -> Result:
    """End the caller's stream."""
    await caller.session.unpublish(caller.id)
    return {}


async def stream_property_changed(caller: Participant, params: Params) -> Result:
    """Tell the others of a change.

    ``streamId`` is mandatory but not heeded: the caller can only mean its own stream.
    """
    params.string("streamId")
    name, reason = params.string("property"), params.string("reason")
    if name not in _NEW_VALUES:
        raise InvalidParams(f"Streams have no property '{name}': it must be one of {', '.join(_NEW_VALUES)}")
    new_value = _NEW_VALUES[name](params, "newValue")
    caller.session.change_stream_property(caller.id, property=name, new_value=new_value, reason=reason)
    return {}


async def video_data(caller: Participant, params: Params) -> Result:
    """What the publisher sends of its picture. Checked and not kept: the media plane measures what it needs itself."""
    params.number("height")
    params.number("width")
    params.boolean("videoActive")
    params.boolean("audioActive")
    return {}


def published(result: PublishResult) -> Result:
    """The result of publishVideo, and of reconnectStream for a publisher."""
    return {"sdpAnswer": result.sdp_answer, "id": result.stream.id, "createdAt": result.stream.created_at_ms}


def _has(params: Params, name: str, older_name: str) -> bool:
    """Up to openvidu-browser 2.2 a stream that has audio or video was one that has it switched on."""
    return params.boolean(older_name if older_name in params and name not in params else name)
