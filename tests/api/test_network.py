"""The default VPC, security groups and their rules."""
import pytest
from faults import refused


def rule(port, cidr="0.0.0.0/0", protocol="tcp"):
    return [{"IpProtocol": protocol, "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": cidr}]}]


@pytest.fixture
def group(ec2):
    return ec2.create_security_group(GroupName="web", Description="for the web")["GroupId"]


# A region that nobody has looked at has a default VPC with one subnet a zone and a default group.
def test_default_vpc(ec2):
    vpc, = ec2.describe_vpcs()["Vpcs"]
    subnets = ec2.describe_subnets()["Subnets"]
    assert (vpc["CidrBlock"], vpc["IsDefault"], vpc["State"]) == ("172.31.0.0/16", True, "available")
    assert len(subnets) == 6
    assert all(s["MapPublicIpOnLaunch"] and s["DefaultForAz"] and s["AvailableIpAddressCount"] == 4091 for s in subnets)
    group, = ec2.describe_security_groups()["SecurityGroups"]
    assert (group["GroupName"], group["Description"]) == ("default", "default VPC security group")
    assert group["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group["GroupId"]


# Ids that are malformed and ids of nothing are different faults.
@pytest.mark.parametrize("operation, member, malformed, missing, code", (
    ("describe_vpcs", "VpcIds", "vpc-x", "vpc-0123456789abcdef0", "InvalidVpcID"),
    ("describe_subnets", "SubnetIds", "subnet-x", "subnet-0123456789abcdef0", "InvalidSubnetID"),
    ("describe_volumes", "VolumeIds", "vol-x", "vol-0123456789abcdef0", "InvalidVolume"),
    ("describe_instances", "InstanceIds", "i-x", "i-0123456789abcdef0", "InvalidInstanceID")))
def test_ids(ec2, operation, member, malformed, missing, code):
    with refused(f"{code}.NotFound", missing):
        getattr(ec2, operation)(**{member: [missing]})
    with pytest.raises(Exception) as caught:
        getattr(ec2, operation)(**{member: [malformed]})
    assert caught.value.response["Error"]["Code"] in (f"{code}.Malformed", "InvalidVolumeID.Malformed")


# A new group lets everything out and nothing in; its name is taken once in a VPC.
def test_group(ec2, group):
    found = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    assert found["IpPermissions"] == []
    assert found["IpPermissionsEgress"][0]["IpProtocol"] == "-1"
    assert found["IpPermissionsEgress"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]
    with refused("InvalidGroup.Duplicate", "The security group 'web' already exists for VPC"):
        ec2.create_security_group(GroupName="web", Description="again")


# Names of AWS's own, or of other characters, are refused.
@pytest.mark.parametrize("name, description", (("sg-mine", "d"), ("default", "d"), ("a" * 256, "d"), ("ok", "ä"), ("a;b|", "d")))
def test_group_names(ec2, name, description):
    with refused("InvalidParameterValue"):
        ec2.create_security_group(GroupName=name, Description=description)


# A rule is there once; the second is a duplicate that is described as AWS does; gone, it is unknown.
def test_rules(ec2, group):
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule(22))
    assert made["Return"] and made["SecurityGroupRules"][0]["SecurityGroupRuleId"].startswith("sgr-")
    with refused("InvalidPermission.Duplicate", 'peer: 0.0.0.0/0, TCP, from port: 22, to port: 22, ALLOW'):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule(22))
    shown = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    assert (shown[0]["FromPort"], shown[0]["IpRanges"]) == (22, [{"CidrIp": "0.0.0.0/0"}])
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=rule(22))
    again = ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=rule(22))
    assert again["UnknownIpPermissions"][0]["FromPort"] == 22, "in the default VPC an unknown rule is told, not refused"


# A rule may be revoked by its own id, and egress is kept apart from ingress.
def test_rule_ids(ec2, group):
    made = ec2.authorize_security_group_egress(GroupId=group, IpPermissions=rule(53, "10.0.0.0/8", "udp"))
    rule_id = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    listed = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    assert sorted(r["IsEgress"] for r in listed) == [True, True]
    ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=[rule_id])
    with refused("InvalidSecurityGroupRuleId.NotFound", rule_id):
        ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule_id])


# Wrong protocols, ports, blocks and peers are refused, each with its code, and nothing is written.
@pytest.mark.parametrize("permissions, code", (
    (rule(22, "300.0.0.0/8"), "InvalidParameterValue"), (rule(22, "10.0.0.0"), "InvalidParameterValue"),
    (rule(22, protocol="tpc"), "InvalidParameterValue"), (rule(70000), "InvalidPermission.Malformed"),
    ([{"IpProtocol": "tcp", "FromPort": 30, "ToPort": 20, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}], "InvalidParameterValue"),
    ([{"IpProtocol": "tcp", "FromPort": 30, "ToPort": 30}], "InvalidPermission.Malformed"),
    ([{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "UserIdGroupPairs": [{"GroupId": "sg-0123456789abcdef0"}]}],
     "InvalidGroup.NotFound")))
def test_wrong_rules(ec2, group, permissions, code):
    with refused(code):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permissions)
    assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"] == []


# The default group stays; a group that another names, or that an interface has, stays as long.
def test_delete_group(account, ec2, group):
    default = ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"][0]["GroupId"]
    with refused("CannotDelete", default):
        ec2.delete_security_group(GroupId=default)
    account.run(SecurityGroupIds=[group])
    with refused("DependencyViolation", group):
        ec2.delete_security_group(GroupId=group)
    other = ec2.create_security_group(GroupName="other", Description="d")["GroupId"]
    ec2.delete_security_group(GroupId=other)
    with refused("InvalidGroup.NotFound", other):
        ec2.delete_security_group(GroupId=other)


# The CLI's short form makes the same rule, by the group's name in the default VPC.
def test_cli(account, ec2):
    done = account.aws("ec2", "authorize-security-group-ingress", "--group-name", "default", "--protocol", "tcp", "--port", "22",
                       "--cidr", "0.0.0.0/0")
    assert done.status == 0 and done.answer["Return"], done.complaint
    again = account.aws("ec2", "authorize-security-group-ingress", "--group-name", "default", "--protocol", "tcp", "--port", "22",
                        "--cidr", "0.0.0.0/0")
    assert again.status == 254 and "InvalidPermission.Duplicate" in again.complaint
