"""Temporary credentials: roles assumed, sessions with MFA, federated users, and what each may do."""
import datetime
import json

import botocore.exceptions
import pytest
import totp
import wire
from faults import refused

ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
REGIONS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:DescribeRegions", "Resource": "*"}]}
READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"


def trust(principal, action="sts:AssumeRole", **condition):
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Caller:
    """Whoever has these credentials, in the account's emulator."""

    def __init__(self, account, credentials):
        self.account, self.key = account, (credentials["AccessKeyId"], credentials["SecretAccessKey"])
        self.token = credentials.get("SessionToken")

    def client(self, service):
        return self.account.server.client(service, key=self.key, token=self.token)

    @property
    def arn(self):
        return self.client("sts").get_caller_identity()["Arn"]

    def assume(self, role, name="class", **more):
        return Caller(self.account, self.client("sts").assume_role(RoleArn=role, RoleSessionName=name, **more)["Credentials"])


@pytest.fixture
def alice(account):
    """A user who may do everything."""
    iam = account.client("iam")
    iam.create_user(UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="all", PolicyDocument=json.dumps(ALL))
    return Caller(account, iam.create_access_key(UserName="alice")["AccessKey"])


def role_of(account, name="reader", policy=ALL, principal=None, action="sts:AssumeRole", condition=None, **more):
    iam = account.client("iam")
    document = trust(principal or {"AWS": account.id}, action, **(condition or {}))
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document, **more)["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="its", PolicyDocument=json.dumps(policy))
    return made["Arn"]


def allowed(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] in ("UnauthorizedOperation", "AccessDenied"), error
        return False
    return True


# --- AssumeRole ---------------------------------------------------------------------------------------------------------------------

# A user becomes the role: its name, its permissions, and nothing of the user's.
def test_assume_role(account, alice):
    answer = alice.client("sts").assume_role(RoleArn=role_of(account, policy=REGIONS), RoleSessionName="class")
    role = Caller(account, answer["Credentials"])
    ends = answer["Credentials"]["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(minutes=58) < ends <= datetime.timedelta(hours=1)
    assert role.arn == answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{account.id}:assumed-role/reader/class"
    assert allowed(role.client("ec2").describe_regions)
    assert not allowed(role.client("ec2").describe_vpcs)
    with refused("AccessDenied", f"User: {role.arn} is not authorized to perform: iam:ListUsers", status=403):
        role.client("iam").list_users()


# The CLI does the same, and works with what it got.
def test_assume_role_by_cli(account, alice):
    arn = role_of(account)
    done = account.server.cli("--output", "json", "sts", "assume-role", "--role-arn", arn, "--role-session-name", "cli", key=alice.key)
    made = json.loads(done.stdout)["Credentials"]
    done = account.server.cli("--output", "text", "--query", "Arn", "sts", "get-caller-identity",
                              key=(made["AccessKeyId"], made["SecretAccessKey"]), token=made["SessionToken"])
    assert done.stdout.strip() == f"arn:aws:sts::{account.id}:assumed-role/reader/cli", done.stderr


# A root user assumes no role, whatever the role says.
def test_root_assumes_nothing(account):
    with refused("AccessDenied", "Roles may not be assumed by root accounts.", status=403):
        account.client("sts").assume_role(RoleArn=role_of(account, principal={"AWS": "*"}), RoleSessionName="me")


# The role decides who comes in: neither strangers nor, without a word of their own policies, people of the account.
def test_trust(account, other, alice):
    account.client("iam").create_user(UserName="bob")
    bob = Caller(account, account.client("iam").create_access_key(UserName="bob")["AccessKey"])
    arn = role_of(account)
    with refused("AccessDenied", f"user/bob is not authorized to perform: sts:AssumeRole on resource: {arn}", status=403):
        bob.assume(arn)
    theirs = role_of(other, "theirs")
    with refused("AccessDenied", f"user/alice is not authorized to perform: sts:AssumeRole on resource: {theirs}", status=403):
        alice.assume(theirs)
    with refused("AccessDenied", "on resource: arn:aws:iam::", status=403):
        alice.assume(f"arn:aws:iam::{account.id}:role/nobody-has-this")


# A role of another account lets in whom it trusts, when their own policies do too.
def test_other_account(account, other, alice):
    arn = role_of(other, "guest", principal={"AWS": f"arn:aws:iam::{account.id}:user/alice"})
    assert alice.assume(arn).arn == f"arn:aws:sts::{other.id}:assumed-role/guest/class"


# An external id must be the one that the role asks for.
def test_external_id(account, alice):
    arn = role_of(account, condition={"StringEquals": {"sts:ExternalId": "the-word"}})
    with refused("AccessDenied"):
        alice.assume(arn)
    with refused("AccessDenied"):
        alice.assume(arn, ExternalId="another")
    assert alice.assume(arn, ExternalId="the-word").arn


# A session lasts as long as was asked, within what the role allows; a chain an hour at most.
def test_duration(account, alice):
    arn = role_of(account, MaxSessionDuration=7200)
    with refused("ValidationError", "exceeds the MaxSessionDuration set for this role.", status=400):
        alice.assume(arn, DurationSeconds=7201)
    first = alice.assume(arn, DurationSeconds=7200)
    with refused("ValidationError", "exceeds the 1 hour session limit for roles assumed by role chaining.", status=400):
        first.assume(arn, DurationSeconds=3601)
    assert first.assume(arn, "again").arn.endswith("/again")


# Session policies, inline and managed, take away and give nothing.
def test_session_policies(account, alice):
    arn = role_of(account, policy=REGIONS)
    narrow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*"}]}
    role = alice.assume(arn, Policy=json.dumps(narrow))
    assert not allowed(role.client("ec2").describe_regions) and not allowed(role.client("ec2").describe_vpcs)
    role = alice.assume(arn, PolicyArns=[{"arn": READ_ONLY}])
    assert allowed(role.client("ec2").describe_regions) and not allowed(role.client("ec2").describe_vpcs)
    answer = alice.client("sts").assume_role(RoleArn=arn, RoleSessionName="xx", Policy=json.dumps(narrow))
    assert 0 < answer["PackedPolicySize"] <= 100
    with refused("MalformedPolicyDocument", status=400):
        alice.assume(arn, Policy="{}")
    many = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": f"ec2:{hash(str(i)):x}", "Resource": "*"} for i in range(25)]}
    with refused("PackedPolicyTooLarge", "of allotted space, please use smaller policy.", status=400):
        alice.assume(arn, Policy=json.dumps(many))


# Session tags are judged as tags of the principal, need sts:TagSession, and are handed on when they are transitive.
def test_tags(account, alice):
    team = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "ec2:DescribeRegions", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/Team": "blue"}}},
        {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]}
    arn = role_of(account, policy=team, action=["sts:AssumeRole", "sts:TagSession"])
    tags = [{"Key": "Team", "Value": "blue"}]
    assert not allowed(alice.assume(arn).client("ec2").describe_regions)
    lonely, chained = alice.assume(arn, Tags=tags), alice.assume(arn, Tags=tags, TransitiveTagKeys=["Team"])
    assert allowed(lonely.client("ec2").describe_regions)
    assert not allowed(lonely.assume(arn).client("ec2").describe_regions)
    assert allowed(chained.assume(arn).client("ec2").describe_regions)
    with refused("InvalidParameterValue", "conflicts with a transitive tag key from the calling session.", status=400):
        chained.assume(arn, Tags=[{"Key": "team", "Value": "red"}])
    plain = role_of(account, "plain")
    with refused("AccessDenied", "is not authorized to perform: sts:TagSession", status=403):
        alice.assume(plain, Tags=tags)


# A source identity is set once and stays through the chain.
def test_source_identity(account, alice):
    arn = role_of(account, action=["sts:AssumeRole", "sts:SetSourceIdentity"])
    answer = alice.client("sts").assume_role(RoleArn=arn, RoleSessionName="xx", SourceIdentity="alice")
    assert answer["SourceIdentity"] == "alice"
    role = Caller(account, answer["Credentials"])
    assert role.client("sts").assume_role(RoleArn=arn, RoleSessionName="yy")["SourceIdentity"] == "alice"
    with refused("AccessDenied", "sts:SetSourceIdentity", status=403):
        role.assume(arn, SourceIdentity="mallory")


# What is wrong with a request is said before anything is decided.
def test_bad_requests(account, alice):
    with refused("ValidationError", "Request ARN is invalid", status=400):
        alice.assume(f"arn:aws:iam::{account.id}:user/alice")
    with refused("ValidationError", "is invalid", status=400):
        alice.assume("this is no ARN at all, but long enough")
    with refused("ValidationError", "roleSessionName", status=400):
        alice.assume(role_of(account), name="no spaces here")


# A role that is deleted takes its sessions along; what is taken from it is gone from them at the next request.
def test_role_goes(account, alice):
    role = alice.assume(role_of(account))
    assert allowed(role.client("ec2").describe_regions)
    iam = account.client("iam")
    iam.delete_role_policy(RoleName="reader", PolicyName="its")
    assert not allowed(role.client("ec2").describe_regions)
    iam.delete_role(RoleName="reader")
    with refused("InvalidClientTokenId", status=403):
        role.client("sts").get_caller_identity()


# --- GetSessionToken ----------------------------------------------------------------------------------------------------------------

# A session of a user is the user, but not to IAM, and not to most of STS.
def test_session_token(account, alice):
    session = Caller(account, alice.client("sts").get_session_token(DurationSeconds=900)["Credentials"])
    assert session.arn == alice.arn
    assert allowed(session.client("ec2").describe_regions)
    with refused("InvalidClientTokenId", status=403):
        session.client("iam").list_users()
    for call, wish in (("get_session_token", {}), ("get_federation_token", {"Name": "carol"})):
        with refused("AccessDenied", "with session credentials", status=403):
            getattr(session.client("sts"), call)(**wish)
    assert session.assume(role_of(account)).arn


# A code of an MFA device opens what a policy keeps for those who showed one, and IAM.
def test_mfa(account, alice):
    iam = account.client("iam")
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]
    seed, serial = made["Base32StringSeed"], made["SerialNumber"]
    before, now, after = totp.codes(seed)
    iam.enable_mfa_device(UserName="alice", SerialNumber=serial, AuthenticationCode1=before, AuthenticationCode2=now)
    sts = alice.client("sts")
    with refused("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.", status=403):
        sts.get_session_token(SerialNumber=serial, TokenCode=totp.wrong(seed))
    with refused("AccessDenied", "unable to validate MFA code", status=403):
        sts.get_session_token(SerialNumber=serial + "x", TokenCode=after)
    session = Caller(account, sts.get_session_token(SerialNumber=serial, TokenCode=after)["Credentials"])
    assert session.client("iam").list_users()["Users"]
    guarded = role_of(account, "guarded", condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    with refused("AccessDenied"):
        alice.assume(guarded)
    assert session.assume(guarded).arn
    with refused("AccessDenied", "MultiFactorAuthentication failed with invalid MFA", status=403):
        alice.assume(guarded, SerialNumber=serial, TokenCode=after)


# --- GetFederationToken -------------------------------------------------------------------------------------------------------------

# A federated user may do what both the user and the session policies allow; nothing without session policies, and nothing in IAM.
def test_federation_token(account, alice):
    sts = alice.client("sts")
    answer = sts.get_federation_token(Name="carol", Policy=json.dumps(REGIONS), Tags=[{"Key": "Team", "Value": "blue"}])
    carol = Caller(account, answer["Credentials"])
    assert answer["FederatedUser"] == {"FederatedUserId": f"{account.id}:carol", "Arn": f"arn:aws:sts::{account.id}:federated-user/carol"}
    assert 0 < answer["PackedPolicySize"] <= 100
    assert carol.arn == answer["FederatedUser"]["Arn"]
    assert allowed(carol.client("ec2").describe_regions) and not allowed(carol.client("ec2").describe_vpcs)
    with refused("InvalidClientTokenId", status=403):
        carol.client("iam").list_users()
    with refused("AccessDenied", status=403):
        carol.assume(role_of(account))
    nobody = Caller(account, sts.get_federation_token(Name="dave")["Credentials"])
    assert not allowed(nobody.client("ec2").describe_regions)
    with refused("ValidationError", status=400):
        sts.get_federation_token(Name="eve", PolicyArns=[{"arn": READ_ONLY + "x"}])


# The root user's federated users have what their session policies say.
def test_federated_by_root(account):
    made = account.client("sts").get_federation_token(Name="carol", Policy=json.dumps(REGIONS), DurationSeconds=129600)["Credentials"]
    carol = Caller(account, made)
    assert made["Expiration"] - datetime.datetime.now(datetime.timezone.utc) <= datetime.timedelta(hours=1)
    assert allowed(carol.client("ec2").describe_regions) and not allowed(carol.client("ec2").describe_vpcs)


# --- the rest -----------------------------------------------------------------------------------------------------------------------

# A key says whose it is, to anybody; also a temporary one.
def test_access_key_info(account, other):
    sts = account.client("sts")
    assert sts.get_access_key_info(AccessKeyId=other.key[0])["Account"] == other.id
    session = other.client("sts").get_session_token()["Credentials"]
    assert sts.get_access_key_info(AccessKeyId=session["AccessKeyId"])["Account"] == other.id
    with refused("ValidationError", status=400):
        sts.get_access_key_info(AccessKeyId="AKIAABCDEFGHIJKLMNOP")


# The reason of a refusal is encoded, and opens for its account alone.
def test_decode_authorization_message(account, other):
    iam = account.client("iam")
    iam.create_user(UserName="bob")
    bob = Caller(account, iam.create_access_key(UserName="bob")["AccessKey"])
    with pytest.raises(botocore.exceptions.ClientError) as denied:
        bob.client("ec2").run_instances(ImageId="ami-0123456789abcdef0", InstanceType="t2.micro", MinCount=1, MaxCount=1)
    encoded = denied.value.response["Error"]["Message"].split("Encoded authorization failure message: ")[1]
    decoded = json.loads(account.client("sts").decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    assert (decoded["allowed"], decoded["context"]["action"]) == (False, "ec2:RunInstances")
    with refused("InvalidAuthorizationMessageException", status=400):
        other.client("sts").decode_authorization_message(EncodedMessage=encoded)
    with refused("AccessDenied", "sts:DecodeAuthorizationMessage", status=403):
        bob.client("sts").decode_authorization_message(EncodedMessage=encoded)


# Everybody may ask who they are, even those who may nothing.
def test_caller_identity_needs_no_permission(account):
    iam = account.client("iam")
    iam.create_user(UserName="bob")
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="bob", PolicyName="nothing", PolicyDocument=json.dumps(deny))
    bob = Caller(account, iam.create_access_key(UserName="bob")["AccessKey"])
    assert bob.arn == f"arn:aws:iam::{account.id}:user/bob"
    assert bob.client("sts").get_session_token()["Credentials"]


# What Debian's client does not know yet is asked by hand. Central root access needs an organization, which no account here belongs to.
def test_assume_root(account, other):
    body = wire.form("AssumeRoot", "2011-06-15", TargetPrincipal=other.id, DurationSeconds=900,
                     **{"TaskPolicyArn.arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"})
    answer = wire.send(account.server, *wire.signed(account, "sts", body))
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert f"is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::{other.id}:root" in answer.text


# Tokens for other clouds are not made, and it is said.
@pytest.mark.parametrize("action, more", (("GetWebIdentityToken", {"Audience.member.1": "https://example.com", "SigningAlgorithm": "RS256"}),
                                          ("GetDelegatedAccessToken", {"TradeInToken": "x"})))
def test_outbound_federation(account, action, more):
    answer = wire.send(account.server, *wire.signed(account, "sts", wire.form(action, "2011-06-15", **more)))
    assert (answer.status, answer.code) == (400, "UnsupportedOperation"), answer.text
