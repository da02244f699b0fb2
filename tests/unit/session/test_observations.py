"""What the media node finds out about publishers, and who is told."""

from ovrouter.events import ActiveSpeakerChanged, NetworkQualityChanged
from ovrouter.medianode import SpeakerChanged, UplinkRated


async def rate(world, stream, *levels):
    for level in levels:
        await world.registry.handle_link_event(UplinkRated(stream.id, level))


async def test_a_rating_is_told_when_it_changes(world):
    session = world.session()
    alice, bob = world.join(session), world.join(session)
    stream = await world.publish(session, alice)
    world.take_events()
    await rate(world, stream, 5, 5, 3)
    first, second = world.take_events()
    assert isinstance(first, NetworkQualityChanged)
    assert (first.connection_id, first.old_level, first.new_level) == (alice.id, 0, 5)
    assert (second.old_level, second.new_level) == (5, 3)
    assert second.audience == (alice.id, bob.id)


async def test_who_has_switched_everything_off_has_no_broken_network(world):
    session = world.session()
    alice = world.join(session)
    stream = await world.publish(session, alice)
    await rate(world, stream, 5)
    stream.audio_active = stream.video_active = False
    world.take_events()
    await rate(world, stream, 0)
    assert world.take_events() == []
    stream.audio_active = True
    await rate(world, stream, 0)
    (event,) = world.take_events()
    assert (event.old_level, event.new_level) == (5, 0)


async def test_a_rating_of_nobody_is_nothing(world):
    session = world.session()
    stream = await world.publish(session, world.join(session))
    await session.unpublish(stream.connection_id)
    world.take_events()
    await rate(world, stream, 3)
    assert world.take_events() == []


async def test_a_stream_published_anew_is_rated_anew(world):
    session = world.session()
    alice = world.join(session)
    stream = await world.publish(session, alice)
    await rate(world, stream, 5)
    await session.unpublish(alice.id)
    again = await world.publish(session, alice)
    world.take_events()
    await rate(world, again, 5)
    assert [(event.old_level, event.new_level) for event in world.take_events()] == [(0, 5)]


async def test_who_speaks_is_told_to_the_program_and_to_no_client(world):
    session = world.session()
    alice, bob = world.join(session), world.join(session)
    streams = [await world.publish(session, connection) for connection in (alice, bob)]
    world.take_events()
    for link_id in (streams[0].id, streams[0].id, streams[1].id, None, None, "str_CAM_gone"):
        await world.registry.handle_link_event(SpeakerChanged(session.id, link_id))
    told = world.take_events()
    assert all(isinstance(event, ActiveSpeakerChanged) for event in told)
    assert [event.connection_id for event in told] == [alice.id, bob.id, None]
    assert {event.audience for event in told} == {()}


async def test_the_session_knows_its_speaker(world):
    session = world.session()
    alice = world.join(session)
    stream = await world.publish(session, alice)
    assert session.active_speaker is None
    session.note_speaker(stream.id)
    assert session.active_speaker == alice.id


async def test_speakers_of_sessions_that_are_gone_are_nobody(world):
    await world.registry.handle_link_event(SpeakerChanged("gone", None))
    assert world.take_events() == []
