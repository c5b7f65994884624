"""A real emulator for the system tests: the program in a folder of its own, on addresses of its own, its clients, and
what it leaves on the host. Everything is found through /proc, so that a test sees what an administrator would see."""
import contextlib
import json
import os
import pathlib
import random
import secrets
import signal
import socket
import subprocess
import time
import urllib.request

import boto3
import botocore.config

PROGRAM = os.path.abspath(os.environ.get("SYSTEM_PROGRAM", "build/groundschool"))
IMAGES = os.path.abspath(os.environ.get("SYSTEM_IMAGES", "build/images"))
STOCK = "resolve:ssm:/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2"
BOOT_S = 240  # the longest a boot may take, on a machine that is busy with other things
HERE = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"}


def eventually(look, timeout=60, every=0.25):
    """What `look` returns once that is true; the last look's own complaint after `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        try:
            found = look()
            if found:
                return found
        except (AssertionError, OSError, subprocess.SubprocessError):
            if time.monotonic() > end:
                raise
        assert time.monotonic() < end, f"not within {timeout} s"
        time.sleep(every)


def free_port(address):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


class Emulator:
    """One state folder and the program that serves it, which may be killed and started again."""

    def __init__(self, folder, *options):
        self.folder = pathlib.Path(folder).resolve()
        self.state = self.folder / "state"
        self.log = self.folder / "log"
        self.options = options
        self.address = f"127.{random.randint(101, 250)}.{random.randint(0, 255)}.1"
        self.port = free_port(self.address)
        self.pool = f"127.{random.randint(44, 100)}.{random.randint(0, 255)}.0/24"
        self.token = secrets.token_hex(16)
        self.endpoint = f"http://{self.address}:{self.port}"
        self.process = None
        self.key = {}

    # --- the program ---
    def start(self):
        command = [PROGRAM, "serve", "--listen", f"{self.address}:{self.port}", "--state", self.state,
                   "--images", IMAGES, "--public-pool", self.pool, "--admin-token", self.token, *self.options]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        eventually(self.health, timeout=20, every=0.02)
        lines = (self.state / "environment").read_text().splitlines()
        self.key = dict(line.split("=", 1) for line in lines)
        return self

    def health(self):
        assert self.process.poll() is None, f"the program ended:\n{self.log_tail()}"
        with urllib.request.urlopen(f"{self.endpoint}/_groundschool/health", timeout=5) as answer:
            return json.load(answer)["status"] == "ok"

    def kill(self):
        """The program gets no chance to do anything."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def restart(self):
        self.kill()
        return self.start()

    def log_tail(self, lines=60):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def admin(self, method, path, body=None):
        request = urllib.request.Request(f"{self.endpoint}/_groundschool/{path}", method=method,
                                         data=json.dumps(body).encode() if body is not None else None,
                                         headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def close(self):
        """Ends everything that was started here; machines that the program cannot end any more by their pids."""
        if self.process is None:
            return
        if self.process.poll() is None:
            with contextlib.suppress(OSError):
                self.admin("POST", "reset")
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        for pid in self.machines().values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    # --- clients ---
    def client(self, service="ec2", region="us-east-1", key=None):
        key = key or (self.key["AWS_ACCESS_KEY_ID"], self.key["AWS_SECRET_ACCESS_KEY"])
        config = botocore.config.Config(retries={"max_attempts": 0}, connect_timeout=5, read_timeout=60)
        return boto3.client(service, region_name=region, endpoint_url=self.endpoint, config=config,
                            aws_access_key_id=key[0], aws_secret_access_key=key[1])

    def aws(self, command, cwd, check=True, timeout=600):
        """A line as a person types it; `aws` knows where to go, as the alias that `serve` prints has it."""
        alias = f'aws() {{ /usr/bin/aws --endpoint-url {self.endpoint} "$@"; }}; '
        done = subprocess.run(["bash", "-c", alias + command], cwd=cwd, text=True, capture_output=True,
                              env={**os.environ, **HERE, **self.key}, timeout=timeout, check=False)
        assert not check or done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout.strip() if check else done

    # --- what is on the host ---
    def machines(self):
        """Instance id -> pid of every QEMU whose working directory is in our state folder; no id twice."""
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if "qemu-system" not in pathlib.Path(f"/proc/{pid}/comm").read_text():
                    continue
                folder = os.readlink(f"/proc/{pid}/cwd").removesuffix(" (deleted)")
                if not folder.startswith(f"{self.state}/instances/"):
                    continue
                name = os.path.basename(folder)
                assert name not in found, f"two machines of {name}"
                found[name] = int(pid)
        return found

    def holders(self):
        """Commands of processes, other than the program itself, that have something of our state folder open."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            if int(pid) in (self.process.pid, os.getpid()):
                continue
            with contextlib.suppress(OSError):
                links = [os.readlink(f"/proc/{pid}/cwd")]
                links += [os.readlink(entry.path) for entry in os.scandir(f"/proc/{pid}/fd")]
                if any(link.startswith(str(self.state)) for link in links):
                    found.append(pathlib.Path(f"/proc/{pid}/comm").read_text().strip())
        return found

    def listening(self, address):
        """TCP and UDP ports that somebody on this host holds on the address."""
        word = "".join(f"{int(part):02X}" for part in reversed(address.split(".")))
        found = set()
        for kind, states in (("tcp", {"0A"}), ("udp", {"07"})):
            for line in pathlib.Path(f"/proc/net/{kind}").read_text().splitlines()[1:]:
                _, local, _, state = line.split()[:4]
                if local.startswith(f"{word}:") and state in states:
                    found.add((kind, int(local.split(":")[1], 16)))
        return found

    def files(self, folder):
        return sorted(entry.name for entry in (self.state / folder).iterdir())
