"""One emulator without machines for all tests of the API; each test has an account of its own in it, so that none sees another's."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import types

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "system")]
IMAGES = tempfile.TemporaryDirectory(prefix="api-images-")
os.environ["SYSTEM_IMAGES"] = IMAGES.name

from emulator import HERE, Emulator  # noqa: E402  (it reads SYSTEM_IMAGES)

AMI, ALIAS = "ami-0aaaaaaaaaaaaaaaa", "ami-0bbbbbbbbbbbbbbbb"
PARAMETER = "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2"
MANIFEST = {
    "format": 1, "image_id": AMI, "name": "amzn2-ami-hvm-2.0.20261101.0-x86_64-gp2", "description": "An image without a disk",
    "architecture": "x86_64", "boot": "bios", "disk": "disk.qcow2", "disk_size_gib": 8, "user": "ec2-user", "owner_id": "137112412989",
    "owner_alias": "amazon", "creation_date": "2026-11-01T00:00:00.000Z", "ssm_parameters": [PARAMETER],
    "aliases": [{"image_id": ALIAS, "name": "ubuntu-noble", "owner_id": "099720109477", "user": "ubuntu", "ssm_parameters": []}],
}


class Account:
    """A new account: its id, its root key and clients that use it."""

    def __init__(self, emulator, name):
        made = emulator.admin("POST", "accounts", {"name": name, "email": f"{name}@example.com"})
        self.emulator, self.id = emulator, made["id"]
        self.key = (made["access_key_id"], made["secret_access_key"])
        self.ami = AMI

    def client(self, service="ec2", region="us-east-1"):
        return self.emulator.client(service, region, self.key)

    def aws(self, *words, region="us-east-1"):
        """The AWS CLI with this account's key: its exit status, its answer (JSON where it is) and its complaint."""
        env = {**os.environ, **HERE, "AWS_ACCESS_KEY_ID": self.key[0], "AWS_SECRET_ACCESS_KEY": self.key[1],
               "AWS_DEFAULT_REGION": region}
        done = subprocess.run(["/usr/bin/aws", "--endpoint-url", self.emulator.endpoint, "--output", "json", *words], env=env,
                              capture_output=True, text=True, timeout=120, check=False)
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            answer = done.stdout
        return types.SimpleNamespace(status=done.returncode, answer=answer, complaint=done.stderr)

    def run(self, **wish):
        """A launch; the new instances' ids."""
        wish = {"ImageId": AMI, "InstanceType": "t2.micro", "MinCount": 1, "MaxCount": 1, **wish}
        return [i["InstanceId"] for i in self.client().run_instances(**wish)["Instances"]]

    def settled(self, state, *ids):
        """Waits until all are in `state`."""
        words = {"running": "instance_running", "stopped": "instance_stopped", "terminated": "instance_terminated"}
        self.client().get_waiter(words[state]).wait(InstanceIds=list(ids), WaiterConfig={"Delay": 1, "MaxAttempts": 30})


@pytest.fixture(scope="session")
def emulator(tmp_path_factory):
    folder = pathlib.Path(IMAGES.name, "stock")
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    found = Emulator(tmp_path_factory.mktemp("api"), "--guests", "none").start()
    yield found
    found.close()
    IMAGES.cleanup()


@pytest.fixture
def account(emulator, request):
    found = Account(emulator, f"a{abs(hash(request.node.name))}")
    yield found
    assert emulator.health(), "the program is well after the test"


@pytest.fixture
def ec2(account):
    return account.client()
