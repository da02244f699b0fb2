"""Methods of OpenVidu that this server answers with a clear refusal (cold)."""

from __future__ import annotations

from typing import NoReturn

from ovrouter.signaling.errors import NotAvailable
from ovrouter.signaling.methods.participant import Participant
from ovrouter.signaling.params import Params

__all__ = ["filter_method", "speech_to_text"]


async def filter_method(caller: Participant, params: Params) -> NoReturn:
    """All methods that deal with filters."""
    raise NotAvailable("Filters are not available in this server")


async def speech_to_text(caller: Participant, params: Params) -> NoReturn:
    """Both methods that deal with transcription."""
    raise NotAvailable("Speech To Text requires OpenVidu Pro/Enterprise edition")
