import pytest

from ovrouter.rest.candidates import candidates_in, chosen_candidate

HOST = "candidate:1 1 udp 2130706431 192.0.2.1 40000 typ host"
HOST_IPV6 = "candidate:2 1 udp 2130706175 2001:db8::1 40000 typ host generation 0"


def test_sections_that_share_a_candidate_have_it_once():
    sdp = f"m=audio\r\na={HOST}\r\na={HOST_IPV6}\r\na=end-of-candidates\r\nm=video\r\na={HOST}\r\n"
    assert candidates_in(sdp) == [HOST, HOST_IPV6]


@pytest.mark.parametrize(("address", "known"), [("192.0.2.1:40000", HOST), ("[2001:db8::1]:40000", HOST_IPV6)])
def test_the_chosen_candidate_is_found_by_its_address(address, known):
    assert chosen_candidate(address, ["candidate:", HOST, HOST_IPV6]) == known


def test_an_unknown_address_is_peer_reflexive():
    text = chosen_candidate("[2001:db8::2]:40000", [HOST])
    assert text == "candidate:0 1 udp 1862270975 2001:db8::2 40000 typ prflx"


def test_nothing_is_chosen_before_the_first_check():
    assert chosen_candidate(None, [HOST]) is None
