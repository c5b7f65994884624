"""Instances without machines: launches, states, attributes, tags, tokens, and what two accounts see of each other."""
import base64
import re

import pytest
import wire
from faults import refused
from server import AMI


# Five instances of one launch are one reservation, indexed in order; ids have 17 digits.
def test_count(account, ec2):
    made = ec2.run_instances(ImageId=AMI, InstanceType="t2.micro", MinCount=5, MaxCount=5)
    assert [i["AmiLaunchIndex"] for i in made["Instances"]] == [0, 1, 2, 3, 4]
    assert {i["State"]["Name"] for i in made["Instances"]} == {"pending"}
    assert all(re.fullmatch("i-[0-9a-f]{17}", i["InstanceId"]) for i in made["Instances"])
    found, = ec2.describe_instances()["Reservations"]
    assert (found["ReservationId"], found["OwnerId"], len(found["Instances"])) == (made["ReservationId"], account.id, 5)


# The whole life by the CLI and its waiters: pending, running, stopped, running, terminated, and terminated ones stay visible.
def test_life(account, ec2):
    launched = account.aws("ec2", "run-instances", "--image-id", AMI, "--instance-type", "t2.micro", "--query", "Instances[0].InstanceId")
    assert launched.status == 0, launched.complaint
    one = launched.answer
    assert account.aws("ec2", "wait", "instance-running", "--instance-ids", one).status == 0
    first = ec2.describe_instances(InstanceIds=[one])["Reservations"][0]["Instances"][0]
    assert first["PublicIpAddress"] and first["PublicDnsName"].startswith("ec2-") and first["PrivateDnsName"].endswith(".ec2.internal")
    stopping = ec2.stop_instances(InstanceIds=[one])["StoppingInstances"][0]
    assert (stopping["PreviousState"]["Name"], stopping["CurrentState"]["Name"]) == ("running", "stopping")
    account.wait("stopped", one)
    stopped = ec2.describe_instances(InstanceIds=[one])["Reservations"][0]["Instances"][0]
    assert "PublicIpAddress" not in stopped and stopped["PrivateIpAddress"] == first["PrivateIpAddress"]
    assert stopped["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    ec2.start_instances(InstanceIds=[one])
    account.wait("running", one)
    ec2.reboot_instances(InstanceIds=[one])
    ec2.terminate_instances(InstanceIds=[one])
    account.wait("terminated", one)
    assert ec2.terminate_instances(InstanceIds=[one])["TerminatingInstances"][0]["CurrentState"]["Name"] == "terminated"
    with refused("IncorrectInstanceState"):
        ec2.start_instances(InstanceIds=[one])
    assert ec2.describe_volumes()["Volumes"] == [] and ec2.describe_network_interfaces()["NetworkInterfaces"] == []


# DryRun says what would happen, with its own code, and changes nothing; a wrong request is wrong before that.
@pytest.mark.parametrize("operation, wish", (
    ("run_instances", {"ImageId": AMI, "MinCount": 1, "MaxCount": 1}), ("create_key_pair", {"KeyName": "k"}),
    ("create_security_group", {"GroupName": "g", "Description": "d"}), ("describe_instances", {}), ("describe_regions", {}),
    ("create_tags", {"Resources": ["i-0fedcba9876543210"], "Tags": [{"Key": "a", "Value": "b"}]})))
def test_dry_run(account, ec2, operation, wish):
    with refused("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412):
        getattr(ec2, operation)(DryRun=True, **wish)
    assert ec2.describe_instances()["Reservations"] == [] and ec2.describe_key_pairs()["KeyPairs"] == []
    assert len(ec2.describe_security_groups()["SecurityGroups"]) == 1


# A client token and the same wish answer the same; another wish under it is a mismatch; another account's token is its own.
def test_client_token(account, ec2, server):
    wish = {"ImageId": AMI, "InstanceType": "t2.micro", "MinCount": 1, "MaxCount": 1, "ClientToken": "once"}
    first, second = ec2.run_instances(**wish), ec2.run_instances(**wish)
    assert first["ReservationId"] == second["ReservationId"]
    with refused("IdempotentParameterMismatch"):
        ec2.run_instances(**{**wish, "InstanceType": "t2.small"})
    assert len(ec2.describe_instances()["Reservations"]) == 1
    other = type(account)(server).client().run_instances(**wish)
    assert other["ReservationId"] != first["ReservationId"]


# What a launch asks wrongly is refused with AWS's code, and nothing is made.
@pytest.mark.parametrize("wish, code", (
    ({"ImageId": "ami-x"}, "InvalidAMIID.Malformed"), ({"ImageId": "ami-0fedcba9876543210"}, "InvalidAMIID.NotFound"),
    ({"InstanceType": "t9.micro"}, "InvalidParameterValue"), ({"KeyName": "none"}, "InvalidKeyPair.NotFound"),
    ({"SecurityGroupIds": ["sg-0fedcba9876543210"]}, "InvalidGroup.NotFound"), ({"SecurityGroups": ["none"]}, "InvalidGroup.NotFound"),
    ({"SubnetId": "subnet-0fedcba9876543210"}, "InvalidSubnetID.NotFound"), ({"MinCount": 3, "MaxCount": 2}, "InvalidParameterValue"),
    ({"UserData": "x" * 20000}, "InvalidParameterValue"), ({"InstanceType": "t4g.micro"}, "InvalidParameterValue")))
def test_wrong_launches(ec2, wish, code):
    with refused(code):
        ec2.run_instances(**{"ImageId": AMI, "InstanceType": "t2.micro", "MinCount": 1, "MaxCount": 1, **wish})
    assert ec2.describe_instances()["Reservations"] == [] and ec2.describe_volumes()["Volumes"] == []


# A placement that names no zone, no group and the usual tenancy is none: Terraform sends its members empty.
def test_empty_placement(account):
    body = wire.form("RunInstances", "2016-11-15", ImageId=AMI, InstanceType="t2.micro", MinCount=1, MaxCount=1,
                     **{"Placement.AvailabilityZone": "", "Placement.GroupName": "", "Placement.Tenancy": "default"})
    assert wire.send(account.server, *wire.signed(account, "ec2", body)).status == 200


# Several ids: one that is missing fails the call, is named, and nothing is done to the others.
def test_several_ids(account, ec2):
    one, = account.run()
    account.wait("running", one)
    with refused("InvalidInstanceID.NotFound", "i-0fedcba9876543210"):
        ec2.terminate_instances(InstanceIds=[one, "i-0fedcba9876543210"])
    with refused("InvalidInstanceID.Malformed", "foobar"):
        ec2.describe_instances(InstanceIds=["foobar"])
    assert ec2.describe_instances(InstanceIds=[one])["Reservations"][0]["Instances"][0]["State"]["Name"] == "running"


# Terminate refuses while protected; the attribute reads back; a boolean other than the stored one changes it at once.
def test_protection(account, ec2):
    one, = account.run(DisableApiTermination=True)
    with refused("OperationNotPermitted", "may not be terminated"):
        ec2.terminate_instances(InstanceIds=[one])
    ec2.modify_instance_attribute(InstanceId=one, DisableApiTermination={"Value": False})
    said = ec2.describe_instance_attribute(InstanceId=one, Attribute="disableApiTermination")
    assert said["DisableApiTermination"] == {"Value": False}
    ec2.terminate_instances(InstanceIds=[one])


# User data reads back as given, and type and user data change only while stopped.
def test_attributes(account, ec2):
    one, = account.run(UserData="#!/bin/sh\necho hello\n")
    account.wait("running", one)
    said = ec2.describe_instance_attribute(InstanceId=one, Attribute="userData")["UserData"]["Value"]
    assert base64.b64decode(said) == b"#!/bin/sh\necho hello\n"
    with refused("IncorrectInstanceState"):
        ec2.modify_instance_attribute(InstanceId=one, InstanceType={"Value": "t2.small"})
    ec2.stop_instances(InstanceIds=[one])
    account.wait("stopped", one)
    ec2.modify_instance_attribute(InstanceId=one, InstanceType={"Value": "t2.small"})
    assert ec2.describe_instances(InstanceIds=[one])["Reservations"][0]["Instances"][0]["InstanceType"] == "t2.small"


# Running ones have a status; others only when all are asked for.
def test_status(account, ec2):
    one, = account.run()
    account.wait("running", one)
    status, = ec2.describe_instance_status()["InstanceStatuses"]
    assert (status["InstanceId"], status["InstanceState"]["Name"]) == (one, "running")
    ec2.stop_instances(InstanceIds=[one])
    account.wait("stopped", one)
    assert ec2.describe_instance_status()["InstanceStatuses"] == []
    assert len(ec2.describe_instance_status(IncludeAllInstances=True)["InstanceStatuses"]) == 1


# Without a machine there is a console without words, and no screen.
def test_console(account, ec2):
    one, = account.run()
    account.wait("running", one)
    assert ec2.get_console_output(InstanceId=one)["InstanceId"] == one
    with refused("UnsupportedOperation"):
        ec2.get_console_screenshot(InstanceId=one)


# A paginator finds every reservation once; ids and pages exclude each other.
def test_pages(account, ec2):
    made = {account.run()[0] for _ in range(12)}
    pages = list(ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 5}))
    found = [i["InstanceId"] for p in pages for r in p["Reservations"] for i in r["Instances"]]
    assert len(pages) == 3 and len(found) == 12 and set(found) == made
    with refused("InvalidParameterCombination"):
        ec2.describe_instances(InstanceIds=found[:1], MaxResults=5)


# Tags find by key, value and wildcard; a star that is meant is escaped; tags of one thing are listed, changed and taken away.
def test_tags(account, ec2):
    web, = account.run(TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web*1"}]}])
    plain, = account.run()

    def found(name, *values):
        answer = ec2.describe_instances(Filters=[{"Name": name, "Values": list(values)}])
        return [i["InstanceId"] for r in answer["Reservations"] for i in r["Instances"]]

    assert found("tag:Name", "w?b*") == [web] and found("tag:Name", "none", "web\\*1") == [web] and found("tag:Name", "web\\*2") == []
    ec2.create_tags(Resources=[web, plain], Tags=[{"Key": "Class", "Value": "7"}])
    assert sorted(found("tag-key", "Cl*")) == sorted([web, plain])
    listed = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [web]}])["Tags"]
    assert {(t["Key"], t["Value"], t["ResourceType"]) for t in listed} == {("Name", "web*1", "instance"), ("Class", "7", "instance")}
    ec2.delete_tags(Resources=[web], Tags=[{"Key": "Class"}])
    assert found("tag:Class", "7") == [plain]


# Tag keys of AWS's own are refused; one missing resource leaves all untagged.
def test_wrong_tags(account, ec2):
    one, = account.run()
    with refused("InvalidParameterValue", "reserved for internal use"):
        ec2.create_tags(Resources=[one], Tags=[{"Key": "aws:x", "Value": "1"}])
    with refused("InvalidInstanceID.NotFound", "i-0fedcba9876543210"):
        ec2.create_tags(Resources=[one, "i-0fedcba9876543210"], Tags=[{"Key": "a", "Value": "1"}])
    with refused("InvalidID"):
        ec2.create_tags(Resources=["unicorn-1"], Tags=[{"Key": "a", "Value": "1"}])
    with refused("TagLimitExceeded"):
        ec2.create_tags(Resources=[one], Tags=[{"Key": f"k{i}", "Value": ""} for i in range(51)])
    assert ec2.describe_tags()["Tags"] == []


# Two accounts and two regions share nothing: not instances, groups, keys, tags, nor page tokens.
def test_nothing_leaks(account, ec2, server):
    one, = account.run()
    ec2.create_key_pair(KeyName="mine")
    ec2.create_tags(Resources=[one], Tags=[{"Key": "secret", "Value": "1"}])
    for _ in range(6):
        account.run()
    token = ec2.describe_instances(MaxResults=5)["NextToken"]
    stranger = type(account)(server)
    for other in (stranger.client(), account.client(region="eu-west-1")):
        assert other.describe_instances()["Reservations"] == [] and other.describe_tags()["Tags"] == []
        assert other.describe_key_pairs()["KeyPairs"] == [] and other.describe_volumes()["Volumes"] == []
        assert other.describe_network_interfaces()["NetworkInterfaces"] == []
        assert other.describe_vpcs()["Vpcs"][0]["VpcId"] != ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        for refuse in ("terminate_instances", "stop_instances", "start_instances", "reboot_instances", "describe_instances"):
            with refused("InvalidInstanceID.NotFound"):
                getattr(other, refuse)(InstanceIds=[one])
        with refused("InvalidKeyPair.NotFound"):
            other.run_instances(ImageId=AMI, MinCount=1, MaxCount=1, KeyName="mine")
        with refused("InvalidPaginationToken"):
            other.describe_instances(NextToken=token, MaxResults=5)


# A key pair's name is taken once; its fingerprint reads back; deleting it twice is no fault.
@pytest.mark.parametrize("kind, form, start", (("rsa", "pem", "-----BEGIN RSA PRIVATE KEY-----"),
                                               ("ed25519", "pem", "-----BEGIN OPENSSH PRIVATE KEY-----"),
                                               ("ed25519", "ppk", "PuTTY-User-Key-File-")))
def test_key_pair(ec2, kind, form, start):
    made = ec2.create_key_pair(KeyName="lab", KeyType=kind, KeyFormat=form)
    assert made["KeyMaterial"].startswith(start)
    with refused("InvalidKeyPair.Duplicate"):
        ec2.create_key_pair(KeyName="lab")
    shown, = ec2.describe_key_pairs(KeyNames=["lab"], IncludePublicKey=True)["KeyPairs"]
    assert (shown["KeyFingerprint"], shown["KeyType"]) == (made["KeyFingerprint"], kind)
    assert shown["PublicKey"].startswith("ssh-")
    for _ in range(2):
        ec2.delete_key_pair(KeyName="lab")
    with refused("InvalidKeyPair.NotFound", "The key pair 'lab' does not exist"):
        ec2.describe_key_pairs(KeyNames=["lab"])


# What is no public key is not imported.
@pytest.mark.parametrize("material", (b"", b"ssh-rsa AAAA", b"hello", b"ssh-ed25519 " + b"A" * 68, b"\xff" * 300))
def test_wrong_imports(ec2, material):
    with refused("InvalidKey.Format" if material else "MissingParameter"):
        ec2.import_key_pair(KeyName="lab", PublicKeyMaterial=material)
