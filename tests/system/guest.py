"""One instance as its owner sees it: the API's record of it, and a shell in it over ssh."""
import pathlib
import re
import subprocess

from emulator import BOOT_S, STOCK, eventually

TOKEN = ("curl -s -m 10 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "
         "http://169.254.169.254/latest/api/token")


class Guest:
    def __init__(self, lab, instance_id, key, user="ec2-user"):
        self.lab = lab
        self.id = instance_id
        self.key = key
        self.user = user

    # --- the record ---
    @property
    def record(self):
        answer = self.lab.ec2.describe_instances(InstanceIds=[self.id])
        return answer["Reservations"][0]["Instances"][0]

    @property
    def state(self):
        return self.record["State"]["Name"]

    @property
    def public(self):
        return self.record["PublicIpAddress"]

    @property
    def private(self):
        return self.record["PrivateIpAddress"]

    def status_ok(self):
        answer = self.lab.ec2.describe_instance_status(InstanceIds=[self.id])["InstanceStatuses"]
        return bool(answer) and answer[0]["InstanceStatus"]["Status"] == "ok"

    def wait(self, *states, timeout=BOOT_S):
        def look():
            assert self.state in states, f"{self.id} is {self.state}, not {states}"
            return True
        eventually(look, timeout=timeout)
        return self

    def wait_ready(self):
        eventually(self.status_ok, timeout=BOOT_S, every=0.5)
        return self

    # --- inside ---
    def ssh_command(self, user=None, key=None):
        record = self.record
        tags = {tag["Key"]: tag["Value"] for tag in record.get("Tags", [])}
        return ["ssh", "-i", str(key or self.key), "-p", tags.get("groundschool:tcp-22", "22"),
                "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=accept-new",
                "-o", f"UserKnownHostsFile={self.lab.folder}/known-{self.id}", "-o", "LogLevel=ERROR",
                "-o", "ConnectTimeout=15", f"{user or self.user}@{record['PublicIpAddress']}"]

    def run(self, command, timeout=240, user=None, key=None):
        """The finished process, whatever came of it."""
        return subprocess.run([*self.ssh_command(user, key), command], text=True, capture_output=True,
                              timeout=timeout, stdin=subprocess.DEVNULL, check=False)

    def sh(self, command, timeout=240):
        """What the command printed; it has to succeed."""
        done = self.run(command, timeout)
        assert done.returncode == 0, f"{self.id}$ {command}\nexit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def boot_id(self):
        return self.sh("cat /proc/sys/kernel/random/boot_id")

    def uptime(self):
        return float(self.sh("cut -d' ' -f1 /proc/uptime"))

    def reached(self, port, *addresses, timeout=4):
        """To which of the addresses does a TCP connection from inside the guest come about?"""
        tries = f"for a in {' '.join(addresses)}; do timeout {timeout} bash -c \"</dev/tcp/$a/{port}\" && echo $a & done; wait"
        return set(self.sh(f"({tries}) 2>/dev/null; true").split())

    def reaches(self, address, port=22, timeout=4):
        return bool(self.reached(port, address, timeout=timeout))

    def pings(self, address):
        return self.run(f"ping -c 1 -W 3 {address}").returncode == 0

    def get(self, path, token=None):
        """Status and body of a request to the metadata service from inside the guest; `token` is shell text."""
        header = f'-H "X-aws-ec2-metadata-token: {token}"' if token else ""
        text = self.sh(f"curl -s -m 10 -w '\\n%{{http_code}}' {header} http://169.254.169.254/latest/{path}")
        body, _, status = text.rpartition("\n")
        return int(status), body

    def metadata(self, *paths):
        """Path -> body, each asked for with one token."""
        ask = (f'token=$({TOKEN}); for p in {" ".join(paths)}; do curl -sf -m 10 -H "X-aws-ec2-metadata-token: $token" '
               "http://169.254.169.254/latest/$p; printf '\\0%s\\0' $?; done")
        parts = self.sh(ask).split("\0")
        assert set(parts[1::2]) == {"0"}, dict(zip(paths, parts[1::2]))
        return dict(zip(paths, parts[0::2]))


class Lab:
    """What a learner has on the desk: an account's client, a folder, a key pair."""

    def __init__(self, emulator, folder, key=None, region="us-east-1"):
        self.emulator = emulator
        self.folder = pathlib.Path(folder)
        self.ec2 = emulator.client("ec2", region, key)
        self.pem = self.make_key("desk")

    def make_key(self, name):
        pem = self.folder / f"{name}-{id(self)}.pem"
        pem.write_text(self.ec2.create_key_pair(KeyName=name)["KeyMaterial"])
        pem.chmod(0o400)
        return pem

    def group(self, name, *ports):
        """A security group that lets these TCP ports in from anywhere."""
        group = self.ec2.create_security_group(GroupName=name, Description=name)["GroupId"]
        for port in ports:
            self.open(group, port)
        return group

    def open(self, group, port, source="0.0.0.0/0"):
        self.ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=port, ToPort=port,
                                                  CidrIp=source)

    def shut(self, group, port, source="0.0.0.0/0"):
        self.ec2.revoke_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=port, ToPort=port,
                                               CidrIp=source)

    def run(self, **options):
        options = {"ImageId": STOCK, "InstanceType": "t2.micro", "KeyName": "desk", "MinCount": 1, "MaxCount": 1,
                   **options}
        made = self.ec2.run_instances(**options)["Instances"]
        guests = [Guest(self, instance["InstanceId"], self.pem) for instance in made]
        return guests if options["MaxCount"] > 1 else guests[0]

    def terminate(self, *guests, timeout=60):
        self.ec2.terminate_instances(InstanceIds=[guest.id for guest in guests])
        for guest in guests:
            guest.wait("terminated", timeout=timeout)

    def console(self, guest):
        return self.ec2.get_console_output(InstanceId=guest.id)["Output"]


def fault(call, **arguments):
    """Code and text of the fault that the call must answer."""
    try:
        answer = call(**arguments)
    except Exception as error:  # the client's own class of faults is made at run time
        found = getattr(error, "response", None)
        assert found is not None, error
        return found["Error"]["Code"], found["Error"]["Message"]
    raise AssertionError(f"no fault, but {answer}")


def numbers(text):
    return [int(word) for word in re.findall(r"\d+", text)]
