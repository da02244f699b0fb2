"""joinRoom and leaveRoom (cold)."""

from __future__ import annotations

from ovrouter.config import Config
from ovrouter.errors import SessionNotFound
from ovrouter.events import EndReason
from ovrouter.secret_guesses import SecretGuesses
from ovrouter.session import (
    PROTOCOL_VERSION,
    JoinRequest,
    Session,
    SessionRegistry,
    ice_server_json,
    participant_json,
)
from ovrouter.signaling.handshake import Client
from ovrouter.signaling.methods.participant import Participant, Result
from ovrouter.signaling.params import Params

__all__ = ["join_result", "join_room", "leave_room"]


def join_room(
    registry: SessionRegistry, guesses: SecretGuesses, client: Client, params: Params, now_s: float
) -> Participant:
    """Raises InvalidParams, SessionNotFound, TokenInvalid, SessionClosing, NoMediaNode."""
    request = JoinRequest(
        token=params.string("token"),
        secret=guesses.admit(params.string("secret"), client.ip, now_s),
        client_data=params.string("metadata"),
        platform=params.optional_string("platform") or "unknown",
        ip=client.ip,
        recorder=params.optional_boolean("recorder") or False,
        stt=params.optional_boolean("stt") or False,
    )
    session = _session(registry, params.string("session"))
    return Participant(session, session.join(request))


def join_result(participant: Participant, client: Client, config: Config) -> Result:
    """What the joiner is told about itself, the server, and who is there."""
    connection, media_server = participant.connection, config.openvidu_enterprise_media_server
    others = (other for other in participant.session.visible_connections if other is not connection)
    return {
        "id": connection.id,
        "finalUserId": None if connection.is_internal else client.final_user_id,
        "createdAt": connection.active_at_ms,
        "metadata": connection.metadata,
        "value": [participant_json(other) for other in others],
        "session": participant.session.id,
        "version": PROTOCOL_VERSION,
        "mediaServer": media_server,
        "videoSimulcast": media_server == "mediasoup" and config.openvidu_webrtc_simulcast,
        "record": connection.record,
        "role": connection.role.value,
        "coturnIp": config.turn_host,
        "coturnPort": config.turn_port,
        "turnUsername": connection.turn.username,
        "turnCredential": connection.turn.credential,
        "customIceServers": [ice_server_json(server) for server in connection.ice_servers],
        **_recording(participant),
    }


def _recording(participant: Participant) -> Result:
    """Who joins while a recording is under way is told of it at once."""
    recording = participant.session.recording
    if recording is None or not participant.session.is_told_of_recording(participant.connection):
        return {}
    return {"recordingId": recording.id, "recordingName": recording.name}


async def leave_room(caller: Participant, params: Params) -> Result:
    """Leave the Session."""
    await caller.session.leave(caller.id, EndReason.DISCONNECT)
    return {}


def _session(registry: SessionRegistry, session_id: str) -> Session:
    try:
        return registry.get(session_id)
    except SessionNotFound:
        raise SessionNotFound(f"Unable to join session. Session {session_id} cannot be found") from None
