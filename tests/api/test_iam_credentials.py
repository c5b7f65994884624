"""Credentials of users through boto3 and the AWS CLI: every operation once, with what a client sees of it on the wire."""
import csv
import io
import pathlib
import re
import shutil
import subprocess
import time

import pytest
from server import fault
from test_accounts import PASSWORD, code_of, enable_mfa, step_now
from test_terraform import terraform  # noqa: F401  (a fixture)
from wire import form, send, signed

CREDENTIALS = """
resource "aws_iam_user" "pilot" {
  name = "pilot"
}
resource "aws_iam_access_key" "pilot" {
  user   = aws_iam_user.pilot.name
  status = "Inactive"
}
resource "aws_iam_user_ssh_key" "pilot" {
  username   = aws_iam_user.pilot.name
  encoding   = "SSH"
  public_key = trimspace(file("key.pub"))
}
resource "aws_iam_signing_certificate" "pilot" {
  user_name        = aws_iam_user.pilot.name
  certificate_body = file("www.pem")
}
resource "aws_iam_service_specific_credential" "pilot" {
  service_name = "codecommit.amazonaws.com"
  user_name    = aws_iam_user.pilot.name
}
resource "aws_iam_server_certificate" "www" {
  name              = "www"
  certificate_body  = file("www.pem")
  certificate_chain = file("ca.pem")
  private_key       = file("www.key")
  tags              = { a = "b" }
}
resource "aws_iam_virtual_mfa_device" "pilot" {
  virtual_mfa_device_name = "pilot"
  tags                    = { a = "b" }
}
"""
VERSION = '"Version":"2012-10-17"'


@pytest.fixture
def iam(account):
    return account.client("iam")


@pytest.fixture
def alice(iam):
    iam.create_user(UserName="alice")
    return "alice"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """An authority, what it issued, and the keys of both: paths to PEM files."""
    folder = tmp_path_factory.mktemp("certificates")
    for name, words in (("ca", ["-subj", "/CN=Authority"]),
                        ("www", ["-subj", "/CN=www.example.com", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key"])):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-keyout", folder / f"{name}.key",
                        "-out", folder / f"{name}.pem", *words], check=True, capture_output=True)
    return folder


def signer(server, made, service="sts"):
    return server.client(service, key=(made["AccessKeyId"], made["SecretAccessKey"]))


def test_access_keys_sign_until_they_are_off(server, account, iam, alice):
    """A key signs for its user; inactive or deleted it does not; where it was used is known."""
    made = iam.create_access_key(UserName=alice)["AccessKey"]
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", made["AccessKeyId"]) and len(made["SecretAccessKey"]) == 40
    assert signer(server, made).get_caller_identity()["Arn"] == f"arn:aws:iam::{account.id}:user/alice"
    assert account.client("sts").get_access_key_info(AccessKeyId=made["AccessKeyId"])["Account"] == account.id
    used = iam.get_access_key_last_used(AccessKeyId=made["AccessKeyId"])
    assert used["UserName"] == alice and used["AccessKeyLastUsed"]["ServiceName"] == "sts"
    assert used["AccessKeyLastUsed"]["Region"] == "us-east-1" and "LastUsedDate" in used["AccessKeyLastUsed"]
    iam.update_access_key(UserName=alice, AccessKeyId=made["AccessKeyId"], Status="Inactive")
    assert [k["Status"] for k in iam.list_access_keys(UserName=alice)["AccessKeyMetadata"]] == ["Inactive"]
    assert fault(signer(server, made).get_caller_identity)[:2] == ("InvalidClientTokenId", 403)
    iam.delete_access_key(UserName=alice, AccessKeyId=made["AccessKeyId"])
    assert fault(signer(server, made).get_caller_identity)[:2] == ("InvalidClientTokenId", 403)
    for _ in range(2):
        iam.create_access_key(UserName=alice)
    assert fault(iam.create_access_key, UserName=alice) == ("LimitExceeded", 409, "Cannot exceed quota for AccessKeysPerUser: 2")


def test_passwords_follow_the_policy(server, iam, alice):
    """The account's policy is kept; login profiles and ChangePassword obey it."""
    assert fault(iam.get_account_password_policy)[:2] == ("NoSuchEntity", 404)
    iam.update_account_password_policy(MinimumPasswordLength=12, RequireSymbols=True, PasswordReusePrevention=3, MaxPasswordAge=90)
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert policy["MinimumPasswordLength"] == 12 and policy["ExpirePasswords"] is True and policy["RequireNumbers"] is False
    assert fault(iam.create_login_profile, UserName=alice, Password="Short-1") == (
        "PasswordPolicyViolation", 400, "Password should have a minimum length of 12")
    profile = iam.create_login_profile(UserName=alice, Password=PASSWORD, PasswordResetRequired=True)["LoginProfile"]
    assert profile["UserName"] == alice and profile["PasswordResetRequired"] is True
    assert fault(iam.create_login_profile, UserName=alice, Password=PASSWORD)[:2] == ("EntityAlreadyExists", 409)
    iam.update_login_profile(UserName=alice, PasswordResetRequired=False)
    assert iam.get_login_profile(UserName=alice)["LoginProfile"]["PasswordResetRequired"] is False
    made = iam.create_access_key(UserName=alice)["AccessKey"]
    own = signer(server, made, "iam")
    assert fault(own.change_password, OldPassword=PASSWORD, NewPassword="Another-Horse-8")[:2] == ("AccessDenied", 403)
    iam.attach_user_policy(UserName=alice, PolicyArn="arn:aws:iam::aws:policy/IAMUserChangePassword")
    own.change_password(OldPassword=PASSWORD, NewPassword="Another-Horse-8")
    code, status, text = fault(own.change_password, OldPassword="Another-Horse-8", NewPassword=PASSWORD)
    assert (code, status) == ("PasswordPolicyViolation", 400) and "reuse prevention" in text
    iam.delete_login_profile(UserName=alice)
    assert fault(iam.get_login_profile, UserName=alice)[:2] == ("NoSuchEntity", 404)
    iam.delete_account_password_policy()


def test_an_mfa_device_from_its_picture_to_its_end(account, iam, alice):
    """A device is made with seed and picture, enabled by two codes, resynchronised, deactivated and deleted."""
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone", Tags=[{"Key": "a", "Value": "b"}])["VirtualMFADevice"]
    serial, seed, now = made["SerialNumber"], made["Base32StringSeed"].decode(), step_now()
    assert serial == f"arn:aws:iam::{account.id}:mfa/phone" and re.fullmatch(r"[A-Z2-7]{64}", seed)
    assert made["QRCodePNG"].startswith(b"\x89PNG\r\n\x1a\n")
    wrong = {"AuthenticationCode1": code_of(seed, now), "AuthenticationCode2": code_of(seed, now - 1)}
    assert fault(iam.enable_mfa_device, UserName=alice, SerialNumber=serial, **wrong)[:2] == ("InvalidAuthenticationCode", 403)
    iam.enable_mfa_device(UserName=alice, SerialNumber=serial, AuthenticationCode1=code_of(seed, now - 3),
                          AuthenticationCode2=code_of(seed, now - 2))
    assert [d["SerialNumber"] for d in iam.list_mfa_devices(UserName=alice)["MFADevices"]] == [serial]
    assert iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"][0]["User"]["UserName"] == alice
    shown = send(account.server, *signed(account, "iam", form("GetMFADevice", "2010-05-08", SerialNumber=serial, UserName=alice)))
    assert shown.status == 200 and f"<UserName>{alice}</UserName>" in shown.text and "<EnableDate>" in shown.text
    assert iam.list_mfa_device_tags(SerialNumber=serial)["Tags"] == [{"Key": "a", "Value": "b"}]
    iam.resync_mfa_device(UserName=alice, SerialNumber=serial, AuthenticationCode1=code_of(seed, now - 1),
                          AuthenticationCode2=code_of(seed, now))
    assert fault(iam.delete_virtual_mfa_device, SerialNumber=serial)[:2] == ("DeleteConflict", 409)
    iam.deactivate_mfa_device(UserName=alice, SerialNumber=serial)
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []


def test_the_picture_holds_the_seed(account, iam, tmp_path):
    """An authenticator that reads the QR code finds the device's name and seed."""
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    picture = tmp_path / "code.png"
    picture.write_bytes(made["QRCodePNG"])
    read = subprocess.run(["zbarimg", "-q", "--raw", picture], check=True, capture_output=True, text=True).stdout.strip()
    assert read == f"otpauth://totp/phone@{account.id}?secret={made['Base32StringSeed'].decode()}"


def test_a_code_makes_a_session_with_mfa(server, iam, alice):
    """GetSessionToken and AssumeRole take a code of the caller's device, once."""
    made = iam.create_access_key(UserName=alice)["AccessKey"]
    serial, seed = enable_mfa(iam, "phone", UserName=alice)
    sts, code = signer(server, made), code_of(seed, step_now())
    allow = f'{{{VERSION},"Statement":[{{"Effect":"Allow","Action":"ec2:DescribeVpcs","Resource":"*",' \
            '"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}'
    iam.put_user_policy(UserName=alice, PolicyName="mfa", PolicyDocument=allow)
    keys = sts.get_session_token(SerialNumber=serial, TokenCode=code)["Credentials"]
    session = server.client("ec2", key=(keys["AccessKeyId"], keys["SecretAccessKey"]), token=keys["SessionToken"])
    assert session.describe_vpcs()["Vpcs"]
    assert fault(sts.get_session_token, SerialNumber=serial, TokenCode=code)[:2] == ("AccessDenied", 403)
    assert fault(signer(server, made, "ec2").describe_vpcs)[0] == "UnauthorizedOperation"


def test_ssh_keys(iam, alice, tmp_path):
    """A key is uploaded, read in both forms, switched off and deleted."""
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-C", "", "-f", tmp_path / "key"], check=True)
    line = (tmp_path / "key.pub").read_text().strip()
    shown = subprocess.run(["ssh-keygen", "-E", "md5", "-lf", tmp_path / "key.pub"], check=True, capture_output=True, text=True).stdout
    made = iam.upload_ssh_public_key(UserName=alice, SSHPublicKeyBody=line)["SSHPublicKey"]
    assert f"MD5:{made['Fingerprint']} " in shown
    key = {"UserName": alice, "SSHPublicKeyId": made["SSHPublicKeyId"]}
    assert iam.get_ssh_public_key(**key, Encoding="SSH")["SSHPublicKey"]["SSHPublicKeyBody"] == line
    assert "BEGIN PUBLIC KEY" in iam.get_ssh_public_key(**key, Encoding="PEM")["SSHPublicKey"]["SSHPublicKeyBody"]
    iam.update_ssh_public_key(**key, Status="Inactive")
    assert [k["Status"] for k in iam.list_ssh_public_keys(UserName=alice)["SSHPublicKeys"]] == ["Inactive"]
    assert fault(iam.upload_ssh_public_key, UserName=alice, SSHPublicKeyBody=line)[:2] == ("DuplicateSSHPublicKey", 400)
    iam.delete_ssh_public_key(**key)
    assert iam.list_ssh_public_keys(UserName=alice)["SSHPublicKeys"] == []


def test_signing_certificates(iam, alice, certificates):
    """A certificate is uploaded, listed, switched off and deleted."""
    body = (certificates / "www.pem").read_text()
    made = iam.upload_signing_certificate(UserName=alice, CertificateBody=body)["Certificate"]
    assert made["CertificateBody"] == body and made["Status"] == "Active"
    assert fault(iam.upload_signing_certificate, UserName=alice, CertificateBody=body)[:2] == ("DuplicateCertificate", 409)
    assert fault(iam.upload_signing_certificate, UserName=alice, CertificateBody="x")[:2] == ("MalformedCertificate", 400)
    iam.update_signing_certificate(UserName=alice, CertificateId=made["CertificateId"], Status="Inactive")
    assert [c["Status"] for c in iam.list_signing_certificates(UserName=alice)["Certificates"]] == ["Inactive"]
    iam.delete_signing_certificate(UserName=alice, CertificateId=made["CertificateId"])
    assert iam.list_signing_certificates(UserName=alice)["Certificates"] == []


def test_server_certificates_through_the_cli(account, certificates):
    """A certificate with key and chain is uploaded, read, renamed and deleted; its key is never shown."""
    parts = [w for name, file in (("certificate-body", "www.pem"), ("private-key", "www.key"), ("certificate-chain", "ca.pem"))
             for w in (f"--{name}", f"file://{certificates / file}")]
    made = account.aws("iam", "upload-server-certificate", "--server-certificate-name", "www", *parts, "--tags", "Key=a,Value=b")
    assert made.status == 0, made.complaint
    assert made.answer["ServerCertificateMetadata"]["Arn"] == f"arn:aws:iam::{account.id}:server-certificate/www"
    shown = account.aws("iam", "get-server-certificate", "--server-certificate-name", "www").answer["ServerCertificate"]
    assert shown["CertificateBody"] == (certificates / "www.pem").read_text().strip() and "PRIVATE" not in str(shown)
    parts[3] = f"file://{certificates / 'ca.key'}"
    assert "(KeyPairMismatch)" in account.aws("iam", "upload-server-certificate", "--server-certificate-name", "x", *parts).complaint
    assert account.aws("iam", "update-server-certificate", "--server-certificate-name", "www", "--new-server-certificate-name", "web").status == 0
    listed = account.aws("iam", "list-server-certificates").answer["ServerCertificateMetadataList"]
    assert [c["ServerCertificateName"] for c in listed] == ["web"]
    assert account.client("iam").list_server_certificate_tags(ServerCertificateName="web")["Tags"] == [{"Key": "a", "Value": "b"}]
    assert account.aws("iam", "delete-server-certificate", "--server-certificate-name", "web").status == 0


def test_terraform_keeps_credentials(terraform, certificates, tmp_path):  # noqa: F811
    """A configuration of credentials is applied, planned again without a change, and destroyed."""
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-C", "", "-f", tmp_path / "key"], check=True)
    for name in ("ca.pem", "www.pem", "www.key"):
        shutil.copy(certificates / name, tmp_path)
    run = terraform(CREDENTIALS)
    run("apply", "-auto-approve")
    run("plan", "-detailed-exitcode")
    run("destroy", "-auto-approve")


def test_service_specific_credentials(iam, alice):
    """A password for one service is made, made anew, switched off and deleted."""
    made = iam.create_service_specific_credential(UserName=alice, ServiceName="codecommit.amazonaws.com")["ServiceSpecificCredential"]
    one = {"UserName": alice, "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
    again = iam.reset_service_specific_credential(**one)["ServiceSpecificCredential"]
    assert again["ServicePassword"] != made["ServicePassword"] and again["ServiceUserName"] == made["ServiceUserName"]
    iam.update_service_specific_credential(**one, Status="Inactive")
    listed = iam.list_service_specific_credentials(UserName=alice)["ServiceSpecificCredentials"]
    assert [c["Status"] for c in listed] == ["Inactive"] and "ServicePassword" not in listed[0]
    iam.delete_service_specific_credential(**one)
    assert fault(iam.create_service_specific_credential, UserName=alice, ServiceName="s3.amazonaws.com")[:2] == ("NotSupportedService", 404)


def test_the_credential_report(account, iam, alice):
    """The report is CSV with a line for the root user and for every user."""
    assert fault(iam.get_credential_report)[:2] == ("ReportNotPresent", 410)
    iam.create_login_profile(UserName=alice, Password=PASSWORD)
    iam.create_access_key(UserName=alice)
    enable_mfa(iam, "phone", UserName=alice)
    assert iam.generate_credential_report()["State"] == "STARTED"
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    report = iam.get_credential_report()
    rows = list(csv.DictReader(io.StringIO(report["Content"].decode())))
    assert report["ReportFormat"] == "text/csv" and [r["user"] for r in rows] == ["<root_account>", "alice"]
    assert rows[0]["arn"] == f"arn:aws:iam::{account.id}:root" and rows[0]["access_key_1_active"] == "true"
    assert rows[0]["access_key_1_last_used_service"] == "iam"
    assert (rows[1]["password_enabled"], rows[1]["mfa_active"], rows[1]["access_key_1_active"]) == ("true", "true", "true")


def test_services_last_accessed(server, iam, alice):
    """Which services a user may use, and when it did."""
    iam.attach_user_policy(UserName=alice, PolicyArn="arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess")
    made = iam.create_access_key(UserName=alice)["AccessKey"]
    signer(server, made, "ec2").describe_vpcs()
    arn = iam.get_user(UserName=alice)["User"]["Arn"]
    job = iam.generate_service_last_accessed_details(Arn=arn)["JobId"]
    details = iam.get_service_last_accessed_details(JobId=job)
    ec2 = next(s for s in details["ServicesLastAccessed"] if s["ServiceNamespace"] == "ec2")
    assert details["JobStatus"] == "COMPLETED" and ec2["TotalAuthenticatedEntities"] == 1 and ec2["LastAuthenticatedEntity"] == arn
    assert not any(s["ServiceNamespace"] == "iam" for s in details["ServicesLastAccessed"])
    who = iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="ec2")["EntityDetailsList"]
    assert who[0]["EntityInfo"]["Arn"] == arn and "LastAuthenticated" in who[0]
    job = iam.generate_service_last_accessed_details(Arn=arn, Granularity="ACTION_LEVEL")["JobId"]
    details = iam.get_service_last_accessed_details(JobId=job)
    ec2 = next(s for s in details["ServicesLastAccessed"] if s["ServiceNamespace"] == "ec2")
    action = ec2["TrackedActionsLastAccessed"][0]
    assert (action["ActionName"], action["LastAccessedEntity"], action["LastAccessedRegion"]) == ("DescribeVpcs", arn, "us-east-1")


def test_secrets_are_in_no_log_and_hashed_in_the_database(server, account, iam, alice):
    """A password is in neither the log nor the database; the secret of a key is not in the log."""
    password = "Unmistakable-Horse-99"
    iam.create_login_profile(UserName=alice, Password=password)
    made = iam.create_access_key(UserName=alice)["AccessKey"]
    server.admin("POST", "signin", {"account": account.id, "user": alice, "password": password}, token=None)
    time.sleep(0.1)
    log = (server.state / "log").read_bytes()
    assert password.encode() not in log and made["SecretAccessKey"].encode() not in log
    for file in pathlib.Path(server.state).glob("groundschool.db*"):
        assert password.encode() not in file.read_bytes()
