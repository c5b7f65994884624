"""One emulator for most tests, since guests take their time to boot; what kills the emulator has one of its own."""
import types

import pytest

from emulator import Emulator
from guest import Lab

SCRIPT = "#!/bin/bash\necho ran as $(id -un) >> /root/user-data\necho said by user data\n"
CLOUD_CONFIG = """#cloud-config
write_files:
  - path: /etc/lesson
    content: written by cloud-config
runcmd:
  - touch /root/ran-by-cloud-config
"""


def opened(tmp_path_factory, name, *options):
    return Emulator(tmp_path_factory.mktemp(name), *options).start()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory):
    found = opened(tmp_path_factory, "main", "--memory-budget", "14G")
    yield found
    found.close()


@pytest.fixture(scope="session")
def desk(emulator, tmp_path_factory):
    return Lab(emulator, tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="session")
def machines(emulator, desk):
    """Two guests of one account in two groups, made once: `plain`, a t2.micro with defaults, and `rich`, with everything that
    can be asked for. And one of another account."""
    inner = desk.group("inner", 22)
    outer = desk.group("outer", 22)
    rich = desk.run(InstanceType="t3.medium", SecurityGroupIds=[inner], UserData=SCRIPT,
                    BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 12}},
                                         {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 2}}],
                    MetadataOptions={"HttpTokens": "required", "InstanceMetadataTags": "enabled"},
                    TagSpecifications=[{"ResourceType": "instance",
                                        "Tags": [{"Key": "Name", "Value": "rich"}, {"Key": "team", "Value": "blue"}]}])
    plain = desk.run(SecurityGroupIds=[outer], UserData=CLOUD_CONFIG)
    account = emulator.admin("POST", "accounts", {"name": "neighbour", "email": "neighbour@example.com"})
    other = Lab(emulator, desk.folder, (account["access_key_id"], account["secret_access_key"]))
    stranger = other.run(SecurityGroupIds=[other.group("open", 22, 80)])
    for guest in (rich, plain, stranger):
        guest.wait_ready()
    return types.SimpleNamespace(rich=rich, plain=plain, stranger=stranger, inner=inner, outer=outer)


@pytest.fixture
def own_emulator(tmp_path_factory):
    """An emulator that the test may kill."""
    found = opened(tmp_path_factory, "own")
    yield found
    found.close()


@pytest.fixture
def own_desk(own_emulator, tmp_path_factory):
    found = Lab(own_emulator, tmp_path_factory.mktemp("own-desk"))
    found.open_group = found.group("open", 22)
    return found


def pytest_exception_interact(node):
    """What the emulator said last stands beside a failure."""
    for name in ("own_emulator", "emulator"):
        found = getattr(node, "funcargs", {}).get(name)
        if found is not None:
            print(f"--- {name}'s log\n{found.log_tail()}")
