"""Fuzz target: nothing but a request made with the password passes for one."""

from aioice import stun

from ovrouter._fastpath._core import probe_stun

PASSWORD = b"p" * 24


def fuzz(data: bytes) -> None:
    """Use *data* as a datagram; what we call authentic an independent reader must call so too."""
    found = probe_stun(data, PASSWORD)
    if found is not None and found[1]:
        stun.parse_message(data).check_message_integrity(PASSWORD)
