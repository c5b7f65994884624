"""`server` is one emulator for all tests; `account` an account of its own in it for each test, so that none sees another's; `fresh` an
emulator of the test's own."""
import json
import secrets
import types

import pytest
from server import AMI, Server


class Account:
    """A new account: its id, its root key and clients that use it."""

    def __init__(self, server):
        name = f"student-{secrets.token_hex(4)}"
        status, made = server.admin("POST", "accounts", {"name": name, "email": f"{name}@example.com"})
        assert status == 201, made
        self.server, self.id = server, made["id"]
        self.key = (made["access_key_id"], made["secret_access_key"])

    def client(self, service="ec2", region="us-east-1"):
        return self.server.client(service, region, self.key)

    def aws(self, *words):
        """The AWS CLI with this account's key: its exit status, its answer (JSON where it is) and its complaint."""
        done = self.server.cli("--output", "json", *words, key=self.key)
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            answer = done.stdout
        return types.SimpleNamespace(status=done.returncode, answer=answer, complaint=done.stderr)

    def run(self, count=1, **wish):
        """A launch; the new instances' ids."""
        wish = {"ImageId": AMI, "InstanceType": "t2.micro", "MinCount": count, "MaxCount": count, **wish}
        return [i["InstanceId"] for i in self.client().run_instances(**wish)["Instances"]]

    def wait(self, state, *ids):
        self.client().get_waiter(f"instance_{state}").wait(InstanceIds=list(ids), WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def opened(folder):
    server = Server(folder)
    yield server
    assert server.process.poll() is None, "the program ended by itself:\n" + (server.state / "log").read_text()[-4000:]
    server.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    yield from opened(tmp_path_factory.mktemp("api"))


@pytest.fixture
def fresh(tmp_path):
    yield from opened(tmp_path)


@pytest.fixture
def account(server):
    return Account(server)


@pytest.fixture
def other(server):
    """A second account."""
    return Account(server)


@pytest.fixture
def ec2(account):
    return account.client()
