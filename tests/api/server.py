"""A control plane (--guests none) in a folder of its own, and its clients."""
import json
import os
import pathlib
import signal
import subprocess
import urllib.error
import urllib.request

import boto3
import botocore.config
import botocore.exceptions

PROGRAM = os.path.abspath(os.environ.get("API_PROGRAM", "build/groundschool"))
KEY, SECRET, TOKEN = "AKIAAPITESTSAPITESTS", "api/tests+secret", "api-tests-admin-token"
AMI, ALIAS = "ami-0123456789abcdef0", "ami-0bbbbbbbbbbbbbbbb"
PARAMETER = "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2"
MANIFEST = {"format": 1, "image_id": AMI, "name": "amzn2-ami-hvm-2.0.20260101.0-x86_64-gp2", "description": "", "architecture": "x86_64",
            "boot": "bios", "disk": "disk.qcow2", "disk_size_gib": 8, "user": "ec2-user", "agent": False, "root_device_name": "/dev/xvda",
            "owner_alias": "amazon", "owner_id": "137112412989", "creation_date": "2026-01-01T00:00:00.000Z",
            "ssm_parameters": [PARAMETER],
            "aliases": [{"image_id": ALIAS, "name": "ubuntu-noble", "owner_id": "099720109477", "user": "ubuntu", "ssm_parameters": []}]}


class Server:
    def __init__(self, folder):
        self.state = pathlib.Path(folder) / "state"
        image = self.state / "images" / "stock"
        image.mkdir(parents=True)
        (image / "disk.qcow2").touch()
        (image / "manifest.json").write_text(json.dumps(MANIFEST), encoding="ascii")
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--guests", "none", "--listen", "127.0.0.1:0", "--state", str(self.state), "--root-key", f"{KEY}:{SECRET}",
             "--admin-token", TOKEN, "--log-level", "info"], stdout=subprocess.PIPE, stderr=open(self.state / "log", "ab"), text=True)
        self.endpoint = self.process.stdout.readline().split()[-1].replace("localhost", "127.0.0.1")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0

    def client(self, service, region="us-east-1", key=(KEY, SECRET), token=None, **config):
        return boto3.client(service, region_name=region, endpoint_url=self.endpoint, aws_access_key_id=key[0], aws_secret_access_key=key[1],
                            aws_session_token=token, config=botocore.config.Config(retries={"max_attempts": 0}, **config))

    def http(self, method, path, body=None, headers=None, token=TOKEN):
        given = dict(headers or {})
        if token:
            given["Authorization"] = f"Bearer {token}"
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        request = urllib.request.Request(self.endpoint + path, method=method, data=data, headers=given)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()

    def admin(self, method, path, body=None, token=TOKEN):
        status, text = self.http(method, "/_groundschool/" + path, body, token=token)
        return status, json.loads(text)

    def cli(self, *words, key=(KEY, SECRET), token=None):
        env = {"PATH": os.environ["PATH"], "AWS_ACCESS_KEY_ID": key[0], "AWS_SECRET_ACCESS_KEY": key[1], "AWS_DEFAULT_REGION": "us-east-1",
               "AWS_PAGER": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "HOME": str(self.state)}
        if token is not None:
            env["AWS_SESSION_TOKEN"] = token
        return subprocess.run(["/usr/bin/aws", "--endpoint-url", self.endpoint, *words], env=env, capture_output=True, text=True, timeout=120,
                              check=False)


def fault(call, *args, **kwargs):
    """The code, status and text that the call is refused with."""
    try:
        call(*args, **kwargs)
    except botocore.exceptions.ClientError as e:
        return e.response["Error"]["Code"], e.response["ResponseMetadata"]["HTTPStatusCode"], e.response["Error"].get("Message", "")
    raise AssertionError("the call was not refused")
