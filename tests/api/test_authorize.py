"""Who may do what, as boto3 sees it: users and sessions with policies, refusals with AWS's codes and texts in every protocol."""
import json
import types

import botocore.exceptions
import pytest
from faults import refused
from server import AMI, PARAMETER

LAUNCH = {"ImageId": AMI, "InstanceType": "t2.micro", "MinCount": 1, "MaxCount": 1}
NAME = {"Key": "Name", "Value": "lab"}


def statement(action, resource="*", effect="Allow", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class User:
    """A user with a key; `may` replaces its one policy."""

    def __init__(self, account, name="bob"):
        self.account, self.name, self.iam = account, name, account.client("iam")
        self.arn = self.iam.create_user(UserName=name)["User"]["Arn"]
        made = self.iam.create_access_key(UserName=name)["AccessKey"]
        self.key = (made["AccessKeyId"], made["SecretAccessKey"])

    def may(self, *statements):
        self.iam.put_user_policy(UserName=self.name, PolicyName="rights", PolicyDocument=document(*statements))
        return self

    def client(self, service="ec2", region="us-east-1", **config):
        return self.account.server.client(service, region, self.key, **config)

    def assume(self, role, **more):
        made = self.client("sts").assume_role(RoleArn=role, RoleSessionName="class", **more)["Credentials"]
        key = (made["AccessKeyId"], made["SecretAccessKey"])
        return types.SimpleNamespace(
            client=lambda service="ec2": self.account.server.client(service, "us-east-1", key, made["SessionToken"]))


@pytest.fixture
def bob(account):
    return User(account)


def role(account, principal, *statements, name="reader"):
    iam = account.client("iam")
    trust = json.dumps({"Version": "2012-10-17",
                        "Statement": [{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}]})
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=document(*statements))
    return made


# A request that names a great many things costs about what its own length does: neither its judging nor its refusal grows beyond it.
def test_many_ids(account, bob):
    ids = [f"i-{n:017x}" for n in range(25000)]
    peak = memory_peak(account.server)
    with refused("InvalidInstanceID.NotFound", ids[0]):
        account.client("ec2").describe_instances(InstanceIds=ids)
    with refused("InvalidParameterValue", "More than 1000 resources"):
        account.client("ec2").terminate_instances(InstanceIds=ids)
    bob.may(statement("ec2:*"), statement("ec2:*", effect="Deny", Condition={"StringEquals": {"aws:ResourceTag/Owner": "root"}}))
    for ask in (bob.client().terminate_instances, bob.client().start_instances):
        with refused("InvalidParameterValue", "More than 1000 resources"):
            ask(InstanceIds=ids)
    with refused("InvalidParameterValue", "More than 1000 resources"):
        bob.client().create_tags(Resources=ids, Tags=[NAME])
    with refused("InvalidInstanceID.NotFound"):
        bob.client().create_tags(Resources=ids[:1000], Tags=[NAME])
    assert memory_peak(account.server) - peak < 200_000


def memory_peak(server):
    """The most memory that the server ever had, in kB."""
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def refusal(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response


# A new user may do nothing; the refusal says who, what and upon what, in the words of each service and protocol.
@pytest.mark.parametrize("service,call,arguments,code,status,what", [
    ("ec2", "describe_instances", {}, "UnauthorizedOperation", 403, "ec2:DescribeInstances because"),
    ("ec2", "run_instances", LAUNCH, "UnauthorizedOperation", 403, "ec2:RunInstances on resource: arn:aws:ec2:us-east-1:{account}:instance/* because"),
    ("iam", "list_users", {}, "AccessDenied", 403, "iam:ListUsers on resource: arn:aws:iam::{account}:user/ because"),
    ("iam", "get_role", {"RoleName": "app"}, "AccessDenied", 403, "iam:GetRole on resource: role app because"),
    ("sts", "decode_authorization_message", {"EncodedMessage": "x"}, "AccessDenied", 403, "sts:DecodeAuthorizationMessage on resource: * because"),
    ("ssm", "get_parameter", {"Name": PARAMETER}, "AccessDeniedException", 400, "ssm:GetParameter on resource: arn:aws:ssm:us-east-1::parameter/aws/"),
    ("cloudwatch", "list_metrics", {}, "AccessDenied", 403, "cloudwatch:ListMetrics on resource: * because"),
    ("sns", "list_topics", {}, "AccessDenied", 403, "sns:ListTopics"),
    ("elbv2", "describe_load_balancers", {}, "AccessDenied", 403, "elasticloadbalancing:DescribeLoadBalancers"),
    ("autoscaling", "describe_auto_scaling_groups", {}, "AccessDenied", 403, "autoscaling:DescribeAutoScalingGroups"),
    ("logs", "describe_log_groups", {}, "AccessDeniedException", 400, "logs:DescribeLogGroups"),
    ("ebs", "list_snapshot_blocks", {"SnapshotId": "snap-0123456789abcdef0"}, "AccessDeniedException", 403, "ebs:ListSnapshotBlocks"),
])
def test_words_of_refusals(bob, account, service, call, arguments, code, status, what):
    answer = refusal(getattr(bob.client(service), call), **arguments)
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    text = answer["Error"]["Message"]
    assert f"User: {bob.arn} is not authorized to perform: " in text
    assert what.format(account=account.id).lower() in text.lower()
    assert "because no identity-based policy allows the " in text


# A read-only user sees everything and changes nothing.
def test_reader(bob):
    bob.iam.attach_user_policy(UserName="bob", PolicyArn="arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess")
    bob.client().describe_instances()
    with refused("UnauthorizedOperation", "You are not authorized to perform this operation. User: ", 403):
        bob.client().run_instances(**LAUNCH)


# Removing a permission acts on the next request, as does giving it.
def test_changes_act_at_once(bob):
    ec2 = bob.client()
    for _ in range(3):
        bob.may(statement("ec2:DescribeVpcs"))
        ec2.describe_vpcs()
        bob.iam.delete_user_policy(UserName="bob", PolicyName="rights")
        with refused("UnauthorizedOperation"):
            ec2.describe_vpcs()


# DryRun says what would happen: DryRunOperation to whom may, UnauthorizedOperation to whom may not, and nothing is done.
def test_dry_run(bob, account):
    ec2 = bob.client()
    with refused("UnauthorizedOperation", status=403):
        ec2.run_instances(**LAUNCH, DryRun=True)
    bob.may(statement("ec2:RunInstances"))
    with refused("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412):
        ec2.run_instances(**LAUNCH, DryRun=True)
    assert account.client().describe_instances()["Reservations"] == []


# The encoded message of a refusal tells those who may decode it which statement denied what, in which context; other accounts cannot decode it.
def test_encoded_message(bob, account, other):
    bob.may(statement("ec2:*"), statement("ec2:RunInstances", "arn:aws:ec2:*:*:instance/*", "Deny", Sid="SmallOnly",
                                          Condition={"StringNotLike": {"ec2:InstanceType": ["t2.*", "t3.*"]}}))
    text = refusal(bob.client().run_instances, **{**LAUNCH, "InstanceType": "m5.large"})["Error"]["Message"]
    assert "with an explicit deny in an identity-based policy. Encoded authorization failure message: " in text
    encoded = text.split("failure message: ")[1]
    with refused("AccessDenied", "sts:DecodeAuthorizationMessage"):
        bob.client("sts").decode_authorization_message(EncodedMessage=encoded)
    message = json.loads(account.client("sts").decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    assert (message["allowed"], message["explicitDeny"]) == (False, True)
    deny = message["matchedStatements"]["items"][0]
    assert (deny["statementId"], deny["effect"]) == ("SmallOnly", "DENY")
    assert deny["conditions"]["items"] == [{"key": "ec2:InstanceType", "values": {"items": [{"value": "t2.*"}, {"value": "t3.*"}]}}]
    context = message["context"]
    assert context["principal"]["arn"] == bob.arn
    assert (context["action"], context["resource"]) == ("ec2:RunInstances", f"arn:aws:ec2:us-east-1:{account.id}:instance/*")
    facts = {item["key"]: [v["value"] for v in item["values"]["items"]] for item in context["conditions"]["items"]}
    assert facts["ec2:InstanceType"] == ["m5.large"]
    assert facts["ec2:Region"] == ["us-east-1"]
    for client, altered in ((other, encoded), (account, encoded[:-4] + "AAAA"), (account, "no-message")):
        with refused("InvalidAuthorizationMessageException", status=400):
            client.client("sts").decode_authorization_message(EncodedMessage=altered)


# However much there is to say, the message is whole.
def test_long_message(bob, account):
    many = [f"arn:aws:ec2:*:*:instance/{i:x}{'-'.join(str(i * j) for j in range(6))}*" for i in range(24)] + ["arn:aws:ec2:*:*:instance/*"]
    bob.may(statement("ec2:*"), statement("ec2:RunInstances", many, "Deny"))
    text = refusal(bob.client().run_instances, **LAUNCH)["Error"]["Message"]
    decoded = account.client("sts").decode_authorization_message(EncodedMessage=text.split("failure message: ")[1])
    assert json.loads(decoded["DecodedMessage"])["context"]["action"] == "ec2:RunInstances"


# Tags decide: only who makes instances with a tag may make them, and only instances with it may be ended.
def test_tags(bob, account):
    bob.may(statement("ec2:RunInstances"),
            statement("ec2:CreateTags", Condition={"StringEquals": {"ec2:CreateAction": "RunInstances"}}),
            statement("ec2:RunInstances", "arn:aws:ec2:*:*:instance/*", "Deny", Condition={"Null": {"aws:RequestTag/Name": "true"}}),
            statement("ec2:TerminateInstances", Condition={"StringEquals": {"ec2:ResourceTag/Name": "lab"}}))
    ec2 = bob.client()
    with refused("UnauthorizedOperation"):
        ec2.run_instances(**LAUNCH)
    made = ec2.run_instances(**LAUNCH, TagSpecifications=[{"ResourceType": "instance", "Tags": [NAME]}])["Instances"][0]["InstanceId"]
    foreign = account.run()[0]
    with refused("UnauthorizedOperation", f"ec2:TerminateInstances on resource: arn:aws:ec2:us-east-1:{account.id}:instance/{foreign} "):
        ec2.terminate_instances(InstanceIds=[made, foreign])
    with refused("UnauthorizedOperation", "ec2:CreateTags"):
        ec2.create_tags(Resources=[foreign], Tags=[NAME])
    ec2.terminate_instances(InstanceIds=[made])


# A launch with a profile passes its role: iam:PassRole, to EC2 alone.
def test_pass_role(bob, account):
    iam = account.client("iam")
    trust = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    arn = iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="app")
    launch = {**LAUNCH, "IamInstanceProfile": {"Name": "web"}}
    bob.may(statement("ec2:*"))
    with refused("UnauthorizedOperation", f"is not authorized to perform: iam:PassRole on resource: {arn} because", 403):
        bob.client().run_instances(**launch)
    bob.may(statement("ec2:*"), statement("iam:PassRole", arn, Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}))
    with refused("UnauthorizedOperation", "iam:PassRole"):
        bob.client().run_instances(**launch)
    bob.may(statement("ec2:*"), statement("iam:PassRole", arn, Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}))
    bob.client().run_instances(**launch)


# A permissions boundary limits what policies give.
def test_boundary(bob):
    bob.may(statement("*"))
    bob.iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary="arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess")
    bob.client().describe_instances()
    with refused("AccessDenied", "because no permissions boundary allows the iam:ListUsers action"):
        bob.client("iam").list_users()
    bob.iam.delete_user_permissions_boundary(UserName="bob")
    bob.client("iam").list_users()


# A role session has the role's rights within its session policy; changes of the role act on sessions that are there.
def test_role_session(bob, account):
    arn = role(account, bob.arn, statement("ec2:Describe*"))
    session = bob.assume(arn, Policy=document(statement("ec2:DescribeVpcs")))
    session.client().describe_vpcs()
    with refused("UnauthorizedOperation", "because no session policy allows the ec2:DescribeInstances action"):
        session.client().describe_instances()
    account.client("iam").delete_role_policy(RoleName="reader", PolicyName="rights")
    with refused("UnauthorizedOperation", f"User: arn:aws:sts::{account.id}:assumed-role/reader/class is not authorized"):
        session.client().describe_vpcs()


# Across accounts both sides must agree: the role's trust policy and the caller's own.
def test_role_of_another_account(bob, account, other):
    arn = role(other, f"arn:aws:iam::{account.id}:root", statement("ec2:DescribeVpcs"))
    with refused("AccessDenied", f"User: {bob.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}", 403):
        bob.assume(arn)
    bob.may(statement("sts:AssumeRole", arn))
    session = bob.assume(arn)
    assert session.client("sts").get_caller_identity()["Account"] == other.id
    assert session.client().describe_vpcs()["Vpcs"][0]["OwnerId"] == other.id


# Conditions see the client: its address and what it calls itself.
def test_facts_of_the_client(bob):
    bob.may(statement("ec2:DescribeVpcs", Condition={"IpAddress": {"aws:SourceIp": "127.0.0.1/32"},
                                                     "StringLike": {"aws:UserAgent": "*lab-client*"}}))
    with refused("UnauthorizedOperation"):
        bob.client().describe_vpcs()
    bob.client(user_agent_extra="lab-client").describe_vpcs()


# No condition and no policy binds the root user, and nobody needs a right to learn who he is.
def test_what_needs_no_right(bob, account):
    bob.may(statement("*", effect="Deny"))
    assert bob.client("sts").get_caller_identity()["Arn"] == bob.arn
    account.client().describe_vpcs()


# Groups give rights, and a deny in one wins over an allow in another.
def test_groups(bob):
    for name, effect in (("admins", "Allow"), ("no-iam", "Deny")):
        bob.iam.create_group(GroupName=name)
        bob.iam.put_group_policy(GroupName=name, PolicyName="p", PolicyDocument=document(statement("*" if effect == "Allow" else "iam:*", effect=effect)))
    bob.iam.add_user_to_group(GroupName="admins", UserName="bob")
    bob.client("iam").list_users()
    bob.iam.add_user_to_group(GroupName="no-iam", UserName="bob")
    with refused("AccessDenied", "with an explicit deny in an identity-based policy"):
        bob.client("iam").list_users()
    bob.client().describe_vpcs()


# An operation that is not written yet is judged like any other.
def test_not_implemented_is_judged(bob):
    with refused("UnauthorizedOperation", "ec2:DescribeVpnGateways"):
        bob.client().describe_vpn_gateways()
    bob.may(statement("*"))
    with refused("UnsupportedOperation"):
        bob.client().describe_vpn_gateways()


# The use of a key is known: when, with which service, in which region; a role's as well.
def test_last_used(bob, account):
    iam = account.client("iam")
    unused = iam.get_access_key_last_used(AccessKeyId=bob.key[0])["AccessKeyLastUsed"]
    assert (unused["ServiceName"], unused["Region"], "LastUsedDate" in unused) == ("N/A", "N/A", False)
    arn = role(account, bob.arn, statement("ec2:*"))
    with refused("UnauthorizedOperation"):
        bob.client(region="eu-west-1").describe_vpcs()
    used = iam.get_access_key_last_used(AccessKeyId=bob.key[0])
    assert used["UserName"] == "bob"
    assert (used["AccessKeyLastUsed"]["ServiceName"], used["AccessKeyLastUsed"]["Region"]) == ("ec2", "eu-west-1")
    assert iam.get_role(RoleName="reader")["Role"]["RoleLastUsed"] == {}
    bob.assume(arn).client().describe_vpcs()
    assert iam.get_role(RoleName="reader")["Role"]["RoleLastUsed"]["Region"] == "us-east-1"
