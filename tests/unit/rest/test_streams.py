from ovrouter.events import EndReason, StreamUnpublished


async def test_delete_unpublishes(rest):
    session = await rest.session("A")
    publisher = await rest.publisher(session)
    watcher = rest.join(session)
    answer = await rest.delete(f"/sessions/A/stream/{publisher.stream.id}")
    assert (answer.status, answer.body) == (204, b"")
    event = rest.events[-1]
    assert isinstance(event, StreamUnpublished)
    assert event.reason is EndReason.FORCE_UNPUBLISH_BY_SERVER
    assert set(event.audience) == {publisher.id, watcher.id}
    assert publisher.stream is None


async def test_second_delete_finds_nothing(rest):
    publisher = await rest.publisher(await rest.session("A"))
    path = f"/sessions/A/stream/{publisher.stream.id}"
    assert [(await rest.delete(path)).status for _ in range(2)] == [204, 404]
