import pytest

from ovrouter.signaling.handshake import client_of

COOKIE = "97061F3F73313C3E97061F3F73313C3E"


def client(peer="192.0.2.7", **headers):
    pairs = {name.replace("_", "-").encode(): value.encode("latin-1") for name, value in headers.items()}
    return client_of(pairs, peer)


@pytest.mark.parametrize(
    "cookie", [f"OVJSESSIONID={COOKIE}", f"a=1; OVJSESSIONID={COOKIE}; b=2", f"x;OVJSESSIONID={COOKIE}"]
)
def test_cookie_is_kept(cookie):
    told = client(cookie=cookie)
    assert told.final_user_id == "97061F3F73313C3E"
    assert told.cookie_header[1].startswith(f"OVJSESSIONID={COOKIE}; Path=/; HttpOnly".encode())


@pytest.mark.parametrize(
    "cookie",
    ["", "OVJSESSIONID=", f"OVJSESSIONID={COOKIE}0", f"OVJSESSIONID={COOKIE.lower()}", f"XOVJSESSIONID={COOKIE}"],
)
def test_any_other_cookie_is_replaced(cookie):
    first, second = client(cookie=cookie), client(cookie=cookie)
    assert len(first.browser_id) == 32
    assert first.browser_id == first.browser_id.upper()
    assert len({first.browser_id, second.browser_id, COOKIE}) == 3


@pytest.mark.parametrize(
    ("peer", "real_ip", "expected"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "203.0.113.9", "192.0.2.7"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("::1", " 2001:db8::9 ", "2001:db8::9"),
        ("::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("::ffff:192.0.2.7", "203.0.113.9", "192.0.2.7"),
        ("127.0.0.1", "<script>", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("", "203.0.113.9", ""),
    ],
)
def test_ip(peer, real_ip, expected):
    assert client(peer, x_real_ip=real_ip).ip == expected
