"""How long it takes from RunInstances to the first ssh login, one guest at a time, as a table. Nothing is asserted."""
import os
import statistics
import tempfile
import time

from emulator import Emulator, eventually
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


def main():
    with tempfile.TemporaryDirectory() as folder:
        emulator = Emulator(folder).start()
        try:
            desk = Lab(emulator, folder)
            group = desk.group("open", 22)
            print(f"{ROUNDS} cold boots of a t2.micro, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
            rows = [measure(desk, group) for _ in range(ROUNDS)]
        finally:
            emulator.close()
    print(f"{'':16}{'running s':>11}{'status ok s':>13}{'login s':>9}{'CPU s':>8}{'PSS MiB':>9}")
    for name, pick in (("min", min), ("median", statistics.median), ("max", max)):
        running, ready, login, cpu, memory = (pick(column) for column in zip(*rows))
        print(f"{name:16}{running:11.2f}{ready:13.2f}{login:9.2f}{cpu:8.1f}{memory:9.0f}")
    print(f"load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
