"""Whether media nodes answer, and how busy they are (warm)."""

from __future__ import annotations

import trio

from ovrouter.errors import NoMediaNode
from ovrouter.medianode import NodeLoad
from ovrouter.rest.backend import backend
from ovrouter.session import Node

__all__ = ["node_load"]

MEDIA_TIMEOUT_S = 2.0
"""A media node that cannot say how busy it is for this long routes nothing either."""


async def node_load(node: Node) -> NodeLoad | None:
    """Ask *node*; None if it does not answer. The node's record says since when it does or does not."""
    try:
        with trio.fail_after(MEDIA_TIMEOUT_S):
            load = await node.media.load()
    except (NoMediaNode, trio.TooSlowError):
        node.note_silence(backend().now_ms())
        return None
    node.note_answer(backend().now_ms())
    return load
