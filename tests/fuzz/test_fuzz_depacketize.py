"""Drives the depacketizers with damaged recordings of packets of every codec."""

import random

import pytest

from tests.fuzz.fuzz_depacketize import fuzz

PAYLOADS = {
    96: [b"\xfcsound"],
    97: [b"\x90\xe0\x80\x01\x02\x03\x02key", b"\x90\x80\x01\x01delta", b"\x00 rest"],
    98: [b"\x8a\x81\x02\x18\x01\x40\x00\xf0\x02\x04\x01\x28\x01\x02begin", b"\x84\x01end", b"\xdc\x01\x03\x02inter"],
    99: [b"\x18\x00\x02ab\x00\x01c", b"\x1c\x85begin", b"\x1c\x05middle", b"\x1c\x45end", b"\x41slice"],
    100: [b"\x28\x03\x08ab\x30frame", b"\x50\x30begin", b"\xd0middle", b"\x80\x03end"],
}
REPORT = b"\x80\xc8\x00\x06\x00\x00\x00\x01\xe9\x00\x00\x00\x80\x00\x00\x00\x00\x00\x10\x00" + bytes(8)


def recording(rng):
    """Forty packets as senders make them, some of them damaged, doubled, lost or late."""
    out = [REPORT]
    sequence = rng.choice([0, 32760, 65530])
    for _ in range(40):
        pt = rng.choice(list(PAYLOADS))
        sequence += rng.choice([1, 1, 1, 1, 0, 2, -1, 5000])
        head = bytes((rng.choice([0x80, 0x80, 0x90, 0xA0, 0x8F]), pt | rng.choice([0, 128])))
        head += (sequence & 0xFFFF).to_bytes(2) + rng.choice([0, 3000, 2**32 - 1]).to_bytes(4)
        payload = bytearray(rng.choice(PAYLOADS[pt]))
        if rng.random() < 0.4:
            payload[rng.randrange(len(payload))] = rng.randrange(256)
        if rng.random() < 0.2:
            del payload[rng.randrange(len(payload)) :]
        out.append(head + rng.choice([0, 1, 2]).to_bytes(4) + payload)
    return b"".join(len(message).to_bytes(2) + message for message in out)


@pytest.mark.parametrize("seed", range(200))
def test_damaged_recordings(seed):
    fuzz(recording(random.Random(seed)))


def test_noise():
    rng = random.Random("noise")
    for _ in range(200):
        fuzz(rng.randbytes(rng.randrange(400)))
