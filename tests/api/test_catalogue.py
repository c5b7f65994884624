"""What AWS has on its shelves: regions, zones, types, images, public parameters, the account itself."""
import pytest
import wire
from faults import refused
from server import ALIAS, AMI, PARAMETER


# The caller is the root user of its account.
def test_caller(account):
    said = account.client("sts").get_caller_identity()
    assert (said["Account"], said["UserId"], said["Arn"]) == (account.id, account.id, f"arn:aws:iam::{account.id}:root")


# Regions that need no opt-in are shown; all of them on request; unknown ones are named.
def test_regions(ec2):
    names = [r["RegionName"] for r in ec2.describe_regions()["Regions"]]
    every = ec2.describe_regions(AllRegions=True)["Regions"]
    assert "us-east-1" in names and "ap-northeast-2" in names
    assert len(every) > len(names)
    assert {r["OptInStatus"] for r in every} >= {"opt-in-not-required", "not-opted-in"}
    assert [r["RegionName"] for r in ec2.describe_regions(RegionNames=["eu-west-1"])["Regions"]] == ["eu-west-1"]
    with refused("InvalidParameterValue", "atlantis-1"):
        ec2.describe_regions(RegionNames=["atlantis-1"])


# Zones are those of the region asked.
def test_zones(account):
    zones = account.client(region="ap-northeast-2").describe_availability_zones()["AvailabilityZones"]
    assert [z["ZoneName"] for z in zones] == [f"ap-northeast-2{x}" for x in "abcd"]
    assert all(z["State"] == "available" and z["RegionName"] == "ap-northeast-2" for z in zones)


# A filter narrows with wildcards, values are alternatives, filters add up.
def test_type_filters(ec2):
    pages = ec2.get_paginator("describe_instance_types")
    found = [t["InstanceType"] for page in pages.paginate(Filters=[
        {"Name": "instance-type", "Values": ["t2.*", "t3.*"]}, {"Name": "vcpu-info.default-vcpus", "Values": ["1"]}])
        for t in page["InstanceTypes"]]
    assert set(found) == {"t2.nano", "t2.micro", "t2.small"}


# Pages of types add up to all, each once.
def test_type_pages(ec2):
    pages = list(ec2.get_paginator("describe_instance_types").paginate(PaginationConfig={"PageSize": 100}))
    names = [t["InstanceType"] for page in pages for t in page["InstanceTypes"]]
    assert len(names) == len(set(names)) > 1000
    assert {"t2.micro", "p3.2xlarge", "f1.2xlarge", "m5.large"} <= set(names)
    assert all(len(page["InstanceTypes"]) <= 100 for page in pages)


# A type says what it has.
def test_type(ec2):
    micro = ec2.describe_instance_types(InstanceTypes=["t2.micro"])["InstanceTypes"][0]
    assert (micro["VCpuInfo"]["DefaultVCpus"], micro["MemoryInfo"]["SizeInMiB"]) == (1, 1024)
    assert micro["FreeTierEligible"] and micro["CurrentGeneration"] and micro["Hypervisor"] == "xen"
    with refused("InvalidInstanceType", "t9.giant"):
        ec2.describe_instance_types(InstanceTypes=["t9.giant"])


# Page sizes are bounded.
def test_type_page_bounds(account):
    for wrong in (1, 1000):
        done = wire.send(account.server, *wire.signed(account, "ec2", wire.form("DescribeInstanceTypes", "2016-11-15", MaxResults=wrong)))
        assert (done.status, done.code) == (400, "InvalidParameterValue"), done.text


# Offerings are told by region or zone.
def test_offerings(ec2):
    here = ec2.describe_instance_type_offerings(LocationType="availability-zone", Filters=[
        {"Name": "instance-type", "Values": ["t2.micro"]}, {"Name": "location", "Values": ["us-east-1a", "us-east-1b"]}])
    assert sorted(o["Location"] for o in here["InstanceTypeOfferings"]) == ["us-east-1a", "us-east-1b"]


# The account's limits and default VPC are told.
def test_account_attributes(ec2):
    said = {a["AttributeName"]: [v["AttributeValue"] for v in a["AttributeValues"]]
            for a in ec2.describe_account_attributes()["AccountAttributes"]}
    assert said["supported-platforms"] == ["VPC"]
    assert said["default-vpc"] == [ec2.describe_vpcs()["Vpcs"][0]["VpcId"]]


# Images are found by id, owner and filter, and described as AWS does.
def test_images(ec2):
    image = ec2.describe_images(ImageIds=[AMI])["Images"][0]
    assert (image["State"], image["RootDeviceType"], image["VirtualizationType"]) == ("available", "ebs", "hvm")
    assert image["Public"] and image["ImageOwnerAlias"] == "amazon"
    assert image["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"] == 8
    assert [i["ImageId"] for i in ec2.describe_images(Owners=["099720109477"])["Images"]] == [ALIAS]
    assert ec2.describe_images(Owners=["self"])["Images"] == []
    found = ec2.describe_images(Owners=["amazon"], Filters=[{"Name": "name", "Values": ["amzn2-ami-hvm-*-gp2"]}])
    assert [i["ImageId"] for i in found["Images"]] == [AMI]


# Malformed and unknown images are different faults.
def test_image_faults(ec2):
    with refused("InvalidAMIID.Malformed"):
        ec2.describe_images(ImageIds=["ami-x"])
    with refused("InvalidAMIID.NotFound", "ami-0fedcba9876543210"):
        ec2.describe_images(ImageIds=["ami-0fedcba9876543210"])


# An unknown filter name is refused by every Describe, never passed over.
@pytest.mark.parametrize("operation", (
    "describe_images", "describe_instances", "describe_instance_types", "describe_instance_type_offerings", "describe_key_pairs",
    "describe_vpcs", "describe_subnets", "describe_security_groups", "describe_security_group_rules", "describe_volumes",
    "describe_network_interfaces", "describe_tags", "describe_regions", "describe_availability_zones", "describe_instance_status"))
def test_unknown_filter(ec2, operation):
    with refused("InvalidParameterValue", "unicorn"):
        getattr(ec2, operation)(Filters=[{"Name": "unicorn", "Values": ["1"]}])


# A page token of another operation, or of nobody, is refused.
@pytest.mark.parametrize("operation", ("describe_instances", "describe_vpcs", "describe_security_groups", "describe_tags"))
def test_foreign_token(ec2, operation):
    with refused("InvalidPaginationToken"):
        getattr(ec2, operation)(NextToken="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", MaxResults=5)


# The newest image stands in a public parameter, alone, in lists and below its path.
def test_parameters(account):
    ssm = account.client("ssm")
    found = ssm.get_parameter(Name=PARAMETER)["Parameter"]
    assert (found["Value"], found["Type"], found["DataType"]) == (AMI, "String", "aws:ec2:image")
    assert found["ARN"] == f"arn:aws:ssm:us-east-1::parameter{PARAMETER}"
    several = ssm.get_parameters(Names=[PARAMETER, "/aws/service/none"])
    assert [p["Name"] for p in several["Parameters"]] == [PARAMETER] and several["InvalidParameters"] == ["/aws/service/none"]
    below = ssm.get_parameters_by_path(Path="/aws/service/ami-amazon-linux-latest")
    assert [p["Name"] for p in below["Parameters"]] == [PARAMETER]
    with refused("ParameterNotFound"):
        ssm.get_parameter(Name="/aws/service/none")


# Ten parameters are a page.
def test_parameter_pages(account):
    pages = list(account.client("ssm").get_paginator("get_parameters_by_path").paginate(
        Path="/aws/service/global-infrastructure/regions"))
    assert len(pages) > 1 and all(len(p["Parameters"]) <= 10 for p in pages)
    with refused("ValidationException"):
        account.client("ssm").get_parameters_by_path(Path="/aws", MaxResults=11)
