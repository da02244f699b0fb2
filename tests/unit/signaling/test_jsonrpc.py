import json

import pytest

from ovrouter.signaling.jsonrpc import (
    MAX_DEPTH,
    EnvelopeError,
    Request,
    encode_error,
    encode_notification,
    encode_result,
    encode_value,
    parse_object,
    parse_request,
)


def test_request():
    text = '{"jsonrpc":"2.0","method":"ping","params":{"interval":5000},"id":0}'
    assert parse_request(text) == Request(0, "ping", {"interval": 5000})


@pytest.mark.parametrize("params", ["", ',"params":null', ',"params":{}'])
def test_params_may_be_absent(params):
    assert parse_request('{"jsonrpc":"2.0","method":"ping","id":"a"' + params + "}") == Request("a", "ping", {})


def test_request_without_id_wants_no_answer():
    assert parse_request('{"jsonrpc":"2.0","method":"echo"}').id is None


@pytest.mark.parametrize(
    ("text", "code", "request_id"),
    [
        ("", -32700, None),
        ("{", -32700, None),
        ("NaN", -32700, None),
        ('{"jsonrpc":"2.0","method":"\\ud800"', -32700, None),
        ("[" * 100_000 + "]" * 100_000, -32700, None),
        ("[]", -32600, None),
        ('"ping"', -32600, None),
        ('{"method":"ping","id":1}', -32600, 1),
        ('{"jsonrpc":"1.0","method":"ping","id":1}', -32600, 1),
        ('{"jsonrpc":"2.0","id":1}', -32600, 1),
        ('{"jsonrpc":"2.0","method":7,"id":1}', -32600, 1),
        ('{"jsonrpc":"2.0","method":"ping","params":[],"id":1}', -32600, 1),
        ('{"jsonrpc":"2.0","method":"ping","id":true}', -32600, None),
        ('{"jsonrpc":"2.0","method":"ping","id":1.5}', -32600, None),
        ('{"jsonrpc":"2.0","method":"ping","id":{}}', -32600, None),
        ('{"jsonrpc":"2.0","method":"ping","id":"' + "x" * 65 + '"}', -32600, None),
    ],
)
def test_malformed(text, code, request_id):
    with pytest.raises(EnvelopeError) as caught:
        parse_request(text)
    assert (caught.value.code, caught.value.id) == (code, request_id)


def _nested(levels):
    value = "[" * (levels - 2) + "1" + "]" * (levels - 2)
    return '{"jsonrpc":"2.0","method":"echo","id":3,"params":{"v":' + value + "}}"


def test_depth_limit():
    parse_request(_nested(MAX_DEPTH - 1))
    with pytest.raises(EnvelopeError, match="nest deeper") as caught:
        parse_request(_nested(MAX_DEPTH))
    assert caught.value.id == 3


@pytest.mark.parametrize("text", ["", "[]", "7", "null", "{", "[" * 100_000, '{"a":' * 100 + "1" + "}" * 100])
def test_parse_object_refuses(text):
    assert parse_object(text) is None


def test_parse_object():
    assert parse_object('{"a":[1]}') == {"a": [1]}


def test_result_is_always_an_object_without_nulls():
    assert json.loads(encode_result(1, {})) == {"id": 1, "result": {}, "jsonrpc": "2.0"}
    text = encode_result("x", {"a": None, "b": [{"c": None, "d": False}], "e": 0})
    assert json.loads(text) == {"id": "x", "result": {"b": [{"d": False}], "e": 0}, "jsonrpc": "2.0"}


def test_error():
    assert json.loads(encode_error(None, -32700, "no")) == {
        "id": None,
        "error": {"code": -32700, "message": "no"},
        "jsonrpc": "2.0",
    }


def test_notification_without_nulls():
    text = encode_notification("sendMessage", {"from": None, "data": "hi"})
    assert json.loads(text) == {"method": "sendMessage", "params": {"data": "hi"}, "jsonrpc": "2.0"}


def test_half_a_surrogate_pair_can_be_sent():
    assert encode_value("\ud800").encode() == b'"\\ud800"'
