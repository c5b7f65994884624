"""What a guest is from the inside, and what its network lets through."""
import json
import re
import subprocess
import urllib.request

from emulator import eventually
from guest import TOKEN, numbers


# --- the machine ---

# A guest has the vCPUs and the memory of its type.
def test_size_is_the_type(machines):
    assert machines.rich.sh("nproc") == "2"
    assert machines.plain.sh("nproc") == "1"
    total = {guest: numbers(guest.sh("grep MemTotal /proc/meminfo"))[0] // 1024 for guest in (machines.rich, machines.plain)}
    assert 4096 * 0.9 < total[machines.rich] <= 4096
    assert 1024 * 0.85 < total[machines.plain] <= 1024


# The root file system fills a root volume of the size that was asked for.
def test_root_grows(machines):
    for guest, size in ((machines.rich, 12), (machines.plain, 8)):
        blocks = numbers(guest.sh("df --output=size -k / | tail -1"))[0]
        assert size * 0.9 < blocks / 1024 / 1024 <= size


# A volume at /dev/sdf is seen there and as /dev/xvdf; it takes a file system, and its serial is the volume's id.
def test_second_volume(machines):
    guest = machines.rich
    devices = {d["DeviceName"]: d["Ebs"]["VolumeId"] for d in guest.record["BlockDeviceMappings"]}
    assert guest.sh("readlink -f /dev/xvdf") == guest.sh("readlink -f /dev/sdf")
    assert guest.sh("sudo blockdev --getsize64 /dev/xvdf") == str(2 << 30)
    assert guest.sh("cat /sys/block/$(basename $(readlink -f /dev/xvdf))/serial") == devices["/dev/sdf"].replace("-", "")
    guest.sh("sudo mkfs -q -t ext4 /dev/xvdf && sudo mount /dev/xvdf /mnt && echo kept | sudo tee /mnt/file")
    assert guest.sh("cat /mnt/file; sudo umount /mnt") == "kept"


# The host name is the private DNS name.
def test_hostname(machines):
    for guest in (machines.rich, machines.plain):
        assert guest.sh("hostname -f") == guest.record["PrivateDnsName"]


# Only the key pair of the launch opens an instance; root is told who to log in as; passwords are not asked for.
def test_only_the_key_opens(machines, desk):
    guest = machines.plain
    other = desk.make_key("other")
    assert "Permission denied (publickey" in guest.run("true", key=other).stderr
    refused = guest.run("id", user="root")
    assert 'Please login as the user "ec2-user" rather than the user "root".' in refused.stdout + refused.stderr
    assert "uid=0" not in refused.stdout


# The host key that ssh meets is the one whose fingerprint the console shows; no two instances have the same.
def test_host_keys(machines, desk):
    shown = {}
    for guest in (machines.plain, machines.rich):
        fingerprint = guest.sh("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub").split()[1]
        eventually(lambda: fingerprint in desk.console(guest), timeout=30)
        shown[guest.id] = fingerprint
    assert len(set(shown.values())) == 2


# --- metadata ---

# Version 1 answers without a token where it may; version 2 with one.
def test_metadata_both_versions(machines):
    guest = machines.plain
    assert guest.get("meta-data/instance-id") == (200, guest.id)
    assert guest.metadata("meta-data/instance-id") == {"meta-data/instance-id": guest.id}


# HttpTokens=required: without a token, and with a wrong one, the service answers 401.
def test_metadata_token_required(machines):
    guest = machines.rich
    assert guest.get("meta-data/instance-id")[0] == 401
    assert guest.get("meta-data/instance-id", "wrong")[0] == 401
    assert guest.get("meta-data/instance-id", f"$({TOKEN})") == (200, guest.id)


# The tree says what the API says of the instance.
def test_metadata_tree(machines):
    record = machines.rich.record
    wanted = {"ami-id": record["ImageId"], "instance-type": "t3.medium", "local-ipv4": record["PrivateIpAddress"],
              "public-ipv4": record["PublicIpAddress"], "hostname": record["PrivateDnsName"],
              "public-hostname": record["PublicDnsName"], "mac": record["NetworkInterfaces"][0]["MacAddress"],
              "placement/availability-zone": record["Placement"]["AvailabilityZone"], "security-groups": "inner"}
    wanted = {f"meta-data/{path}": value for path, value in wanted.items()}
    key, document = "meta-data/public-keys/0/openssh-key", "dynamic/instance-identity/document"
    found = machines.rich.metadata(*wanted, key, document, "user-data")
    assert {path: found[path] for path in wanted} == wanted
    assert found[key].startswith("ssh-rsa ") and found[key].rstrip().endswith(" desk")
    assert json.loads(found[document])["instanceId"] == machines.rich.id
    assert found["user-data"].startswith("#!/bin/bash")


# Tags are in the metadata only where the instance was told to show them.
def test_metadata_tags(machines):
    team, every = "meta-data/tags/instance/team", "meta-data/tags/instance"
    found = machines.rich.metadata(team, every)
    assert found[team] == "blue" and sorted(found[every].split()) == ["Name", "team"]
    assert machines.plain.get(every)[0] == 404


# `ec2-metadata` is there, as on Amazon Linux.
def test_ec2_metadata_command(machines):
    assert machines.rich.sh("ec2-metadata -i") == f"instance-id: {machines.rich.id}"


# --- user data ---

# A script runs once, as root, and what it prints is logged.
def test_script_ran_once(machines):
    assert machines.rich.sh("sudo cat /root/user-data") == "ran as root"
    assert "said by user data" in machines.rich.sh("sudo cat /var/log/cloud-init-output.log")


# A cloud-config is carried out by cloud-init.
def test_cloud_config(machines):
    guest = machines.plain
    eventually(lambda: guest.run("sudo test -e /root/ran-by-cloud-config").returncode == 0, timeout=120, every=1)
    assert guest.sh("cat /etc/lesson") == "written by cloud-config"


# --- network ---

# Names of instances resolve in their VPC: the private name, and the public one, which leads to the private address.
def test_names_resolve(machines):
    rich, plain = machines.rich.record, machines.plain
    for name in (rich["PrivateDnsName"], rich["PublicDnsName"]):
        assert plain.sh(f"getent ahostsv4 {name}").split()[0] == rich["PrivateIpAddress"]


# Between two instances only that passes which the receiver's group lets in, from the moment it does.
def test_groups_between_instances(machines, desk):
    rich, plain = machines.rich, machines.plain
    ping = {"GroupId": machines.outer, "IpPermissions": [{"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1,
                                                          "UserIdGroupPairs": [{"GroupId": machines.inner}]}]}
    assert not rich.pings(plain.private)
    desk.ec2.authorize_security_group_ingress(**ping)
    assert rich.pings(plain.private)
    assert not plain.pings(rich.private)
    desk.ec2.revoke_security_group_ingress(**ping)
    assert not rich.pings(plain.private)
    assert rich.reaches(plain.private, 22)


# An instance reaches another's public address, as its group allows.
def test_public_address_from_inside(machines):
    assert machines.plain.reaches(machines.rich.public, 22)
    assert not machines.plain.reaches(machines.rich.public, 80)


# Where a rule opens port 80 and nobody listens, a connection is refused; without the rule it times out.
def test_refused_and_dropped_differ(machines, desk):
    rich, plain = machines.rich, machines.plain
    look = f"timeout 4 bash -c '</dev/tcp/{rich.private}/80'; echo $?"
    assert plain.sh(look) == "124"
    desk.open(machines.inner, 80)
    assert plain.sh(look) == "1"
    desk.shut(machines.inner, 80)


# Taking back the egress rule keeps an instance's own connections in; those from outside still get their answers.
def test_egress(machines, desk):
    allow = {"GroupId": machines.outer, "IpPermissions": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}
    desk.ec2.revoke_security_group_egress(**allow)
    assert not machines.plain.reaches(machines.rich.private, 22)
    desk.ec2.authorize_security_group_egress(**allow)
    assert machines.plain.reaches(machines.rich.private, 22)


# No guest reaches the host: neither a service on its loopback, nor the emulator's own port, nor the gateway's address.
def test_host_is_out_of_reach(machines, emulator):
    with urllib.request.urlopen(f"{emulator.endpoint}/_groundschool/health") as answer:
        assert answer.status == 200
    gateway = machines.plain.sh("ip route show default").split()[2]
    assert machines.plain.reached(emulator.port, "127.0.0.1", "10.0.2.2", gateway, emulator.address) == set()


# No guest reaches the internet, and no name outside resolves.
def test_internet_is_out_of_reach(machines):
    assert not machines.plain.reaches("198.51.100.1", 80, timeout=4)
    assert machines.plain.run("getent hosts example.com").returncode != 0


# No guest reaches another account's by its private address, even where groups are open; the public address is for everybody.
def test_accounts_are_apart(machines):
    stranger = machines.stranger
    assert not machines.plain.reaches(stranger.private, 22, timeout=4) or stranger.private == machines.plain.private
    assert not machines.plain.pings(stranger.private) or stranger.private == machines.plain.private
    assert machines.plain.reaches(stranger.public, 22)


# Guest root cannot take another address, nor listen to what is not for it.
def test_no_forging(machines):
    guest = machines.rich
    address = re.sub(r"\.\d+$", ".9", guest.private)
    guest.sh(f"sudo ip addr add {address}/20 dev eth0")
    done = guest.run(f"ping -c 2 -W 2 -I {address} $(ip route show default | cut -d' ' -f3)")
    guest.sh(f"sudo ip addr del {address}/20 dev eth0")
    assert done.returncode != 0


# The public address belongs to one guest: what it serves on an open port is seen from the host there and nowhere else.
def test_public_port_is_the_guests(machines, emulator, desk):
    guest = machines.rich
    desk.open(machines.inner, 8080)
    guest.sh("nohup python3 -m http.server 8080 >/dev/null 2>&1 & sleep 1")
    seen = ["curl", "-s", "--noproxy", "*", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}"]
    eventually(lambda: subprocess.run([*seen, f"http://{guest.public}:8080/"], capture_output=True, text=True,
                                      check=False).stdout == "200", timeout=20)
    assert ("tcp", 8080) not in emulator.listening(machines.plain.public)
    desk.shut(machines.inner, 8080)
