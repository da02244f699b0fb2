import pytest

from ovrouter import errors
from ovrouter.signaling.errors import (
    AlreadyJoined,
    InvalidParams,
    NoParticipant,
    NotAvailable,
    UnknownMethod,
    code_and_message,
)


@pytest.mark.parametrize(
    ("cls", "code"),
    [
        (errors.SessionNotFound, 202),
        (errors.SessionClosing, 203),
        (errors.NoMediaNode, 204),
        (errors.TokenInvalid, 401),
        (errors.RoleForbids, 401),
        (errors.ConnectionNotFound, 102),
        (errors.StreamNotFound, 105),
        (errors.NotPublishing, 105),
        (errors.AlreadyPublishing, 106),
        (errors.ForcedCodecMissing, 800),
        (errors.SdpMalformed, 302),
        (errors.LinkNotFound, 303),
        (errors.SignalTargetUnknown, 601),
        (errors.BadSignal, 600),
        (errors.IpCameraUnpublish, 10),
        (errors.SessionExists, 999),
        (NoParticipant, 803),
        (AlreadyJoined, 104),
        (NotAvailable, 997),
    ],
)
def test_code_and_tail(cls, code):
    assert code_and_message(cls("What happened")) == (code, f"What happened. Code: {code}")


@pytest.mark.parametrize(("cls", "code"), [(InvalidParams, -1), (UnknownMethod, -32601)])
def test_errors_of_the_rpc_layer_are_plain(cls, code):
    assert code_and_message(cls("What happened")) == (code, "What happened")


def test_a_subclass_has_its_parents_code():
    class Expired(errors.TokenInvalid):
        pass

    assert code_and_message(Expired("Too late")) == (401, "Too late. Code: 401")
