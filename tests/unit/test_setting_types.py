"""Every type of setting: what it takes and how it complains."""

import re

import pytest

from ovrouter import setting_types
from ovrouter.setting_types import enum, event_names, integer, writable_problem


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (setting_types.boolean, "true", True),
        (setting_types.boolean, "FALSE", False),
        (integer(), "0", 0),
        (integer(), "900", 900),
        (integer(-1), "-1", -1),
        (integer(0, 100), "100", 100),
        (setting_types.port, "65535", 65535),
        (setting_types.port_or_zero, "0", 0),
        (setting_types.text, "", ""),
        (setting_types.url, "", ""),
        (setting_types.url, "https://host/path", "https://host/path"),
        (setting_types.path, "/opt/x", "/opt/x/"),
        (setting_types.path, "/opt/x/", "/opt/x/"),
        (setting_types.strings, "[]", ()),
        (setting_types.strings, '[""]', ()),
        (setting_types.strings, '["a", "b"]', ("a", "b")),
        (setting_types.strings, "[ws://a:1/k, ws://b:2/k]", ("ws://a:1/k", "ws://b:2/k")),
        (setting_types.headers, "[]", ()),
        (setting_types.headers, '["Authorization: Bearer a: b", "X-1: y"]', ("Authorization: Bearer a: b", "X-1: y")),
        (event_names("one", "two"), '["two"]', ("two",)),
        (event_names("one", "two"), "[]", ()),
        (setting_types.json_map, '{"a": "b"}', '{"a": "b"}'),
        (setting_types.host, "media.example.com", "media.example.com"),
        (setting_types.host, "::1", "::1"),
        (setting_types.ip, "", ""),
        (setting_types.ip, "turn.example.com", "turn.example.com"),
        (setting_types.ip_list, "", ()),
        (setting_types.ip_list, "10.0.0.1, ::1", ("10.0.0.1", "::1")),
        (setting_types.address_pairs, '["10.0.0.1:192.0.2.1"]', ("10.0.0.1:192.0.2.1",)),
        (setting_types.network_list, "", ()),
        (setting_types.network_list, "all", ()),
        (setting_types.network_list, "198.51.100.1, 198.51.100.0/24", ("198.51.100.1", "198.51.100.0/24")),
        (setting_types.log_levels, "info,ice=debug", "info,ice=debug"),
        (setting_types.ice_servers, '["url=stun:host:3478"]', ("url=stun:host:3478",)),
        (
            setting_types.ice_servers,
            '["url=turns:host?transport=tcp,username=u,credential=c=="]',
            ("url=turns:host?transport=tcp,username=u,credential=c==",),
        ),
        (enum("none", "all"), "all", "all"),
        (setting_types.reconnection_timeout, "-1", -1),
        (setting_types.reconnection_timeout, "3", 3),
        (setting_types.reconnection_timeout, "20", 20),
        (setting_types.secret, "aB_0-", "aB_0-"),
    ],
)
def test_accepts(kind, text, value):
    parsed = kind.parse(text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("kind", "text", "complaint"),
    [
        (setting_types.boolean, "yes", "Is not a boolean (true or false)"),
        (integer(), "-1", "Is not a non negative integer"),
        (integer(), "1.5", "Is not a non negative integer"),
        (integer(), "", "Is not a non negative integer"),
        (integer(), "٣", "Is not a non negative integer"),
        (integer(0, 100), "101", "Is not an integer (int 0-100)"),
        (setting_types.port, "0", "out of valid ports range"),
        (setting_types.port, "65536", "out of valid ports range"),
        (setting_types.port_or_zero, "-1", "out of valid ports range"),
        (setting_types.url, "host/path", "Is not a valid URL."),
        (setting_types.url, "http://[::1", "Is not a valid URL."),
        (setting_types.path, "", "Is not a valid file system path."),
        (setting_types.path, "a\0b", "Is not a valid file system path."),
        (setting_types.strings, "a,b", "Is not a valid strings array in JSON format."),
        (setting_types.strings, "[1]", "Is not a valid strings array in JSON format."),
        (setting_types.strings, '["a"', "Is not a valid strings array in JSON format."),
        (setting_types.headers, '["A: b", "Authorization:hidden"]', "Header 2 is no HTTP header."),
        (setting_types.headers, '["A B: c"]', "Header 1 is no HTTP header."),
        (setting_types.headers, '["A: "]', "Header 1 is no HTTP header."),
        (setting_types.headers, '[": b"]', "Header 1 is no HTTP header."),
        (setting_types.headers, '["A: b\\r\\nC: d"]', "Header 1 is no HTTP header."),
        (setting_types.headers, '["A: ä"]', "Header 1 is no HTTP header."),
        (event_names("one", "two"), '["one", "One"]', "Event 'One' does not exist"),
        (setting_types.json_map, '{"a": 1}', "Is not a valid JSON object of strings."),
        (setting_types.json_map, "[]", "Is not a valid JSON object of strings."),
        (setting_types.host, "", "Cannot be empty."),
        (setting_types.host, "https://host", "Is not a domain name or IP address"),
        (setting_types.ip, "-host", "Is not a valid IP Address"),
        (setting_types.ip_list, "10.0.0.1,host", "host is not a valid IP Address"),
        (setting_types.address_pairs, '["10.0.0.1"]', "10.0.0.1 is not an IPv4 pair. Write PRIVATE:PUBLIC"),
        (setting_types.address_pairs, '["10.0.0.1:host"]', "is not an IPv4 pair"),
        (setting_types.network_list, "all, 10.0.0.1", "all is not an IP address or network,"),
        (setting_types.network_list, "example.com", "example.com is not an IP address or network,"),
        (setting_types.log_levels, "loud", "Must be one of [debug, info, warning, error]"),
        (setting_types.ice_servers, '["url=http:host"]', "url 'http:host' is not stun(s)|turn(s):host"),
        (setting_types.ice_servers, '["url=stun:host,user=u"]', "Wrong parameter: user"),
        (setting_types.ice_servers, '["url=turn:host,username=u"]', "a TURN server needs username and credential"),
        (setting_types.ice_servers, '["url=stun:h,username=u,credential=c"]', "a STUN server takes no username"),
        (setting_types.ice_servers, '["url=turn:h:0,username=u,credential=c"]', "has no valid port"),
        (setting_types.reconnection_timeout, "2", "Is neither -1 nor 3 or more"),
        (setting_types.reconnection_timeout, "-2", "Is neither -1 nor 3 or more"),
        (enum("none", "all"), "ALL", "Must be one of [none, all]"),
        (setting_types.secret, "a b", "Only letters, digits, _ and - may be used"),
        (setting_types.secret, "", "Cannot be empty. Leave the setting out"),
    ],
)
def test_refuses(kind, text, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        kind.parse(text)


def test_a_folder_that_can_be_made_is_writable(tmp_path):
    assert writable_problem(str(tmp_path / "new" / "folder")) is None


def test_a_file_in_the_way_is_not_writable(tmp_path):
    (tmp_path / "file").touch()
    problem = writable_problem(str(tmp_path / "file" / "folder"))
    assert problem is not None
    assert problem.startswith("Is not a valid writable file system path.")
