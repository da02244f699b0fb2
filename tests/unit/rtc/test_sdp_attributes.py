import pytest

from ovrouter.errors import SdpMalformed
from ovrouter.rtc import sdp_attributes as read
from ovrouter.rtc.sdp import Codec, Fingerprint, HeaderExtension, Simulcast, SsrcGroup

PWD = "p" * 22


def test_codecs_come_in_the_order_of_the_media_line():
    attributes = {
        "rtpmap": ["96 VP8/90000", "111 opus/48000/2"],
        "fmtp": ["111 useinbandfec=1"],
        "rtcp-fb": ["96 nack", "* ccm fir", "96 nack pli", "96 nack"],
    }
    assert read.codecs(("111", "0", "96", "96"), attributes) == (
        Codec(111, "opus", 48000, 2, "useinbandfec=1", ("ccm fir",)),
        Codec(96, "VP8", 90000, 1, "", ("nack", "nack pli", "ccm fir")),
    )


def test_extensions_keep_their_direction():
    assert read.extensions({"extmap": ["1 urn:a", "2/recvonly urn:b", "3 urn:c with attributes"]}) == (
        HeaderExtension(1, "urn:a"),
        HeaderExtension(2, "urn:b", "recvonly"),
        HeaderExtension(3, "urn:c"),
    )


def test_ssrcs_are_read_once_with_their_cname():
    attributes = {"ssrc": ["7 msid:a b", "7 cname:me", "7 label:x", "8", "9 cname:", "4294967295 cname:you"]}
    assert read.ssrcs(attributes) == ((7, "me"), (8, ""), (9, ""), (4294967295, "you"))


def test_ssrc_groups():
    assert read.ssrc_groups({"ssrc-group": ["FID 1 2", "SIM 1 3 5"]}) == (
        SsrcGroup("FID", (1, 2)),
        SsrcGroup("SIM", (1, 3, 5)),
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("send a;b;c", Simulcast(send=("a", "b", "c"))),
        ("recv a send b", Simulcast(send=("b",), recv=("a",))),
        ("send a,b;~c", Simulcast(send=("a", "c"))),
        ("", Simulcast()),
    ],
)
def test_simulcast(value, expected):
    assert read.simulcast({"simulcast": [value]}) == expected


def test_rids():
    assert read.rids({"rid": ["hi send", "lo send pt=96;max-width=320"]}) == (("hi", "send"), ("lo", "send"))


def test_fingerprints_are_normalised():
    assert read.fingerprints({"fingerprint": ["SHA-256 ab:cd"]}) == (Fingerprint("sha-256", "AB:CD"),)


@pytest.mark.parametrize(
    ("own", "session", "expected"),
    [
        ({}, {}, "sendrecv"),
        ({"recvonly": [""]}, {"sendonly": [""]}, "recvonly"),
        ({}, {"inactive": [""]}, "inactive"),
    ],
)
def test_direction(own, session, expected):
    assert read.direction({**session, **own}, own) == expected


def test_what_is_missing_is_empty():
    assert (read.setup({}), read.ice_ufrag({}), read.ice_pwd({}), read.mid({}, 3)) == ("", "", "", "3")
    assert read.candidates({}) == read.fingerprints({}) == read.rids({}) == ()


@pytest.mark.parametrize(
    ("reader", "attributes"),
    [
        (read.ice_ufrag, {"ice-ufrag": ["abc"]}),
        (read.ice_ufrag, {"ice-ufrag": ["a" * 257]}),
        (read.ice_ufrag, {"ice-ufrag": ["white space"]}),
        (read.ice_pwd, {"ice-pwd": ["p" * 21]}),
        (read.ice_pwd, {"ice-pwd": ["p" * 257]}),
        (read.setup, {"setup": ["holdconn"]}),
        (read.fingerprints, {"fingerprint": ["sha-256"]}),
        (read.fingerprints, {"fingerprint": ["sha-256 AB:C"]}),
        (read.fingerprints, {"fingerprint": ["sha-256 AB"] * 9}),
        (read.candidates, {"candidate": ["x"] * 129}),
        (read.extensions, {"extmap": ["x urn:a"]}),
        (read.extensions, {"extmap": ["1 urn:a", "1 urn:b"]}),
        (read.extensions, {"extmap": [f"{id_} urn:a" for id_ in range(33)]}),
        (read.ssrcs, {"ssrc": ["4294967296"]}),
        (read.ssrcs, {"ssrc": ["x cname:y"]}),
        (read.ssrcs, {"ssrc": ["1 cname:" + "y" * 256]}),
        (read.ssrcs, {"ssrc": ["1"] * 129}),
        (read.ssrc_groups, {"ssrc-group": ["FID"]}),
        (read.ssrc_groups, {"ssrc-group": ["FID 1 99999999999"]}),
        (read.ssrc_groups, {"ssrc-group": ["FID 1 2"] * 17}),
        (read.rids, {"rid": ["a sideways"]}),
        (read.rids, {"rid": ["a" * 17 + " send"]}),
        (read.rids, {"rid": ["é send"]}),
        (read.rids, {"rid": ["a send"] * 9}),
        (read.simulcast, {"simulcast": ["send a;;b"]}),
    ],
)
def test_malformed_values_are_refused_by_name(reader, attributes):
    with pytest.raises(SdpMalformed, match=rf"a={next(iter(attributes))}|SSRC"):
        reader(attributes)


@pytest.mark.parametrize(
    "attributes",
    [
        {"rtpmap": ["96 VP8"]},
        {"rtpmap": ["x VP8/90000"]},
        {"rtpmap": ["96 VP8/90000"], "fmtp": ["96"]},
        {"rtpmap": ["96 VP8/90000"], "fmtp": ["96 " + "x" * 1025]},
        {"rtpmap": ["96 VP8/90000"] * 129},
        {"rtpmap": ["96 VP8/90000"], "rtcp-fb": ["96 nack"] * 1025},
        {"rtpmap": ["200 VP8/90000"]},
    ],
)
def test_malformed_codecs_are_refused(attributes):
    with pytest.raises(SdpMalformed):
        read.codecs(("96", "200"), attributes)


def test_too_many_formats_are_refused():
    with pytest.raises(SdpMalformed, match="129 formats; at most 128"):
        read.formats(" 0" * 129)


@pytest.mark.parametrize("mid", ["", "a" * 17, "two words", "a:b"])
def test_a_bad_mid_is_refused(mid):
    with pytest.raises(SdpMalformed, match="a=mid"):
        read.mid({"mid": [mid]}, 0)


def test_a_bad_password_is_not_repeated():
    with pytest.raises(SdpMalformed) as caught:
        read.ice_pwd({"ice-pwd": ["secret!"]})
    assert "secret" not in str(caught.value)
