"""Roles, instance profiles and service-linked roles through boto3 and the AWS CLI: every operation once, with what a client sees of it
on the wire."""
import json

import pytest
from server import fault

READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"


def trust(**principal):
    return json.dumps({"Version": "2012-10-17",
                       "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]})


EC2 = trust(Service="ec2.amazonaws.com")


@pytest.fixture
def iam(account):
    return account.client("iam")


@pytest.fixture
def profile(iam):
    """An instance profile "web" with a role of that name."""
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=EC2)
    made = iam.create_instance_profile(InstanceProfileName="web")["InstanceProfile"]
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
    return made


def test_a_role_is_made_read_changed_and_deleted(iam, account):
    """A role is what CreateRole made of it until it is changed; the SDK decodes its trust policy."""
    made = iam.create_role(RoleName="web", Path="/team/", AssumeRolePolicyDocument=EC2, Description="for tests",
                           MaxSessionDuration=7200, PermissionsBoundary=READ_ONLY, Tags=[{"Key": "Team", "Value": "blue"}])["Role"]
    assert made["Arn"] == f"arn:aws:iam::{account.id}:role/team/web"
    assert made["RoleId"].startswith("AROA") and len(made["RoleId"]) == 21
    assert made["AssumeRolePolicyDocument"] == json.loads(EC2)
    role = iam.get_role(RoleName="web")["Role"]
    assert (role["Description"], role["MaxSessionDuration"], role["RoleLastUsed"]) == ("for tests", 7200, {})
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == READ_ONLY
    iam.update_role(RoleName="web", MaxSessionDuration=3600)
    assert iam.update_role_description(RoleName="web", Description="new")["Role"]["Description"] == "new"
    iam.update_assume_role_policy(RoleName="web", PolicyDocument=trust(AWS=account.id))
    listed = iam.list_roles(PathPrefix="/team/")["Roles"]
    assert [r["RoleName"] for r in listed] == ["web"] and listed[0]["MaxSessionDuration"] == 3600
    kept = listed[0]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    assert kept == {"AWS": f"arn:aws:iam::{account.id}:root"}
    iam.delete_role(RoleName="web")
    assert fault(iam.get_role, RoleName="web") == ("NoSuchEntity", 404, "The role with name web cannot be found.")


def test_faults_have_their_status(iam):
    """What is malformed, there already, in use or protected is 400, 409, 409 and 400."""
    assert fault(iam.create_role, RoleName="web", AssumeRolePolicyDocument="{}")[:2] == ("MalformedPolicyDocument", 400)
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=EC2)
    assert fault(iam.create_role, RoleName="web", AssumeRolePolicyDocument=EC2)[:2] == ("EntityAlreadyExists", 409)
    iam.attach_role_policy(RoleName="web", PolicyArn=READ_ONLY)
    assert fault(iam.delete_role, RoleName="web")[:2] == ("DeleteConflict", 409)
    iam.create_service_linked_role(AWSServiceName="spot.amazonaws.com")
    assert fault(iam.delete_role, RoleName="AWSServiceRoleForEC2Spot")[:2] == ("UnmodifiableEntity", 400)


def test_a_principal_of_another_account_exists_there(iam, other):
    """A trust policy names users of any account, but only those that are there."""
    theirs = f"arn:aws:iam::{other.id}:user/ann"
    code, status, text = fault(iam.create_role, RoleName="r", AssumeRolePolicyDocument=trust(AWS=theirs))
    assert (code, status, text) == ("MalformedPolicyDocument", 400, f'Invalid principal in policy: "AWS":"{theirs}"')
    client = other.client("iam")
    user = client.create_user(UserName="ann")["User"]
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(AWS=theirs))
    client.delete_user(UserName="ann")
    kept = iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]
    assert kept["Statement"][0]["Principal"] == {"AWS": user["UserId"]}


def test_roles_come_in_pages(iam):
    """The SDK's paginator finds every role once."""
    names = [f"r{i}" for i in range(7)]
    for name in names:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)
    pages = list(iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(p["Roles"]) for p in pages] == [3, 3, 1]
    assert [r["RoleName"] for p in pages for r in p["Roles"]] == names


def test_an_instance_profile_holds_a_role(iam, account, profile):
    """A profile is made, filled, listed, emptied and deleted."""
    assert profile["Arn"] == f"arn:aws:iam::{account.id}:instance-profile/web" and profile["Roles"] == []
    shown = iam.get_instance_profile(InstanceProfileName="web")["InstanceProfile"]
    assert [r["RoleName"] for r in shown["Roles"]] == ["web"]
    assert shown["Roles"][0]["AssumeRolePolicyDocument"] == json.loads(EC2)
    iam.get_waiter("instance_profile_exists").wait(InstanceProfileName="web", WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    assert [p["InstanceProfileName"] for p in iam.list_instance_profiles()["InstanceProfiles"]] == ["web"]
    assert [p["InstanceProfileName"] for p in iam.list_instance_profiles_for_role(RoleName="web")["InstanceProfiles"]] == ["web"]
    assert fault(iam.delete_instance_profile, InstanceProfileName="web")[:2] == ("DeleteConflict", 409)
    iam.remove_role_from_instance_profile(InstanceProfileName="web", RoleName="web")
    iam.delete_instance_profile(InstanceProfileName="web")
    assert iam.list_instance_profiles()["InstanceProfiles"] == []


def test_a_service_linked_role_comes_and_goes(iam, account):
    """The AWS CLI makes one, sees its policy, and deletes it by a task."""
    made = account.aws("iam", "create-service-linked-role", "--aws-service-name", "autoscaling.amazonaws.com")
    assert made.answer["Role"]["Path"] == "/aws-service-role/autoscaling.amazonaws.com/"
    attached = iam.list_attached_role_policies(RoleName="AWSServiceRoleForAutoScaling")["AttachedPolicies"]
    assert [p["PolicyName"] for p in attached] == ["AutoScalingServiceRolePolicy"]
    task = account.aws("iam", "delete-service-linked-role", "--role-name", "AWSServiceRoleForAutoScaling")
    status = account.aws("iam", "get-service-linked-role-deletion-status", "--deletion-task-id", task.answer["DeletionTaskId"])
    assert status.answer == {"Status": "SUCCEEDED"}
    assert fault(iam.get_role, RoleName="AWSServiceRoleForAutoScaling")[0] == "NoSuchEntity"


def test_an_instance_has_a_profile(account, ec2, profile):
    """A launch names a profile; the associations show it, change it and take it away."""
    instance, = account.run(IamInstanceProfile={"Name": "web"})
    account.wait("running", instance)
    wanted = {"Arn": profile["Arn"], "Id": profile["InstanceProfileId"]}
    record = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    assert record["IamInstanceProfile"] == wanted
    found, = ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    assert (found["InstanceId"], found["State"], found["IamInstanceProfile"]) == (instance, "associated", wanted)
    replaced = ec2.replace_iam_instance_profile_association(
        AssociationId=found["AssociationId"], IamInstanceProfile={"Arn": profile["Arn"]})["IamInstanceProfileAssociation"]
    assert replaced["State"] == "associating" and replaced["AssociationId"] != found["AssociationId"]
    gone = ec2.disassociate_iam_instance_profile(AssociationId=replaced["AssociationId"])["IamInstanceProfileAssociation"]
    assert gone["State"] == "disassociating"
    assert ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"] == []
    made = ec2.associate_iam_instance_profile(InstanceId=instance, IamInstanceProfile={"Name": "web"})
    assert made["IamInstanceProfileAssociation"]["IamInstanceProfile"] == wanted
    assert fault(ec2.associate_iam_instance_profile, InstanceId=instance, IamInstanceProfile={"Name": "web"})[:2] == ("IncorrectState", 400)


def test_a_launch_wants_a_profile_that_exists(account):
    """Names that are no profile are refused in AWS's words."""
    code, status, text = fault(account.run, IamInstanceProfile={"Name": "none"})
    assert (code, status) == ("InvalidParameterValue", 400)
    assert text == "Value (none) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"


def test_burstable_instances_have_credits(account, ec2):
    """Terraform asks for the credits of a t type, and may change them."""
    instance, = account.run(InstanceType="t3.micro")
    account.wait("running", instance)
    assert ec2.describe_instance_credit_specifications(InstanceIds=[instance])["InstanceCreditSpecifications"] == [
        {"InstanceId": instance, "CpuCredits": "unlimited"}]
    changed = ec2.modify_instance_credit_specification(
        InstanceCreditSpecifications=[{"InstanceId": instance, "CpuCredits": "standard"}])
    assert changed["SuccessfulInstanceCreditSpecifications"] == [{"InstanceId": instance}]
    assert ec2.describe_instance_credit_specifications()["InstanceCreditSpecifications"] == []
