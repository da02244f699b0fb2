"""The RPC methods of a participant (cold): one function each, named here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from ovrouter.events import Event, ParticipantEvicted, StreamUnpublished
from ovrouter.signaling.methods import moderation, publishing, room, signals, subscribing, unavailable
from ovrouter.signaling.methods.participant import Participant, Result
from ovrouter.signaling.params import Params

__all__ = ["METHODS", "Method", "Participant", "Result"]


@dataclass(frozen=True, slots=True)
class Method:
    """An RPC method, and what its caller hears only after the answer."""

    handler: Callable[[Participant, Params], Awaitable[Result]]
    told_after_answer: tuple[type[Event], ...] = ()
    """The caller's own notifications of these events wait for the answer; all others keep their place before it."""


METHODS: Mapping[str, Method] = {
    "leaveRoom": Method(room.leave_room),
    "publishVideo": Method(publishing.publish_video),
    "unpublishVideo": Method(publishing.unpublish_video),
    "streamPropertyChanged": Method(publishing.stream_property_changed),
    "videoData": Method(publishing.video_data),
    "prepareReceiveVideoFrom": Method(subscribing.prepare_receive_video_from),
    "receiveVideoFrom": Method(subscribing.receive_video_from),
    "unsubscribeFromVideo": Method(subscribing.unsubscribe_from_video),
    "onIceCandidate": Method(subscribing.on_ice_candidate),
    "reconnectStream": Method(subscribing.reconnect_stream),
    "echo": Method(subscribing.echo),
    "sendMessage": Method(signals.send_message),
    "forceUnpublish": Method(moderation.force_unpublish, told_after_answer=(StreamUnpublished,)),
    "forceDisconnect": Method(moderation.force_disconnect, told_after_answer=(ParticipantEvicted,)),
    "applyFilter": Method(unavailable.filter_method),
    "execFilterMethod": Method(unavailable.filter_method),
    "removeFilter": Method(unavailable.filter_method),
    "addFilterEventListener": Method(unavailable.filter_method),
    "removeFilterEventListener": Method(unavailable.filter_method),
    "subscribeToSpeechToText": Method(unavailable.speech_to_text),
    "unsubscribeFromSpeechToText": Method(unavailable.speech_to_text),
}
