"""The RTP parser against aiortc's, and header extensions."""

from aiortc.rtp import RtpPacket
from hypothesis import given
from hypothesis import strategies as st

from ovrouter._fastpath._core import probe_renumber, probe_rtp

ONE_BYTE = b"\x90\x60\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\xbe\xde\x00\x02\x10\xaa\x21\xbb\xcc\x00\x32\xdd"
TWO_BYTE = b"\x90\x60\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x10\x00\x00\x02\x01\x01\xaa\x02\x02\xbb\xcc\x00"

words = st.binary(min_size=0, max_size=64).map(lambda data: data[: len(data) // 4 * 4])


@st.composite
def packets(draw, profiles=(0xBEDE, 0x1000, 0x1001, 7)):
    csrc = draw(st.lists(st.integers(0, 2**32 - 1), max_size=15))
    extension = draw(st.none() | st.tuples(st.sampled_from(profiles), words))
    padding = draw(st.integers(0, 20))
    head = bytes([0x80 | (0x20 if padding else 0) | (0x10 if extension else 0) | len(csrc), draw(st.integers(0, 255))])
    body = draw(st.binary(min_size=10, max_size=10)) + b"".join(value.to_bytes(4, "big") for value in csrc)
    if extension:
        body += extension[0].to_bytes(2, "big") + (len(extension[1]) // 4).to_bytes(2, "big") + extension[1]
    body += draw(st.binary(max_size=50))
    return head + body + (bytes(padding - 1) + bytes([padding]) if padding else b"")


@given(packets(profiles=[7]))  # the other parser refuses packets whose extension elements lie; we keep their media
def test_headers_agree_with_another_parser(data):
    ours, theirs = probe_rtp(data), RtpPacket.parse(data)
    assert ours["payload_type"] == theirs.payload_type
    assert ours["marker"] == bool(theirs.marker)
    assert ours["sequence"] == theirs.sequence_number
    assert ours["timestamp"] == theirs.timestamp
    assert ours["ssrc"] == theirs.ssrc
    assert ours["payload_length"] == len(theirs.payload)
    assert data[ours["header_length"] :][: ours["payload_length"]] == theirs.payload


@given(st.binary(max_size=100))
def test_any_bytes_parse_or_not_and_never_beyond_their_end(data):
    fields = probe_rtp(data)
    if fields is not None:
        assert fields["header_length"] + fields["payload_length"] <= len(data)


def test_what_lies_about_its_length_is_not_rtp():
    assert probe_rtp(b"\x80" + bytes(10)) is None
    assert probe_rtp(b"\x40" + bytes(20)) is None
    assert probe_rtp(b"\x8f" + bytes(20)) is None
    assert probe_rtp(b"\x90" + bytes(11) + b"\xbe\xde\x00\x09") is None
    assert probe_rtp(b"\xa0" + bytes(11)) is None
    assert probe_rtp(b"\xa0" + bytes(12)) is None
    assert probe_rtp(b"\xa0" + bytes(11) + b"\x02") is None


def test_one_byte_elements():
    assert probe_rtp(ONE_BYTE[:-2] + b"\x30\xdd")["extensions"] == {1: b"\xaa", 2: b"\xbb\xcc", 3: b"\xdd"}


def test_two_byte_elements():
    assert probe_rtp(TWO_BYTE)["extensions"] == {1: b"\xaa", 2: b"\xbb\xcc"}


def test_an_element_that_lies_ends_the_list():
    lying = ONE_BYTE[:-2] + b"\x3f\xdd"
    assert probe_rtp(lying)["extensions"] == {1: b"\xaa", 2: b"\xbb\xcc"}


def test_elements_get_the_subscribers_ids_and_others_vanish():
    renumbered = probe_renumber(ONE_BYTE[:-2] + b"\x30\xdd", {1: 5, 3: 1})
    assert probe_rtp(renumbered)["extensions"] == {5: b"\xaa", 1: b"\xdd"}
    assert len(renumbered) == len(ONE_BYTE)


def test_two_byte_elements_get_the_subscribers_ids():
    assert probe_rtp(probe_renumber(TWO_BYTE, {2: 9}))["extensions"] == {9: b"\xbb\xcc"}


def test_elements_beyond_those_that_are_looked_at_vanish():
    many = ONE_BYTE[:14] + b"\x00\x08" + b"\x10\xaa" * 15 + b"\x20\xbb"
    assert probe_rtp(many)["extensions"] == {1: b"\xaa"}
    assert probe_renumber(many, {1: 5, 2: 6})[16:] == b"\x50\xaa" * 12 + bytes(8)


def test_what_stands_behind_an_element_that_lies_vanishes():
    lying = ONE_BYTE[:-2] + b"\x3f\xdd"
    assert probe_renumber(lying, {1: 5, 2: 6, 3: 7})[16:] == b"\x50\xaa\x61\xbb\xcc\x00\x00\x00"


@given(packets(), st.dictionaries(st.integers(1, 14), st.integers(1, 14)))
def test_renumbering_touches_nothing_but_the_extensions(data, ids):
    renumbered = probe_renumber(data, ids)
    before, after = probe_rtp(data), probe_rtp(renumbered)
    assert len(renumbered) == len(data)
    assert renumbered[before["header_length"] :] == data[before["header_length"] :]
    assert set(after["extensions"]) <= set(ids.values())
