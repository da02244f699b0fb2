"""The fast path of ovrouter (hot: no Python object and no allocation per packet).

The organs are included into this one unit so that the calls between them stay C calls. Read ``_core.pxd`` for the state,
``demux.pxi`` for the way in, ``uptrack.pxi`` and ``downtrack.pxi`` for the way through, ``core.pxi`` for the Python surface.
"""

import os
from weakref import ref

import pylibsrtp
import pylibsrtp._binding

from libc.errno cimport EAGAIN, EINTR, EINVAL, EIO, ENOBUFS, errno
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcmp, memcpy, memmove, memset
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, timespec
from posix.unistd cimport close, dup

from ovrouter._fastpath.includes.atomic cimport ACQUIRE, RELEASE, SEQUENTIAL, atomic_exchange, atomic_load, atomic_store
from ovrouter._fastpath.includes.libsrtp cimport (
    SRTP_MAX_TRAILER_BYTES,
    evp_md_t,
    hmac_t,
    srtp_t,
    srtp_transform_t,
)
from ovrouter._fastpath.includes.linux cimport *
from ovrouter._fastpath.includes.schedule cimport ThreadAttributes, prefer_this_thread, set_attributes_of_this_thread

include "bytes.pxi"
include "gate.pxi"
include "tables.pxi"
include "trace.pxi"
include "queues.pxi"
include "tap.pxi"
include "relay.pxi"
include "srtp.pxi"
include "stun.pxi"
include "rtp.pxi"
include "codecs.pxi"
include "sequences.pxi"
include "ring.pxi"
include "nack.pxi"
include "reception.pxi"
include "twcc.pxi"
include "rtcp.pxi"
include "delay.pxi"
include "estimate.pxi"
include "bandwidth.pxi"
include "probing.pxi"
include "feedback.pxi"
include "remb.pxi"
include "transport.pxi"
include "hold.pxi"
include "layers.pxi"
include "dependency.pxi"
include "vp8.pxi"
include "vp9.pxi"
include "h264.pxi"
include "uptrack.pxi"
include "mirror.pxi"
include "counters.pxi"
include "pacer.pxi"
include "catchup.pxi"
include "limiter.pxi"
include "downtrack.pxi"
include "repair.pxi"
include "ladder.pxi"
include "allocation.pxi"
include "demux.pxi"
include "wiring.pxi"
include "state.pxi"
include "describe.pxi"
include "core.pxi"
include "replay.pxi"
include "udp.pxi"
include "worker.pxi"
include "probes.pxi"

fill_crc_table()
load_symbols()
