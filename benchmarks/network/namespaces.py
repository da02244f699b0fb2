"""Network namespaces around the router's: one for each bottleneck, with ``tbf`` before and ``nft`` inside (warm)."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Final, Self

from benchmarks.simulation.faults import Faults

__all__ = ["ROUTER_IP", "Namespaces"]

ROUTER_IP: Final = "10.77.255.1"
_CLONE_NEWNET: Final = 0x40000000
_BURST_BYTES: Final = 5000
_LIBC: Final = ctypes.CDLL(None, use_errno=True)

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

    def add(self, faults: Faults) -> tuple[str, str]:
        """Another namespace behind the router's: its name, and the router's interface to it."""
        self._count += 1
        name, here, there = f"{self._prefix}n{self._count}", f"r{self._count}", f"p{self._count}"
        self._add(name)
        _run(f"ip -n {self.router} link add {here} type veth peer name {there} netns {name}")
        _run(f"ip -n {self.router} addr add 10.77.{self._count}.1/24 dev {here}")
        _run(f"ip -n {name} addr add 10.77.{self._count}.2/24 dev {there}")
        # Joined datagrams would be lost together.
        _run(f"ip -n {self.router} link set {here} gso_max_segs 1 up")
        _run(f"ip -n {name} link set {there} up")
        _run(f"ip -n {name} route add default via 10.77.{self._count}.1")
        if faults.loss:
            _run(f"ip netns exec {name} nft -f -", _FAULTS.format(share=int(faults.loss * 10_000)))
        return name, here

    def limit(self, interface: str, capacity_bps: float, queue_us: int) -> None:
        """Let *interface* of the router carry so much; what would wait longer is dropped."""
        _run(
            f"tc -n {self.router} qdisc replace dev {interface} root"
            f" tbf rate {int(capacity_bps)}bit burst {_BURST_BYTES} latency {queue_us}us"
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


def _run(command: str, text: str = "") -> None:
    subprocess.run(command.split(), check=True, input=text.encode())


def _enter(fd: int) -> None:
    if _LIBC.setns(fd, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
