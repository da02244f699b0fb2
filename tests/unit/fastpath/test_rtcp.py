"""RTCP messages against aiortc's parser."""

from aiortc.rtp import RtcpPacket, unpack_remb_fci
from hypothesis import given
from hypothesis import strategies as st

from ovrouter._fastpath._core import probe_nack, probe_remb


@given(st.integers(0, 65535), st.sets(st.integers(0, 400), min_size=1, max_size=64))
def test_a_nack_names_exactly_what_is_missing(start, offsets):
    wanted = [(start + offset) & 0xFFFF for offset in sorted(offsets)]
    (message,) = RtcpPacket.parse(probe_nack(wanted))
    assert [number & 0xFFFF for number in message.lost] == wanted  # that parser does not wrap around
    assert (message.ssrc, message.media_ssrc) == (1, 2)


@given(st.integers(1, 2**62), st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=8))
def test_a_bitrate_cap_is_written_as_a_float_of_18_bits(bitrate_bps, ssrcs):
    (message,) = RtcpPacket.parse(probe_remb(bitrate_bps, ssrcs))
    told, names = unpack_remb_fci(message.fci)
    assert names == ssrcs
    assert told <= bitrate_bps < told * (1 + 2**-16) + 1
