import pytest

from ovrouter.signaling.errors import InvalidParams
from ovrouter.signaling.params import Params

VALUES = {
    "text": "abc",
    "yes": True,
    "yesText": "True",
    "noText": "false",
    "int": 30,
    "intText": "30",
    "half": 0.5,
    "halfText": "0.5",
    "null": None,
    "object": {"label": "x"},
    "objectText": '{"width":1}',
}


@pytest.fixture
def params():
    return Params("publishVideo", VALUES)


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("string", "text", "abc"),
        ("boolean", "yes", True),
        ("boolean", "yesText", True),
        ("boolean", "noText", False),
        ("number", "int", 30),
        ("number", "half", 0.5),
        ("number", "halfText", 0.5),
        ("integer", "intText", 30),
        ("object_text", "objectText", '{"width":1}'),
        ("value", "object", {"label": "x"}),
        ("optional_string", "null", None),
        ("optional_boolean", "absent", None),
        ("optional_number", "absent", None),
        ("optional_boolean", "noText", False),
        ("optional_number", "intText", 30),
        ("optional_string", "text", "abc"),
    ],
)
def test_read(params, kind, name, expected):
    assert getattr(params, kind)(name) == expected


def test_a_whole_number_stays_one_on_the_wire(params):
    assert isinstance(params.number("intText"), int)


@pytest.mark.parametrize("kind", ["value", "string", "boolean", "number", "integer", "object_text"])
@pytest.mark.parametrize("name", ["absent", "null"])
def test_missing(params, kind, name):
    with pytest.raises(InvalidParams) as caught:
        getattr(params, kind)(name)
    assert str(caught.value) == (
        f"Request element '{name}' is missing in RPC method 'publishVideo'. "
        "Check that 'openvidu-server' and 'openvidu-browser' versions are compatible with each other"
    )


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("string", [1, True, {}, []]),
        ("boolean", ["yes", 1, {}, ""]),
        ("number", ["x", True, "", "nan", "inf", "1e999", {}, 10**400]),
        ("integer", [0.5, "0.5", "x"]),
        ("object_text", ["640x480", "[]", "", 1, {}]),
    ],
)
def test_wrong_type(kind, values):
    for value in values:
        params = Params("m", {"x": value})
        with pytest.raises(InvalidParams, match="Request element 'x' of RPC method 'm' must be "):
            getattr(params, kind)("x")
