import random
import weakref
from collections.abc import Callable

import pytest
from OpenSSL import SSL

from ovrouter.rtc import dtls
from ovrouter.rtc.certificate import make_certificate
from ovrouter.rtc.dtls import DtlsConnection, DtlsFailure, DtlsState

CLIENT = make_certificate()
SERVER = make_certificate()
WRONG_FINGERPRINT = ":".join(["00"] * 32)


class Pair:
    """A client and a server joined by a link whose faults the test decides; time is virtual."""

    def __init__(
        self,
        *,
        client_expects=SERVER.fingerprint,
        server_expects=CLIENT.fingerprint,
        client_offers=dtls.SRTP_PROFILES,
    ):
        self.client = DtlsConnection(
            CLIENT, is_server=False, remote_fingerprint=client_expects, srtp_profiles=client_offers
        )
        self.server = DtlsConnection(SERVER, is_server=True, remote_fingerprint=server_expects)
        self.now_s = 100.0
        self.sent = {self.client: 0, self.server: 0}
        self.impair: Callable[[DtlsConnection, list[bytes]], list[bytes]] = lambda _, datagrams: datagrams
        self.client.start(self.now_s)
        self.server.start(self.now_s)

    @property
    def is_connected(self):
        return self.client.state is self.server.state is DtlsState.CONNECTED

    def exchange(self):
        """Carry one batch in each direction; True if there was any."""
        busy = False
        for sender, receiver in ((self.client, self.server), (self.server, self.client)):
            datagrams = sender.datagrams_to_send()
            busy |= bool(datagrams)
            self.sent[sender] += len(datagrams)
            assert all(len(datagram) <= dtls.MTU_BYTES for datagram in datagrams)
            for datagram in self.impair(sender, datagrams):
                receiver.receive_datagram(datagram, self.now_s)
        return busy

    def settle(self, turn_s=0.0):
        """Exchange until nobody has anything to say; a turn takes *turn_s*."""
        for _ in range(50):
            self.now_s += turn_s
            if not self.exchange():
                return
        raise AssertionError("the two ends never stop talking")

    def run(self, seconds):
        """Let virtual time pass from timer to timer."""
        end_s = self.now_s + seconds
        self.settle()
        while (due_s := self.next_timer()) is not None and due_s <= end_s:
            self.now_s = max(self.now_s, due_s)
            self.client.handle_timer(self.now_s)
            self.server.handle_timer(self.now_s)
            self.settle()
        self.now_s = end_s

    def next_timer(self):
        timers = [timer for timer in (self.client.get_timer(), self.server.get_timer()) if timer is not None]
        return min(timers, default=None)


def assert_keys_mirror(pair):
    client, server = pair.client.keys, pair.server.keys
    assert client.profile == server.profile
    assert (client.local_key, client.local_salt) == (server.remote_key, server.remote_salt)
    assert (client.remote_key, client.remote_salt) == (server.local_key, server.local_salt)
    assert client.local_key != client.remote_key


def test_a_clean_handshake_takes_two_round_trips_and_prefers_gcm():
    pair = Pair()
    pair.exchange()
    pair.exchange()
    assert pair.is_connected
    assert pair.server.keys.profile == "SRTP_AEAD_AES_128_GCM"
    assert (len(pair.server.keys.local_key), len(pair.server.keys.local_salt)) == (16, 12)
    assert_keys_mirror(pair)
    assert pair.next_timer() == pair.now_s + dtls.REPEAT_FOR_S


def test_a_peer_without_gcm_gets_aes_cm():
    pair = Pair(client_offers=("SRTP_AES128_CM_SHA1_80",))
    pair.settle()
    assert pair.server.keys.profile == "SRTP_AES128_CM_SHA1_80"
    assert (len(pair.server.keys.local_key), len(pair.server.keys.local_salt)) == (16, 14)
    assert_keys_mirror(pair)


def test_keys_are_not_shown():
    pair = Pair()
    pair.settle()
    assert repr(pair.server.keys) == "SrtpKeys(profile='SRTP_AEAD_AES_128_GCM')"


@pytest.mark.parametrize("lost", range(4))
def test_any_single_lost_datagram_is_repeated_within_a_second(lost):
    pair = Pair()
    order = iter(range(1_000))
    pair.impair = lambda _, datagrams: [datagram for datagram in datagrams if next(order) != lost]
    pair.run(1.0)
    assert pair.is_connected
    assert_keys_mirror(pair)


def test_a_repeated_client_hello_brings_the_lost_server_flight_at_once():
    pair = Pair()
    hello = pair.client.datagrams_to_send()
    pair.server.receive_datagram(hello[0], 100.0)
    flight = pair.server.datagrams_to_send()
    pair.server.receive_datagram(hello[0], 100.0 + dtls.MIN_RESEND_S / 2)
    assert pair.server.datagrams_to_send() == []
    pair.server.receive_datagram(hello[0], 100.0 + dtls.MIN_RESEND_S)
    assert pair.server.datagrams_to_send() == flight != []


@pytest.mark.parametrize("seed", range(25))
def test_loss_reordering_duplicates_and_garbage_only_delay(seed):
    rng = random.Random(seed)
    pair = Pair()

    def impair(_, datagrams):
        arriving = [datagram for datagram in datagrams if rng.random() > 0.3]
        arriving += [datagram for datagram in datagrams if rng.random() < 0.3]
        arriving += [rng.randbytes(rng.randrange(100)) for _ in range(3)]
        arriving += [datagram[: rng.randrange(len(datagram))] for datagram in datagrams]
        rng.shuffle(arriving)
        return arriving

    pair.impair = impair
    pair.run(dtls.HANDSHAKE_TIMEOUT_S - 0.1)
    assert pair.is_connected
    assert_keys_mirror(pair)


def test_connected_ends_do_not_answer_repetitions_for_ever():
    pair = Pair()
    everything = []
    pair.impair = lambda sender, datagrams: [everything.append((sender, d)) or d for d in datagrams]
    pair.settle()
    pair.now_s += 1.0
    for sender, datagram in everything:
        receiver = pair.server if sender is pair.client else pair.client
        receiver.receive_datagram(datagram, pair.now_s)
    pair.settle(turn_s=dtls.MIN_RESEND_S)
    assert pair.is_connected


def test_a_lost_last_flight_is_repeated_after_the_server_is_connected():
    pair = Pair()
    pair.exchange()
    pair.server.receive_datagram(pair.client.datagrams_to_send()[0], pair.now_s)
    assert pair.server.state is DtlsState.CONNECTED
    pair.server.datagrams_to_send()
    assert pair.client.state is DtlsState.HANDSHAKING
    pair.run(1.0)
    assert pair.is_connected


@pytest.mark.parametrize("side", ["client", "server"])
def test_a_wrong_fingerprint_fails_and_gives_no_keys(side):
    pair = Pair(**{f"{side}_expects": WRONG_FINGERPRINT})
    pair.run(1.0)
    deceived = getattr(pair, side)
    assert (deceived.state, deceived.failure, deceived.keys) == (DtlsState.FAILED, DtlsFailure.FINGERPRINT, None)
    assert deceived.get_timer() is None


def test_a_deceiving_client_never_sees_the_handshake_complete():
    pair = Pair(server_expects=WRONG_FINGERPRINT)
    pair.run(5.0)
    assert pair.client.state is DtlsState.HANDSHAKING


@pytest.mark.parametrize("algorithm", ["sha-1", "rot-13"])
def test_an_unknown_fingerprint_algorithm_fails(algorithm):
    pair = Pair()
    pair.server = DtlsConnection(
        SERVER, is_server=True, remote_fingerprint=CLIENT.fingerprint, fingerprint_algorithm=algorithm
    )
    pair.sent[pair.server] = 0
    pair.server.start(pair.now_s)
    pair.run(1.0)
    assert pair.server.failure is DtlsFailure.FINGERPRINT


def test_a_client_without_certificate_fails():
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80")
    assert failure_against(context) is DtlsFailure.PROTOCOL


def test_a_client_without_srtp_fails():
    context = SSL.Context(SSL.DTLS_METHOD)
    context.use_certificate(CLIENT.x509)
    context.use_privatekey(CLIENT.key)
    assert failure_against(context) is DtlsFailure.SRTP_PROFILE


def failure_against(client_context):
    client = SSL.Connection(client_context, None)
    client.set_connect_state()
    server = DtlsConnection(SERVER, is_server=True, remote_fingerprint=CLIENT.fingerprint)
    server.start(0.0)
    for _ in range(3):
        with pytest.raises(SSL.Error):
            client.do_handshake()
        try:
            flight = client.bio_read(65536)
        except SSL.WantReadError:
            break
        for datagram in dtls.into_datagrams(flight, 1200):
            server.receive_datagram(datagram, 0.0)
        for datagram in server.datagrams_to_send():
            client.bio_write(datagram)
    assert server.keys is None
    return server.failure


def test_silence_ends_in_a_timeout():
    pair = Pair()
    pair.impair = lambda *_: []
    pair.run(dtls.HANDSHAKE_TIMEOUT_S - 0.01)
    assert pair.client.state is pair.server.state is DtlsState.HANDSHAKING
    pair.run(0.02)
    assert pair.client.failure is pair.server.failure is DtlsFailure.TIMEOUT
    assert pair.next_timer() is None


def test_repetitions_slow_down():
    pair = Pair()
    pair.impair = lambda *_: []
    pair.run(dtls.HANDSHAKE_TIMEOUT_S)
    assert 15 <= pair.sent[pair.client] <= 20


def test_timers_called_early_do_nothing():
    pair = Pair()
    pair.client.datagrams_to_send()
    pair.client.handle_timer(pair.now_s + dtls.FIRST_RESEND_S / 2)
    assert pair.client.datagrams_to_send() == []


def test_openssl_is_let_go_of_with_the_handshake():
    pair = Pair()
    ends = [weakref.ref(end._ssl) for end in (pair.server, pair.client)]
    pair.settle()
    assert [end() for end in ends] == [None, None]
    assert pair.is_connected
    assert_keys_mirror(pair)


def test_the_last_flight_is_repeated_for_a_while():
    pair = Pair()
    pair.exchange()
    from_client = pair.client.datagrams_to_send()
    for datagram in from_client:
        pair.server.receive_datagram(datagram, pair.now_s)
    flight = pair.server.datagrams_to_send()
    pair.now_s += dtls.REPEAT_FOR_S - 0.1
    pair.server.receive_datagram(from_client[-1], pair.now_s)
    assert pair.server.datagrams_to_send() == flight
    assert not pair.server.is_done
    pair.now_s += 0.2
    pair.server.handle_timer(pair.now_s)
    assert pair.server.is_done
    assert pair.server.get_timer() is None
    pair.server.receive_datagram(from_client[-1], pair.now_s)
    assert pair.server.datagrams_to_send() == []


def test_a_forged_alert_does_not_end_a_connected_association():
    pair = Pair()
    pair.settle()
    pair.server.receive_datagram(b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x02\x28", pair.now_s)
    assert pair.server.state is DtlsState.CONNECTED


@pytest.mark.parametrize("is_server", [True, False])
@pytest.mark.parametrize("seed", range(50))
def test_no_input_makes_it_raise(is_server, seed):
    rng = random.Random(seed)
    connection = DtlsConnection(SERVER, is_server=is_server, remote_fingerprint=CLIENT.fingerprint)
    connection.start(0.0)
    for step in range(20):
        body = rng.randbytes(rng.randrange(1, 60))
        header = bytes([rng.choice([20, 21, 22])]) + b"\xfe\xfd" + bytes(8) + len(body).to_bytes(2)
        connection.receive_datagram(header + body, step / 10)
        connection.datagrams_to_send()
        connection.handle_timer(step / 10)
    assert connection.state in (DtlsState.HANDSHAKING, DtlsState.FAILED)
    assert connection.keys is None
