"""RTP header extensions: which we take from publishers and pass on to subscribers (cold).

Only ids 1 to 14 count, those of the one-byte form (RFC 8285, section 4.2), which is what every browser sends.
"""

from __future__ import annotations

from collections.abc import Iterable

from ovrouter.rtc.sdp import HeaderExtension

__all__ = ["ABS_SEND_TIME", "TRANSPORT_CC", "accepted", "answered", "forwarded", "id_of", "numbered", "translation"]

AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
VIDEO_ORIENTATION = "urn:3gpp:video-orientation"
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
DEPENDENCY_DESCRIPTOR = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"

FORWARDED = frozenset({AUDIO_LEVEL, VIDEO_ORIENTATION, PLAYOUT_DELAY, DEPENDENCY_DESCRIPTOR})
"""What says something about the media and so belongs to the subscriber; the rest is about one hop."""

_HOP_BY_HOP = frozenset({ABS_SEND_TIME, TRANSPORT_CC})
# Without simulcast SSRCs tell sections apart: a forwarded mid would name the wrong section at the subscriber.
_PLAIN = FORWARDED | _HOP_BY_HOP
# Frame numbers of the dependency descriptor run per layer; after a switch they would contradict each other.
_SIMULCAST = _PLAIN - {DEPENDENCY_DESCRIPTOR} | {MID, RID, REPAIRED_RID}

_IDS = range(1, 15)
_ANSWERED_DIRECTION = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}


def accepted(offered: Iterable[HeaderExtension], *, is_simulcast: bool) -> tuple[HeaderExtension, ...]:
    """Return what a publisher may send of what it offered."""
    wanted = _SIMULCAST if is_simulcast else _PLAIN
    return tuple(
        extension
        for extension in offered
        if extension.uri in wanted and extension.id in _IDS and extension.direction in ("sendrecv", "sendonly")
    )


def answered(extension: HeaderExtension) -> HeaderExtension:
    """Return an accepted extension as the answer writes it."""
    return HeaderExtension(extension.id, extension.uri, _ANSWERED_DIRECTION[extension.direction])


def id_of(uri: str, extensions: Iterable[HeaderExtension]) -> int | None:
    """Return the id under which the writer of *extensions* takes *uri*, None if it does not."""
    for extension in extensions:
        if extension.uri == uri and extension.id in _IDS and extension.direction in ("sendrecv", "recvonly"):
            return extension.id
    return None


def translation(
    source: Iterable[tuple[str, int]], subscriber: Iterable[HeaderExtension]
) -> tuple[tuple[int, int], ...]:
    """Map the source's ids to the subscriber's for all that is forwarded."""
    taken = {uri: id_of(uri, subscriber) for uri in FORWARDED}
    return tuple((own, theirs) for uri, own in source if (theirs := taken.get(uri)) is not None)


def forwarded(source: Iterable[tuple[str, int]]) -> tuple[HeaderExtension, ...]:
    """Return what an offer to a subscriber takes over from the publisher, ids included."""
    return tuple(HeaderExtension(id_, uri) for uri, id_ in source if uri in FORWARDED)


def numbered(sources: Iterable[Iterable[tuple[str, int]]]) -> tuple[HeaderExtension, ...]:
    """Return how an offer to a subscriber names the transport-wide sequence number, which we write ourselves.

    An id means the same in all bundled sections (RFC 9143, section 8), so it gets the id that a publisher gave it or
    one that none of the *sources* uses for something else; if there is none left it is not offered.
    """
    known = {pair for source in sources for pair in source}
    taken = {id_ for uri, id_ in known if uri != TRANSPORT_CC}
    own = {id_ for uri, id_ in known if uri == TRANSPORT_CC}
    free = sorted(own - taken) or sorted(set(_IDS) - taken)
    return tuple(HeaderExtension(id_, TRANSPORT_CC) for id_ in free[:1])
