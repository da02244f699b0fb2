"""Network namespaces around the router's: behind it a bottleneck's and then the peers', for each path (warm)."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from benchmarks.simulation.faults import Faults

__all__ = ["ROUTER_IP", "Namespaces", "Way"]

ROUTER_IP: Final = "10.77.255.1"
_CLONE_NEWNET: Final = 0x40000000
_HEADER_BYTES: Final = 42
"""Ethernet, IPv4 and UDP. Capacities are those of datagrams, as in the emulated network."""
_BURST_US: Final = 10_000
"""What a late timer of the kernel may cost no capacity."""
_BURST_MIN_BYTES: Final = 1600
_LIBC: Final = ctypes.CDLL(None, use_errno=True)

_PATH: Final = """
link add {here} netns {router} type veth peer name near netns {bottleneck}
link add far netns {bottleneck} type veth peer name near netns {peers}
"""
# Joined datagrams would be lost together.
_ROUTER_END: Final = """
addr add 10.77.{n}.1/30 dev {here}
link set {here} gso_max_segs 1 up
route add 10.77.{n}.4/30 via 10.77.{n}.2
"""
_BOTTLENECK: Final = """
addr add 10.77.{n}.2/30 dev near
addr add 10.77.{n}.5/30 dev far
link set near up
link set far up
route add default via 10.77.{n}.1
"""
_PEERS: Final = """
addr add 10.77.{n}.6/30 dev near
link set near gso_max_segs 1 up
route add default via 10.77.{n}.5
"""

# RTP and RTCP only, told by their first two bits: what is lost of connectivity checks is another matter.
_FAULTS: Final = """
table inet faults {{
  chain arriving {{
    type filter hook input priority 0
    meta l4proto udp @th,64,2 2 numgen random mod 10000 < {share} drop
  }}
  chain leaving {{
    type filter hook output priority 0
    meta l4proto udp @th,64,2 2 numgen random mod 10000 < {share} drop
  }}
}}
"""


@dataclass(frozen=True)
class Way:
    """One direction of a path: between which namespaces, through which, by which of its interfaces."""

    number: int
    from_end: str
    to_end: str
    to_ip: str
    bottleneck: str
    entrance: str
    exit: str


class Namespaces:
    """The router's namespace and those behind it, gone when left. Raises CalledProcessError without root."""

    def __init__(self) -> None:
        self._prefix = f"ovr{os.getpid()}"
        self._stack = ExitStack()
        self._count = 0
        self.router = f"{self._prefix}r"

    def __enter__(self) -> Self:
        self._add(self.router)
        _run(f"ip -n {self.router} addr add {ROUTER_IP}/32 dev lo")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add(self, faults: Faults) -> tuple[Way, Way]:
        """Another path behind the router: the way out and the way back."""
        self._count += 1
        bottleneck, peers = f"{self._prefix}b{self._count}", f"{self._prefix}p{self._count}"
        names = {"n": self._count, "router": self.router, "bottleneck": bottleneck, "peers": peers}
        names["here"] = f"path{self._count}"
        self._add(bottleneck)
        self._add(peers)
        _run("ip -batch -", _PATH.format(**names))
        for end, text in ((bottleneck, _BOTTLENECK), (self.router, _ROUTER_END), (peers, _PEERS)):
            self.configure(end, text.format(**names))
        if faults.loss:
            _run(f"ip netns exec {peers} nft -f -", _FAULTS.format(share=int(faults.loss * 10_000)))
        return (
            Way(self._count, self.router, peers, f"10.77.{self._count}.6", bottleneck, "near", "far"),
            Way(self._count, peers, self.router, f"10.77.{self._count}.1", bottleneck, "far", "near"),
        )

    def configure(self, name: str, commands: str) -> None:
        """Run commands of ``ip`` in a namespace, one per line."""
        _run(f"ip -n {name} -batch -", commands)

    def limit(self, way: Way, capacity_bps: float, queue_us: int) -> None:
        """Let *way* carry so much; what would wait longer is dropped."""
        burst_bytes = max(_BURST_MIN_BYTES, int(capacity_bps * _BURST_US / 8e6))
        _run(
            f"tc -n {way.bottleneck} qdisc replace dev {way.exit} root stab overhead -{_HEADER_BYTES}"
            f" tbf rate {int(capacity_bps)}bit burst {burst_bytes} limit {int(capacity_bps * queue_us / 8e6)}"
        )

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """Open sockets in a namespace; they stay there."""
        with open("/proc/thread-self/ns/net") as own, open(f"/run/netns/{name}") as other:
            _enter(other.fileno())
            try:
                yield
            finally:
                _enter(own.fileno())

    def _add(self, name: str) -> None:
        _run(f"ip netns add {name}")
        self._stack.callback(_run, f"ip netns delete {name}")
        _run(f"ip -n {name} link set lo up")
        # What comes back beside a path comes from where its sender is not.
        _run(f"ip netns exec {name} sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0")


def _run(command: str, text: str = "") -> None:
    subprocess.run(command.split(), check=True, input=text.encode())


def _enter(fd: int) -> None:
    if _LIBC.setns(fd, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
