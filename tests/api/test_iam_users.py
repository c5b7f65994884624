"""Users, groups, tags of IAM's resources and the views of the whole account, through boto3 and the AWS CLI: every operation once, with
what a client sees of it on the wire."""
import datetime
import json
import re

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from issuer import certify, pem
from saml import Saml
from server import fault
from wire import form, send, signed

READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
EC2_TRUST = {"Version": "2012-10-17",
             "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


@pytest.fixture
def iam(account):
    return account.client("iam")


def test_a_user_is_made_read_renamed_and_deleted(iam, account):
    """A user is what CreateUser made of it until UpdateUser and DeleteUser."""
    made = iam.create_user(UserName="alice", Path="/crew/", PermissionsBoundary=READ_ONLY, Tags=[{"Key": "Team", "Value": "blue"}])["User"]
    assert made["Arn"] == f"arn:aws:iam::{account.id}:user/crew/alice"
    assert made["UserId"].startswith("AIDA") and len(made["UserId"]) == 21
    assert made["CreateDate"].tzinfo is not None and made["CreateDate"].microsecond == 0
    assert abs(datetime.datetime.now(datetime.timezone.utc) - made["CreateDate"]) < datetime.timedelta(minutes=1)
    assert iam.get_user(UserName="alice")["User"] == made
    assert [u["UserName"] for u in iam.list_users(PathPrefix="/crew/")["Users"]] == ["alice"]
    iam.update_user(UserName="alice", NewUserName="alicia", NewPath="/")
    assert iam.get_user(UserName="alicia")["User"]["UserId"] == made["UserId"]
    iam.delete_user(UserName="alicia")
    assert fault(iam.get_user, UserName="alicia") == ("NoSuchEntity", 404, "The user with name alicia cannot be found.")


def test_times_on_the_wire(account):
    """IAM and STS write whole seconds without a fraction, EC2 always with one."""
    second, thousandths = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    made = send(account.server, *signed(account, "iam", form("CreateUser", "2010-05-08", UserName="alice")))
    assert re.search(f"<CreateDate>{second}</CreateDate>", made.text), made.text
    session = send(account.server, *signed(account, "sts", form("GetSessionToken", "2011-06-15")))
    assert re.search(f"<Expiration>{second}</Expiration>", session.text), session.text
    account.client("ec2").create_key_pair(KeyName="k")
    key = send(account.server, *signed(account, "ec2", form("DescribeKeyPairs", "2016-11-15")))
    assert re.search(f"<createTime>{thousandths}</createTime>", key.text), key.text


def test_faults_have_their_status(iam):
    """What exists, what is in use and what is malformed are 409, 409 and 400."""
    iam.create_user(UserName="alice")
    assert fault(iam.create_user, UserName="ALICE") == ("EntityAlreadyExists", 409, "User with name ALICE already exists.")
    iam.attach_user_policy(UserName="alice", PolicyArn=READ_ONLY)
    assert fault(iam.delete_user, UserName="alice") == ("DeleteConflict", 409, "Cannot delete entity, must detach all policies first.")
    assert fault(iam.create_user, UserName="a b") == (
        "ValidationError", 400, "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: "
                                "+=,.@_-")


def test_the_root_user_reads_itself(iam, account):
    """GetUser without a name is about whoever signs."""
    root = iam.get_user()["User"]
    assert root["Arn"] == f"arn:aws:iam::{account.id}:root" and root["UserId"] == account.id


def test_lists_come_in_pages(iam):
    """The paginators of the SDK find every user, group and tag once."""
    names = [f"u{i:02}" for i in range(12)]
    for name in names:
        iam.create_user(UserName=name)
    pages = list(iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 5}))
    assert [len(p["Users"]) for p in pages] == [5, 5, 2]
    assert [u["UserName"] for p in pages for u in p["Users"]] == names


def test_groups_have_members(iam, account):
    """Users come into groups and out of them; both directions are listed."""
    group = iam.create_group(GroupName="Admins", Path="/crew/")["Group"]
    assert group["Arn"] == f"arn:aws:iam::{account.id}:group/crew/Admins" and group["GroupId"].startswith("AGPA")
    iam.create_user(UserName="alice")
    iam.add_user_to_group(GroupName="Admins", UserName="alice")
    assert [u["UserName"] for u in iam.get_group(GroupName="Admins")["Users"]] == ["alice"]
    assert [g["GroupName"] for g in iam.list_groups_for_user(UserName="alice")["Groups"]] == ["Admins"]
    assert [g["GroupName"] for g in iam.list_groups()["Groups"]] == ["Admins"]
    iam.update_group(GroupName="Admins", NewGroupName="Chiefs")
    assert fault(iam.delete_group, GroupName="Chiefs")[2] == "Cannot delete entity, must remove users from group first."
    iam.remove_user_from_group(GroupName="Chiefs", UserName="alice")
    iam.delete_group(GroupName="Chiefs")
    assert iam.list_groups()["Groups"] == []


def resources(iam, folder):
    """Something of each kind that has tags: its name in the operations, and how the operations name it."""
    iam.create_user(UserName="u")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(EC2_TRUST))
    policy = iam.create_policy(PolicyName="p", PolicyDocument=json.dumps(ALL))["Policy"]["Arn"]
    iam.create_instance_profile(InstanceProfileName="i")
    provider = iam.create_open_id_connect_provider(Url="https://id.example.com", ThumbprintList=["0" * 40])["OpenIDConnectProviderArn"]
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="m")["VirtualMFADevice"]["SerialNumber"]
    saml = iam.create_saml_provider(Name="s", SAMLMetadataDocument=Saml(folder).metadata())["SAMLProviderArn"]
    key = rsa.generate_private_key(65537, 2048)
    iam.upload_server_certificate(ServerCertificateName="c", CertificateBody=certify(key, "web.example.com").public_bytes(Encoding.PEM).decode(),
                                  PrivateKey=pem(key).decode())
    return {"user": {"UserName": "u"}, "role": {"RoleName": "r"}, "policy": {"PolicyArn": policy},
            "instance_profile": {"InstanceProfileName": "i"}, "open_id_connect_provider": {"OpenIDConnectProviderArn": provider},
            "saml_provider": {"SAMLProviderArn": saml}, "mfa_device": {"SerialNumber": serial},
            "server_certificate": {"ServerCertificateName": "c"}}


def test_everything_that_has_tags_is_tagged_alike(iam, tmp_path):
    """Tag*, List*Tags and Untag* do the same for every kind of resource."""
    for noun, named in resources(iam, tmp_path).items():
        getattr(iam, f"tag_{noun}")(Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}], **named)
        listed = getattr(iam, f"list_{noun}_tags")(**named)
        assert listed["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}] and not listed["IsTruncated"], noun
        getattr(iam, f"untag_{noun}")(TagKeys=["a"], **named)
        assert getattr(iam, f"list_{noun}_tags")(**named)["Tags"] == [{"Key": "b", "Value": "2"}], noun


def test_faults_of_tags(iam):
    """Keys that differ only in case are one key, and there are 50 tags at most."""
    iam.create_user(UserName="u")
    twice = [{"Key": "A", "Value": "1"}, {"Key": "a", "Value": "2"}]
    assert fault(iam.tag_user, UserName="u", Tags=twice) == (
        "InvalidInput", 400, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    iam.tag_user(UserName="u", Tags=[{"Key": f"k{i}", "Value": ""} for i in range(50)])
    assert fault(iam.tag_user, UserName="u", Tags=[{"Key": "more", "Value": ""}]) == (
        "LimitExceeded", 409, "The number of tags has reached the maximum limit.")


def test_an_alias_stands_for_an_account(iam, account):
    """An account has one alias, that no other account has."""
    name = f"hangar-{account.id}"
    iam.create_account_alias(AccountAlias=name)
    assert iam.list_account_aliases()["AccountAliases"] == [name]
    assert fault(iam.create_account_alias, AccountAlias=name) == ("EntityAlreadyExists", 409, f"The account alias {name} already exists.")
    iam.delete_account_alias(AccountAlias=name)
    assert iam.list_account_aliases()["AccountAliases"] == []


def test_the_summary_counts_and_names_the_quotas(iam, account):
    """GetAccountSummary has every key of the model, counts what is there, and says the same to every client."""
    iam.create_user(UserName="u")
    iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v2Token")
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["Users"], summary["UsersQuota"], summary["GlobalEndpointTokenVersion"]) == (1, 5000, 2)
    assert summary["AccountAccessKeysPresent"] == 1
    keys = iam.meta.service_model.shape_for("summaryKeyType").enum
    assert set(keys) <= set(summary), set(keys) - set(summary)
    assert account.aws("iam", "get-account-summary").answer["SummaryMap"] == summary


def test_the_details_show_who_may_do_what(iam, account, tmp_path):
    """The CLI decodes the documents of GetAccountAuthorizationDetails: they are what was given."""
    resources(iam, tmp_path)
    iam.put_user_policy(UserName="u", PolicyName="all", PolicyDocument=json.dumps(ALL))
    iam.attach_role_policy(RoleName="r", PolicyArn=READ_ONLY)
    details = account.aws("iam", "get-account-authorization-details").answer
    assert details["UserDetailList"][0]["UserPolicyList"] == [{"PolicyName": "all", "PolicyDocument": ALL}]
    role = details["RoleDetailList"][0]
    assert role["AssumeRolePolicyDocument"] == EC2_TRUST and role["AttachedManagedPolicies"][0]["PolicyArn"] == READ_ONLY
    assert {p["PolicyName"] for p in details["Policies"]} == {"p", "AmazonEC2ReadOnlyAccess"}
    own = next(p for p in details["Policies"] if p["PolicyName"] == "p")
    assert own["PolicyVersionList"][0]["Document"] == ALL
    assert iam.get_account_authorization_details(Filter=["Group"])["UserDetailList"] == []


def test_an_account_without_an_organization(iam, account):
    """What IAM does for organizations is refused where there is none; Debian's boto3 does not know all of it yet."""
    path = "o-a1b2c3d4e5/r-f6g7h8i9j0"
    for action in ("ListOrganizationsFeatures", "EnableOrganizationsRootCredentialsManagement", "DisableOrganizationsRootCredentialsManagement",
                   "EnableOrganizationsRootSessions", "DisableOrganizationsRootSessions"):
        answer = send(account.server, *signed(account, "iam", form(action, "2010-05-08")))
        assert (answer.code, answer.status) == ("OrganizationNotFoundException", 400), action
    assert fault(iam.generate_organizations_access_report, EntityPath=path)[:2] == ("OrganizationNotFoundException", 400)
    assert fault(iam.get_organizations_access_report, JobId="0" * 36)[:2] == ("NoSuchEntity", 404)
