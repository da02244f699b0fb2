from ovrouter.rtc.sdp import Codec, HeaderExtension, MediaSection, SessionDescription, Simulcast, SsrcGroup


def test_a_full_description_as_text():
    section = MediaSection(
        kind="video",
        mid="1",
        port=40000,
        address="2001:db8::7",
        direction="sendonly",
        codecs=(Codec(96, "VP8", 90000, fmtp="max-fr=60", rtcp_fb=("nack", "nack pli")),),
        extensions=(HeaderExtension(2, "urn:a"), HeaderExtension(3, "urn:b", "recvonly")),
        msid="s t",
        ssrcs=((7, "c"), (8, "c")),
        ssrc_groups=(SsrcGroup("FID", (7, 8)),),
        rids=(("a", "recv"),),
        simulcast=Simulcast(recv=("a",)),
        setup="passive",
        rtcp_mux=True,
        candidates=("1 1 udp 5 2001:db8::7 40000 typ host",),
        end_of_candidates=True,
    )
    assert str(SessionDescription((section,), bundle=("1",), ice_lite=True)).split("\r\n") == [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 1",
        "a=ice-lite",
        "a=msid-semantic: WMS *",
        "m=video 40000 UDP/TLS/RTP/SAVPF 96",
        "c=IN IP6 2001:db8::7",
        "a=mid:1",
        "a=sendonly",
        "a=rtcp-mux",
        "a=setup:passive",
        "a=candidate:1 1 udp 5 2001:db8::7 40000 typ host",
        "a=end-of-candidates",
        "a=extmap:2 urn:a",
        "a=extmap:3/recvonly urn:b",
        "a=rtpmap:96 VP8/90000",
        "a=fmtp:96 max-fr=60",
        "a=rtcp-fb:96 nack",
        "a=rtcp-fb:96 nack pli",
        "a=msid:s t",
        "a=ssrc-group:FID 7 8",
        "a=ssrc:7 cname:c",
        "a=ssrc:8 cname:c",
        "a=rid:a recv",
        "a=simulcast:recv a",
        "",
    ]


def test_a_section_kept_for_its_bundle_is_not_rejected():
    assert MediaSection("audio", "0", port=0).is_rejected
    assert not MediaSection("audio", "0", port=0, bundle_only=True).is_rejected
    assert not MediaSection("audio", "0", port=9).is_rejected


def test_simulcast_in_both_directions():
    assert Simulcast(send=("a", "b"), recv=("c",)).line() == "a=simulcast:send a;b recv c"
