"""The learner's story: root makes an administrator with a second factor and leaves root behind; a reader learns by being refused. Nothing but
the official command line and an authenticator that computes codes as RFC 6238 says."""
import base64
import hashlib
import hmac
import json
import struct
import time

import pytest

READER_TEXT = "is not authorized to perform: ec2:RunInstances on resource: "


def totp(seed, step=0):
    """The code of a Base32 seed, `step` half minutes from now."""
    key = base64.b32decode(seed)
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30 + step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1000000:06d}"


class Person:
    """Someone at a shell of their own: the CLI with their key, and with their session's when they have one."""

    def __init__(self, account, made):
        self.server = account.server
        self.key = (made["AccessKeyId"], made["SecretAccessKey"])
        self.token = made.get("SessionToken")

    def aws(self, *words):
        done = self.server.cli("--output", "json", *words, key=self.key, token=self.token)
        return done.returncode, json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stdout, done.stderr

    def does(self, *words):
        status, answer, complaint = self.aws(*words)
        assert status == 0, complaint
        return answer

    def is_refused(self, *words):
        status, answer, complaint = self.aws(*words)
        assert status != 0, answer
        return complaint


@pytest.fixture
def root(account):
    return Person(account, {"AccessKeyId": account.key[0], "SecretAccessKey": account.key[1]})


def new_user(root, account, name, *policies):
    root.does("iam", "create-user", "--user-name", name)
    for policy in policies:
        root.does("iam", "attach-user-policy", "--user-name", name, "--policy-arn", f"arn:aws:iam::aws:policy/{policy}")
    return Person(account, root.does("iam", "create-access-key", "--user-name", name)["AccessKey"])


# A user can do nothing until a policy says so; as a member of an administrators' group it works in root's place, and its console access wants a code.
def test_administrator_in_place_of_root(root, account):
    alice = new_user(root, account, "alice")
    assert "AccessDenied" in alice.is_refused("iam", "list-users")
    assert "UnauthorizedOperation" in alice.is_refused("ec2", "describe-instances")
    assert alice.does("sts", "get-caller-identity")["Arn"] == f"arn:aws:iam::{account.id}:user/alice"
    root.does("iam", "create-group", "--group-name", "admins")
    root.does("iam", "attach-group-policy", "--group-name", "admins", "--policy-arn", "arn:aws:iam::aws:policy/AdministratorAccess")
    root.does("iam", "add-user-to-group", "--group-name", "admins", "--user-name", "alice")
    assert [u["UserName"] for u in alice.does("iam", "list-users")["Users"]] == ["alice"]
    alice.does("iam", "create-login-profile", "--user-name", "alice", "--password", "Str0ng-enough!")
    device = account.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]
    seed = device["Base32StringSeed"].decode()
    assert device["QRCodePNG"].startswith(b"\x89PNG\r\n")
    wrong = alice.is_refused("iam", "enable-mfa-device", "--user-name", "alice", "--serial-number", device["SerialNumber"],
                             "--authentication-code1", "000000", "--authentication-code2", "000001")
    assert "InvalidAuthenticationCode" in wrong
    alice.does("iam", "enable-mfa-device", "--user-name", "alice", "--serial-number", device["SerialNumber"],
               "--authentication-code1", totp(seed, -1), "--authentication-code2", totp(seed))
    assert [d["SerialNumber"] for d in alice.does("iam", "list-mfa-devices")["MFADevices"]] == [device["SerialNumber"]]
    asked = {"account": account.id, "user": "alice", "password": "Str0ng-enough!"}
    assert account.server.http("POST", "/_groundschool/signin", asked, token=None)[0] in (401, 403)
    asked["mfa_code"] = totp(seed, 1)
    status, text = account.server.http("POST", "/_groundschool/signin", asked, token=None)
    assert status == 200, text
    root.does("iam", "remove-user-from-group", "--group-name", "admins", "--user-name", "alice")
    assert "AccessDenied" in alice.is_refused("iam", "list-users")


# A reader sees everything and changes nothing; the refusal names who, what and why, a dry run says it beforehand, and root can read the sealed part.
def test_reader_is_refused(root, account):
    bob = new_user(root, account, "bob", "ReadOnlyAccess")
    bob.does("ec2", "describe-instances")
    image = bob.does("ec2", "describe-images", "--owners", "amazon")["Images"][0]["ImageId"]
    launch = ("ec2", "run-instances", "--image-id", image, "--instance-type", "t2.micro")
    for words in (launch, (*launch, "--dry-run")):
        complaint = bob.is_refused(*words)
        assert "UnauthorizedOperation" in complaint and f"User: arn:aws:iam::{account.id}:user/bob {READER_TEXT}" in complaint, complaint
        assert "because no identity-based policy allows the ec2:RunInstances action" in complaint, complaint
    sealed = complaint.split("Encoded authorization failure message: ")[1].split()[0]
    assert "AccessDenied" in bob.is_refused("sts", "decode-authorization-message", "--encoded-message", sealed)
    shown = json.loads(root.does("sts", "decode-authorization-message", "--encoded-message", sealed)["DecodedMessage"])
    assert shown["allowed"] is False and shown["explicitDeny"] is False
    assert shown["context"]["action"] == "ec2:RunInstances" and shown["context"]["principal"]["arn"].endswith(":user/bob")
    assert root.does("ec2", "describe-instances")["Reservations"] == []
    root.does("iam", "attach-user-policy", "--user-name", "bob", "--policy-arn", "arn:aws:iam::aws:policy/AmazonEC2FullAccess")
    assert "DryRunOperation" in bob.is_refused(*launch, "--dry-run")
    assert bob.does(*launch)["Instances"][0]["State"]["Name"] == "pending"


# What a policy asks of the second factor is asked of every request: without a code the key is of no use, with a session that showed one it works.
def test_session_with_a_code(root, account):
    carol = new_user(root, account, "carol")
    root.does("iam", "put-user-policy", "--user-name", "carol", "--policy-name", "mfa", "--policy-document", json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*",
                                                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]}))
    device = account.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="carol")["VirtualMFADevice"]
    seed, serial = device["Base32StringSeed"].decode(), device["SerialNumber"]
    root.does("iam", "enable-mfa-device", "--user-name", "carol", "--serial-number", serial,
              "--authentication-code1", totp(seed, -1), "--authentication-code2", totp(seed))
    assert "UnauthorizedOperation" in carol.is_refused("ec2", "describe-vpcs")
    assert "AccessDenied" in carol.is_refused("sts", "get-session-token", "--serial-number", serial, "--token-code", "000000")
    session = Person(account, carol.does("sts", "get-session-token", "--serial-number", serial, "--token-code", totp(seed, 1))["Credentials"])
    assert len(session.does("ec2", "describe-vpcs")["Vpcs"]) == 1
    bare = Person(account, carol.does("sts", "get-session-token")["Credentials"])
    assert "UnauthorizedOperation" in bare.is_refused("ec2", "describe-vpcs")


# A role is put on and taken off: its session may what the role may, and is nobody again when the role is gone.
def test_role_of_another_account(root, account, server):
    other = type(account)(server)
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{other.id}:root"},
                                                     "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": "42"}}}]}
    role = root.does("iam", "create-role", "--role-name", "visitor", "--assume-role-policy-document", json.dumps(trust))["Role"]["Arn"]
    root.does("iam", "attach-role-policy", "--role-name", "visitor", "--policy-arn", "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess")
    theirs = Person(other, {"AccessKeyId": other.key[0], "SecretAccessKey": other.key[1]})
    dave = new_user(theirs, other, "dave")
    ask = ("sts", "assume-role", "--role-arn", role, "--role-session-name", "dave", "--external-id")
    assert "AccessDenied" in dave.is_refused(*ask, "42")
    theirs.does("iam", "put-user-policy", "--user-name", "dave", "--policy-name", "visit", "--policy-document", json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}]}))
    assert "AccessDenied" in dave.is_refused(*ask, "41")
    visitor = Person(account, dave.does(*ask, "42")["Credentials"])
    assert visitor.does("sts", "get-caller-identity")["Arn"] == f"arn:aws:sts::{account.id}:assumed-role/visitor/dave"
    visitor.does("ec2", "describe-vpcs")
    assert "UnauthorizedOperation" in visitor.is_refused("ec2", "create-key-pair", "--key-name", "mine")
    root.does("iam", "detach-role-policy", "--role-name", "visitor", "--policy-arn", "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess")
    assert "UnauthorizedOperation" in visitor.is_refused("ec2", "describe-vpcs")
    root.does("iam", "delete-role", "--role-name", "visitor")
    visitor.is_refused("ec2", "describe-vpcs")
