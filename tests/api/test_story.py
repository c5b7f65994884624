"""The operations through real clients."""
import base64
import subprocess

import pytest
from server import AMI, fault


def run(ec2, count=1, **more):
    return ec2.run_instances(ImageId=AMI, InstanceType="t2.micro", MinCount=count, MaxCount=count, **more)["Instances"]


def test_identity(server):
    """The root user of the account is who signs with its key."""
    me = server.client("sts").get_caller_identity()
    assert me["Arn"] == f"arn:aws:iam::{me['Account']}:root" and me["UserId"] == me["Account"]


def test_regions_and_zones(server):
    """All regions are served, each with zones that have ids."""
    ec2 = server.client("ec2", "ap-northeast-2")
    names = {r["RegionName"] for r in ec2.describe_regions(AllRegions=True)["Regions"]}
    assert {"us-east-1", "eu-west-1", "ap-northeast-2", "me-south-1"} <= names
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert [z["ZoneName"] for z in zones] == [f"ap-northeast-2{c}" for c in "abcd"]
    assert all(z["ZoneId"].startswith("apne2-az") for z in zones)


def test_instance_types_page_through_boto(server):
    """A paginator walks every type once; p3 and f1 are among them."""
    names = [t["InstanceType"] for p in server.client("ec2").get_paginator("describe_instance_types").paginate() for t in p["InstanceTypes"]]
    assert len(names) == len(set(names)) > 1200
    assert {"t2.micro", "p3.2xlarge", "f1.2xlarge", "t4g.nano"} <= set(names)
    micro = server.client("ec2").describe_instance_types(InstanceTypes=["t2.micro"])["InstanceTypes"][0]
    assert micro["MemoryInfo"]["SizeInMiB"] == 1024 and micro["VCpuInfo"]["DefaultVCpus"] == 1
    assert fault(server.client("ec2").describe_instance_types, InstanceTypes=["x9.huge"])[0] == "InvalidInstanceType"


def test_images_and_their_public_parameter(server):
    """The public parameter leads to the image, which DescribeImages shows."""
    value = server.client("ssm").get_parameter(Name="/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2")["Parameter"]["Value"]
    image = server.client("ec2").describe_images(ImageIds=[value], Owners=["amazon"])["Images"][0]
    assert value == AMI and image["State"] == "available" and image["Public"]
    assert fault(server.client("ssm").get_parameter, Name="/nonsense")[0] == "ParameterNotFound"
    got = server.client("ssm").get_parameters_by_path(Path="/aws/service/ami-amazon-linux-latest")["Parameters"]
    assert any(p["Value"] == AMI for p in got)
    assert fault(server.client("ec2").describe_images, ImageIds=["ami-0fedcba9876543210"])[0] == "InvalidAMIID.NotFound"


@pytest.mark.parametrize("kind, form", [("rsa", "pem"), ("ed25519", "pem"), ("rsa", "ppk")])
def test_key_pairs(fresh, tmp_path, kind, form):
    """A key pair's private half is shown once and opens what its public half closes."""
    ec2 = fresh.client("ec2")
    made = ec2.create_key_pair(KeyName="lab", KeyType=kind, KeyFormat=form)
    shown = ec2.describe_key_pairs(KeyNames=["lab"], IncludePublicKey=True)["KeyPairs"][0]
    assert shown["KeyFingerprint"] == made["KeyFingerprint"] and shown["KeyPairId"] == made["KeyPairId"]
    if form == "pem":
        path = tmp_path / "lab.pem"
        path.write_text(made["KeyMaterial"], encoding="ascii")
        path.chmod(0o400)
        public = subprocess.run(["ssh-keygen", "-y", "-f", str(path)], capture_output=True, text=True, check=True).stdout
        assert public.split()[1] == shown["PublicKey"].split()[1]
    else:
        assert made["KeyMaterial"].startswith("PuTTY-User-Key-File-")
    assert fault(ec2.create_key_pair, KeyName="lab")[0] == "InvalidKeyPair.Duplicate"
    ec2.delete_key_pair(KeyName="lab")
    assert fault(ec2.describe_key_pairs, KeyNames=["lab"])[0] == "InvalidKeyPair.NotFound"


def test_security_groups(fresh):
    """Rules are added, found, refused twice, and taken away again."""
    ec2 = fresh.client("ec2")
    group = ec2.create_security_group(GroupName="web", Description="web")["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    assert fault(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[rule])[0] == "InvalidPermission.Duplicate"
    shown = ec2.describe_security_groups(Filters=[{"Name": "ip-permission.to-port", "Values": ["80"]}])["SecurityGroups"]
    assert [g["GroupId"] for g in shown] == [group]
    assert len(ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]) == 2
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[rule])
    ec2.delete_security_group(GroupId=group)
    assert fault(ec2.describe_security_groups, GroupIds=[group])[0] == "InvalidGroup.NotFound"
    assert fault(ec2.delete_security_group, GroupName="default")[0] == "CannotDelete"


def test_instances_walk_through_their_states(fresh):
    """Waiters see the states that AWS has, from pending to terminated."""
    ec2 = fresh.client("ec2")
    made = run(ec2, 5, TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web-1"}]}])
    ids = [i["InstanceId"] for i in made]
    assert {i["State"]["Name"] for i in made} == {"pending"} and [i["AmiLaunchIndex"] for i in made] == [0, 1, 2, 3, 4]
    quick = {"Delay": 1, "MaxAttempts": 20}
    ec2.get_waiter("instance_running").wait(InstanceIds=ids, WaiterConfig=quick)
    ec2.get_waiter("instance_status_ok").wait(InstanceIds=ids, WaiterConfig=quick)
    shown = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": ["web-?"]}])["Reservations"]
    assert len(shown) == 1 and len(shown[0]["Instances"]) == 5
    ec2.stop_instances(InstanceIds=ids)
    ec2.get_waiter("instance_stopped").wait(InstanceIds=ids, WaiterConfig=quick)
    stopped = ec2.describe_instances(InstanceIds=ids[:1])["Reservations"][0]["Instances"][0]
    assert "PublicIpAddress" not in stopped and stopped["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    ec2.start_instances(InstanceIds=ids)
    ec2.get_waiter("instance_running").wait(InstanceIds=ids, WaiterConfig=quick)
    again = ec2.describe_instances(InstanceIds=ids[:1])["Reservations"][0]["Instances"][0]
    assert again["PrivateIpAddress"] == stopped["PrivateIpAddress"] and again["PublicIpAddress"]
    ec2.reboot_instances(InstanceIds=ids)
    ec2.terminate_instances(InstanceIds=ids)
    ec2.get_waiter("instance_terminated").wait(InstanceIds=ids, WaiterConfig=quick)
    assert ec2.describe_volumes()["Volumes"] == [] and ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_dry_run_changes_nothing(fresh):
    """DryRun says what would happen and consumes nothing, not even a client token."""
    ec2 = fresh.client("ec2")
    assert fault(run, ec2, DryRun=True, ClientToken="t")[:2] == ("DryRunOperation", 412)
    assert ec2.describe_instances()["Reservations"] == []
    assert run(ec2, ClientToken="t")


def test_client_tokens(fresh):
    """The same token and request get the same instance, another request with it a mismatch."""
    ec2 = fresh.client("ec2")
    first = run(ec2, ClientToken="once")[0]["InstanceId"]
    assert run(ec2, ClientToken="once")[0]["InstanceId"] == first
    assert fault(run, ec2, 2, ClientToken="once")[0] == "IdempotentParameterMismatch"


def test_attributes(fresh):
    """What Terraform reads after creating an instance is true."""
    ec2 = fresh.client("ec2")
    i = run(ec2, UserData="#!/bin/sh\n", DisableApiTermination=True)[0]["InstanceId"]
    read = lambda name: ec2.describe_instance_attribute(InstanceId=i, Attribute=name)
    assert base64.b64decode(read("userData")["UserData"]["Value"]) == b"#!/bin/sh\n"
    assert read("instanceInitiatedShutdownBehavior")["InstanceInitiatedShutdownBehavior"]["Value"] == "stop"
    assert read("disableApiStop")["DisableApiStop"]["Value"] is False
    assert fault(ec2.terminate_instances, InstanceIds=[i])[0] == "OperationNotPermitted"
    ec2.modify_instance_attribute(InstanceId=i, DisableApiTermination={"Value": False})
    ec2.terminate_instances(InstanceIds=[i])


def test_pages(fresh):
    """Pages add up; a token of elsewhere is refused."""
    ec2 = fresh.client("ec2")
    run(ec2, 12)
    pages = list(ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 5}))
    assert sum(len(r["Instances"]) for p in pages for r in p["Reservations"]) == 12 and len(pages) == 3
    assert fault(ec2.describe_instances, MaxResults=5, NextToken="invented")[1] == 400
    token = ec2.describe_instances(MaxResults=5)["NextToken"]
    assert fault(ec2.describe_volumes, MaxResults=5, NextToken=token)[1] == 400


def test_tags(fresh):
    """Tags are put on and taken off any resource; a missing one fails the call and changes nothing."""
    ec2 = fresh.client("ec2")
    i = run(ec2)[0]["InstanceId"]
    assert fault(ec2.create_tags, Resources=[i, "i-0123456789abcdef0"], Tags=[{"Key": "a", "Value": "1"}])[0] == "InvalidInstanceID.NotFound"
    assert ec2.describe_tags()["Tags"] == []
    ec2.create_tags(Resources=[i], Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    ec2.delete_tags(Resources=[i], Tags=[{"Key": "b"}])
    assert ec2.describe_tags(Filters=[{"Name": "resource-type", "Values": ["instance"]}])["Tags"] == [
        {"Key": "a", "ResourceId": i, "ResourceType": "instance", "Value": "1"}]
    assert fault(ec2.create_tags, Resources=[i], Tags=[{"Key": "aws:x", "Value": "1"}])[0] == "InvalidParameterValue"


def test_nothing_leaks_between_accounts_and_regions(fresh):
    """Root of another account, and another region, see nothing of the first."""
    ec2 = fresh.client("ec2")
    i = run(ec2)[0]["InstanceId"]
    ec2.create_key_pair(KeyName="mine")
    status, made = fresh.admin("POST", "accounts", {"name": "second", "email": "second@example.org"})
    assert status == 201
    other = fresh.client("ec2", key=(made["access_key_id"], made["secret_access_key"]))
    for client in (other, fresh.client("ec2", "eu-west-1")):
        assert client.describe_instances()["Reservations"] == [] and client.describe_volumes()["Volumes"] == []
        assert client.describe_key_pairs()["KeyPairs"] == []
        assert fault(client.terminate_instances, InstanceIds=[i])[0] == "InvalidInstanceID.NotFound"
        assert fault(client.create_tags, Resources=[i], Tags=[{"Key": "a", "Value": "1"}])[0] == "InvalidInstanceID.NotFound"
    mine = {v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"]}
    assert mine.isdisjoint({v["VpcId"] for v in other.describe_vpcs()["Vpcs"]})


def test_the_official_cli(fresh):
    """The AWS CLI, as a trainee types it."""
    for words in (("sts", "get-caller-identity"), ("ec2", "describe-vpcs"), ("ec2", "create-key-pair", "--key-name", "lab"),
                  ("ec2", "authorize-security-group-ingress", "--group-name", "default", "--protocol", "tcp", "--port", "22", "--cidr", "0.0.0.0/0"),
                  ("ec2", "run-instances", "--instance-type", "t2.micro", "--key-name", "lab", "--image-id",
                   "resolve:ssm:/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2")):
        done = fresh.cli(*words)
        assert done.returncode == 0, done.stderr
    refused = fresh.cli("ec2", "describe-instances", "--instance-ids", "foobar")
    assert refused.returncode != 0 and 'InvalidInstanceID.Malformed' in refused.stderr and 'Invalid id: "foobar"' in refused.stderr
