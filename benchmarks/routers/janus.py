"""Janus with its videoroom plugin, as Debian packages it (warm).

Everything is Janus' default but what this machine and this load demand: plugins and transports
that are not used stay unloaded, no bitrate is capped, and all handles share one event loop, which Janus' own
configuration recommends where cores are few (a thread for each handle is its default).
"""

from __future__ import annotations

import functools
import ipaddress
import secrets
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import ifaddr

from benchmarks import sdp
from benchmarks.peer import Peer
from benchmarks.routers.child import debian_version, open_child
from benchmarks.routers.contract import Publisher, RouterFailed, RouterKind, Subscriber
from benchmarks.routers.janus_client import API_IP, JanusSession, open_janus_session

__all__ = ["configuration", "janus"]

EVENT_LOOPS = 1
"""As many as cores."""
MAX_PUBLISHERS = 1000
_OTHER_PLUGINS = (
    "audiobridge",
    "duktape",
    "echotest",
    "lua",
    "nosip",
    "recordplay",
    "sip",
    "streaming",
    "textroom",
    "videocall",
    "voicemail",
)
_OTHER_TRANSPORTS = ("http", "mqtt", "nanomsg", "pfunix", "rabbitmq")


def janus(event_loops: int = EVENT_LOOPS) -> RouterKind:
    """Return Debian's Janus; *event_loops* 0 gives each handle a thread."""
    return RouterKind(
        "Janus",
        functools.partial(_open, event_loops),
        missing="" if shutil.which("janus") else "apt-get install janus",
        version=debian_version("janus"),
    )


def configuration(folder: Path, ip: str, port: int, event_loops: int) -> dict[str, str]:
    """Return the files to put into *folder*, by name: media on *ip*, the API as a WebSocket on *port*."""
    core = f"""
general: {{
    configs_folder = "{folder}"
    admin_secret = "{secrets.token_hex(16)}"
    debug_level = 2
    {f"event_loops = {event_loops}" if event_loops else ""}
}}
media: {{
    dtls_mtu = 1200
}}
nat: {{
    ice_lite = true
    ice_enforce_list = "{ip}"
    ignore_mdns = true
}}
plugins: {{
    disable = "{_libraries(_OTHER_PLUGINS)}"
}}
transports: {{
    disable = "{_libraries(_OTHER_TRANSPORTS)}"
}}
"""
    transport = f"""
general: {{
    json = "compact"
    ws = true
    ws_port = {port}
    ws_ip = "{API_IP}"
}}
"""
    return {"janus.jcfg": core, "janus.transport.websockets.jcfg": transport}


def _libraries(names: tuple[str, ...]) -> str:
    return ",".join(f"libjanus_{name}.so" for name in names)


@asynccontextmanager
async def _open(event_loops: int, core: int) -> AsyncIterator[JanusRouter]:
    with tempfile.TemporaryDirectory(prefix="janus-bench-") as name:
        folder = Path(name)
        ip, port = _own_ip(), _free_port()
        for file_name, text in configuration(folder, ip, port, event_loops).items():
            (folder / file_name).write_text(text)
        command = ["janus", "--configs-folder", name, "--config", str(folder / "janus.jcfg")]
        command += ["--disable-stdout", "--log-file", str(folder / "janus.log")]
        async with (
            open_child(command, core, folder / "errors.log") as process,
            open_janus_session(port) as session,
        ):
            yield JanusRouter(session, process.pid, ip)


def _free_port() -> int:
    """Return a TCP port that is free now: Janus takes no 0."""
    with socket.socket() as probe:
        probe.bind((API_IP, 0))
        return int(probe.getsockname()[1])


def _own_ip() -> str:
    """Return an address of this machine.

    Janus gathers none of the loopback interface, which all the same carries what a machine sends to itself.
    """
    addresses = (ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4)
    for address in addresses:
        if not ipaddress.ip_address(str(address)).is_loopback:
            return str(address)
    raise RouterFailed("Janus needs an IPv4 address besides the loopback interface's, and this machine has none")


@dataclass(frozen=True, slots=True)
class JanusRouter:
    """A running Janus."""

    api: JanusSession
    pid: int
    ip: str

    @asynccontextmanager
    async def open_session(self) -> AsyncIterator[JanusRoom]:
        """Create a room for the length of the block."""
        handle = await self.api.attach()
        limits = {"publishers": MAX_PUBLISHERS, "bitrate": 0, "fir_freq": 0}
        codecs = {"audiocodec": "opus", "videocodec": "vp8"}
        created, _ = await handle.message({"request": "create", "permanent": False} | limits | codecs)
        room = created["room"]
        yield JanusRoom(self.api, room)
        await handle.message({"request": "destroy", "room": room})


@dataclass(frozen=True, slots=True)
class JanusRoom:
    """A room; members differ in nothing but the handles they use."""

    api: JanusSession
    room: int

    @asynccontextmanager
    async def join(self, *, publishes: bool) -> AsyncIterator[JanusMember]:
        """Join with handles that are attached when they are needed, for a publisher as for a subscriber."""
        yield JanusMember(self.api, self.room)


@dataclass(frozen=True, slots=True)
class JanusMember:
    """Publishes with one handle, subscribes with one for each stream."""

    api: JanusSession
    room: int

    async def publish(self, peer: Peer) -> Publisher:
        """Publish a camera."""
        handle = await self.api.attach()
        joined, _ = await handle.message({"request": "join", "ptype": "publisher", "room": self.room})
        audio_ssrc, video_ssrc, rtx_ssrc = (secrets.randbits(31) + 1 for _ in range(3))
        offer = sdp.offer_to_publish(peer.description, audio_ssrc, video_ssrc, rtx_ssrc)
        _, answer = await handle.message({"request": "publish"}, {"type": "offer", "sdp": offer})
        remote = sdp.parse(answer)
        await peer.connect(remote)
        feed = str(joined["id"])
        return Publisher(peer, feed, feed, *remote.streams(video_ssrc, audio_ssrc))

    async def subscribe(self, peer: Peer, publisher: Publisher) -> Subscriber:
        """Subscribe to one feed."""
        handle = await self.api.attach()
        feeds = [{"feed": int(publisher.stream_id)}]
        _, offer = await handle.message({"request": "join", "ptype": "subscriber", "room": self.room, "streams": feeds})
        remote = sdp.parse(offer)
        answer = sdp.answer(peer.description, remote)
        await handle.message({"request": "start"}, {"type": "answer", "sdp": answer})
        await peer.connect(remote)
        return Subscriber(peer, *remote.payload_types())
