"""What ``?webRtcStats=true`` adds to the publishers and subscribers of a Connection (warm)."""

from __future__ import annotations

import re
from typing import Any

from ovrouter.errors import LinkNotFound
from ovrouter.medianode import LinkDescription
from ovrouter.rest.backend import backend
from ovrouter.session.stream import downlink_id

__all__ = ["add_webrtc_stats"]

_MID = re.compile(r"^a=mid:(\S+)", re.MULTILINE)
_CANDIDATE = re.compile(r"^a=(candidate:[^\r\n]+)", re.MULTILINE)


async def add_webrtc_stats(connections: list[dict[str, Any]]) -> None:
    """Extend the JSON of *connections* in place; a link that has just closed adds nothing."""
    for connection in connections:
        for publisher in connection["publishers"] or ():
            await _extend(publisher, publisher["streamId"])
        for subscriber in connection["subscribers"] or ():
            await _extend(subscriber, downlink_id(connection["connectionId"], subscriber["streamId"]))


async def _extend(item: dict[str, Any], link_id: str) -> None:
    try:
        link = await backend().media.describe_link(link_id)
    except LinkNotFound:
        return
    created_at = item.pop("createdAt")
    rest = dict(item)
    item.clear()
    item |= {"createdAt": created_at} | _link_json(link) | rest


def _link_json(link: LinkDescription) -> dict[str, Any]:
    return {
        "webrtcEndpointName": link.link_id,
        "remoteSdp": link.remote_sdp,
        "localSdp": link.local_sdp,
        "clientIceCandidates": [
            {"candidate": each.candidate, "sdpMid": each.sdp_mid, "sdpMLineIndex": each.sdp_mline_index}
            for each in link.remote_candidates
        ],
        "serverIceCandidates": _candidates_in(link.local_sdp),
        "localCandidate": link.local_candidate,
        "remoteCandidate": link.remote_candidate,
        "events": [],
        "counters": link.counters,
    }


def _candidates_in(sdp: str) -> list[dict[str, Any]]:
    """All candidates of the server: they do not trickle, and every media section that has them has the same."""
    mid = _MID.search(sdp)
    return [
        {"candidate": candidate, "sdpMid": mid[1] if mid else "0", "sdpMLineIndex": 0}
        for candidate in dict.fromkeys(_CANDIDATE.findall(sdp))
    ]
