"""From launch to terminated, and back: what stop, start, reboot and shutdown do to a machine, its data and its addresses."""
import base64
import struct

from emulator import STOCK, eventually
from guest import fault

BY_USER = "Client.UserInitiatedShutdown"
BY_GUEST = "Client.InstanceInitiatedShutdown"


def reason(guest):
    return guest.record["StateReason"]["Code"]


# Stopping lets services end; after starting again the data and the private address are there, the public address is another.
def test_stop_and_start(machines, desk):
    guest, before = machines.rich, machines.rich.record
    guest.sh("printf '[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStop=/bin/sh -c \"echo ended well > /root/ended; sync\"\\n"
             "[Install]\\nWantedBy=multi-user.target\\n' | sudo tee /etc/systemd/system/lesson.service"
             " && sudo systemctl enable -q --now lesson && echo data > kept && sync")
    boot = guest.boot_id()
    desk.ec2.stop_instances(InstanceIds=[guest.id])
    assert guest.state == "stopping"
    guest.wait("stopped")
    assert reason(guest) == BY_USER
    assert guest.record["StateTransitionReason"].startswith("User initiated (")
    assert "PublicIpAddress" not in guest.record
    assert guest.id not in desk.emulator.machines()
    assert desk.emulator.listening(before["PublicIpAddress"]) == set()
    desk.ec2.start_instances(InstanceIds=[guest.id])
    guest.wait_ready()
    assert guest.private == before["PrivateIpAddress"]
    assert guest.public != before["PublicIpAddress"]
    assert guest.sh("cat kept; sudo cat /root/ended") == "data\nended well"
    assert guest.boot_id() != boot
    assert "StateReason" not in guest.record


# User data does not run again, and the host key stays, after a stop and start.
def test_identity_stays(machines):
    assert machines.rich.sh("sudo cat /root/user-data") == "ran as root"


# A reboot by the API is one inside: same addresses, another boot, still running.
def test_reboot(machines, desk):
    guest, before, boot = machines.plain, machines.plain.public, machines.plain.boot_id()
    desk.ec2.reboot_instances(InstanceIds=[guest.id])
    eventually(lambda: guest.run("cat /proc/sys/kernel/random/boot_id").stdout.strip() not in ("", boot), timeout=120)
    assert (guest.state, guest.public) == ("running", before)


# So is one that is typed inside: the machine is the same, and its status is checked anew.
def test_reboot_inside(machines):
    guest, boot = machines.plain, machines.plain.boot_id()
    guest.run("sudo reboot")
    eventually(lambda: not guest.status_ok(), timeout=60)
    guest.wait_ready()
    assert guest.boot_id() != boot
    assert guest.state == "running"


# The console's log is the kernel's and the system's; the screenshot is a picture of the screen.
def test_console(machines, desk):
    assert "ip-172-31-" in desk.console(machines.plain) and "login:" in desk.console(machines.plain)
    answer = desk.ec2.get_console_screenshot(InstanceId=machines.plain.id)
    png = base64.b64decode(answer["ImageData"])
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    assert width >= 640 and height >= 400


# A guest that shuts itself down is stopped, with the guest as the reason, and may be started again.
def test_shutdown_inside_stops(machines, desk):
    guest = machines.plain
    guest.run("sudo shutdown -h now")
    guest.wait("stopped", timeout=60)
    assert reason(guest) == BY_GUEST
    assert guest.record["StateReason"]["Message"] == f"{BY_GUEST}: Instance initiated shutdown"
    desk.ec2.start_instances(InstanceIds=[guest.id])
    guest.wait_ready()
    assert guest.sh("cat /etc/lesson") == "written by cloud-config"


# One whose shutdown behaviour is `terminate` is terminated by it.
def test_shutdown_inside_terminates(machines, desk):
    guest = machines.plain
    desk.ec2.modify_instance_attribute(InstanceId=guest.id, InstanceInitiatedShutdownBehavior={"Value": "terminate"})
    guest.run("sudo shutdown -h now")
    guest.wait("terminated", timeout=60)
    assert reason(guest) == BY_GUEST


# Protection against stop and termination holds until it is taken away.
def test_protection(machines, desk):
    guest = machines.rich
    desk.ec2.modify_instance_attribute(InstanceId=guest.id, DisableApiStop={"Value": True})
    desk.ec2.modify_instance_attribute(InstanceId=guest.id, DisableApiTermination={"Value": True})
    assert fault(desk.ec2.stop_instances, InstanceIds=[guest.id])[0] == "OperationNotPermitted"
    assert fault(desk.ec2.terminate_instances, InstanceIds=[guest.id])[0] == "OperationNotPermitted"
    assert guest.sh("id -un") == "ec2-user"
    desk.ec2.modify_instance_attribute(InstanceId=guest.id, DisableApiStop={"Value": False})
    desk.ec2.modify_instance_attribute(InstanceId=guest.id, DisableApiTermination={"Value": False})


# Beyond the memory that the host gives to guests, AWS's code, and a text that says what the host has.
def test_capacity(desk, emulator):
    code, text = fault(desk.ec2.run_instances, ImageId=STOCK, InstanceType="m5.4xlarge", MinCount=1, MaxCount=1)
    assert code == "InsufficientInstanceCapacity"
    assert "65536 MiB" in text and "14336 MiB" in text and "--memory-budget" in text
    assert emulator.health()


# A terminated instance leaves no process, socket, file or listening address behind.
def test_terminate_leaves_nothing(machines, desk, emulator):
    guest, before = machines.rich, machines.rich.record
    volumes = [device["Ebs"]["VolumeId"] for device in before["BlockDeviceMappings"]]
    desk.ec2.terminate_instances(InstanceIds=[guest.id])
    guest.wait("terminated", timeout=60)
    assert reason(guest) == BY_USER
    eventually(lambda: guest.id not in emulator.machines(), timeout=10)
    eventually(lambda: guest.id not in emulator.files("instances"), timeout=10)
    for address in (before["PublicIpAddress"], before["PrivateIpAddress"]):
        assert emulator.listening(address) == set()
    kept = {volume["VolumeId"] for volume in desk.ec2.describe_volumes(
        Filters=[{"Name": "volume-id", "Values": volumes}])["Volumes"]}
    eventually(lambda: {f"{v}.qcow2" for v in volumes} & set(emulator.files("volumes")) == {f"{v}.qcow2" for v in kept}, timeout=10)
    assert volumes[0] not in kept


# Several at once are one reservation; they wait for their turn and all come up. Force ends one without asking the guest.
def test_count_three(desk):
    guests = desk.run(MinCount=3, MaxCount=3, SecurityGroups=["outer"])
    records = [guest.record for guest in guests]
    assert sorted(record["AmiLaunchIndex"] for record in records) == [0, 1, 2]
    for guest in guests:
        guest.wait_ready()
    assert {guest.sh("hostname -f") for guest in guests} == {record["PrivateDnsName"] for record in records}
    desk.ec2.stop_instances(InstanceIds=[guests[0].id], Force=True)
    guests[0].wait("stopped", timeout=10)
    desk.terminate(*guests)


# After a reset no guest is left, nor anything that belonged to one.
def test_reset(machines, emulator):
    assert machines.stranger.id in emulator.machines()
    emulator.admin("POST", "reset")
    assert emulator.machines() == {}
    assert emulator.holders() == []
    assert emulator.files("instances") == []
    eventually(lambda: emulator.files("volumes") == [], timeout=10)
    assert emulator.client().describe_instances()["Reservations"] == []
