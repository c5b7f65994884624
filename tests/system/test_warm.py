"""Instances that go on from a template: made once from the first, they are machines of their own in everything that a learner or an
attacker could compare, they have what was asked for, and a template that does not work costs nobody an instance."""
import pathlib
import re
import shutil
import time

import pytest

from emulator import IMAGES, Emulator, eventually
from guest import Lab

SCRIPT = "#!/bin/bash\necho ran as $(id -un) on $(hostname) >> /root/user-data\n"
# What may be equal in two instances: nothing in it is secret, or names the instance.
PUBLIC = re.compile(r"^/(etc/(ssh/(moduli|ssh_config|sshd_config)|ssl/certs|systemd/system|resolv.conf|localtime)|(root|home/ec2-user)/.ssh/authorized_keys|"
                    r"usr/(lib/(modules|locale)|local/share/ca-certificates)|run/(groundschool/product_name|systemd|udev|lock|log|sshd|initctl|utmp|mount|"
                    r"dbus|crond|rsyslog|agetty|motd|user|tmpfiles)|var/(cache|lib/(dpkg|apt|rpm|dnf|systemd|logrotate|cloud|dbus)|spool|log/(wtmp|btmp|lastlog)))")
SECRETS = ("sudo cat /etc/ssh/ssh_host_*_key /etc/machine-id /proc/sys/kernel/random/boot_id /sys/class/dmi/id/product_uuid; hostname; "
           "head -c 48 /dev/urandom | base64; cat /proc/sys/kernel/random/uuid; cat /sys/class/net/eth0/address; cat /sys/block/vda/serial; echo")
NEW_FILES = ("sudo find /etc /root /home /run /var /tmp /usr -xdev -type f -newer /usr/lib/os-release -size +0 -print0 2>/dev/null"
             " | sudo xargs -0 sha256sum 2>/dev/null")


def template():
    found = list(pathlib.Path(IMAGES, "templates").glob("*-1x1024-*/manifest.json"))
    return max(found, key=lambda path: path.stat().st_mtime).parent if found else None


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """An emulator whose template for t2.micro was made here: the first instance boots cold, the second goes on from it."""
    shutil.rmtree(pathlib.Path(IMAGES, "templates"), ignore_errors=True)
    emulator = Emulator(tmp_path_factory.mktemp("warm"), "--warm", "on").start()
    found = Lab(emulator, tmp_path_factory.mktemp("warm-desk"))
    found.open = found.group("open", 22)
    first = found.run(SecurityGroupIds=[found.open]).wait_ready()
    eventually(template, timeout=300)
    found.terminate(first)
    yield found
    emulator.close()


def launch(lab, **options):
    """A guest that has to be warm: ready in less than a cold boot's kernel takes."""
    guests = lab.run(SecurityGroupIds=[lab.open], **options)
    for guest in guests if isinstance(guests, list) else [guests]:
        guest.wait_ready()
    return guests


def is_warm(lab, guest):
    command = pathlib.Path("/proc", str(lab.emulator.machines()[guest.id]), "cmdline").read_bytes().split(b"\0")
    return b"-incoming" in command


# Two instances of one template have no key, id, name, address, serial number or random byte in common, and no file that was written since the
# image was made, but for what is public.
def test_two_of_one_template_share_no_secret(lab):
    one, two = launch(lab, MinCount=2, MaxCount=2)
    assert is_warm(lab, one) and is_warm(lab, two)
    here, there = one.sh(SECRETS).splitlines(), two.sh(SECRETS).splitlines()
    same = {line for line in set(here) & set(there) if line and not line.startswith("-----")}
    assert {line for line in same if not line.startswith(("b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ", "QyNTUxOQ"))} == set()
    eventually(lambda: one.run("test -e /run/systemd/seats").returncode == 0 and two.run("test -e /run/systemd/seats").returncode == 0, timeout=60)
    files = [dict(reversed(line.split(None, 1)) for line in guest.sh(NEW_FILES).splitlines()) for guest in (one, two)]
    shared = sorted(name for name, digest in files[0].items() if files[1].get(name) == digest and not PUBLIC.match(name))
    assert not shared, "\n".join(shared)
    lab.terminate(one, two)


# What a cold boot gives a warm start gives: the root file system as large as its volume, a second volume under its name, user data as root, the
# clock, the name in the logs, a session of logind, its own board.
def test_it_has_what_was_asked_for(lab):
    guest = launch(lab, UserData=SCRIPT, BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 11}},
                                                             {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 2}}])
    assert is_warm(lab, guest)
    eventually(lambda: guest.run("sudo test -e /root/user-data").returncode == 0, timeout=60)
    assert guest.sh("sudo cat /root/user-data") == f"ran as root on {guest.record['PrivateDnsName']}"
    assert 10 << 20 < int(guest.sh("df --output=size / | tail -1")) <= 11 << 20
    eventually(lambda: guest.run("test -b /dev/sdf -a -b /dev/xvdf").returncode == 0, timeout=30)
    assert int(guest.sh("sudo blockdev --getsize64 /dev/xvdf")) == 2 << 30
    root = next(m for m in guest.record["BlockDeviceMappings"] if m["DeviceName"] == "/dev/xvda")["Ebs"]["VolumeId"]
    eventually(lambda: root.replace("-", "") in guest.sh("ls /dev/disk/by-id"), timeout=30)
    assert abs(int(guest.sh("date +%s")) - time.time()) < 3
    assert guest.sh("cat /sys/class/dmi/id/chassis_asset_tag /sys/class/dmi/id/product_name").split() == [guest.id, "t2.micro"]
    assert guest.sh("sudo cat /sys/class/dmi/id/product_uuid").startswith("ec2")
    eventually(lambda: guest.sh("loginctl list-sessions --no-legend | wc -l") != "0", timeout=60)
    short = guest.record["PrivateDnsName"].split(".")[0]
    guest.sh("logger lesson")
    eventually(lambda: f"{short} ec2-user" in guest.sh("sudo grep lesson /var/log/messages"), timeout=30)
    assert "lesson" in guest.sh("sudo journalctl -b --no-pager | grep lesson")
    assert guest.sh("systemctl is-system-running") == "running"
    assert "-----BEGIN SSH HOST KEY FINGERPRINTS-----" in lab.console(guest)
    lab.terminate(guest)


# Stopped and started it boots cold, from its own disk, as the same instance.
def test_stop_and_start(lab):
    guest = launch(lab)
    guest.sh("echo mine > kept; sync")
    key = guest.sh("cat /etc/ssh/ssh_host_ed25519_key.pub")
    lab.ec2.stop_instances(InstanceIds=[guest.id])
    guest.wait("stopped")
    lab.ec2.start_instances(InstanceIds=[guest.id])
    guest.wait_ready()
    assert not is_warm(lab, guest)
    assert guest.sh("cat kept; cat /etc/ssh/ssh_host_ed25519_key.pub") == f"mine\n{key}"
    lab.terminate(guest)


# An emulator that is killed finds its warm machines again.
def test_a_killed_emulator_adopts_it(lab):
    guest = launch(lab)
    boot = guest.boot_id()
    lab.emulator.restart()
    guest.wait_ready()
    assert guest.boot_id() == boot
    lab.terminate(guest)


# A damaged template is noticed: the instance boots cold, the log says so, and the template is made anew.
@pytest.mark.parametrize("harm", ["state", "memory", "told"])
def test_a_damaged_template_costs_nobody_an_instance(lab, harm):
    eventually(template, timeout=300)
    folder = template()
    changed = (folder / "manifest.json").stat().st_mtime
    if harm == "told":  # a state that looks whole but is not
        with open(folder / "state", "r+b") as state:
            state.seek(20000)
            state.write(b"\xff" * 4096)
        manifest = folder / "manifest.json"
        times = str((folder / "state").stat().st_mtime_ns)
        manifest.write_text(re.sub(r'("state": \{\s*"changed": )\d+', rf"\g<1>{times}", manifest.read_text()))
    else:
        with open(folder / harm, "ab") as file:
            file.write(b"x")
    guest = launch(lab)
    assert not is_warm(lab, guest)
    if harm == "told":
        assert f"{guest.id} could not go on from its template and boots cold" in lab.emulator.log.read_text()
    eventually(lambda: template() is not None and (template() / "manifest.json").stat().st_mtime > changed, timeout=300)
    lab.terminate(guest)
