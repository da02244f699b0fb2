from ovrouter.errors import NoMediaNode


async def test_up(rest):
    answer = await rest.get("/health")
    assert (answer.status, answer.json) == (200, {"status": "UP", "disconnectedMediaNodes": []})


async def test_down_without_a_media_node(rest):
    rest.media.fail_next("load", NoMediaNode("none is connected"))
    answer = await rest.get("/health")
    assert (answer.status, answer.json["status"]) == (503, "DOWN")


async def test_down_when_the_media_node_does_not_answer(rest, autojump_clock):
    with rest.media.hold("load"):
        assert (await rest.get("/health")).status == 503
