import socket

import pytest


@pytest.fixture
def unused_tcp_port():
    """A port that is bound and does not listen: connections to it are refused."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
