#!/usr/bin/python3
"""Boots the stock image and holds it to what a user of an EC2 instance expects. Called by run.sh."""

import base64
import functools
import http.server
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

from host import Guest

FIRST, SECOND = "i-0a1b2c3d4e5f60718", "i-0fedcba9876543210"
SCRIPT = b"#!/bin/bash\necho run >> /root/runs\necho hello from user data\nid -un\nexit 3\n"

results = []


def check(rule, holds, detail=""):
    """One rule, one line."""
    results.append(bool(holds))
    print(f"{'ok' if holds else 'not ok'} {len(results)} - {rule}", flush=True)
    if not holds and detail:
        print("# " + str(detail).strip().replace("\n", "\n# "), flush=True)


def make_key(folder, name):
    path = os.path.join(folder, name)
    subprocess.check_call(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path])
    return path, open(path + ".pub").read().strip()


class Story:
    def __init__(self, images, folder):
        name = next(n for n in sorted(os.listdir(images)) if n.startswith("amzn2-ami-hvm-"))
        self.images, self.image, self.folder = images, os.path.join(images, name), folder
        self.key, self.public = make_key(folder, "lab")
        self.other_key, self.other_public = make_key(folder, "other")

    def guest(self, name, instance_id, **options):
        return Guest(self.image, os.path.join(self.folder, name), instance_id, **options)

    def sh(self, guest, command, **more):
        code, output = guest.ssh(command, self.key, **more)
        return output.strip() if code == 0 else f"(exit code {code}) {output.strip()}"

    # --- one instance from its first boot to its end ----------------------------------------------------

    def first_boot(self, guest):
        user_data = base64.b64encode(SCRIPT).decode()
        answer = guest.identity([self.public], user_data=user_data, run_user_data=True)
        check("the agent applies an identity and sshd accepts afterwards", answer.get("ok"), answer)
        code, output = guest.ssh("id -un; sudo -n id -un", self.key)
        print(f"# from start to an ssh login: {time.monotonic() - guest.began:.1f} s", flush=True)
        check("the key opens ec2-user's login, and sudo asks for no password", output.split() == ["ec2-user", "root"],
              output)

    def logins(self, guest):
        code, output = guest.ssh("true", self.other_key)
        check("another key opens nothing", code == 255, output)
        code, output = guest.ssh("true", self.key, user="root")
        check("root is told to log in as ec2-user, in Amazon's words",
              'Please login as the user "ec2-user" rather than the user "root".' in output and code == 142, output)
        answer = guest.ask("keys", user="ec2-user", authorized_keys=[self.other_public])
        code, output = guest.ssh("true", self.other_key)
        check("a key that the host adds opens the login", answer.get("ok") and code == 0, output)

    def names(self, guest):
        output = self.sh(guest, "hostname; cat /etc/system-release; . /etc/os-release; echo $ID; "
                                "cat /etc/machine-id; getent hosts $(hostname); bash -ic 'echo \"${PS1@P}\"' 2>/dev/null")
        lines = output.splitlines()
        check("the host name is the private DNS name and resolves",
              lines[0] == "ip-172-31-5-7.ap-northeast-2.compute.internal" and lines[4].startswith("172.31.5.7 "), output)
        check("it calls itself Amazon Linux 2", lines[1].startswith("Amazon Linux release 2") and lines[2] == "amzn", output)
        check("the prompt is Amazon's", lines[5].startswith("[ec2-user@ip-172-31-5-7 ~]$"), output)
        check("the machine id is the instance's own", lines[3] == "0" * 15 + guest.instance_id[-17:], output)

    def aws(self, guest):
        output = self.sh(guest, "aws --version; openssl verify /usr/local/share/ca-certificates/groundschool.crt; "
                                "readlink -f /usr/lib/python3/dist-packages/awscli/botocore/cacert.pem")
        lines = output.splitlines()
        check("the AWS CLI is there, and trusts whom the system trusts: the authority of the images folder",
              lines[0].startswith("aws-cli/2") and lines[1].endswith(": OK") and lines[2] == "/etc/ssl/certs/ca-certificates.crt",
              output)

    def disks_and_network(self, guest):
        size = self.sh(guest, "for i in $(seq 60); do s=$(df -BM --output=size / | tail -1 | tr -dc 0-9); "
                              "[ $s -gt 9000 ] && break; sleep 1; done; echo $s; df --output=source / | tail -1; "
                              "readlink -f /dev/xvda /dev/sda1")
        lines = size.split()
        check("the root file system fills a disk that is larger than the image", int(lines[0]) > 9000, size)
        check("the root disk has EC2's names", lines[1:] == ["/dev/xvda1", "/dev/vda", "/dev/vda"], size)
        routes = self.sh(guest, "ip route get 127.43.5.6; ip route get 127.0.0.1; cat /etc/resolv.conf")
        check("public addresses in 127/8 leave over the network card, 127.0.0.1 stays",
              "via 172.31.0.1 dev eth0" in routes and "local 127.0.0.1 dev lo" in routes, routes)
        check("names are asked of the VPC's resolver",
              "nameserver 172.31.0.2" in routes and "search ap-northeast-2.compute.internal" in routes, routes)

    def system(self, guest):
        state = self.sh(guest, "systemctl is-system-running --wait; systemctl is-active sshd crond rsyslog "
                               "systemd-logind; systemctl --failed --no-legend")
        check("every unit came up but that of the failing user data, and Amazon's unit names work",
              state.split()[:5] == ["degraded"] + ["active"] * 4 and state.count(".service") == 1 and "user-data" in state,
              state)
        logs = self.sh(guest, "sudo logger -p cron.info from-cron; logger from-user; sleep 2; "
                              "sudo grep -c 'Accepted publickey' /var/log/secure; sudo grep -c from-user /var/log/messages; "
                              "sudo grep -c from-cron /var/log/cron; sudo journalctl --no-pager | grep -c from-user; "
                              "dmesg | grep -c 'Linux version'")
        check("messages, secure, cron, the journal and dmesg hold what belongs there",
              len(logs.split()) == 5 and all(int(n) >= 1 for n in logs.split()), logs)
        sysctl = self.sh(guest, "loginctl --no-legend | grep -c ec2-user; /usr/sbin/sysctl -n fs.protected_symlinks kernel.pid_max; "
                                "cat /run/nologin 2>&1 | grep -c 'No such'; locale 2>&1 | grep -c 'Cannot'; ls /etc/ssh/*_key | wc -l")
        check("a login is a session of logind, sysctl.d is applied, the locale is there",
              sysctl.split() == ["1", "1", "4194304", "1", "0", "2"], sysctl)

    def user_data(self, guest):
        event = guest.event("user-data", lambda e: e["state"] != "running")
        check("a user-data script's end is told with its exit code", event["state"] == "failed" and event["exit"] == 3, event)
        output = self.sh(guest, "sudo cat /root/runs /var/log/cloud-init-output.log; "
                                "sudo stat -c %a /var/lib/cloud/instance/scripts/part-001")
        check("the script ran as root, its output is in cloud-init-output.log, the script is kept",
              output.split("\n") == ["run", "hello from user data", "root", "700"], output)

    def events(self, guest):
        self.sh(guest, "nohup python3 -m http.server 8080 > /dev/null 2>&1 & sleep 1")
        event = guest.event("listen", lambda e: 8080 in e["tcp"])
        check("a port that a program opens is told to the host", event["tcp"] == [22, 8080], event)
        stats = guest.ask("stats")
        check("stats tell memory, uptime, load and ports",
              stats["memory"]["total_kib"] > 900000 and stats["uptime_s"] > 5 and 8080 in stats["listen"]["tcp"], stats)
        bad = guest.ask("no-such-word")
        check("an unknown request is answered with an error", "error" in bad and "ok" not in bad, bad)
        guest.ask("time", time_ms=1900000000000)
        year = self.sh(guest, "date -u +%Y")
        guest.ask("time", time_ms=int(time.time() * 1000))
        check("the clock is the host's", year == "2030", year)

    def yum(self, guest):
        folder = os.path.join(self.images, "repo")
        if not os.path.isdir(folder):
            print("# no repository beside the image: yum is not tried", flush=True)
            return
        handler = functools.partial(QuietHandler, directory=folder)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        option = f"--setopt=amzn2-core.baseurl=http://172.31.0.1:{server.server_address[1]}/"
        began = time.monotonic()
        output = self.sh(guest, f"sudo yum {option} update -y 2>&1 | tail -3")
        print(f"# yum update: {time.monotonic() - began:.1f} s", flush=True)
        check("yum update finds nothing to do and no fault", "Complete!" in output or "Nothing to do" in output, output)
        began = time.monotonic()
        output = self.sh(guest, f"sudo yum {option} install httpd -y 2>&1 | tail -3; sudo systemctl start httpd; "
                                "echo hello | sudo tee /var/www/html/index.html > /dev/null; curl -s http://localhost/")
        print(f"# yum install httpd, start, curl: {time.monotonic() - began:.1f} s", flush=True)
        check("yum install httpd brings a web server that serves /var/www/html", output.endswith("hello"), output)
        server.shutdown()

    def reboot(self, guest):
        keys = guest.host_keys()
        boot_id = guest.ask("hello")["boot_id"]
        guest.ssh("sudo reboot", self.key)
        event = guest.event("shutdown")
        check("a reboot typed in the guest is told to the host", event["kind"] == "reboot", event)
        guest.events.clear()
        hello = guest.ask("hello")
        while hello["boot_id"] == boot_id:
            time.sleep(1)
            hello = guest.ask("hello")
        check("after a reboot it still knows who it is", hello.get("instance_id") == guest.instance_id, hello)
        user_data = base64.b64encode(SCRIPT).decode()
        guest.identity([self.public], user_data=user_data, run_user_data=True)
        output = self.sh(guest, "sudo systemctl is-system-running --wait; sudo cat /root/runs")
        check("user data runs once in the life of an instance", output.split() == ["running", "run"], output)
        check("an instance keeps its host keys over a reboot", guest.host_keys() == keys and len(keys) == 2, keys)
        return keys

    def unattended(self, guest):
        """The emulator is away while the guest reboots."""
        guest.ssh("sudo reboot", self.key)
        guest.event("shutdown")
        guest.agent.close()
        time.sleep(5)
        code, output = -1, ""
        for _ in range(60):
            code, output = guest.ssh("hostname", self.key)
            if code == 0:
                break
            time.sleep(2)
        check("a guest that reboots while no host speaks goes on as what it was", output.startswith("ip-172-31-5-7"), output)
        guest.dial(os.path.join(guest.folder, "agent.sock"))
        guest.buffer = b""
        hello = guest.ask("hello")
        check("a host that comes back finds it ready", hello["state"] == "ready", hello)

    def poweroff(self, guest):
        answer = guest.ask("poweroff")
        event = guest.event("shutdown")
        guest.qemu.wait(60)
        check("poweroff ends the machine in order", answer.get("ok") and event["kind"] == "poweroff", event)

    def console(self, guest):
        text = open(os.path.join(guest.folder, "console.log"), errors="replace").read()
        check("the console shows the host keys and a login prompt",
              "BEGIN SSH HOST KEY FINGERPRINTS" in text and re.search(r"ip-172-31-5-7 login:", text), text[-1500:])
        check("the console shows what user data printed", "hello from user data" in text, text[-1500:])

    # --- a second instance, and other users ---------------------------------------------------------------

    def second_instance(self, first_keys):
        """Small, with two processors, under Ubuntu's user."""
        with self.guest("second", SECOND, memory_mib=512, cpus=2) as guest:
            guest.identity([self.public], user="ubuntu")
            code, output = guest.ssh("sudo -n id -un; nproc; cat /etc/machine-id", self.key, user="ubuntu")
            lines = output.split()
            check("512 MiB and two processors boot; the user that the identity names is made, with sudo",
                  lines[:2] == ["root", "2"], output)
            keys = guest.host_keys()
            check("two instances of one image share no host key and no machine id",
                  len(keys) == 2 and not keys & first_keys and FIRST[-17:] not in lines[2], keys)
            guest.ask("poweroff")
            guest.qemu.wait(60)

    def image_of_instance(self, first_keys):
        """The first instance's disk, started as another instance: what CreateImage leads to."""
        with Guest(self.image, os.path.join(self.folder, "first"), SECOND) as guest:
            guest.identity([self.other_public])
            output = self.sh(guest, "cat /etc/machine-id; sudo cat /root/runs")
            check("an instance made from another one's disk gets host keys and a machine id of its own",
                  not guest.host_keys() & first_keys and SECOND[-17:] in output, output)
            check("and keeps the data and the keys that lay on the disk", output.split()[-1] == "run", output)

    def run(self):
        with self.guest("first", FIRST, size="10G") as guest:
            self.first_boot(guest)
            for part in (self.logins, self.names, self.aws, self.disks_and_network, self.system, self.user_data, self.events,
                         self.yum):
                part(guest)
            keys = self.reboot(guest)
            self.unattended(guest)
            self.poweroff(guest)
            self.console(guest)
        self.second_instance(keys)
        self.image_of_instance(keys)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def main():
    images = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="guest-image.", dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        try:
            Story(images, folder).run()
        except Exception as why:  # a step that cannot go on is a failure of its own
            check("the story came to its end", False, repr(why))
    passed = sum(results)
    print(f"{passed} passed, {len(results) - passed} failed")
    sys.exit(0 if passed == len(results) else 1)


main()
