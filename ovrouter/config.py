"""Every setting: name, type, default, meaning (contract: standard library only).

:class:`Config` is the one table. A field's name is the setting's name in lower case; the sample file, the checks and
the documentation are made from it.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

from ovrouter.setting_types import (
    SettingType,
    address_pairs,
    boolean,
    enum,
    event_names,
    folder,
    headers,
    host,
    ice_servers,
    integer,
    ip,
    ip_list,
    json_map,
    log_levels,
    network_list,
    path,
    port,
    port_or_zero,
    reconnection_timeout,
    secret,
    strings,
    text,
    url,
)

__all__ = ["PUBLIC_DEFAULT_SECRET", "Config", "Setting", "Use", "default_data_dir", "settings"]

PUBLIC_DEFAULT_SECRET = "MY_SECRET"  # noqa: S105 - the value every OpenVidu tutorial prints
"""Refused wherever somebody else could try it."""

WEBHOOK_EVENTS = (
    "sessionCreated",
    "sessionDestroyed",
    "participantJoined",
    "participantLeft",
    "webrtcConnectionCreated",
    "webrtcConnectionDestroyed",
    "recordingStatusChanged",
    "filterEventDispatched",
    "signalSent",
    "mediaNodeStatusChanged",
    "autoscaling",
    "nodeCrashed",
    "nodeRecovered",
    "broadcastStarted",
    "broadcastStopped",
)
CLUSTER_EVENTS = ("HANodeRegistered", "HANodeDeregistered")
"""May be asked for as well."""


class Use(Enum):
    """What becomes of a setting."""

    ACTIVE = "read"
    LATER = "accepted; the feature is not in this release"
    NEVER = "accepted; does nothing here"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table."""

    name: str
    field_name: str
    section: str
    type: SettingType
    default: Any
    meaning: str
    use: Use
    is_secret: bool

    @property
    def is_active(self) -> bool:
        """Whether this release reads it."""
        return self.use is Use.ACTIVE

    def idle_note(self, value: Any) -> str | None:
        """Say in one line why giving *value* changes nothing; None if it may change something."""
        match self.use:
            case Use.ACTIVE:
                return None
            case Use.LATER:
                return None if value == self.default else f"{self.name}: {self.use.value}"
            case Use.NEVER:
                return f"{self.name}: {self.use.value}: {self.meaning}"


def default_data_dir() -> Path:
    """Return where the secret and the like are kept unless ``OVROUTER_DATA_DIR`` says otherwise."""
    if os.geteuid() == 0:
        return Path("/var/lib/ovrouter")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "ovrouter"


def _metadata(section: str, use: Use, kind: SettingType, meaning: str, *, is_secret: bool = False) -> dict[str, Any]:
    return {"section": section, "use": use, "type": kind, "meaning": meaning, "is_secret": is_secret}


def _row(section: str, use: Use, kind: SettingType, default: Any, meaning: str = "", *, is_secret: bool = False) -> Any:
    return field(default=default, metadata=_metadata(section, use, kind, meaning, is_secret=is_secret))


_ours = partial(_row, "ovrouter", Use.ACTIVE)
_core = partial(_row, "Core", Use.ACTIVE)
_streams = partial(_row, "Streams and sessions", Use.ACTIVE)
_turn = partial(_row, "TURN and ICE", Use.ACTIVE)
_events = partial(_row, "Events", Use.ACTIVE)
_recording = partial(_row, "Recording", Use.ACTIVE)
_later = partial(_row, "Features to come", Use.LATER)
_never = partial(_row, "No meaning here", Use.NEVER)


@dataclass(frozen=True, repr=False)
class Config:
    """All settings of one router.

    ``Config()`` holds the defaults; :func:`ovrouter.load_config` reads the sources an operator has. Nothing is checked
    on construction: :func:`config_problems` looks at what must fit together.
    """

    # What OpenVidu does not have
    ovrouter_listen_ip: str = _ours(ip, "::", "address the HTTPS server binds; :: is every IPv4 and IPv6 address")
    ovrouter_media_ip: tuple[str, ...] = _ours(ip_list, (), "addresses given to clients for media; empty = discover")
    ovrouter_media_port: int = _ours(port_or_zero, 40000, "UDP port of the first worker; each other takes the next")
    ovrouter_hold_us: int = _ours(
        integer(0, 5000), 500, "microseconds that packets may wait for the rest of their frame; 0 = send at once"
    )
    ovrouter_workers: int = _ours(integer(0, 256), 0, "media threads; 0 = one per core")
    ovrouter_trace: str = _ours(
        text, "", "file for all that media threads receive, keys included, for ovrouter replay; empty = off"
    )
    ovrouter_data_dir: Path = field(
        default_factory=default_data_dir,
        metadata=_metadata(
            "ovrouter", Use.ACTIVE, folder, "where the secret, the certificate and events on their way are kept"
        ),
    )
    ovrouter_certificate: str = _ours(
        text, "", "PEM file of the certificate chain, if it is not where OpenVidu or certbot put it"
    )
    ovrouter_certificate_key: str = _ours(text, "", "PEM file of its private key")
    ovrouter_demo: bool = _ours(boolean, False, "the call page works without asking for the secret")
    ovrouter_log_level: str = _ours(
        log_levels, "info", "debug, info, warning or error; also of single topics, as in info,ice=debug"
    )

    # Core
    domain_or_public_ip: str = _core(host, "localhost", "host in the public URL and in tokens")
    openvidu_secret: str = _core(
        secret, "", "password of the REST API; a random one is made on first start when unset", is_secret=True
    )
    https_port: int = _core(port_or_zero, 4443, "port of HTTPS and WebSocket, also in URLs; 0 = any free one")
    certificate_type: str = _core(
        enum("selfsigned", "owncert", "letsencrypt"),
        "selfsigned",
        "made here, your own, or what certbot fetched for the domain",
    )
    server_port: int = _core(port_or_zero, 0, "port to listen on, if a proxy serves HTTPS_PORT; 0 = HTTPS_PORT")
    server_ssl_enabled: bool = _core(boolean, True, "false: listen for HTTP, not HTTPS, from a proxy that ends TLS")
    force_plain_http: bool = _core(boolean, False, "public URLs begin with http and ws")
    allowed_access_to_restapi: tuple[str, ...] = _core(
        network_list, (), "who may use the REST API; empty or all = everybody"
    )
    allowed_access_to_dashboard: tuple[str, ...] = _core(
        network_list, (), "who may use the call page, and the REST API with it"
    )
    support_deprecated_api: bool = _core(boolean, True, "also serve the REST paths of OpenVidu before 2.16")
    openvidu_enterprise_media_server: str = _core(
        enum("kurento", "mediasoup"),
        "mediasoup",
        "which of the two clients are told: who offers subscriptions",
    )
    openvidu_webrtc_simulcast: bool = _core(boolean, False, "tell clients to publish simulcast (with mediasoup)")

    media_nodes_public_ips: tuple[str, ...] = _core(
        address_pairs, (), '"private:public" pairs: what clients are given for addresses behind a 1:1 NAT'
    )

    openvidu_pro_cluster_id: str = _core(
        text, "", "clusterId of events about media nodes; a random one is kept when unset"
    )

    # Streams and sessions
    openvidu_streams_video_max_recv_bandwidth: int = _streams(
        integer(), 1000, "kbit/s of video that a publisher may send; 0 = unconstrained"
    )
    openvidu_streams_video_min_recv_bandwidth: int = _streams(integer(), 300, "lower bound of it")
    openvidu_streams_video_max_send_bandwidth: int = _streams(
        integer(), 1000, "kbit/s of video sent to one subscriber; 0 = unconstrained"
    )
    openvidu_streams_video_min_send_bandwidth: int = _streams(integer(), 300, "lower bound of it")
    openvidu_streams_forced_video_codec: str = _streams(
        enum("MEDIA_SERVER_PREFERRED", "NONE", "VP8", "VP9", "H264"),
        "MEDIA_SERVER_PREFERRED",
        "video codec that new sessions force; preferred is VP8 with kurento, NONE with mediasoup",
    )
    openvidu_streams_allow_transcoding: bool = _streams(boolean, False, "publishers without that codec may publish")
    openvidu_sessions_garbage_interval: int = _streams(
        integer(), 900, "seconds between sweeps of unused sessions; 0 = never"
    )
    openvidu_sessions_garbage_threshold: int = _streams(integer(), 3600, "age in seconds of a session to sweep")
    openvidu_pro_stats_webrtc_interval: int = _streams(
        integer(), 30, "seconds between statistics that clients send; 0 = off"
    )

    openvidu_pro_network_quality: bool = _streams(
        boolean, False, "rate the network of each publisher, and tell clients when it changes"
    )
    openvidu_pro_network_quality_interval: int = _streams(integer(1), 5, "seconds between these ratings")

    # TURN and ICE
    coturn_ip: str = _turn(ip, "", "TURN server given to clients; empty = DOMAIN_OR_PUBLIC_IP")
    coturn_port: int = _turn(port, 3478, "its port")
    coturn_shared_secret_key: str = _turn(
        text, "", "coturn's static-auth-secret; empty = OPENVIDU_SECRET", is_secret=True
    )
    coturn_min_port: int = _turn(port, 57001, "lowest port coturn relays from, for ovrouter coturn-config")
    coturn_max_port: int = _turn(port, 65535, "highest port coturn relays from")
    openvidu_webrtc_ice_servers: tuple[str, ...] = _turn(
        ice_servers,
        (),
        "instead of coturn: url=…,username=…,credential=… or url=…,staticAuthSecret=… or (STUN) url=…",
        is_secret=True,
    )

    # Events
    openvidu_cdr: bool = _events(boolean, False, "log events to files, a file for each day, kept for 30 days")
    openvidu_cdr_path: str = _events(path, "/opt/openvidu/cdr/", "folder of these files")
    openvidu_webhook: bool = _events(boolean, False, "send events to the application by HTTP POST")
    openvidu_webhook_endpoint: str = _events(url, "", "where to", is_secret=True)
    openvidu_webhook_headers: tuple[str, ...] = _events(
        headers, (), 'headers of these requests, each "Name: value"', is_secret=True
    )
    openvidu_webhook_events: tuple[str, ...] = _events(
        event_names(*WEBHOOK_EVENTS, *CLUSTER_EVENTS), WEBHOOK_EVENTS, "names of the events to send"
    )
    ovrouter_webhook_verify: bool = _events(boolean, True, "check the certificate of the endpoint")
    ovrouter_webhook_ca: str = _events(
        text, "", "PEM file of the authorities that may have signed it; empty = those the system trusts"
    )

    # Recording
    openvidu_recording: bool = _recording(boolean, False, "recording on or off")
    openvidu_recording_path: str = _recording(path, "/opt/openvidu/recordings/", "folder of the recordings")
    ovrouter_recording_min_free_mb: int = _recording(
        integer(), 200, "MiB that have to be free there, or no recording is started"
    )
    openvidu_recording_public_access: bool = _recording(boolean, False, "their files are served without the secret")
    openvidu_recording_notification: str = _recording(
        enum("none", "moderator", "publisher_moderator", "all"),
        "publisher_moderator",
        "roles of the clients that are told of recordings",
    )
    openvidu_recording_autostop_timeout: int = _recording(
        integer(), 120, "seconds for which a recording goes on with nobody to record; 0 = it ends with the last user"
    )
    openvidu_recording_custom_layout: str = _recording(
        path, "/opt/openvidu/custom-layout/", "folder of the web pages that CUSTOM layouts are"
    )
    openvidu_recording_composed_url: str = _recording(
        url, "", "where the browser that shows such a page finds this server; empty = its public URL"
    )
    openvidu_recording_composed_basicauth: bool = _recording(boolean, True, "put the secret into that URL")
    openvidu_pro_recording_storage: str = _recording(
        enum("local", "s3"), "local", "s3: finished recordings go to a bucket and leave the folder"
    )
    openvidu_pro_aws_s3_bucket: str = _recording(text, "", "the bucket, or bucket/folder")
    openvidu_pro_aws_s3_headers: str = _recording(
        json_map, "{}", "headers of the requests that store, such as x-amz-acl", is_secret=True
    )
    openvidu_pro_aws_s3_service_endpoint: str = _recording(url, "", "URL of a server that speaks S3; empty = Amazon's")
    openvidu_pro_aws_s3_with_path_style_access: bool = _recording(
        boolean, False, "the bucket is in the path of URLs, not in the host name"
    )
    openvidu_pro_aws_access_key: str = _recording(
        text, "", "id of the access key; empty = the machine's own credentials", is_secret=True
    )
    openvidu_pro_aws_secret_key: str = _recording(text, "", "the key itself", is_secret=True)
    openvidu_pro_aws_region: str = _recording(text, "", "region of the bucket; empty = us-east-1")
    openvidu_recording_version: str = _recording(text, "2.32.2", "shown in /config")
    openvidu_recording_debug: bool = _later(boolean, False)

    # Statistics, network quality, speech to text, client logs
    openvidu_pro_stats_session_interval: int = _later(integer(), 5)
    openvidu_pro_stats_server_interval: int = _later(integer(), 10)
    openvidu_pro_stats_monitoring_interval: int = _later(integer(), 10)
    openvidu_pro_speech_to_text: str = _later(enum("", "disabled", "azure", "aws", "vosk"), "")
    openvidu_pro_speech_to_text_azure_key: str = _later(text, "", is_secret=True)
    openvidu_pro_speech_to_text_azure_region: str = _later(text, "")
    openvidu_pro_speech_to_text_vosk_model_load_strategy: str = _later(enum("on_demand", "manual"), "on_demand")
    openvidu_browser_logs: str = _later(enum("disabled", "debug", "debug_app"), "disabled")

    # Cluster
    openvidu_pro_cluster_environment: str = _later(enum("docker", "on_premise", "aws"), "on_premise")
    openvidu_pro_cluster_media_nodes: int = _later(integer(), 1)
    openvidu_pro_cluster_reconnection_timeout: int = _later(reconnection_timeout, -1)
    openvidu_pro_cluster_autoscaling: bool = _later(boolean, False)
    openvidu_pro_cluster_autoscaling_max_nodes: int = _later(integer(), 2)
    openvidu_pro_cluster_autoscaling_min_nodes: int = _later(integer(), 1)
    openvidu_pro_cluster_autoscaling_max_load: int = _later(integer(0, 100), 70)
    openvidu_pro_cluster_autoscaling_min_load: int = _later(integer(0, 100), 20)
    openvidu_pro_cluster_path: str = _later(path, "/opt/openvidu/cluster/")
    openvidu_enterprise_ha_node_private_ip: str = _later(ip, "")
    openvidu_enterprise_ha_redis_host: str = _later(text, "")
    openvidu_enterprise_ha_redis_port: str = _later(text, "")
    openvidu_enterprise_ha_redis_password: str = _later(text, "", is_secret=True)
    openvidu_enterprise_ha_redis_database: str = _later(text, "replicationmanager")
    openvidu_enterprise_ha_redis_timeout: int = _later(integer(), 5)
    openvidu_enterprise_ha_s3_config_service_endpoint: str = _later(text, "")
    openvidu_enterprise_ha_s3_config_bucket: str = _later(text, "")
    openvidu_enterprise_ha_s3_config_access_key: str = _later(text, "", is_secret=True)
    openvidu_enterprise_ha_s3_config_secret_key: str = _later(text, "", is_secret=True)
    openvidu_enterprise_ha_s3_config_region: str = _later(text, "")
    openvidu_enterprise_ha_s3_config_path_style_access: bool = _later(boolean, True)
    openvidu_enterprise_ha_s3_config_headers: str = _later(json_map, "{}", is_secret=True)

    # Containers, proxy, JVM, licence; the last text says why it does nothing
    openvidu_edition: str = _never(enum("ce", "pro", "enterprise"), "pro", "there is one edition, with everything")
    openvidu_dev: bool = _never(boolean, False, "for developers of OpenVidu")
    openvidu_pro_license: str = _never(text, "", "no licence is needed", is_secret=True)
    openvidu_pro_license_http_proxy: str = _never(text, "", "no licence is asked for")
    openvidu_pro_private_ip: str = _never(ip, "", "see OVROUTER_MEDIA_IP")
    openvidu_pro_cluster_test: bool = _never(boolean, False, "for developers of OpenVidu")
    openvidu_pro_elasticsearch: bool = _never(boolean, True, "nothing is sent to Elasticsearch")
    openvidu_pro_elasticsearch_host: str = _never(url, "http://localhost:9200", "nothing is sent to Elasticsearch")
    openvidu_pro_elasticsearch_max_days_delete: int = _never(integer(), 7, "nothing is sent to Elasticsearch")
    openvidu_pro_kibana_host: str = _never(url, "http://localhost:5601", "nothing is sent to Elasticsearch")
    elasticsearch_username: str = _never(text, "", "nothing is sent to Elasticsearch")
    elasticsearch_password: str = _never(text, "", "nothing is sent to Elasticsearch", is_secret=True)
    openvidu_pro_docker_registries: tuple[str, ...] = _never(strings, (), "there are no containers", is_secret=True)
    openvidu_pro_speech_to_text_image: str = _never(text, "", "there are no containers")
    openvidu_recording_image: str = _never(text, "openvidu/openvidu-record:2.32.2", "there are no containers")
    openvidu_recording_enable_gpu: bool = _never(boolean, False, "recording needs no GPU")
    openvidu_pro_coturn_in_media_nodes: bool = _never(boolean, False, "coturn runs where you start it")
    openvidu_pro_coturn_port_media_nodes: int = _never(port, 443, "see COTURN_PORT")
    openvidu_pro_media_node_public_ip_autodiscover: str = _never(
        enum("", "auto-ipv4", "auto-ipv6"), "", "see MEDIA_NODES_PUBLIC_IPS"
    )
    openvidu_enterprise_s3_config_autorestart: bool = _never(boolean, True, "settings are not kept in S3")
    http_port: int = _never(port, 80, "only HTTPS is served; see HTTPS_PORT")
    dotenv_path: str = _never(text, ".", "read from the process environment only: the folder of .env")
    kms_uris: tuple[str, ...] = _never(strings, (), "media is routed in this process")
    kms_image: str = _never(text, "", "there are no containers")
    kms_min_port: int = _never(port, 40000, "see OVROUTER_MEDIA_PORT")
    kms_max_port: int = _never(port, 57000, "see OVROUTER_MEDIA_PORT")
    mediasoup_image: str = _never(text, "", "there are no containers")
    letsencrypt_email: str = _never(text, "", "certbot fetches certificates, and asks for it itself")
    redirect_www: str = _never(text, "false", "there is no proxy")
    worker_connections: str = _never(text, "10240", "there is no proxy")
    java_options: str = _never(text, "", "there is no Java")
    ov_ce_debug_level: str = _never(text, "", "see OVROUTER_LOG_LEVEL")
    coturn_internal_relay: bool = _never(boolean, False, "media is answered to whatever address coturn relays from")

    @property
    def public_url(self) -> str:
        """``https://host[:port]``, the port left out when it is 443."""
        return ("http" if self.force_plain_http else "https") + self._authority

    @property
    def websocket_url(self) -> str:
        """``wss://host[:port]``, what tokens begin with."""
        return ("ws" if self.force_plain_http else "wss") + self._authority

    @property
    def listen_port(self) -> int:
        """Port of this process, which a proxy may stand before."""
        return self.server_port or self.https_port

    @property
    def turn_host(self) -> str:
        """Host of the TURN server that clients are given."""
        is_set = self.coturn_ip and not self.coturn_ip.startswith("auto-")
        return self.coturn_ip if is_set else self.domain_or_public_ip

    @property
    def turn_port(self) -> int:
        """Its port."""
        return self.coturn_port

    @property
    def turn_secret(self) -> str:
        """Key of the TURN credentials' HMAC."""
        return self.coturn_shared_secret_key or self.openvidu_secret

    @property
    def listens_on_loopback_only(self) -> bool:
        """Whether only programs on this machine reach the HTTPS server."""
        if self.ovrouter_listen_ip == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.ovrouter_listen_ip).is_loopback
        except ValueError:
            return False

    @property
    def _authority(self) -> str:
        named = self.domain_or_public_ip
        bracketed = f"[{named}]" if ":" in named else named
        return f"://{bracketed}" if self.https_port == 443 else f"://{bracketed}:{self.https_port}"

    def __repr__(self) -> str:
        """Only what differs from the defaults, secrets masked: fit for a log."""
        shown = []
        for setting in settings():
            value = getattr(self, setting.field_name)
            if value != setting.default:
                shown.append(f"{setting.field_name}={'***' if setting.is_secret else repr(value)}")
        return f"Config({', '.join(shown)})"


def settings() -> tuple[Setting, ...]:
    """Return the rows of the table, in its order."""
    return tuple(_setting(row) for row in fields(Config))


def _setting(row: Field[Any]) -> Setting:
    default = row.default_factory() if row.default_factory is not MISSING else row.default
    return Setting(name=row.name.upper(), field_name=row.name, default=default, **row.metadata)
