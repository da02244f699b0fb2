import ctypes
import os
import threading

from ovrouter.media.short_slices import _ATTRIBUTES, SLICE_NS, ask_for_short_slices

SCHED_GETATTR = {"x86_64": 315, "aarch64": 275}


def test_a_thread_gets_short_slices_and_keeps_its_weight():
    seen = []

    def thread():
        ask_for_short_slices()
        attributes = ctypes.create_string_buffer(_ATTRIBUTES.size)
        ctypes.CDLL(None).syscall(SCHED_GETATTR[os.uname().machine], 0, attributes, _ATTRIBUTES.size, 0)
        seen.append(_ATTRIBUTES.unpack(attributes.raw))

    before = os.getpriority(os.PRIO_PROCESS, 0)
    runner = threading.Thread(target=thread)
    runner.start()
    runner.join()
    _, policy, _, niceness, _, slice_ns, *_ = seen[0]
    assert (policy, niceness) == (os.SCHED_OTHER, before)
    has_slices = tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 12)
    assert slice_ns == (SLICE_NS if has_slices else 0)
