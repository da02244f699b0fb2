"""Damage as a network or a hostile peer might do it."""


def mutated(rng, data):
    """Flip, cut, double and splice bytes."""
    data = bytearray(data or b"\x80")
    for _ in range(rng.randrange(1, 8)):
        position = rng.randrange(len(data)) if data else 0
        action = rng.randrange(4)
        if action == 0 and data:
            data[position] = rng.randrange(256)
        elif action == 1:
            del data[position : position + rng.randrange(1, 8)]
        elif action == 2:
            data[position:position] = rng.randbytes(rng.randrange(1, 8))
        else:
            data += data[: rng.randrange(64)]
    return bytes(data)
