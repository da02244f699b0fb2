import pytest

from tests.unit.rest.harness import Rest


@pytest.fixture
def rest() -> Rest:
    return Rest()
