"""A role in a guest: `aws` in it works with nothing configured, within what the role may do."""
import json

import boto3
import pytest

from guest import TOKEN, fault

TRUST = {"Version": "2012-10-17",
         "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
ROLE_PATH = "meta-data/iam/security-credentials/"


def allow(action, **condition):
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition} if condition else statement]})


@pytest.fixture(scope="module")
def iam(emulator):
    return emulator.client("iam")


@pytest.fixture(scope="module")
def guest(desk, iam):
    """A guest whose role may describe, but not launch."""
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName="reader", PolicyName="look", PolicyDocument=allow("ec2:DescribeInstances"))
    iam.create_instance_profile(InstanceProfileName="reader")
    iam.add_role_to_instance_profile(InstanceProfileName="reader", RoleName="reader")
    made = desk.run(SecurityGroupIds=[desk.group("role", 22)], IamInstanceProfile={"Name": "reader"})
    yield made.wait_ready()
    desk.terminate(made)


def credentials(guest, role="reader"):
    return json.loads(guest.metadata(ROLE_PATH + role)[ROLE_PATH + role])


# The metadata service names the role and hands out its credentials, the same ones each time.
def test_credentials_are_served(guest):
    assert guest.metadata(ROLE_PATH)[ROLE_PATH] == "reader"
    first = credentials(guest)
    assert first["Code"] == "Success" and first["AccessKeyId"].startswith("ASIA")
    assert credentials(guest) == first


# `aws` in the guest finds region, credentials and endpoint by itself, over TLS that it verifies; it is the role, in a session named
# like the instance.
def test_aws_works_with_nothing_configured(guest):
    identity = json.loads(guest.sh("aws sts get-caller-identity"))
    assert identity["Arn"].endswith(f":assumed-role/reader/{guest.id}")
    found = guest.sh("aws ec2 describe-instances --query 'Reservations[].Instances[].InstanceId' --output text")
    assert guest.id in found.split()


# What the role may not do is refused, in EC2's words, with the role's session as who was refused.
def test_the_rest_is_refused(guest):
    done = guest.run("aws ec2 run-instances --image-id ami-0123456789abcdef0 --instance-type t2.micro")
    assert done.returncode != 0 and "UnauthorizedOperation" in done.stderr
    done = guest.run("aws iam list-users")
    assert "AccessDenied" in done.stderr
    assert f":assumed-role/reader/{guest.id} is not authorized to perform: iam:ListUsers" in done.stderr


# A change of the role's policies acts on the next request.
def test_a_change_acts_at_once(guest, iam):
    ask = "aws ec2 describe-instances --query 'length(Reservations)'"
    iam.delete_role_policy(RoleName="reader", PolicyName="look")
    assert "UnauthorizedOperation" in guest.run(ask).stderr
    iam.put_role_policy(RoleName="reader", PolicyName="look", PolicyDocument=allow("ec2:DescribeInstances"))
    assert int(guest.sh(ask)) >= 1


# Conditions know that the request came over TLS, from the guest's public address, with credentials of version 2 of the metadata, that
# were given to this instance.
def test_conditions_know_where_a_request_comes_from(guest, iam):
    ask = "aws ec2 describe-instances --query 'length(Reservations)'"
    here = {"Bool": {"aws:SecureTransport": "true"}, "IpAddress": {"aws:SourceIp": guest.public + "/32"},
            "NumericEquals": {"ec2:RoleDelivery": "2.0"},
            "ArnLike": {"ec2:SourceInstanceARN": f"arn:aws:ec2:*:*:instance/{guest.id}"}}
    iam.put_role_policy(RoleName="reader", PolicyName="look", PolicyDocument=allow("ec2:DescribeInstances", **here))
    assert int(guest.sh(ask)) >= 1
    elsewhere = {"NotIpAddress": {"aws:SourceIp": guest.public + "/32"}}
    iam.put_role_policy(RoleName="reader", PolicyName="look", PolicyDocument=allow("ec2:DescribeInstances", **elsewhere))
    assert "UnauthorizedOperation" in guest.run(ask).stderr
    iam.put_role_policy(RoleName="reader", PolicyName="look", PolicyDocument=allow("ec2:DescribeInstances"))


# The endpoints' names lead to the emulator, whose certificate the guest trusts; its administration is not among what is there.
def test_endpoints_are_the_emulators(guest):
    for host in ("ec2.us-east-1.amazonaws.com", "sts.amazonaws.com", "iam.amazonaws.com", "monitoring.eu-west-1.amazonaws.com"):
        assert guest.sh(f"getent hosts {host}").split()[0] == "169.254.169.249"
    assert guest.run("getent hosts s3.us-east-1.amazonaws.com").returncode != 0
    answer = guest.sh("curl -s -m 20 https://ec2.us-east-1.amazonaws.com/_groundschool/health; true")
    assert '"status"' not in answer
    refused = guest.run("curl -s -m 20 --resolve example.com:443:169.254.169.249 https://example.com/")
    assert refused.returncode == 60


# A new profile shows in the guest at once, and none means no credentials.
def test_a_change_of_profile_shows_at_once(guest, iam, desk):
    iam.create_role(RoleName="writer", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_instance_profile(InstanceProfileName="writer")
    iam.add_role_to_instance_profile(InstanceProfileName="writer", RoleName="writer")
    found, = desk.ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    made = desk.ec2.replace_iam_instance_profile_association(
        AssociationId=found["AssociationId"], IamInstanceProfile={"Name": "writer"})["IamInstanceProfileAssociation"]
    assert guest.metadata(ROLE_PATH)[ROLE_PATH] == "writer"
    assert f":assumed-role/writer/{guest.id}" in guest.sh("aws sts get-caller-identity")
    desk.ec2.disassociate_iam_instance_profile(AssociationId=made["AssociationId"])
    assert guest.get(ROLE_PATH, f"$({TOKEN})")[0] == 404
    assert "Unable to locate credentials" in guest.run("aws sts get-caller-identity").stderr
    desk.ec2.associate_iam_instance_profile(InstanceId=guest.id, IamInstanceProfile={"Name": "reader"})
    assert guest.metadata(ROLE_PATH)[ROLE_PATH] == "reader"


# The credentials are a session like any other: they work outside the guest, and end with the role.
def test_credentials_end_with_the_role(guest, iam, emulator):
    found = credentials(guest)
    client = boto3.client("sts", region_name="us-east-1", endpoint_url=emulator.endpoint, aws_access_key_id=found["AccessKeyId"],
                          aws_secret_access_key=found["SecretAccessKey"], aws_session_token=found["Token"])
    assert client.get_caller_identity()["Arn"].endswith(f":assumed-role/reader/{guest.id}")
    iam.remove_role_from_instance_profile(InstanceProfileName="reader", RoleName="reader")
    iam.delete_role_policy(RoleName="reader", PolicyName="look")
    iam.delete_role(RoleName="reader")
    assert fault(client.get_caller_identity)[0] in ("InvalidClientTokenId", "ExpiredToken")
