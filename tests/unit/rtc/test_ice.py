import re

from ovrouter.rtc import ice


def test_credentials_are_ice_chars_of_the_right_length():
    for _ in range(200):
        assert re.fullmatch(r"[A-Za-z0-9]{12}", ice.ice_ufrag())
        assert re.fullmatch(r"[A-Za-z0-9]{32}", ice.ice_pwd())


def test_credentials_are_fresh():
    assert len({ice.ice_ufrag() for _ in range(100)}) == 100
    assert len({ice.ice_pwd() for _ in range(100)}) == 100
