"""sendMessage (cold)."""

from __future__ import annotations

from typing import Any

from ovrouter.errors import BadSignal, SignalTargetUnknown
from ovrouter.signaling.jsonrpc import parse_object
from ovrouter.signaling.methods.participant import Participant, Result
from ovrouter.signaling.params import Params

__all__ = ["send_message"]


async def send_message(caller: Participant, params: Params) -> Result:
    """Send a signal. ``message`` is the JSON text of ``{"to": [...], "data": ..., "type": ...}``."""
    message = params.string("message")
    signal = parse_object(message)
    if signal is None or not _has_text(signal, "data") or not _has_text(signal, "type"):
        raise BadSignal(f"Provided signal object '{message}' has not a valid JSON format")
    caller.session.send_signal(
        sender=caller.id, to=_recipients(signal), type=signal.get("type"), data=signal.get("data")
    )
    return {}


def _has_text(signal: dict[str, Any], member: str) -> bool:
    return isinstance(signal.get(member), str | None)


def _recipients(signal: dict[str, Any]) -> list[str]:
    recipients = signal.get("to") or []
    if not isinstance(recipients, list):
        raise SignalTargetUnknown('Signal "to" field invalid format: it must be an array of connection ids')
    if None in recipients:
        raise SignalTargetUnknown('Signal "to" field invalid format: null')
    if not all(isinstance(recipient, str) for recipient in recipients):
        raise SignalTargetUnknown('Signal "to" field invalid format: it must contain strings only')
    return recipients
