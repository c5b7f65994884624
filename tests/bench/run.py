"""What a request costs: CPU of the server and latency, beside a bare libmicrohttpd answer in the same run. Prints a table; asserts nothing."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3

PROGRAM, LOAD = sys.argv[1], sys.argv[2]
KEY, SECRET = "AKIABENCHBENCHBENCH0", "benchbenchbenchbench"


def start(state):
    before = time.monotonic()
    server = subprocess.Popen(
        [PROGRAM, "serve", "--guests", "none", "--listen", "127.0.0.1:0", "--state", state, "--root-key", f"{KEY}:{SECRET}",
         "--log-level", "error", "--request-rate", "0"], stdout=subprocess.PIPE, text=True)
    port = int(server.stdout.readline().rsplit(":", 1)[1])
    urllib.request.urlopen(f"http://127.0.0.1:{port}/_groundschool/health").read()
    return server, port, (time.monotonic() - before) * 1000


def load(port, pid, count, body=None, key=(KEY, SECRET)):
    words = [LOAD, str(port), str(pid), str(count)] + ([*key, body] if body else [])
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{body}: {done.stderr}")
    out = done.stdout.split()
    return dict(zip(("requests", "seconds", "p50", "p99", "cpu", "bytes"), map(float, out)))


def row(name, got, base):
    print(f"{name:38} {got['requests']:8.0f} {got['p50']:10.1f} {got['p99']:10.1f} {got['cpu']:12.1f} {got['bytes']:10.0f} "
          f"{got['cpu'] / base['cpu']:8.1f}x", flush=True)


def form(action, more=""):
    return f"Action={action}&Version=2016-11-15{more}"


def user(port):
    """The key of a user whom ten attached policies judge, the last of which allows."""
    iam = boto3.client("iam", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET)
    iam.create_user(UserName="bench")
    for i in range(10):
        action = "ec2:*" if i == 9 else [f"ec2:{verb}Service{i}*" for verb in ("Create", "Delete", "Modify", "Describe", "Get")]
        condition = {"StringEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}, "IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition}]}
        made = iam.create_policy(PolicyName=f"bench{i}", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
        iam.attach_user_policy(UserName="bench", PolicyArn=made)
    key = iam.create_access_key(UserName="bench")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def main():
    bare = subprocess.Popen([LOAD, "bare"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    bare_port = int(bare.stdout.readline())
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print(f"{'request':38} {'n':>8} {'p50 us':>10} {'p99 us':>10} {'CPU us/req':>12} {'bytes':>10} {'CPU':>9}")
    load(bare_port, bare.pid, 2000)
    base = load(bare_port, bare.pid, 20000)
    row("bare libmicrohttpd", base, base)
    with tempfile.TemporaryDirectory() as state:
        images = os.path.join(state, "images", "bench")
        os.makedirs(images)
        open(os.path.join(images, "disk.qcow2"), "wb").close()
        with open(os.path.join(images, "manifest.json"), "w", encoding="ascii") as f:
            json.dump({"format": 1, "image_id": "ami-0123456789abcdef0", "name": "bench", "description": "", "architecture": "x86_64",
                       "boot": "bios", "disk": "disk.qcow2", "disk_size_gib": 8, "user": "ec2-user", "agent": False,
                       "root_device_name": "/dev/xvda", "owner_alias": "amazon", "owner_id": "137112412989",
                       "creation_date": "2026-01-01T00:00:00.000Z"}, f)
        server, port, _ = start(state)
        load(port, server.pid, 500, form("DescribeRegions"))
        row("DescribeRegions", load(port, server.pid, 10000, form("DescribeRegions")), base)
        run = form("RunInstances", "&ImageId=ami-0123456789abcdef0&InstanceType=t2.micro&MinCount={0}&MaxCount={0}"
                                   "&Placement.AvailabilityZone=us-east-1{1}")
        have = 0
        for want, count in ((0, 5000), (100, 300), (1000, 40), (5000, 10)):
            while have < want:
                step = min(100, want - have)
                load(port, server.pid, 1, run.format(step, "abcdef"[have // 4000]))
                have += step
            row(f"DescribeInstances, {want:,} records", load(port, server.pid, count, form("DescribeInstances")), base)
        one = load(port, server.pid, 2000, form("DescribeInstances", "&MaxResults=5"))
        row("DescribeInstances, a page of 5", one, base)
        row("RunInstances (guests off)", load(port, server.pid, 1000, run.format(1, "c")), base)
        bench = user(port)
        row("DescribeRegions, judged by 10 policies", load(port, server.pid, 10000, form("DescribeRegions"), bench), base)
        row("RunInstances, judged by 10 policies", load(port, server.pid, 1000, run.format(1, "d"), bench), base)
        server.send_signal(signal.SIGTERM)
        server.wait()
        starts = []
        for _ in range(5):
            server, port, took = start(state)
            starts.append(took)
            time.sleep(0.3)
            resident = [l for l in open(f"/proc/{server.pid}/status", encoding="ascii") if l.startswith("VmRSS")][0].split()[1]
            server.send_signal(signal.SIGTERM)
            server.wait()
        print(f"\nstart to first answer, existing state: {sorted(starts)[2]:.1f} ms (median of 5), resident then {int(resident) / 1024:.1f} MiB")
    bare.stdin.close()
    bare.wait()


main()
