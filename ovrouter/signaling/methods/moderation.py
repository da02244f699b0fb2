"""The methods of a moderator (cold)."""

from __future__ import annotations

from ovrouter.signaling.methods.participant import Participant, Result
from ovrouter.signaling.params import Params

__all__ = ["force_disconnect", "force_unpublish"]


async def force_unpublish(caller: Participant, params: Params) -> Result:
    """End somebody's stream."""
    await caller.session.force_unpublish(params.string("streamId"), by=caller.id)
    return {}


async def force_disconnect(caller: Participant, params: Params) -> Result:
    """Evict somebody."""
    await caller.session.force_disconnect(params.string("connectionId"), by=caller.id)
    return {}
