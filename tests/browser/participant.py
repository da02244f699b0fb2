"""A page with unmodified openvidu-browser, driven from a test."""

from __future__ import annotations

from collections import deque
from typing import Any

from playwright.sync_api import Browser, Error, Page

from tests.browser.libraries import CURRENT, script
from tests.interop.lossy_relay import LossyRelay

__all__ = ["Participant"]

EVENT_TIMEOUT_MS = 10_000
PICTURE_TIMEOUT_MS = 10_000
CONSOLE_LINES = 10
CONSOLE_LINE_CHARACTERS = 300
BANDWIDTH_SAMPLE_MS = 3_000
SAMPLE_MS = 1_200
"""Long enough for two dozen pictures of the fake camera."""
FRAMES = 40
FRAMES_TIMEOUT_MS = 25_000
"""For so many frames, two seconds of the fake camera where nothing else needs the cores."""
LEAST_SHARE = 0.75
"""Of a publisher's frames; the last ones may be on their way."""


class Participant:
    """One participant on release *library*; ``connection_id`` is known after :meth:`connect`."""

    def __init__(self, browser: Browser, pages_url: str, library: str = CURRENT) -> None:
        self._context = browser.new_context(ignore_https_errors=True, viewport={"width": 320, "height": 240})
        self.page: Page = self._context.new_page()
        self._console: deque[str] = deque(maxlen=CONSOLE_LINES)
        self.page.on("console", lambda message: self._console.append(message.text[:CONSOLE_LINE_CHARACTERS]))
        self.page.goto(f"{pages_url}/participant.html")
        self.page.add_script_tag(url=f"{pages_url}/../{script(library)}")
        self.page.add_script_tag(url=f"{pages_url}/participant.js", type="module")
        self.connection_id = ""

    def connect(
        self, token: str, *, data: str = "", force_media_reconnection: bool = False, relay_only: bool = False
    ) -> None:
        """Join, and receive every stream there is and will be; *relay_only*: media through TURN or not at all."""
        if relay_only:
            self._call("relayOnly")
        self.connection_id = self._call("connect", token, data, force_media_reconnection)

    def go_through(self, relay: LossyRelay) -> None:
        """Media goes through *relay*; to be called before :meth:`connect`."""
        self.page.expose_function("relayed", relay.named_in)
        self._call("goThroughRelay")

    def prefer_codec(self, mime_type: str) -> None:
        """Offer ``video/…`` before all others; to be called before :meth:`publish`."""
        self._call("preferCodec", mime_type)

    def publish(self, **properties: Any) -> str:
        """Publish a small camera picture and a beep, or what *properties* (PublisherProperties) say; the stream id."""
        return str(self._call("publish", properties))

    def publish_claps(self) -> str:
        """Publish flashes and tones that begin together; the stream id."""
        return str(self._call("publishClaps"))

    def offer_layers(self) -> None:
        """Before :meth:`publish`: offer the dependency descriptor, which AV1 needs for layers."""
        self._call("offerLayers")

    def encode_video(self, codec: str, **changes: Any) -> None:
        """Let the published video's encodings be of *codec*, and have what *changes* (RTCRtpEncodingParameters) say."""
        self._call("encodeVideo", f"video/{codec}", changes)

    def unpublish(self) -> None:
        self._call("unpublish")

    def disconnect(self) -> None:
        self._call("disconnect")

    def close(self) -> None:
        """Kill the tab; nothing is said to the server."""
        self._context.close()

    def publish_audio(self, *, active: bool) -> None:
        """Mute or unmute the microphone."""
        self._call("publishAudio", active)

    def publish_video(self, *, active: bool) -> None:
        """Mute or unmute the camera."""
        self._call("publishVideo", active)

    def signal(self, type: str, data: str, to: list[str] | None = None) -> None:
        self._call("signal", type, data, to)

    def force_disconnect(self, connection_id: str) -> None:
        self._call("forceDisconnect", connection_id)

    def force_unpublish(self, stream_id: str) -> None:
        self._call("forceUnpublish", stream_id)

    def log(self, *types: str) -> list[dict[str, Any]]:
        """The events so far, in order; only those of *types* if any are given."""
        return [event for event in self._call("log") if not types or event["type"] in types]

    def wait_for(self, type: str, *, timeout_ms: int = EVENT_TIMEOUT_MS, **fields: Any) -> dict[str, Any]:
        """The first event of *type* whose members equal *fields*, now or soon."""
        event: dict[str, Any] = self._call("waitFor", {"type": type, **fields}, timeout_ms)
        return event

    def lose_media(self) -> None:
        """Close the RTCPeerConnection of every stream; openvidu-browser opens new ones when its socket comes back."""
        self._call("loseMedia")

    def publishes_on_new_connection(self) -> None:
        """Assert that the published stream moves to another, connected RTCPeerConnection than its first one."""
        self._call("publisherRenewed", EVENT_TIMEOUT_MS)

    def receives_on_new_connection(self, stream_id: str) -> None:
        """Assert that the subscription moves to another, connected RTCPeerConnection than its first one."""
        self._call("subscriberRenewed", stream_id, EVENT_TIMEOUT_MS)

    def sees(self, stream_id: str) -> None:
        """Assert that the stream's decoded picture is not black, and moves."""
        self._call("whenSubscribed", stream_id, EVENT_TIMEOUT_MS)
        self._call("movingPicture", stream_id, PICTURE_TIMEOUT_MS)

    def sees_something(self, stream_id: str) -> None:
        """Assert that the stream's decoded picture is not black; it may stand still."""
        self._call("whenSubscribed", stream_id, EVENT_TIMEOUT_MS)
        self._call("brightPicture", stream_id, PICTURE_TIMEOUT_MS)

    def sees_black(self, stream_id: str) -> None:
        """Assert that the stream's decoded picture becomes black."""
        self._call("blackPicture", stream_id, PICTURE_TIMEOUT_MS)

    def hears(self, stream_id: str) -> float:
        """Assert that the stream becomes audible; the frequency (Hz) of its loudest tone."""
        return float(self._call("audibleTone", stream_id, PICTURE_TIMEOUT_MS))

    def frames_per_second(self, stream_id: str) -> float:
        """Frames decoded of the stream."""
        return float(self._call("framesPerSecond", stream_id, SAMPLE_MS))

    def keeps_up_with(self, publisher: Participant, stream_id: str) -> None:
        """Assert that the frames that *publisher* sends arrive, however many a second it has the cores for."""
        received, sent = self._frames_received(stream_id), publisher._frames_sent(1)
        more_sent = publisher._frames_sent(sent + FRAMES) - sent
        more_received = self._frames_received(stream_id) - received
        assert more_received >= LEAST_SHARE * more_sent, f"{more_received} of {more_sent} frames arrived"

    def video_kbps(self, stream_id: str) -> float:
        """What arrives of the stream's video, over the next seconds."""
        return float(self._call("videoKbps", stream_id, BANDWIDTH_SAMPLE_MS))

    def picture_width(self, stream_id: str) -> int:
        """Of the pictures that arrive, in pixels."""
        return int(self._call("pictureWidth", stream_id))

    def keyframe_requests(self, stream_id: str) -> int:
        """How often the browser could not decode what arrived, and asked for a whole picture (PLI)."""
        return int(self._call("keyframeRequests", stream_id))

    def hears_nothing(self, stream_id: str) -> None:
        """Assert that the stream falls silent."""
        self._call("silence", stream_id, PICTURE_TIMEOUT_MS)

    def publisher_candidate(self) -> dict[str, Any]:
        """The published stream's own end in use: an RTCIceCandidateStats."""
        candidate: dict[str, Any] = self._call("publisherCandidate")
        return candidate

    def subscriber_candidate(self, stream_id: str) -> dict[str, Any]:
        """The same of a received stream."""
        candidate: dict[str, Any] = self._call("subscriberCandidate", stream_id)
        return candidate

    def video_codec(self, stream_id: str) -> str:
        """MIME type of what is received, e.g. ``video/VP8``."""
        return str(self._call("videoCodec", stream_id))

    def first_frame_ms(self) -> float:
        """Milliseconds from the begin of :meth:`connect` to the first frame of any stream."""
        return float(self._call("firstFrameMs"))

    def _frames_sent(self, least: int) -> int:
        return int(self._call("framesSent", least, FRAMES_TIMEOUT_MS))

    def _frames_received(self, stream_id: str) -> int:
        return int(self._call("framesReceived", stream_id))

    def _call(self, method: str, *arguments: Any) -> Any:
        try:
            return self.page.evaluate("([method, parameters]) => call(method, parameters)", [method, list(arguments)])
        except Error as error:
            error.add_note(f"{self.connection_id or 'participant'}.{method}{arguments}; last in its console:")
            error.add_note("\n".join(self._console))
            raise
