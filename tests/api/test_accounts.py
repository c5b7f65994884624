"""Accounts: the administration that makes, empties and removes them, and the sign-in to the console."""
import base64
import hashlib
import hmac
import json
import re
import struct
import subprocess
import time
import urllib.request

import pytest
from server import PROGRAM, TOKEN, fault

FAILED = "Your authentication information is incorrect. Please try again."
PASSWORD = "Correct-Horse-7"


def code_of(seed, step):
    """RFC 6238, as an authenticator does it."""
    mac = hmac.new(base64.b32decode(seed), struct.pack(">Q", step), hashlib.sha1).digest()
    return f"{(struct.unpack('>I', mac[mac[19] & 15:][:4])[0] & 0x7fffffff) % 1000000:06}"


def step_now():
    """The step, not in its last moments."""
    if time.time() % 30 > 27:
        time.sleep(30 - time.time() % 30)
    return int(time.time() // 30)


def enable_mfa(iam, name, **user):
    """A new device of the user; its serial number, its seed and the step of the last code that was used."""
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    seed, now = made["Base32StringSeed"].decode(), step_now()
    iam.enable_mfa_device(SerialNumber=made["SerialNumber"], AuthenticationCode1=code_of(seed, now - 2),
                          AuthenticationCode2=code_of(seed, now - 1), **user)
    return made["SerialNumber"], seed


def signin(server, **body):
    return server.admin("POST", "signin", body, token=None)


def client_of(server, answer, service="sts"):
    return server.client(service, key=(answer["access_key_id"], answer["secret_access_key"]), token=answer["session_token"])


@pytest.fixture
def iam(account):
    return account.client("iam")


@pytest.fixture
def alice(iam):
    iam.create_user(UserName="alice")
    iam.create_login_profile(UserName="alice", Password=PASSWORD)
    return "alice"


def test_an_account_is_made_with_a_root_user(server):
    """The answer has the number, the root user's key and password, which both open the account."""
    status, made = server.admin("POST", "accounts", {"name": "Made", "email": "made@example.com"})
    assert status == 201 and len(made["id"]) == 12 and made["id"].isdigit() and made["created"]
    who = server.client("sts", key=(made["access_key_id"], made["secret_access_key"])).get_caller_identity()
    assert who["Arn"] == f"arn:aws:iam::{made['id']}:root"
    status, answer = signin(server, email="Made@example.com", password=made["password"])
    assert status == 200 and answer["arn"] == who["Arn"] and answer["mfa"] is False
    assert client_of(server, answer).get_caller_identity()["Arn"] == who["Arn"]
    assert any(a["id"] == made["id"] and a["created"] == made["created"] for a in server.admin("GET", "accounts")[1]["accounts"])


def test_what_accounts_refuse(server):
    """An e-mail address is one root user's; a password follows AWS's rules; an unknown account is not found."""
    assert server.admin("POST", "accounts", {"email": "twice@example.com"})[0] == 201
    status, answer = server.admin("POST", "accounts", {"email": "TWICE@example.com"})
    assert (status, answer["error"]) == (409, "EmailExists")
    status, answer = server.admin("POST", "accounts", {"email": "weak@example.com", "password": "weak"})
    assert (status, answer["error"]) == (400, "InvalidPassword") and "minimum length of 8" in answer["message"]
    assert server.admin("POST", "accounts/000000000001/reset")[0] == 404
    assert server.admin("GET", "accounts", token=None)[0] == 401


def test_reset_makes_an_account_as_new(server, account, iam, alice):
    """All it owned is gone, keys of its users too; the root user's key and password stay."""
    key = iam.create_access_key(UserName=alice)["AccessKey"]
    password = server.admin("POST", f"accounts/{account.id}/root-password")[1]["password"]
    enable_mfa(iam, "root-account-mfa-device", UserName="root")
    server.admin("POST", f"accounts/{account.id}/reset")
    assert iam.list_users()["Users"] == [] and iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    user = server.client("sts", key=(key["AccessKeyId"], key["SecretAccessKey"]))
    assert fault(user.get_caller_identity)[0] == "InvalidClientTokenId"
    email = next(a["email"] for a in server.admin("GET", "accounts")[1]["accounts"] if a["id"] == account.id)
    assert signin(server, email=email, password=password)[0] == 200


def test_reset_of_everything_keeps_the_first_account(fresh):
    """Its number, its root user's key and password stay; nothing else does."""
    first = fresh.admin("GET", "accounts")[1]["accounts"][0]
    fresh.admin("POST", f"accounts/{first['id']}/root-password", {"password": PASSWORD})
    fresh.admin("POST", "accounts", {"email": "second@example.com"})
    fresh.client("iam").create_user(UserName="alice")
    assert fresh.admin("POST", "reset")[0] == 200
    assert [a["id"] for a in fresh.admin("GET", "accounts")[1]["accounts"]] == [first["id"]]
    assert fresh.client("iam").list_users()["Users"] == []
    assert signin(fresh, email=first["email"], password=PASSWORD)[0] == 200


def test_the_first_start_shows_the_root_password(tmp_path):
    """It stands in the welcome once, and opens the first account."""
    for time_started in range(2):
        process = subprocess.Popen([PROGRAM, "serve", "--guests", "none", "--listen", "127.0.0.1:0", "--state", str(tmp_path / "state")],
                                   stdout=subprocess.PIPE, text=True)
        endpoint = process.stdout.readline().split()[-1].replace("localhost", "127.0.0.1")
        welcome = "".join(iter(process.stdout.readline, "First commands:\n"))
        found = re.search(r"^Root user: (\S+), password (\S+) ", welcome, re.M)
        if time_started == 0:
            body = json.dumps({"email": found.group(1), "password": found.group(2)}).encode()
            with urllib.request.urlopen(urllib.request.Request(f"{endpoint}/_groundschool/signin", data=body, method="POST")) as answer:
                assert json.load(answer)["arn"].endswith(":root")
        else:
            assert found is None
        process.terminate()
        assert process.wait(20) == 0


def test_the_command_asks_a_running_emulator(fresh):
    """`groundschool account` goes by the administration while an emulator holds the state folder."""
    def account(*words):
        return subprocess.run([PROGRAM, "account", *words, "--state", str(fresh.state), "--admin-token", TOKEN], capture_output=True, text=True,
                              timeout=60, check=False)
    made = account("add", "--name", "Asked", "--email", "asked@example.com", "--password", PASSWORD)
    assert made.returncode == 0 and f"the password {PASSWORD}" in made.stdout, made.stderr
    number = re.search(r"Account (\d{12})", made.stdout).group(1)
    assert signin(fresh, email="asked@example.com", password=PASSWORD)[1]["account"] == number
    assert "the password Another-Horse-8" in account("root-password", number, "--password", "Another-Horse-8").stdout
    assert "AWS_ACCESS_KEY_ID=AKIA" in account("root-key", number).stdout
    assert "minimum length" in account("root-password", number, "--password", "x").stderr
    assert "as new" in account("reset", number).stdout and account("remove", number).returncode == 0
    assert number not in account("list").stdout


def test_remove_ends_an_account(server, account, iam):
    """Nobody signs for it any more."""
    assert server.admin("DELETE", f"accounts/{account.id}")[0] == 200
    assert fault(iam.list_users)[0] == "InvalidClientTokenId"
    assert account.id not in [a["id"] for a in server.admin("GET", "accounts")[1]["accounts"]]


def test_the_root_user_gets_new_secrets(server, account):
    """root-key replaces the key, root-password the password; a wished password is checked."""
    new = server.admin("POST", f"accounts/{account.id}/root-key")[1]
    assert fault(account.client("sts").get_caller_identity)[0] == "InvalidClientTokenId"
    assert server.client("sts", key=(new["access_key_id"], new["secret_access_key"])).get_caller_identity()["Account"] == account.id
    status, answer = server.admin("POST", f"accounts/{account.id}/root-password", {"password": PASSWORD})
    assert (status, answer["password"]) == (200, PASSWORD)
    assert server.admin("POST", f"accounts/{account.id}/root-password", {"password": "abc"})[0] == 400
    assert signin(server, email=new["email"], password=PASSWORD)[0] == 200


def test_a_user_signs_in_by_number_or_alias(server, account, iam, alice):
    """The session is the user's, for twelve hours, and the user's last sign-in is known."""
    iam.create_account_alias(AccountAlias=f"crew-{account.id}")
    for name in (account.id, f"crew-{account.id}"):
        status, answer = signin(server, account=name, user=alice, password=PASSWORD)
        assert status == 200
        assert client_of(server, answer).get_caller_identity()["Arn"] == f"arn:aws:iam::{account.id}:user/alice" == answer["arn"]
    assert "PasswordLastUsed" in iam.get_user(UserName=alice)["User"]
    assert fault(client_of(server, answer, "ec2").describe_vpcs)[0] == "UnauthorizedOperation"


def test_what_is_wrong_is_not_told(server, account, alice):
    """A wrong account, user and password are refused in the same words."""
    for body in ({"account": account.id, "user": alice, "password": "Wrong-Horse-7"}, {"account": account.id, "user": "nobody", "password": PASSWORD},
                 {"account": "no-such-account", "user": alice, "password": PASSWORD}, {"email": f"nobody-{account.id}@example.com", "password": PASSWORD}):
        assert signin(server, **body) == (401, {"error": "SignInFailed", "message": FAILED})
    assert signin(server, account=account.id, password=PASSWORD)[0] == 400
    assert signin(server, user=alice, password=PASSWORD)[0] == 400


def test_a_code_is_wanted_and_taken_once(server, account, iam, alice):
    """With a device the password alone does not do; the session knows that a code was shown."""
    _, seed = enable_mfa(iam, "alice", UserName=alice)
    body = {"account": account.id, "user": alice, "password": PASSWORD}
    status, answer = signin(server, **body)
    assert (status, answer["error"]) == (401, "MfaRequired")
    assert signin(server, **body, mfa_code=f"{(int(code_of(seed, step_now())) + 1) % 1000000:06}") == (401, {"error": "SignInFailed", "message": FAILED})
    code = code_of(seed, step_now())
    status, answer = signin(server, **body, mfa_code=code)
    assert status == 200 and answer["mfa"] is True
    assert signin(server, **body, mfa_code=code) == (401, {"error": "SignInFailed", "message": FAILED})
    policy = ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:DescribeVpcs","Resource":"*",'
              '"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}')
    iam.put_user_policy(UserName=alice, PolicyName="mfa", PolicyDocument=policy)
    assert client_of(server, answer, "ec2").describe_vpcs()["Vpcs"]
    key = iam.create_access_key(UserName=alice)["AccessKey"]
    plain = server.client("ec2", key=(key["AccessKeyId"], key["SecretAccessKey"]))
    assert fault(plain.describe_vpcs)[0] == "UnauthorizedOperation"


def test_a_password_to_be_reset_is_changed_at_the_sign_in(server, account, iam, alice):
    """Who must set a new password signs in with it; the old one is then no longer right."""
    iam.update_login_profile(UserName=alice, PasswordResetRequired=True)
    body = {"account": account.id, "user": alice, "password": PASSWORD}
    status, answer = signin(server, **body)
    assert (status, answer["error"]) == (403, "PasswordChangeRequired")
    assert signin(server, **body, new_password="weak")[1]["error"] == "PasswordPolicyViolation"
    assert signin(server, **body, new_password=PASSWORD)[1]["error"] == "PasswordPolicyViolation"
    assert signin(server, **body, new_password="Another-Horse-8")[0] == 200
    assert signin(server, **body)[0] == 401
    assert signin(server, account=account.id, user=alice, password="Another-Horse-8")[0] == 200
    assert iam.get_login_profile(UserName=alice)["LoginProfile"]["PasswordResetRequired"] is False


def test_guessing_is_slowed_down(fresh):
    """After five failures a name has to wait, even with the right password; others do not."""
    made = [fresh.admin("POST", "accounts", {"email": f"{n}@example.com", "password": PASSWORD})[1] for n in "ab"]
    for _ in range(5):
        assert signin(fresh, email="a@example.com", password="Wrong-Horse-7")[0] == 401
    status, answer = signin(fresh, email="A@example.com", password=PASSWORD)
    assert (status, answer["error"]) == (429, "TooManyAttempts") and answer["retry_after_s"] == 1
    assert signin(fresh, email="b@example.com", password=PASSWORD)[1]["account"] == made[1]["id"]
    time.sleep(1.1)
    assert signin(fresh, email="a@example.com", password=PASSWORD)[1]["account"] == made[0]["id"]
    for n in range(25):
        signin(fresh, email=f"nobody-{n}@example.com", password=PASSWORD)
    assert signin(fresh, email="b@example.com", password=PASSWORD)[0] == 429, "an address that fails thirty times waits"
