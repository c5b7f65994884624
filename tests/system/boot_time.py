"""How long it takes from RunInstances to the first ssh login, one guest at a time, cold and then from a template, as a table. Nothing is
asserted."""
import json
import os
import pathlib
import statistics
import tempfile
import time

from emulator import IMAGES, Emulator, eventually
from guest import Lab

ROUNDS = int(os.environ.get("ROUNDS", "5"))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as smaps:
        return next(int(line.split()[1]) for line in smaps if line.startswith("Pss:")) // 1024


def measure(desk, group):
    """Seconds until running, until status ok, until login; QEMU's CPU seconds and MiB by then."""
    began = time.monotonic()
    guest = desk.run(SecurityGroupIds=[group])
    marks = []
    for look in (lambda: guest.state == "running", guest.status_ok, lambda: guest.run("true").returncode == 0):
        eventually(look, timeout=240, every=0.05)
        marks.append(time.monotonic() - began)
    pid = desk.emulator.machines()[guest.id]
    marks += [cpu_seconds(pid), resident_mib(pid)]
    desk.terminate(guest)
    return marks


def template_is_there():
    """Of one vCPU and 1 GiB, made from the image as it is."""
    disks = [json.loads(path.read_text())["disk"].removesuffix(".qcow2") for path in pathlib.Path(IMAGES).glob("*/manifest.json")]
    return any(list(pathlib.Path(IMAGES, "templates").glob(f"{disk}-1x1024-*/manifest.json")) for disk in disks)


def warmed(desk, group):
    """The first instance of a shape boots cold and has its template made."""
    began = time.monotonic()
    if not template_is_there():
        desk.terminate(desk.run(SecurityGroupIds=[group]).wait_ready())
        eventually(template_is_there, timeout=300, every=0.5)
    return time.monotonic() - began


def series(warm):
    """Rows of measurements, all by one emulator."""
    with tempfile.TemporaryDirectory() as folder:
        emulator = Emulator(folder, "--warm", "on" if warm else "off").start()
        try:
            desk = Lab(emulator, folder)
            group = desk.group("open", 22)
            if warm:
                print(f"the template was made in {warmed(desk, group):.1f} s")
            return [measure(desk, group) for _ in range(ROUNDS)]
        finally:
            emulator.close()


def show(name, rows):
    for word, pick in (("min", min), ("median", statistics.median), ("max", max)):
        running, ready, login, cpu, memory = (pick(column) for column in zip(*rows))
        print(f"{name + ' ' + word:16}{running:11.2f}{ready:13.2f}{login:9.2f}{cpu:8.1f}{memory:9.0f}")


def main():
    print(f"{ROUNDS} boots of a t2.micro each way, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
    cold, warm = series(False), series(True)
    print(f"{'':16}{'running s':>11}{'status ok s':>13}{'login s':>9}{'CPU s':>8}{'PSS MiB':>9}")
    show("cold", cold)
    show("warm", warm)
    ratio = statistics.median(row[2] for row in cold) / statistics.median(row[2] for row in warm)
    print(f"warm is {ratio:.1f} times as fast to the login; load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
