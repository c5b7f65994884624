import pytest
from plane import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("api"))
    yield made
    made.stop()


@pytest.fixture
def fresh(server):
    """The same server, back to just after first start."""
    assert server.admin("POST", "reset")[0] == 200
    return server
