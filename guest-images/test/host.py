"""A guest of the stock image, and the host's side of the agent's protocol, for the tests of the image alone.

QEMU's own user network stands in for the emulator's; everything else is as the emulator starts a guest.
"""

import base64
import json
import os
import socket
import subprocess
import time

BOOT_LIMIT_S = 240
CARD = "02:00:00:00:05:07"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Guest:
    """One machine. Its files lie in a folder of its own; leaving a with block ends it."""

    def __init__(self, image, folder, instance_id, **options):
        self.image, self.folder, self.instance_id = image, folder, instance_id
        self.options = options
        os.makedirs(folder, exist_ok=True)
        self.manifest = json.load(open(os.path.join(image, "manifest.json")))
        self.disk = os.path.join(folder, "disk.qcow2")
        self.port = free_port()
        self.next_id = 0
        self.events = []
        self.buffer = b""
        self.qemu = self.agent = None
        if not os.path.exists(self.disk):
            base = os.path.abspath(os.path.join(image, self.manifest["disk"]))
            size = [options["size"]] if "size" in options else []
            subprocess.check_call(["qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2",
                                   self.disk, *size])

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        if self.agent:
            self.agent.close()
            self.agent = None
        if self.qemu and self.qemu.poll() is None:
            self.qemu.kill()
        if self.qemu:
            self.qemu.wait()

    def start(self):
        path = os.path.join(self.folder, "agent.sock")
        in_image = lambda name: os.path.join(self.image, self.manifest[name])
        if os.path.exists(path):
            os.unlink(path)
        self.began = time.monotonic()
        self.qemu = subprocess.Popen(
            ["qemu-system-x86_64", "-machine", "pc", "-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max",
             "-smp", str(self.options.get("cpus", 1)), "-m", str(self.options.get("memory_mib", 1024)),
             "-nodefaults", "-no-user-config", "-display", "none",
             "-kernel", in_image("kernel"), "-initrd", in_image("initrd"),
             "-append", self.manifest["append"] + " gs.instance=" + self.instance_id,
             "-blockdev", "driver=qcow2,node-name=root,discard=unmap,file.driver=file,file.filename=" + self.disk,
             "-device", "virtio-blk-pci,drive=root,serial=vol0123456789abcdef0,addr=04",
             "-netdev", "user,id=n0,net=172.31.0.0/20,host=172.31.0.1,dns=172.31.0.2,"
                        f"hostfwd=tcp:127.0.0.1:{self.port}-172.31.5.7:22",
             "-device", f"virtio-net-pci,netdev=n0,mac={CARD},romfile=,addr=05",
             "-device", "virtio-serial-pci,addr=06",
             "-chardev", f"socket,id=agent,path={path},server=on,wait=off",
             "-device", "virtserialport,chardev=agent,name=groundschool.agent.0",
             "-device", "virtio-rng-pci,addr=07", "-device", "VGA,addr=02",
             "-chardev", f"file,id=console,path={self.folder}/console.log", "-serial", "chardev:console"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(self.folder + "/qemu.log", "w"))
        self.dial(path)

    def dial(self, path):
        for _ in range(200):
            try:
                self.agent = socket.socket(socket.AF_UNIX)
                self.agent.connect(path)
                return
            except OSError:
                self.agent.close()
                time.sleep(0.05)
        raise RuntimeError("QEMU did not open the agent's socket")

    def message(self, limit_s):
        """The agent's next message, or None."""
        end = time.monotonic() + limit_s
        while b"\n" not in self.buffer:
            self.agent.settimeout(max(0.01, end - time.monotonic()))
            try:
                got = self.agent.recv(65536)
            except (TimeoutError, socket.timeout):
                return None
            if not got:
                return None
            self.buffer += got
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def ask(self, word, limit_s=BOOT_LIMIT_S, **members):
        """Asks and returns the answer; events on the way are kept."""
        self.next_id += 1
        self.agent.sendall(b"\n" + json.dumps({"id": self.next_id, "do": word, **members}).encode() + b"\n")
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            message = self.message(end - time.monotonic())
            if message is None:
                break
            if message.get("id") == self.next_id:
                return message
            self.events.append(message)
        raise RuntimeError(f"no answer to {word}")

    def event(self, word, fits=lambda event: True, limit_s=BOOT_LIMIT_S):
        """The first event of a kind, among those that came or will come; it is taken off."""
        end = time.monotonic() + limit_s
        while True:
            for event in self.events:
                if event.get("event") == word and fits(event):
                    self.events.remove(event)
                    return event
            message = self.message(end - time.monotonic())
            if message is None:
                raise RuntimeError(f"no event {word}")
            self.events.append(message)

    def identity(self, keys, **more):
        """Tells who the machine is and waits until sshd accepts."""
        self.ask("hello")
        answer = self.ask(
            "identity", instance_id=self.instance_id, hostname="ip-172-31-5-7",
            fqdn="ip-172-31-5-7.ap-northeast-2.compute.internal", region="ap-northeast-2",
            time_ms=int(time.time() * 1000), entropy=base64.b64encode(os.urandom(64)).decode(),
            authorized_keys=keys, dns=["172.31.0.2"], search=["ap-northeast-2.compute.internal"],
            interfaces=[{"device_index": 0, "mac": CARD, "address": "172.31.5.7", "prefix": 20,
                         "gateway": "172.31.0.1", "mtu": 1500, "secondary": []}],
            **{"user": "ec2-user", "machine_id": "0" * 15 + self.instance_id[-17:], **more})
        if answer.get("ok"):
            self.event("ready")
        return answer

    def ssh(self, command, key, user="ec2-user", limit_s=BOOT_LIMIT_S):
        """Runs a command in the guest over ssh: (exit code, output)."""
        done = subprocess.run(
            ["ssh", "-q", "-i", key, "-p", str(self.port), "-o", "StrictHostKeyChecking=no",
             "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
             "-o", "ConnectTimeout=60", f"{user}@127.0.0.1", command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=limit_s)
        return done.returncode, done.stdout

    def host_keys(self):
        scan = subprocess.run(["ssh-keyscan", "-T", "60", "-p", str(self.port), "-t", "ed25519,ecdsa", "127.0.0.1"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
        return {line.split()[-1] for line in scan.splitlines() if not line.startswith("#")}
