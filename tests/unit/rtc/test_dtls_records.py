import pytest

from ovrouter.rtc.dtls_records import carries_handshake, into_datagrams, is_well_formed


def record(type_=22, version=b"\xfe\xfd", fragment=b"x" * 20, length=None):
    return bytes([type_]) + version + bytes(8) + (len(fragment) if length is None else length).to_bytes(2) + fragment


@pytest.mark.parametrize("type_", [20, 21, 22])
@pytest.mark.parametrize("version", [b"\xfe\xff", b"\xfe\xfd"])
def test_whole_records_are_well_formed(type_, version):
    assert is_well_formed(record(type_, version))
    assert is_well_formed(record(type_, version) * 3)


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x16",
        record()[:12],
        record()[:-1],
        record() + b"\x16",
        record() + record()[:-1],
        record(type_=23),
        record(type_=24),
        record(type_=0),
        record(version=b"\x03\x03"),
        record(version=b"\xfe\xfc"),
        record(fragment=b""),
        record(fragment=b"x" * 20_000),
        record(length=21),
        record(length=19),
        record() + record(type_=23),
    ],
)
def test_anything_else_is_not(datagram):
    assert not is_well_formed(datagram)


def test_handshake_records_are_found_anywhere():
    assert carries_handshake(record(20) + record(22))
    assert not carries_handshake(record(20) + record(21))


def test_flights_are_split_at_record_borders():
    flight = [record(fragment=bytes([index]) * 400) for index in range(6)]
    datagrams = into_datagrams(b"".join(flight), 1200)
    assert datagrams == [flight[0] + flight[1], flight[2] + flight[3], flight[4] + flight[5]]


def test_a_large_record_travels_alone():
    small, large = record(), record(fragment=b"x" * 1300)
    assert into_datagrams(small + large + small, 1200) == [small, large, small]
