from dataclasses import replace

import pytest

from ovrouter.errors import SdpMalformed
from ovrouter.rtc.sdp import Codec, Fingerprint, MediaSection, SessionDescription
from ovrouter.rtc.transport import answer, answer_section, bundled, offer_section, remote_transport

SHA_256 = Fingerprint("sha-256", ":".join(["AB"] * 32))
SHA_512 = Fingerprint("sha-512", ":".join(["CD"] * 64))
SECTION = MediaSection(
    kind="audio",
    mid="0",
    ice_ufrag="ufrag",
    ice_pwd="p" * 22,
    fingerprints=(SHA_512, SHA_256),
    setup="actpass",
    rtcp_mux=True,
)


@pytest.mark.parametrize(
    ("setup", "is_dtls_client", "answered"),
    [("actpass", True, "passive"), ("active", True, "passive"), ("", True, "passive"), ("passive", False, "active")],
)
def test_the_peer_is_the_dtls_client_unless_it_insists_on_passive(local, setup, is_dtls_client, answered):
    section = replace(SECTION, setup=setup)
    assert remote_transport(section).is_dtls_client is is_dtls_client
    assert answer_section(section, local, "recvonly").setup == answered


def test_the_best_known_fingerprint_is_taken():
    remote = remote_transport(SECTION)
    assert (remote.fingerprint_algorithm, remote.fingerprint) == ("sha-256", SHA_256.value)
    only_512 = replace(SECTION, fingerprints=(Fingerprint("sha-1", "AB"), SHA_512))
    assert remote_transport(only_512).fingerprint_algorithm == "sha-512"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"rtcp_mux": False}, "rtcp-mux"),
        ({"ice_ufrag": ""}, "ice-ufrag"),
        ({"ice_pwd": ""}, "ice-pwd"),
        ({"fingerprints": ()}, "fingerprint"),
        ({"fingerprints": (Fingerprint("sha-1", "AB:CD"),)}, "fingerprint"),
        ({"fingerprints": (Fingerprint("sha-256", "AB:CD"),)}, "complete a=fingerprint"),
    ],
)
def test_what_is_missing_is_named(change, complaint):
    with pytest.raises(SdpMalformed, match=complaint):
        remote_transport(replace(SECTION, **change))


def test_sections_outside_the_bundle_are_left_out():
    sections = tuple(replace(SECTION, mid=mid) for mid in "abc")
    assert bundled(SessionDescription(sections, bundle=("c", "a"))) == (sections[0], sections[2])


def test_without_a_bundle_the_first_living_section_stands_alone():
    dead, first, second = replace(SECTION, port=0), replace(SECTION, mid="1"), replace(SECTION, mid="2")
    assert bundled(SessionDescription((dead, first, second))) == (first,)


def test_our_section_names_every_candidate(local):
    section = offer_section("video", "1", local)
    assert (section.address, section.port, section.setup) == ("192.0.2.7", 40000, "actpass")
    assert section.candidates == (
        "1 1 udp 2130706431 192.0.2.7 40000 typ host",
        "2 1 udp 2130706175 2001:db8::7 40001 typ host",
    )


def test_an_answer_repeats_protocol_and_reduced_size_of_the_offer(local):
    section = answer_section(replace(SECTION, protocol="UDP/TLS/RTP/SAVP", rtcp_rsize=False), local, "recvonly")
    assert (section.protocol, section.rtcp_rsize) == ("UDP/TLS/RTP/SAVP", False)
    assert answer_section(replace(SECTION, rtcp_rsize=True), local, "recvonly").rtcp_rsize


def test_an_answer_rejects_all_else(local):
    data = MediaSection("application", "d", protocol="UDP/DTLS/SCTP", formats=("webrtc-datachannel",))
    spare = MediaSection("video", "v", codecs=(Codec(96, "VP8", 90000),))
    offer = SessionDescription((SECTION, data, spare), bundle=("0", "d", "v"))
    description = answer(offer, {"0": answer_section(SECTION, local, "recvonly")})
    assert description.ice_lite
    assert description.bundle == ("0",)
    assert [section.port for section in description.media] == [40000, 0, 0]
    assert [section.formats for section in description.media[1:]] == [("webrtc-datachannel",), ("96",)]
