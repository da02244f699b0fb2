import pytest

from ovrouter import secret_guesses
from ovrouter.secret_guesses import MAX_WRONG, WINDOW_S, SecretGuesses
from ovrouter.session import Role
from tests.unit.signaling.harness import open_world

SECRET = "s3cret"


def guess_wrong(guesses, address="192.0.2.1", now_s=0.0):
    for _ in range(MAX_WRONG):
        assert guesses.admit("wrong", address, now_s) == ""


def test_the_secret_is_known():
    assert SecretGuesses(SECRET).admit(SECRET, "192.0.2.1", 0) == SECRET


@pytest.mark.parametrize("given", ["", "wrong", SECRET + " ", "\ud800", SECRET.upper()])
def test_all_else_is_as_good_as_nothing(given):
    assert SecretGuesses(SECRET).admit(given, "192.0.2.1", 0) == ""


def test_no_secret_is_nobodys():
    assert SecretGuesses("").admit("", "", 0) == ""


def test_who_guesses_too_often_is_not_listened_to_for_a_while():
    guesses = SecretGuesses(SECRET)
    guess_wrong(guesses)
    assert guesses.admit(SECRET, "192.0.2.1", WINDOW_S - 1) == ""
    assert guesses.admit(SECRET, "192.0.2.2", WINDOW_S - 1) == SECRET
    assert guesses.admit(SECRET, "192.0.2.1", WINDOW_S) == SECRET


def test_clients_without_a_secret_do_not_count():
    guesses = SecretGuesses(SECRET)
    for _ in range(2 * MAX_WRONG):
        guesses.admit("", "192.0.2.1", 0)
    assert guesses.admit(SECRET, "192.0.2.1", 0) == SECRET


def test_addresses_of_one_ipv6_site_count_as_one():
    guesses = SecretGuesses(SECRET)
    guess_wrong(guesses, "2001:db8::1")
    assert guesses.admit(SECRET, "2001:db8::2", 0) == ""
    assert guesses.admit(SECRET, "2001:db8:0:1::1", 0) == SECRET


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(secret_guesses, "MAX_ADDRESSES", 2)
    guesses = SecretGuesses(SECRET)
    for now_s, address in enumerate(["192.0.2.1", "192.0.2.2", "192.0.2.3"]):
        guess_wrong(guesses, address, now_s)
    assert guesses.admit(SECRET, "192.0.2.1", 3) == SECRET
    assert guesses.admit(SECRET, "192.0.2.2", 3) == guesses.admit(SECRET, "192.0.2.3", 3) == ""


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", ""])
def test_this_machine_is_not_counted(address):
    guesses = SecretGuesses(SECRET)
    guess_wrong(guesses, address)
    assert guesses.wait_s(address, 0) == 0
    assert guesses.admit(SECRET, address, 0) == SECRET


def test_waiting_is_counted_from_the_first_guess_and_guessing_on_prolongs_nothing():
    guesses = SecretGuesses(SECRET)
    for second in range(MAX_WRONG):
        assert guesses.wait_s("192.0.2.1", second) == 0
        guesses.admit("wrong", "192.0.2.1", second)
    assert guesses.wait_s("192.0.2.1", 10) == WINDOW_S - 10
    guesses.admit("wrong", "192.0.2.1", 50)
    assert guesses.wait_s("192.0.2.1", 50) == 10
    assert guesses.wait_s("192.0.2.1", WINDOW_S) == 0


def test_the_next_minute_is_limited_too():
    guesses = SecretGuesses(SECRET)
    guess_wrong(guesses)
    guess_wrong(guesses, now_s=WINDOW_S)
    assert guesses.wait_s("192.0.2.1", WINDOW_S + 1) == WINDOW_S - 1


async def test_a_token_lets_in_whoever_guessed_the_secret_too_often(autojump_clock):
    async with open_world() as world:
        for _ in range(MAX_WRONG):
            guesser = await world.open()
            await guesser.error(
                "joinRoom", {"token": "t", "session": world.session.id, "metadata": "", "secret": "wrong"}
            )
        with pytest.raises(KeyError):  # an error, no result
            await (await world.open()).join(world.session, "t", secret=SECRET)
        assert (await world.join(Role.PUBLISHER, secret=SECRET)).id in world.session.connections
