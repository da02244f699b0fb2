"""Connections and streams as OpenVidu's JSON, member order included. Cold."""

from __future__ import annotations

from typing import Any

from ovrouter.session.connection import Connection
from ovrouter.session.properties import IceServer, KurentoOptions
from ovrouter.session.stream import Stream, Subscription

__all__ = [
    "connection_json",
    "ice_server_json",
    "participant_json",
    "stream_json",
    "token_json",
]

Json = dict[str, Any]


def connection_json(connection: Connection) -> Json:
    """The Connection object of REST; what only a client brings is null until one has joined."""
    is_active = connection.is_active
    identity = {
        "id": connection.id,
        "object": "connection",
        "status": "active" if is_active else "pending",
        "connectionId": connection.id,
        "sessionId": connection.session_id,
        "createdAt": connection.created_at_ms,
    }
    if is_active:
        return (
            identity
            | _client_json(connection)
            | {"token": connection.token}
            | _settings_json(connection)
            | {
                "serverData": connection.server_data,
                "clientData": connection.client_data,
                "publishers": [] if connection.stream is None else [_publisher_json(connection.stream)],
                "subscribers": [_subscriber_json(subscription) for subscription in connection.subscriptions.values()],
            }
        )
    return (
        identity
        | _settings_json(connection)
        | {
            "serverData": connection.server_data,
            "token": connection.token,
            **dict.fromkeys(("activeAt", "location", "ip", "platform", "clientData", "publishers", "subscribers")),
        }
    )


def token_json(connection: Connection) -> Json:
    """The answer of the deprecated tokens resource."""
    options = connection.kurento_options
    return {
        "id": connection.token,
        "token": connection.token,
        "connectionId": connection.id,
        "createdAt": connection.created_at_ms,
        "session": connection.session_id,
        "role": connection.role.value,
        "data": connection.server_data,
        "record": connection.record,
        **({} if options is None else {"kurentoOptions": _kurento_options_json(options)}),
    }


def participant_json(connection: Connection) -> Json:
    """A participant as the others see it. It never has a ``role``, and ``streams`` only if it publishes."""
    return {
        "id": connection.id,
        "createdAt": connection.active_at_ms,
        "metadata": connection.metadata,
        **({} if connection.stream is None else {"streams": [stream_json(connection.stream)]}),
    }


def stream_json(stream: Stream) -> Json:
    """A stream as clients see it; what its publisher did not say is left out."""
    members = {
        "id": stream.id,
        "createdAt": stream.created_at_ms,
        "hasAudio": stream.has_audio,
        "hasVideo": stream.has_video,
        "audioActive": stream.audio_active if stream.has_audio else None,
        "videoActive": stream.video_active if stream.has_video else None,
        "typeOfVideo": stream.type_of_video,
        "frameRate": stream.frame_rate,
        "videoDimensions": stream.video_dimensions if stream.has_video else None,
        "filter": dict(stream.filter),
    }
    return _without_null(members)


def ice_server_json(server: IceServer) -> Json:
    """``{url, username?, credential?}``."""
    return _without_null({"url": server.url, "username": server.username, "credential": server.credential})


def _client_json(connection: Connection) -> Json:
    return {
        "activeAt": connection.active_at_ms,
        "location": connection.location,
        "ip": connection.ip,
        "platform": connection.platform,
    }


def _settings_json(connection: Connection) -> Json:
    options = connection.kurento_options
    return {
        "type": "WEBRTC",
        "record": connection.record,
        "role": connection.role.value,
        "kurentoOptions": None if options is None else _kurento_options_json(options),
        "customIceServers": [ice_server_json(server) for server in connection.custom_ice_servers],
        **dict.fromkeys(("rtspUri", "adaptativeBitrate", "onlyPlayWithSubscribers", "networkCache")),
    }


def _publisher_json(stream: Stream) -> Json:
    return {"createdAt": stream.created_at_ms, "streamId": stream.id, "mediaOptions": _media_options_json(stream)}


def _subscriber_json(subscription: Subscription) -> Json:
    return {"createdAt": subscription.created_at_ms, "streamId": subscription.stream.id}


def _media_options_json(stream: Stream) -> Json:
    audio = {"audioActive": stream.audio_active} if stream.has_audio else {}
    video = {
        "videoActive": stream.video_active,
        "typeOfVideo": stream.type_of_video,
        "frameRate": stream.frame_rate,
        "videoDimensions": stream.video_dimensions,
    }
    return {
        "hasAudio": stream.has_audio,
        **audio,
        "hasVideo": stream.has_video,
        **(video if stream.has_video else {}),
        "filter": dict(stream.filter),
    }


def _kurento_options_json(options: KurentoOptions) -> Json:
    """Only what was given."""
    return _without_null(
        {
            "videoMaxRecvBandwidth": options.video_max_recv_bandwidth,
            "videoMinRecvBandwidth": options.video_min_recv_bandwidth,
            "videoMaxSendBandwidth": options.video_max_send_bandwidth,
            "videoMinSendBandwidth": options.video_min_send_bandwidth,
            "allowedFilters": list(options.allowed_filters) or None,
        }
    )


def _without_null(members: Json) -> Json:
    return {name: value for name, value in members.items() if value is not None}
