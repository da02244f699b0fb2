"""Fuzz target: dependency descriptors, one after the other; whatever they say, layers stay within their bounds."""

from ovrouter._fastpath._core import probe_dependency

MAX_DESCRIPTORS = 20


def fuzz(data: bytes) -> None:
    """A byte says how long each descriptor is."""
    descriptors = []
    position = 0
    while position < len(data) and len(descriptors) < MAX_DESCRIPTORS:
        end = position + 1 + data[position]
        descriptors.append(data[position + 1 : end])
        position = end
    marking = probe_dependency(descriptors)
    assert all(0 <= each < 4 for each in (*marking["layer"], *marking["opens_from"]))
