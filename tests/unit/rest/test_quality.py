from ovrouter.medianode import Layer, QualitySample
from ovrouter.session.stream import downlink_id

PATH = "/ovrouter/api/sessions/A/quality"
SAMPLES = (
    QualitySample(1000, 800, 640, 0, 30, Layer(1, 1), Layer(2, 2), "bandwidth", 0, 0),
    QualitySample(2000, 900, 700, 2, 31, Layer(2, 2), None, "wanted", 1, 0),
)


async def test_each_subscription_is_explained(rest):
    session = await rest.session()
    publisher = await rest.publisher(session)
    subscriber = rest.join(session)
    stream_id = publisher.stream.id
    await session.subscribe(subscriber.id, stream_id, sdp_offer="offer")
    rest.media.samples[downlink_id(subscriber.id, stream_id)] = SAMPLES

    answer = await rest.ask("GET", f"{PATH}?seconds=60")
    assert answer.status == 200
    assert answer.json["activeSpeaker"] is None
    (subscription,) = answer.json["subscriptions"]
    assert (subscription["connectionId"], subscription["streamId"]) == (subscriber.id, stream_id)
    assert [sample["reason"] for sample in subscription["samples"]] == ["bandwidth", "wanted"]
    assert subscription["samples"][1] == {
        "atMs": 2000,
        "estimateKbps": 900,
        "sentKbps": 700,
        "lossPercent": 2,
        "roundTripMs": 31,
        "layer": {"spatial": 2, "temporal": 2},
        "wantedLayer": None,
        "reason": "wanted",
        "keyframeRequests": 1,
        "freezes": 0,
    }


async def test_the_last_second_is_told_unless_more_is_asked_for(rest):
    session = await rest.session()
    publisher = await rest.publisher(session)
    subscriber = rest.join(session)
    await session.subscribe(subscriber.id, publisher.stream.id, sdp_offer="offer")
    rest.media.samples[downlink_id(subscriber.id, publisher.stream.id)] = SAMPLES
    (subscription,) = (await rest.ask("GET", PATH)).json["subscriptions"]
    assert [sample["atMs"] for sample in subscription["samples"]] == [2000]


async def test_who_speaks_is_told(rest):
    session = await rest.session()
    publisher = await rest.publisher(session)
    session.note_speaker(publisher.stream.id)
    assert (await rest.ask("GET", PATH)).json["activeSpeaker"] == publisher.id


async def test_it_needs_the_secret(rest):
    await rest.session()
    assert (await rest.ask("GET", PATH, authorization=None)).status == 401
