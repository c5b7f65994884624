"""Policies over HTTP: managed and inline ones, who has them, boundaries and the simulator; every operation once, with boto3 or the CLI."""
import json

import pytest
from faults import refused

AWS = "arn:aws:iam::aws:policy"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                                                 "Action": "sts:AssumeRole"}]}


def document(*actions, effect="Allow", resource="*", **more):
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": list(actions), "Resource": resource, **more}]}


@pytest.fixture
def iam(account):
    return account.client("iam")


@pytest.fixture
def policy(iam):
    """A customer's policy: its ARN."""
    made = iam.create_policy(PolicyName="Lab", Path="/lab/", PolicyDocument=json.dumps(document("s3:GetObject")), Description="a lab's")
    return made["Policy"]["Arn"]


def make_holders(iam):
    iam.create_user(UserName="u")
    iam.create_group(GroupName="g")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))
    return [("user", {"UserName": "u"}), ("group", {"GroupName": "g"}), ("role", {"RoleName": "r"})]


def test_a_policy_lives_from_its_creation_to_its_deletion(iam, account, policy):
    """CreatePolicy, GetPolicy, ListPolicies and DeletePolicy; times are UTC, the waiter sees it."""
    assert policy == f"arn:aws:iam::{account.id}:policy/lab/Lab"
    iam.get_waiter("policy_exists").wait(PolicyArn=policy, WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    shown = iam.get_policy(PolicyArn=policy)["Policy"]
    assert (shown["PolicyName"], shown["Path"], shown["DefaultVersionId"], shown["AttachmentCount"], shown["Description"]) == (
        "Lab", "/lab/", "v1", 0, "a lab's")
    assert shown["CreateDate"].utcoffset().total_seconds() == 0 and shown["CreateDate"].microsecond == 0
    assert [p["Arn"] for p in iam.list_policies(Scope="Local")["Policies"]] == [policy]
    iam.delete_policy(PolicyArn=policy)
    with refused("NoSuchEntity", status=404):
        iam.get_policy(PolicyArn=policy)


def test_versions_come_and_go(iam, policy):
    """The document is given back as it was written, whatever its layout; five versions are the most."""
    written = json.dumps(document("ec2:*"), indent=3)
    made = iam.create_policy_version(PolicyArn=policy, PolicyDocument=written, SetAsDefault=True)["PolicyVersion"]
    assert (made["VersionId"], made["IsDefaultVersion"]) == ("v2", True)
    assert iam.get_policy_version(PolicyArn=policy, VersionId="v2")["PolicyVersion"]["Document"] == document("ec2:*")
    assert [v["VersionId"] for v in iam.list_policy_versions(PolicyArn=policy)["Versions"]] == ["v2", "v1"]
    iam.set_default_policy_version(PolicyArn=policy, VersionId="v1")
    iam.delete_policy_version(PolicyArn=policy, VersionId="v2")
    for number in range(3, 7):
        assert iam.create_policy_version(PolicyArn=policy, PolicyDocument=written)["PolicyVersion"]["VersionId"] == f"v{number}"
    with refused("LimitExceeded", status=409):
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=written)
    with refused("DeleteConflict", status=409):
        iam.delete_policy(PolicyArn=policy)


def test_the_cli_shows_a_document_as_written(account, policy):
    """AWS's own policies too: the CLI decodes what IAM has encoded."""
    done = account.aws("iam", "get-policy-version", "--policy-arn", f"{AWS}/AdministratorAccess", "--version-id", "v1")
    assert done.answer["PolicyVersion"]["Document"] == document("*") | {
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    done = account.aws("iam", "get-policy-version", "--policy-arn", policy, "--version-id", "v1")
    assert done.answer["PolicyVersion"]["Document"] == document("s3:GetObject")


def test_all_of_awss_policies_are_listed(iam):
    """126 of them, over more than one page, each with a document that IAM itself would take."""
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 50})
    policies = [p for page in pages for p in page["Policies"]]
    assert len(policies) == 126 and len({p["PolicyId"] for p in policies}) == 126
    for p in policies:
        version = iam.get_policy_version(PolicyArn=p["Arn"], VersionId=p["DefaultVersionId"])["PolicyVersion"]
        assert version["Document"]["Version"] == "2012-10-17"
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=[
        json.dumps(iam.get_policy_version(PolicyArn=p["Arn"], VersionId=p["DefaultVersionId"])["PolicyVersion"]["Document"])
        for p in policies])
    assert "iam:PassedToService" in keys["ContextKeyNames"]


def test_policies_are_attached_and_detached(iam, policy):
    """Users, groups and roles alike; a policy that is attached cannot be deleted, and who has it is told."""
    holders = make_holders(iam)
    for kind, named in holders:
        getattr(iam, f"attach_{kind}_policy")(PolicyArn=policy, **named)
        getattr(iam, f"attach_{kind}_policy")(PolicyArn=f"{AWS}/PowerUserAccess", **named)
        attached = getattr(iam, f"list_attached_{kind}_policies")(PathPrefix="/lab/", **named)["AttachedPolicies"]
        assert attached == [{"PolicyName": "Lab", "PolicyArn": policy}]
    who = iam.list_entities_for_policy(PolicyArn=policy)
    assert ([u["UserName"] for u in who["PolicyUsers"]], [g["GroupName"] for g in who["PolicyGroups"]],
            [r["RoleName"] for r in who["PolicyRoles"]]) == (["u"], ["g"], ["r"])
    assert iam.get_policy(PolicyArn=policy)["Policy"]["AttachmentCount"] == 3
    with refused("DeleteConflict", status=409):
        iam.delete_policy(PolicyArn=policy)
    for kind, named in holders:
        getattr(iam, f"detach_{kind}_policy")(PolicyArn=policy, **named)
        with refused("NoSuchEntity", status=404):
            getattr(iam, f"detach_{kind}_policy")(PolicyArn=policy, **named)
    iam.delete_policy(PolicyArn=policy)


def test_inline_policies_are_put_and_read(iam):
    """The document comes back as it was given; the quota counts all of a user's together."""
    for kind, named in make_holders(iam):
        getattr(iam, f"put_{kind}_policy")(PolicyName="p", PolicyDocument=json.dumps(document("ec2:Describe*", "s3:*")), **named)
        shown = getattr(iam, f"get_{kind}_policy")(PolicyName="p", **named)
        assert shown["PolicyDocument"] == document("ec2:Describe*", "s3:*") and shown["PolicyName"] == "p"
        assert getattr(iam, f"list_{kind}_policies")(**named)["PolicyNames"] == ["p"]
        with refused("LimitExceeded", status=409):
            getattr(iam, f"put_{kind}_policy")(PolicyName="q", PolicyDocument=json.dumps(
                document(*[f"s3:Action{n:04}" for n in range(1000)])), **named)
        getattr(iam, f"delete_{kind}_policy")(PolicyName="p", **named)
        with refused("NoSuchEntity", status=404):
            getattr(iam, f"get_{kind}_policy")(PolicyName="p", **named)


def test_malformed_documents_are_refused_everywhere(iam, policy):
    """MalformedPolicyDocument, for managed and for inline policies."""
    iam.create_user(UserName="u")
    bad = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Maybe", "Action": "s3:*", "Resource": "*"}]})
    for call in (lambda: iam.create_policy(PolicyName="Bad", PolicyDocument=bad),
                 lambda: iam.create_policy_version(PolicyArn=policy, PolicyDocument=bad),
                 lambda: iam.put_user_policy(UserName="u", PolicyName="bad", PolicyDocument=bad)):
        with refused("MalformedPolicyDocument", status=400):
            call()


def test_boundaries_are_put_and_taken_away(iam):
    """Of users and roles; the policy counts them."""
    make_holders(iam)
    iam.put_user_permissions_boundary(UserName="u", PermissionsBoundary=f"{AWS}/PowerUserAccess")
    iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=f"{AWS}/PowerUserAccess")
    assert iam.get_user(UserName="u")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == f"{AWS}/PowerUserAccess"
    assert iam.get_policy(PolicyArn=f"{AWS}/PowerUserAccess")["Policy"]["PermissionsBoundaryUsageCount"] == 2
    iam.delete_user_permissions_boundary(UserName="u")
    iam.delete_role_permissions_boundary(RoleName="r")
    assert "PermissionsBoundary" not in iam.get_user(UserName="u")["User"]


def test_the_simulator_says_what_would_happen(iam, account):
    """A user's real policies, with a condition that the context decides, and the statement that spoke."""
    user = iam.create_user(UserName="u")["User"]["Arn"]
    text = json.dumps(document("ec2:*", Condition={"StringEquals": {"ec2:InstanceType": "t3.micro"}}), indent=4)
    iam.put_user_policy(UserName="u", PolicyName="small", PolicyDocument=text)
    assert iam.get_context_keys_for_principal_policy(PolicySourceArn=user)["ContextKeyNames"] == ["ec2:InstanceType"]

    def decide(*values):
        entries = [{"ContextKeyName": "ec2:InstanceType", "ContextKeyType": "string", "ContextKeyValues": list(values)}] if values else []
        result, = iam.simulate_principal_policy(PolicySourceArn=user, ActionNames=["ec2:RunInstances"], ContextEntries=entries)["EvaluationResults"]
        return result

    assert decide("t3.large")["EvalDecision"] == "implicitDeny"
    assert decide()["MissingContextValues"] == ["ec2:InstanceType"]
    allowed = decide("t3.micro")
    statement, = allowed["MatchedStatements"]
    assert allowed["EvalDecision"] == "allowed" and statement["SourcePolicyId"] == "user_u_small"
    lines = text.splitlines()
    assert lines[statement["StartPosition"]["Line"] - 1].rstrip().endswith("{")
    assert lines[statement["EndPosition"]["Line"] - 1].strip().startswith("}")


def test_the_simulator_pages(account):
    """The CLI follows the markers: 2 actions with 60 resources, 100 results a page."""
    resources = [f"arn:aws:s3:::bucket{n}" for n in range(60)]
    done = account.aws("iam", "simulate-custom-policy", "--policy-input-list", json.dumps(document("s3:Get*")),
                       "--action-names", "s3:GetObject", "s3:PutObject", "--resource-arns", *resources)
    results = done.answer["EvaluationResults"]
    assert [r["EvalResourceName"] for r in results] == resources * 2
    assert [r["EvalDecision"] for r in results] == ["allowed"] * 60 + ["implicitDeny"] * 60


def test_policies_that_grant_a_service_are_named(iam):
    """ListPoliciesGrantingServiceAccess looks at inline and managed policies."""
    user = iam.create_user(UserName="u")["User"]["Arn"]
    iam.attach_user_policy(UserName="u", PolicyArn=f"{AWS}/AmazonS3ReadOnlyAccess")
    iam.put_user_policy(UserName="u", PolicyName="in", PolicyDocument=json.dumps(document("s3:PutObject")))
    granted = iam.list_policies_granting_service_access(Arn=user, ServiceNamespaces=["s3", "ec2"])["PoliciesGrantingServiceAccess"]
    assert [(g["ServiceNamespace"], sorted(p["PolicyName"] for p in g["Policies"])) for g in granted] == [
        ("s3", ["AmazonS3ReadOnlyAccess", "in"]), ("ec2", [])]


def test_a_policy_of_another_account_is_unknown(iam, other, policy):
    """Its ARN helps nobody else."""
    theirs = other.client("iam")
    theirs.create_user(UserName="u")
    with refused("NoSuchEntity", status=404):
        theirs.get_policy(PolicyArn=policy)
    with refused("NoSuchEntity", "does not exist or is not attachable"):
        theirs.attach_user_policy(UserName="u", PolicyArn=policy)
