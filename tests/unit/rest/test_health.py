from ovrouter.errors import NoMediaNode


async def test_up(rest):
    answer = await rest.get("/health")
    assert (answer.status, answer.json) == (200, {"status": "UP", "disconnectedMediaNodes": []})


async def test_down_without_a_media_node(rest):
    rest.media.fail_next("load", NoMediaNode("none is connected"))
    answer = await rest.get("/health")
    assert (answer.status, answer.json) == (503, {"status": "DOWN", "disconnectedMediaNodes": ["media_local"]})


async def test_down_when_the_media_node_does_not_answer(rest, autojump_clock):
    with rest.media.hold("load"):
        assert (await rest.get("/health")).status == 503


async def test_unstable_when_one_of_two_nodes_does_not_answer(rest):
    rest.second_node().fail_next("load", NoMediaNode("gone"))
    answer = await rest.get("/health")
    assert (answer.status, answer.json) == (409, {"status": "UNSTABLE", "disconnectedMediaNodes": ["media_second"]})


async def test_down_without_any_node_in_the_cluster(rest):
    await rest.delete("/media-nodes/media_local")
    answer = await rest.get("/health")
    assert (answer.status, answer.json) == (503, {"status": "DOWN", "disconnectedMediaNodes": []})
