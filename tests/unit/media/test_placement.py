"""Links spread over workers, but what one client receives stays together."""

import pytest

from ovrouter.media.placement import NEAR_TRANSPORTS, Placement


class Worker:
    def __init__(self, transport_count=0):
        self.transport_count = transport_count


@pytest.fixture
def workers():
    return Worker(), Worker()


def test_uplinks_go_where_the_fewest_transports_are(workers):
    workers[0].transport_count = 1
    assert Placement(workers).for_uplink() is workers[1]


def test_the_first_subscribers_stay_with_the_publisher_and_the_next_go_where_there_is_room(workers):
    placement = Placement(workers)
    for number in range(100):
        placement.for_downlink(f"client{number}", workers[1]).transport_count += 1
    assert workers[1].transport_count - workers[0].transport_count == NEAR_TRANSPORTS


def test_all_downlinks_of_a_client_are_together(workers):
    placement = Placement(workers)
    placement.enter("client", workers[0])
    workers[0].transport_count = 10 * NEAR_TRANSPORTS
    assert placement.for_downlink("client", workers[1]) is workers[0]


def test_a_client_without_downlinks_is_placed_anew(workers):
    placement = Placement(workers)
    for _ in range(2):
        placement.enter("client", workers[0])
    placement.leave("client")
    assert placement.for_downlink("client", workers[1]) is workers[0]
    placement.leave("client")
    assert placement.for_downlink("client", workers[1]) is workers[1]
