"""Bad input of every kind gets AWS's code in the caller's own protocol; the program stays well."""
import json
import re
import socket

import pytest
import wire
from faults import refused
from server import AMI

EC2 = "2016-11-15"
SSM = {"Content-Type": "application/x-amz-json-1.1"}


def ec2(account, body):
    return wire.send(account.server, *wire.signed(account, "ec2", body))


def ssm(account, operation, body):
    return wire.send(account.server, *wire.signed(account, "ssm", body, {**SSM, "X-Amz-Target": f"AmazonSSM.{operation}"}))


# An action that no model knows is InvalidAction, as XML of the service.
@pytest.mark.parametrize("service, version", (("ec2", EC2), ("sts", "2011-06-15"), ("iam", "2010-05-08")))
def test_unknown_action(account, service, version):
    answer = wire.send(account.server, *wire.signed(account, service, wire.form("DescribeUnicorns", version)))
    assert (answer.status, answer.code) == (400, "InvalidAction"), answer.text
    assert "<RequestI" in answer.text


# JSON services call it UnknownOperationException.
def test_unknown_target(account):
    answer = ssm(account, "GetUnicorn", b"{}")
    assert (answer.status, answer.code) == (400, "UnknownOperationException"), answer.text


# A known operation that is not carried out yet says so with a fault of its protocol; it neither succeeds nor breaks.
@pytest.mark.parametrize("service, operation, wish", (
    ("ec2", "describe_addresses", {}), ("cloudwatch", "list_metrics", {}), ("ssm", "describe_parameters", {}),
    ("ebs", "list_snapshot_blocks", {"SnapshotId": "snap-0123456789abcdef0"}), ("elbv2", "describe_load_balancers", {}),
    ("autoscaling", "describe_auto_scaling_groups", {}), ("sns", "list_topics", {})))
def test_not_carried_out(account, service, operation, wish):
    code = "UnsupportedOperationException" if service in ("ssm", "ebs") else "UnsupportedOperation"
    with refused(code, "does not carry it out yet"):
        getattr(account.client(service), operation)(**wish)


# A body that is no JSON, or no object, is a SerializationException.
@pytest.mark.parametrize("body", (b"{", b"[1]", b'"x"', b"\xff\xfe", b'{"Name":1}', b"{" * 5000))
def test_bad_json(account, body):
    answer = ssm(account, "GetParameter", body)
    assert (answer.status, answer.code) == (400, "SerializationException"), answer.text


# A member that must be there is asked for by name.
def test_missing_member(account):
    answer = ssm(account, "GetParameter", b"{}")
    assert answer.code == "ValidationException", answer.text
    assert "name" in json.loads(answer.text).get("message", json.loads(answer.text).get("Message", ""))


# EC2's scalars are judged: a word is no number and no boolean.
@pytest.mark.parametrize("more", ({"MinCount": "many", "MaxCount": "1"}, {"MinCount": "1", "MaxCount": "99999999999999999999"},
                                  {"MinCount": "1", "MaxCount": "1", "DisableApiTermination": "maybe"}))
def test_bad_scalars(account, more):
    answer = ec2(account, wire.form("RunInstances", EC2, ImageId=AMI, InstanceType="t2.micro", **more))
    assert answer.status == 400
    assert answer.code in ("InvalidParameterValue", "MalformedQueryString"), answer.text


# A parameter that the operation does not know is refused, not passed over.
def test_unknown_parameter(account):
    answer = ec2(account, wire.form("DescribeRegions", EC2, Unicorn="1"))
    assert answer.status == 400
    assert answer.code in ("UnknownParameter", "InvalidParameter", "InvalidParameterValue"), answer.text


# Bytes that are no form are refused or empty, never a crash.
@pytest.mark.parametrize("body", (b"", b"%", b"%zz=1", b"&&&&", b"=\x00", b"Action=DescribeRegions&Version=2016-11-15&" + b"a.1." * 2000))
def test_bad_forms(account, body):
    assert 400 <= ec2(account, body).status < 500


# The text of a refusal repeats a client's words escaped, so that they cannot become markup.
def test_words_are_escaped(account):
    answer = ec2(account, wire.form("DescribeInstances", EC2, **{"InstanceId.1": "<script>&\"'"}))
    assert answer.code == "InvalidInstanceID.Malformed"
    assert b"<script>" not in answer.body


# A body above the ceiling is refused before it is read.
def test_too_long(server):
    with socket.create_connection(wire.place(server), timeout=20) as line:
        line.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n")
        assert line.recv(64).split()[1] in (b"413", b"400")


# What is no HTTP is closed or refused; the next connection is served.
@pytest.mark.parametrize("bytes_sent", (b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 70000))
def test_no_http(server, bytes_sent):
    with socket.create_connection(wire.place(server), timeout=20) as line:
        try:
            line.sendall(bytes_sent)
            line.shutdown(socket.SHUT_WR)
            line.recv(64)
        except OSError:
            pass
    assert server.admin("GET", "health")[0] == 200


# GET carries an operation as POST does: all of it in the URL.
def test_get(account):
    answer = wire.send(account.server, "GET", wire.presigned(account, "ec2", f"Action=DescribeRegions&Version={EC2}"))
    assert answer.status == 200 and "us-east-1" in answer.text


# A request without a service in it is refused with 4xx.
@pytest.mark.parametrize("method, path", (("GET", "/"), ("GET", "/favicon.ico"), ("DELETE", "/x/y"), ("POST", "/")))
def test_nothing_meant(server, method, path):
    assert 400 <= wire.send(server, method, path).status < 500


# The log names account, action, result and duration in one line a request, found by its id; secrets and tokens are in none.
def test_log(account):
    made = account.client("sts").get_session_token()
    log = (account.server.state / "log").read_text(encoding="utf-8")
    lines = [line for line in log.splitlines() if made["ResponseMetadata"]["RequestId"] in line]
    assert len(lines) == 1
    assert re.search(account.id + r" us-east-1 sts:GetSessionToken 200 ok \d+\.\d{3} ms", lines[0])
    secrets = (account.key[1], made["Credentials"]["SecretAccessKey"], made["Credentials"]["SessionToken"])
    assert not any(secret in log for secret in secrets)
