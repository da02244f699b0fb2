"""Creating Connections, and clients joining with them. Cold."""

from __future__ import annotations

import hmac

from ovrouter import ids
from ovrouter.errors import SessionClosing, TokenInvalid, TooManyPendingConnections
from ovrouter.session.connection import Connection
from ovrouter.session.ice import configured_ice_servers, own_turn_server
from ovrouter.session.properties import ConnectionProperties, Role
from ovrouter.session.requests import JoinRequest
from ovrouter.session.room import Room
from ovrouter.session.token import token_url, token_value_in
from ovrouter.session.turn import mint_credentials

__all__ = ["MAX_PENDING_CONNECTIONS", "create_connection", "join"]

MAX_PENDING_CONNECTIONS = 10_000
"""Per Session. A Connection that nobody takes lives as long as its Session; no Session has an audience near this."""

_RECORDER_ID = "RECORDER"
_STT_ID = "SPEECH_TO_TEXT"


def create_connection(room: Room, properties: ConnectionProperties) -> Connection:
    """A pending Connection. Raises SessionClosing, TooManyPendingConnections."""
    _require_open(room)
    if len(room.pending) >= MAX_PENDING_CONNECTIONS:
        raise TooManyPendingConnections(
            f"Session {room.id} has {MAX_PENDING_CONNECTIONS} Connections that nobody took: delete some of them"
        )
    connection = _new_connection(room, ids.connection_id(), properties)
    room.pending[connection.token_value] = connection
    return connection


def join(room: Room, request: JoinRequest) -> Connection:
    """Let a client in. Raises TokenInvalid, SessionClosing, NoMediaNode; the token is used up only on success."""
    connection = _insecure_connection(room, request) if _knows_secret(room, request) else _pending(room, request)
    _require_open(room)
    if room.media_node_id is None:
        room.media_node_id = room.place()
    room.pending.pop(connection.token_value, None)
    connection.active_at_ms = room.now_ms()
    connection.client_data = request.client_data
    connection.platform = request.platform
    connection.ip = request.ip
    room.connections[connection.id] = connection
    if not connection.is_internal:
        room.is_active = True
        room.announce.joined(connection, room.others(connection.id))
    return connection


def _require_open(room: Room) -> None:
    if room.is_destroyed:
        raise SessionClosing(f"Unable to join the session. Session {room.id} is closed")
    if room.closing_reason is not None:
        raise SessionClosing(f"Unable to join the session. Session {room.id} was in the process of closing")


def _knows_secret(room: Room, request: JoinRequest) -> bool:
    secret = room.config.openvidu_secret
    return bool(secret) and hmac.compare_digest(request.secret.encode("utf-8", "surrogatepass"), secret.encode())


def _pending(room: Room, request: JoinRequest) -> Connection:
    # A hash lookup compares whole strings of equal (keyed) hash only: timing tells nothing of other tokens.
    connection = room.pending.get(token_value_in(request.token))
    if connection is None:
        raise TokenInvalid(f"Unable to join session {room.id}. Token {request.token} is not valid")
    return connection


def _insecure_connection(room: Room, request: JoinRequest) -> Connection:
    """A Connection made on the spot for a participant that knows the server's secret."""
    connection = _new_connection(room, _insecure_id(room, request), ConnectionProperties(role=Role.SUBSCRIBER))
    connection.is_insecure = True
    connection.is_internal = request.recorder or request.stt
    return connection


def _insecure_id(room: Room, request: JoinRequest) -> str:
    fresh_id = ids.connection_id()
    if not (request.recorder or request.stt):
        return fresh_id
    well_known = _RECORDER_ID if request.recorder else _STT_ID
    # A recording and a broadcast may run at once: the second recorder needs an id of its own.
    return f"{well_known}_{fresh_id}" if well_known in room.connections else well_known


def _new_connection(room: Room, connection_id: str, properties: ConnectionProperties) -> Connection:
    now_ms = room.now_ms()
    turn = mint_credentials(room.config.turn_secret, now_ms)
    token_value = ids.token_value()
    custom_ice_servers = properties.custom_ice_servers or configured_ice_servers(room.config, now_ms)
    return Connection(
        id=connection_id,
        session_id=room.id,
        created_at_ms=now_ms,
        token=token_url(room.config, room.id, token_value, properties.role, turn),
        token_value=token_value,
        role=properties.role,
        record=properties.record,
        server_data=properties.server_data,
        kurento_options=properties.kurento_options,
        custom_ice_servers=custom_ice_servers,
        turn=turn,
        ice_servers=custom_ice_servers or (own_turn_server(room.config, turn),),
    )
