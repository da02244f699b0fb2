from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from ovrouter.config import Config
from ovrouter.session.properties import Role
from ovrouter.session.token import token_url, token_value_in
from ovrouter.session.turn import TurnCredentials

CONFIG = Config(openvidu_secret="s3cret", domain_or_public_ip="ov.example.com", https_port=4443)
TURN = TurnCredentials("1700086400:Ab3dE9xQ", "q1w2/+&=")
# openvidu-browser: decodeURI leaves these escapes as they are.
DECODE_URI_KEEPS = re.compile(r"%(23|24|26|2B|2C|2F|3A|3B|3D|3F|40)", re.IGNORECASE)


def as_browser_reads(url: str) -> dict[str, str]:
    query = url.partition("?")[2]
    decoded = unquote(DECODE_URI_KEEPS.sub(lambda match: f"%25{match[1]}", query))
    tokens = re.split("[&=]", decoded)
    return dict(zip(tokens[::2], tokens[1::2], strict=True))


def test_the_browser_reads_every_value_whole():
    parameters = as_browser_reads(token_url(CONFIG, "ses_A", "tok_Xabc", Role.MODERATOR, TURN))

    assert {name: unquote(value) for name, value in parameters.items()} == {
        "sessionId": "ses_A",
        "token": "tok_Xabc",
        "role": "MODERATOR",
        "version": "2.32.2",
        "coturnIp": "ov.example.com",
        "turnUsername": "1700086400:Ab3dE9xQ",
        "turnCredential": "q1w2/+&=",
        "webrtcStatsInterval": "30",
    }


def test_begins_with_the_websocket_url():
    assert token_url(CONFIG, "ses_A", "tok_X", Role.PUBLISHER, TURN).startswith(
        "wss://ov.example.com:4443?sessionId=ses_A&token=tok_X&role=PUBLISHER&"
    )


@pytest.mark.parametrize(
    "token",
    [
        "wss://ov.example.com?sessionId=ses_A&token=tok_X",
        "wss://ov.example.com?sessionId=ses_A&token=tok_X&role=PUBLISHER#fragment",
        "wss://elsewhere:1234/path?token=tok_X",
        "tok_X",
    ],
)
def test_value_is_found_in_any_form_of_token(token: str):
    assert token_value_in(token) == "tok_X"


@pytest.mark.parametrize("token", ["", "wss://[", "wss://h?mytoken=tok_X", "wss://h?sessionId=token=tok_X"])
def test_text_without_token_parameter_is_no_known_value(token: str):
    assert token_value_in(token) == token
