"""``/ovrouter/metrics``: what monitoring collects, in the text format of Prometheus; see docs/metrics.md (warm)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from quart import Blueprint, Response

from ovrouter.medianode import NodeDescription, NodeLoad
from ovrouter.rest.backend import backend
from ovrouter.rest.operation import operation
from ovrouter.session import SessionRegistry

__all__ = ["metrics"]

metrics = Blueprint("metrics", __name__, url_prefix="/ovrouter/metrics")

COUNTED = {
    "received_packets": ("ovrouter_received_packets", "Packets of media that came in."),
    "forwarded_packets": ("ovrouter_forwarded_packets", "Copies of media packets that went out for the first time."),
    "system_calls": ("ovrouter_media_system_calls", "Calls that received or sent datagrams."),
}
"""By the name of the counter: name and help of the metric."""
PRESENT = {
    "transports": ("ovrouter_transports", "PeerConnections and local consumers."),
    "up_tracks": ("ovrouter_up_tracks", "Published tracks, with those that stand for them on other workers."),
    "down_tracks": ("ovrouter_down_tracks", "Copies of tracks for subscribers and local consumers."),
    "validated_addresses": ("ovrouter_validated_addresses", "Addresses that passed an authenticated check."),
}
DROPPED = "dropped_"


@metrics.get("")
@operation({200: ("always", str)})
async def get() -> Response:
    """Return counters and gauges for a Prometheus server to collect."""
    media = backend().media
    load, node, counters = await media.load(), await media.describe(), await media.counters()
    registry = CollectorRegistry()
    registry.register(_Collected(backend().registry, load, node, counters))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Collected(Collector):
    """What was asked for beforehand: collecting cannot wait."""

    def __init__(
        self, sessions: SessionRegistry, load: NodeLoad, node: NodeDescription, counters: Mapping[str, int]
    ) -> None:
        self._sessions = [session for session in sessions.sessions() if session.is_active]
        self._load = load
        self._node = node
        self._counters = counters

    def collect(self) -> Iterator[Metric]:
        yield from self._control_plane()
        yield GaugeMetricFamily("ovrouter_links", "Streams published and subscriptions.", self._load.links)
        yield GaugeMetricFamily("ovrouter_cpu_ratio", "CPU time, of all cores.", self._load.cpu_percent / 100)
        yield GaugeMetricFamily("ovrouter_resident_memory_bytes", "Memory in RAM.", self._node.memory_bytes)
        yield from self._packet_path()

    def _control_plane(self) -> Iterator[Metric]:
        connections = [each for session in self._sessions for each in session.visible_connections]
        streams = sum(connection.stream is not None for connection in connections)
        subscriptions = sum(len(connection.subscriptions) for connection in connections)
        recorded = sum(session.recording is not None for session in self._sessions)
        yield GaugeMetricFamily("ovrouter_sessions", "Sessions with somebody in them.", len(self._sessions))
        yield GaugeMetricFamily("ovrouter_connections", "Participants.", len(connections))
        yield GaugeMetricFamily("ovrouter_streams", "Published streams.", streams)
        yield GaugeMetricFamily("ovrouter_subscriptions", "Streams that participants receive.", subscriptions)
        yield GaugeMetricFamily("ovrouter_recorded_sessions", "Sessions that are being recorded.", recorded)

    def _packet_path(self) -> Iterator[Metric]:
        for counter, (name, help) in COUNTED.items():
            yield CounterMetricFamily(name, help, self._counters.get(counter, 0))
        for counter, (name, help) in PRESENT.items():
            yield GaugeMetricFamily(name, help, self._counters.get(counter, 0))
        dropped = CounterMetricFamily("ovrouter_dropped_packets", "Packets that went no further.", labels=["reason"])
        for counter, value in self._counters.items():
            if counter.startswith(DROPPED):
                dropped.add_metric([counter.removeprefix(DROPPED).removesuffix("_packets")], value)
        yield dropped
