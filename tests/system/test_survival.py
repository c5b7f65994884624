"""The emulator is killed with SIGKILL at the worst moments. After its next start every instance is what it should be, guests
that ran never noticed, and nothing is there twice or belongs to nobody."""
import os
import signal
import time

import pytest

from emulator import Emulator, eventually
from guest import Lab, fault


def one_each(emulator, *guests):
    """Exactly one machine per live instance, and none besides."""
    assert sorted(emulator.machines()) == sorted(guest.id for guest in guests)


def gone_with_all(emulator, guest, address):
    eventually(lambda: guest.id not in emulator.machines(), timeout=10)
    eventually(lambda: guest.id not in emulator.files("instances"), timeout=10)
    assert emulator.listening(address) == set()


# Killed at any moment of a boot: the instance is running and reachable in the end, with one machine.
@pytest.mark.parametrize("delay", [0.0, 0.03, 0.15, 0.6, 4.0])
def test_killed_while_booting(own_emulator, own_desk, delay):
    guest = own_desk.run(SecurityGroupIds=[own_desk.open_group])
    time.sleep(delay)
    own_emulator.restart()
    guest.wait("running")
    one_each(own_emulator, guest)
    if delay in (0.15, 4.0):
        guest.wait_ready()
        assert guest.sh("hostname -f") == guest.record["PrivateDnsName"]
    own_desk.terminate(guest)
    one_each(own_emulator)


# A reset in the middle of boots ends them all, and the next launch is as the first was.
def test_reset_while_booting(own_emulator, own_desk):
    own_desk.run(MinCount=3, MaxCount=3)
    time.sleep(0.2)
    own_emulator.admin("POST", "reset")
    assert own_emulator.machines() == {}
    assert own_emulator.files("instances") == []
    eventually(lambda: own_emulator.files("volumes") == [], timeout=10)
    guest = own_desk.run(KeyName=own_desk.ec2.create_key_pair(KeyName="next")["KeyName"])
    guest.wait("running", timeout=30)
    one_each(own_emulator, guest)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """One emulator with two guests for the tests below, which leave both running."""
    emulator = Emulator(tmp_path_factory.mktemp("kept"), "--memory-budget", "5G").start()
    desk = Lab(emulator, tmp_path_factory.mktemp("kept-desk"))
    emulator.desk = desk
    desk.open_group = desk.group("open", 22)
    emulator.guests = desk.run(MinCount=2, MaxCount=2, SecurityGroupIds=[desk.open_group])
    for guest in emulator.guests:
        guest.wait_ready()
    yield emulator
    emulator.close()


# Guests that run go on running: same boot, same addresses, their work undisturbed; network and agent are there again.
def test_running_guests_never_notice(kept):
    guest, other = kept.guests
    pids, boot, address, uptime = kept.machines(), guest.boot_id(), guest.public, guest.uptime()
    guest.sh("nohup bash -c 'for i in $(seq 1000); do echo $i >> work; sleep 0.2; done' >/dev/null 2>&1 & echo $! > worker")
    for _ in range(3):
        kept.restart()
        time.sleep(0.3)
    eventually(lambda: guest.run("true").returncode == 0, timeout=30)
    assert kept.machines() == pids
    assert (guest.boot_id(), guest.public) == (boot, address)
    assert guest.uptime() > uptime
    lines = guest.sh("cat work").split()
    assert lines == [str(n + 1) for n in range(len(lines))] and len(lines) > 5
    guest.sh("kill $(cat worker)")
    eventually(guest.status_ok, timeout=30)
    eventually(lambda: guest.reaches(other.private), timeout=15)


# Rules that were there before are there after; and they still change at once.
def test_groups_hold_after_restart(kept):
    guest, other = kept.guests
    kept.restart()
    eventually(lambda: guest.run("true").returncode == 0, timeout=30)
    assert not guest.pings(other.private)
    kept.desk.shut(kept.desk.open_group, 22)
    assert guest.run("true", timeout=60).returncode != 0
    kept.desk.open(kept.desk.open_group, 22)
    assert guest.sh("echo in") == "in"


# A guest that powers itself off while nobody looks is stopped afterwards, by its own doing.
def test_powered_off_while_away(kept):
    guest = kept.guests[1]
    guest.sh("sudo shutdown -h now >/dev/null 2>&1 & disown; exit 0")
    kept.kill()
    eventually(lambda: guest.id not in kept.machines(), timeout=60)
    kept.start()
    guest.wait("stopped", timeout=20)
    assert guest.record["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    kept.desk.ec2.start_instances(InstanceIds=[guest.id])
    guest.wait_ready()
    one_each(kept, *kept.guests)


# A machine that dies (the host's doing, not the guest's) leaves a stopped instance with the server as the reason.
def test_machine_dies(kept):
    guest = kept.guests[1]
    os.kill(kept.machines()[guest.id], signal.SIGKILL)
    guest.wait("stopped", timeout=20)
    assert guest.record["StateReason"]["Code"] == "Server.InternalError"
    kept.desk.ec2.start_instances(InstanceIds=[guest.id])
    guest.wait_ready()


# Killed at any moment of a stop: stopped in the end, cleanly, and it starts again.
@pytest.mark.parametrize("delay", [0.0, 0.5])
def test_killed_while_stopping(kept, delay):
    guest = kept.guests[0]
    kept.desk.ec2.stop_instances(InstanceIds=[guest.id])
    time.sleep(delay)
    kept.restart()
    guest.wait("stopped", timeout=120)
    assert guest.record["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    one_each(kept, kept.guests[1])
    kept.desk.ec2.start_instances(InstanceIds=[guest.id])
    guest.wait_ready()
    assert guest.sh("echo in") == "in"


# Beyond the budget nothing is started, and what runs is not harmed; a restart counts what runs.
def test_budget_after_restart(kept):
    kept.restart()
    code, _ = fault(kept.desk.run, InstanceType="t3.medium")
    assert code == "InsufficientInstanceCapacity"
    one_each(kept, *kept.guests)


# A signal to end leaves the machines running as a kill does.
def test_closing_leaves_guests_running(kept):
    pids = kept.machines()
    kept.process.terminate()
    assert kept.process.wait(20) == 0
    assert kept.machines() == pids
    kept.start()
    eventually(lambda: kept.guests[0].run("true").returncode == 0, timeout=30)


# Killed at any moment of a termination: terminated in the end, and nothing is left.
def test_killed_while_terminating(kept):
    for guest, delay in zip(kept.guests, (0.0, 0.05)):
        address = guest.public
        kept.desk.ec2.terminate_instances(InstanceIds=[guest.id])
        time.sleep(delay)
        kept.restart()
        guest.wait("terminated", timeout=30)
        gone_with_all(kept, guest, address)
    one_each(kept)
    assert kept.holders() == []
    assert kept.files("instances") == []
    eventually(lambda: kept.files("volumes") == [], timeout=10)


# An instance that is terminated in the moment of its launch, while its disks are being made, is gone with them; the program goes on.
@pytest.mark.parametrize("after", [0, 0.02, 0.05])
def test_terminated_while_its_disks_are_made(own_emulator, own_desk, after):
    volumes = [{"DeviceName": f"/dev/sd{letter}", "Ebs": {"VolumeSize": 1}} for letter in "fghij"]
    for _ in range(10):
        guest = own_desk.run(BlockDeviceMappings=volumes)
        time.sleep(after)
        own_desk.ec2.terminate_instances(InstanceIds=[guest.id])
    eventually(lambda: own_desk.ec2.describe_volumes()["Volumes"] == [] and own_emulator.machines() == {}, timeout=60)
    assert own_emulator.health()
