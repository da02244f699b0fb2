from types import SimpleNamespace

from ovrouter.events import EndReason, ParticipantEvicted
from ovrouter.signaling.directory import Directory


def rpc_session(rpc_id, connection_id=None, created_at_ms=1):
    session = SimpleNamespace(id="ses_A", created_at_ms=created_at_ms)
    participant = SimpleNamespace(session=session, id=connection_id) if connection_id else None
    return SimpleNamespace(id=rpc_id, participant=participant)


def event(*audience, created_at_ms=1):
    return ParticipantEvicted(
        session_id="ses_A",
        session_created_at_ms=created_at_ms,
        timestamp_ms=0,
        audience=audience,
        connection_id="con_A",
        reason=EndReason.DISCONNECT,
    )


def directory_of(*rpc_sessions):
    directory = Directory()
    for one in rpc_sessions:
        directory.add(one)
        directory.enter(one)
    return directory


def test_audience_is_told_in_its_order_and_strangers_are_left_out():
    alice, bob = rpc_session("1", "con_A"), rpc_session("2", "con_B")
    directory = directory_of(alice, bob)
    assert list(directory.audience(event("con_B", "con_X", "con_A"))) == [bob, alice]


def test_sessions_of_one_name_are_told_apart_by_their_creation():
    directory = directory_of(rpc_session("1", "con_A", 1), rpc_session("2", "con_A", 2))
    assert [one.id for one in directory.audience(event("con_A", created_at_ms=2))] == ["2"]


def test_the_end_of_a_predecessor_spares_its_successor():
    first, second = rpc_session("1", "RECORDER"), rpc_session("2", "RECORDER")
    directory = directory_of(first, second)
    directory.remove(first)
    assert directory.participant(event(), "RECORDER") is second
    assert directory.all() == (second,)


def test_nothing_is_left_of_a_room_when_the_last_one_is_removed():
    one, unjoined = rpc_session("1", "con_A"), rpc_session("2")
    directory = directory_of(one, unjoined)
    directory.remove(one)
    directory.remove(one)
    directory.remove(unjoined)
    assert directory.__dict__ == Directory().__dict__


def test_ids_of_any_type_may_be_looked_up():
    one = rpc_session("1")
    directory = directory_of(one)
    assert directory.get("1") is one
    assert [directory.get(wrong) for wrong in ("2", 1, None, [], {})] == [None] * 5
