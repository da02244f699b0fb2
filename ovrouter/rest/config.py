"""``/openvidu/api/config`` (warm)."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response

from ovrouter.config import Config
from ovrouter.rest.backend import backend
from ovrouter.rest.operation import operation
from ovrouter.rest.responses import json_response
from ovrouter.session import PROTOCOL_VERSION

__all__ = ["configuration"]

configuration = Blueprint("configuration", __name__, url_prefix="/openvidu/api/config")

_STREAMS = (
    "OPENVIDU_STREAMS_VIDEO_MAX_RECV_BANDWIDTH",
    "OPENVIDU_STREAMS_VIDEO_MIN_RECV_BANDWIDTH",
    "OPENVIDU_STREAMS_VIDEO_MAX_SEND_BANDWIDTH",
    "OPENVIDU_STREAMS_VIDEO_MIN_SEND_BANDWIDTH",
    "OPENVIDU_STREAMS_FORCED_VIDEO_CODEC",
    "OPENVIDU_STREAMS_ALLOW_TRANSCODING",
    "OPENVIDU_WEBRTC_SIMULCAST",
    "OPENVIDU_SESSIONS_GARBAGE_INTERVAL",
    "OPENVIDU_SESSIONS_GARBAGE_THRESHOLD",
    "OPENVIDU_RECORDING",
)
_RECORDING = (
    "OPENVIDU_RECORDING_VERSION",
    "OPENVIDU_RECORDING_PATH",
    "OPENVIDU_RECORDING_PUBLIC_ACCESS",
    "OPENVIDU_RECORDING_NOTIFICATION",
    "OPENVIDU_RECORDING_CUSTOM_LAYOUT",
    "OPENVIDU_RECORDING_AUTOSTOP_TIMEOUT",
)
_WEBHOOK = (
    "OPENVIDU_WEBHOOK_ENDPOINT",
    "OPENVIDU_WEBHOOK_HEADERS",
    "OPENVIDU_WEBHOOK_EVENTS",
)

_STATISTICS = (
    "OPENVIDU_PRO_STATS_SESSION_INTERVAL",
    "OPENVIDU_PRO_STATS_SERVER_INTERVAL",
    "OPENVIDU_PRO_STATS_MONITORING_INTERVAL",
    "OPENVIDU_PRO_STATS_WEBRTC_INTERVAL",
)
_CLUSTER = (
    "OPENVIDU_PRO_CLUSTER_ID",
    "OPENVIDU_PRO_CLUSTER_ENVIRONMENT",
    "OPENVIDU_PRO_CLUSTER_MEDIA_NODES",
    "OPENVIDU_PRO_CLUSTER_PATH",
    "OPENVIDU_PRO_CLUSTER_RECONNECTION_TIMEOUT",
    "OPENVIDU_PRO_CLUSTER_AUTOSCALING",
)
_AUTOSCALING = (
    "OPENVIDU_PRO_CLUSTER_AUTOSCALING_MAX_NODES",
    "OPENVIDU_PRO_CLUSTER_AUTOSCALING_MIN_NODES",
    "OPENVIDU_PRO_CLUSTER_AUTOSCALING_MAX_LOAD",
    "OPENVIDU_PRO_CLUSTER_AUTOSCALING_MIN_LOAD",
)


@configuration.get("")
@operation({200: ("always", dict[str, Any])})
async def get() -> Response:
    """Return the configuration that applications may know."""
    config = backend().config
    return json_response(config_json(config) | _pro_json(config))


@configuration.get("/openvidu-version")
@operation({200: ("always", str)})
async def version() -> Response:
    """Return the OpenVidu release this server speaks as."""
    return Response(PROTOCOL_VERSION, mimetype="text/plain")


@configuration.get("/openvidu-publicurl")
@operation({200: ("always", str)})
async def public_url() -> Response:
    """Return the address of this server, with a trailing slash. Open to anybody."""
    return Response(backend().config.public_url + "/", mimetype="text/plain")


@configuration.get("/openvidu-recording")
@operation({200: ("always", bool)})
async def recording() -> Response:
    """Return whether recording is on."""
    return json_response(backend().config.openvidu_recording)


@configuration.get("/openvidu-recording-path")
@operation({200: ("always", str)})
async def recording_path() -> Response:
    """Return where recordings are kept."""
    return Response(backend().config.openvidu_recording_path, mimetype="text/plain")


@configuration.get("/openvidu-cdr")
@operation({200: ("always", bool)})
async def cdr() -> Response:
    """Return whether events are logged to files."""
    return json_response(backend().config.openvidu_cdr)


def config_json(config: Config) -> dict[str, Any]:
    """The documented members of every edition in their documented order; the secret is not among them."""
    shown = {
        "VERSION": PROTOCOL_VERSION,
        "OPENVIDU_SERVER_DEPENDENCY_VERSION": PROTOCOL_VERSION,
        "DOMAIN_OR_PUBLIC_IP": config.domain_or_public_ip,
        "HTTPS_PORT": config.https_port,
        "OPENVIDU_PUBLICURL": config.public_url,
        "OPENVIDU_CDR": config.openvidu_cdr,
    }
    if config.openvidu_cdr:
        shown |= _values(config, ("OPENVIDU_CDR_PATH",))
    shown |= _values(config, _STREAMS)
    if config.openvidu_recording:
        shown |= _values(config, _RECORDING)
        if config.openvidu_recording_composed_url:
            shown |= _values(config, ("OPENVIDU_RECORDING_COMPOSED_URL",))
    shown |= _values(config, ("OPENVIDU_WEBHOOK",))
    if config.openvidu_webhook:
        shown |= _values(config, _WEBHOOK)
    return shown


def _pro_json(config: Config) -> dict[str, Any]:
    """The members that OpenVidu Pro adds. What needs Elasticsearch is off: nothing is sent there."""
    shown = _values(config, ("OPENVIDU_EDITION", "OPENVIDU_ENTERPRISE_MEDIA_SERVER"))
    shown |= {"KMS_URIS": [node.identity.uri for node in backend().registry.nodes.all()]}
    shown |= _values(config, _STATISTICS + _CLUSTER)
    if config.openvidu_pro_cluster_autoscaling:
        shown |= _values(config, _AUTOSCALING)
    shown |= _values(config, ("OPENVIDU_PRO_NETWORK_QUALITY",))
    if config.openvidu_pro_network_quality:
        shown |= _values(config, ("OPENVIDU_PRO_NETWORK_QUALITY_INTERVAL",))
    shown |= {"OPENVIDU_PRO_ELASTICSEARCH": False, "OPENVIDU_PRO_KIBANA": False}
    return shown | _values(config, ("OPENVIDU_PRO_RECORDING_STORAGE", "OPENVIDU_PRO_SPEECH_TO_TEXT"))


def _values(config: Config, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(config, name.lower()) for name in names}
