"""What ``?webRtcStats=true`` adds to the publishers and subscribers of a Connection (warm)."""

from __future__ import annotations

import re
from typing import Any

from ovrouter.errors import LinkNotFound
from ovrouter.medianode import LinkDescription
from ovrouter.rest.backend import backend
from ovrouter.rest.candidates import candidates_in, chosen_candidate
from ovrouter.session.stream import downlink_id

__all__ = ["add_webrtc_stats"]

_MID = re.compile(r"^a=mid:(\S+)", re.MULTILINE)


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
    own = candidates_in(link.local_sdp)
    trickled = [each.candidate for each in link.remote_candidates]
    return {
        "webrtcEndpointName": link.link_id,
        "remoteSdp": link.remote_sdp,
        "localSdp": link.local_sdp,
        "clientIceCandidates": [
            {"candidate": each.candidate, "sdpMid": each.sdp_mid, "sdpMLineIndex": each.sdp_mline_index}
            for each in link.remote_candidates
        ],
        "serverIceCandidates": [
            # They do not trickle; bundled sections share what belongs to the first.
            {"candidate": candidate, "sdpMid": _first_mid(link.local_sdp), "sdpMLineIndex": 0}
            for candidate in own
        ],
        "localCandidate": chosen_candidate(link.local_candidate, own),
        "remoteCandidate": chosen_candidate(link.remote_candidate, [*trickled, *candidates_in(link.remote_sdp)]),
        "events": [],
        "counters": link.counters,
    }


def _first_mid(sdp: str) -> str:
    mid = _MID.search(sdp)
    return mid[1] if mid else "0"
