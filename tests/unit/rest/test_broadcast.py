import pytest

START = {"session": "A", "broadcastUrl": "rtmp://live.example/app/key"}


@pytest.fixture
async def used(rest):
    rest.join(await rest.session("A"))
    return rest


async def start(rest, **changes):
    return await rest.post("/broadcast/start", START | changes)


async def broadcasting(rest):
    return (await rest.get("/sessions/A")).json["broadcasting"]


async def test_a_session_is_broadcast_until_it_is_stopped(used):
    assert await broadcasting(used) is False
    assert (await start(used)).status == 200
    assert await broadcasting(used) is True
    assert (await start(used)).status == 409
    assert (await used.post("/broadcast/stop", {"session": "A"})).status == 200
    assert await broadcasting(used) is False
    assert (await used.post("/broadcast/stop", {"session": "A"})).status == 409


async def test_a_server_that_refuses_is_told_in_words(used):
    answer = await start(used, broadcastUrl="rtmp://refusing.example/app/key")
    assert (answer.status, answer.headers["Content-Type"]) == (500, "text/plain; charset=utf-8")
    assert answer.body == b"Error starting broadcast: Connection refused"
    assert await broadcasting(used) is False


@pytest.mark.parametrize("url", ["http://live.example/app", "file://host/etc/passwd", "concat://a", "srt://host:1"])
async def test_only_rtmp_is_broadcast_to(used, url):
    answer = await start(used, broadcastUrl=url)
    assert (answer.status, answer.body.decode().split(".")[0]) == (500, f"Protocol not found: {url.split(':')[0]}")


@pytest.mark.parametrize("url", ["", "rtmp", "rtmp:", "rtmp://", "//host/app", "rtmp://a b", "rtmp://host/a\nb", "-i"])
async def test_what_is_no_url_is_a_bad_parameter(used, url):
    answer = await start(used, broadcastUrl=url)
    assert answer.status == 400
    assert "broadcastUrl" in answer.json["message"]


@pytest.mark.parametrize("scheme", ["rtmp", "rtmps", "RTMP"])
async def test_schemes_in_any_letter_case(used, scheme):
    answer = await start(used, broadcastUrl=f"{scheme}://live.example/app")
    assert answer.status == 200


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"resolution": "99x1080"}, "resolution"),
        ({"resolution": "1920x2000"}, "resolution"),
        ({"frameRate": 0}, "frameRate"),
        ({"frameRate": 121}, "frameRate"),
        ({"shmSize": 134217727}, "shmSize"),
        ({"shmSize": 2**70}, "shmSize"),
        ({"hasAudio": False, "hasVideo": False}, "hasAudio"),
    ],
)
async def test_values_out_of_range_are_told_apart_from_wrong_types(used, changes, parameter):
    answer = await start(used, **changes)
    assert answer.status == 422
    assert parameter in answer.json["message"]
