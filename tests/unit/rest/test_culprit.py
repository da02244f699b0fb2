import json

import pytest

from ovrouter.rest.schema import BadParameter, SessionBody, SignalBody, parse
from ovrouter.rest.schema.culprit import culprit


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        (b'{"data": "x\\ud800"}', "data"),
        (b'{"data": "\\udc00\\ud800"}', "data"),
        (b'{"data": "\xed\xa0\x80"}', "data"),
        (b'{"to": ["a", "\\ud800"]}', "to[1]"),
        (b'{"a": {"b": [{}, {"c": "\\ud800"}]}}', "a.b[1].c"),
        (b'{"a": {"\\ud800": 1}}', r"a.\ud800"),
        (b'["\\ud800"]', "[0]"),
        (b'{"frameRate": NaN}', "frameRate"),
        (b'{"a": [1, -Infinity]}', "a[1]"),
    ],
)
def test_names_the_parameter(body, parameter):
    assert f"Parameter '{parameter}' " in culprit(body)


@pytest.mark.parametrize(
    "body", [b"{", b'{"a": "\xff"}', b'{"a": "\\ud83d\\ude00", "b": 1.5}', b"[" * 100_000, b"9" * 10_000]
)
def test_all_else_is_not_its_business(body):
    assert culprit(body) is None


@pytest.mark.parametrize(("shape", "parameter"), [(SessionBody, "customSessionId"), (SignalBody, "data")])
def test_the_error_for_the_body_says_so(shape, parameter):
    with pytest.raises(BadParameter, match=f"'{parameter}' holds half a surrogate pair"):
        parse(json.dumps({"session": "A", parameter: "\ud800"}).encode(), shape)


async def test_the_answer_says_so_over_rest(rest):
    answer = await rest.post("/sessions", b'{"customSessionId": "\\ud800"}')
    assert answer.status == 400
    assert "Parameter 'customSessionId' " in answer.json["message"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_path_that_is_no_text_names_nothing_that_exists(rest, method):
    assert (await rest.ask(method, "/openvidu/api/sessions/%ED%A0%80")).status == 404
