/* The default VPC and its subnets; regions and zones. */
#include "harness.h"

static const struct ops_test tests[] = {
    OPS_TEST(
        "Every account finds a default VPC in every region, made once",
        {.call = "DescribeVpcs",
         .out = "{'Vpcs':[{'VpcId':'~vpc-0*','CidrBlock':'172.31.0.0/"
                "16','IsDefault':true,'State':'available',"
                "'OwnerId':'123456789012','InstanceTenancy':'default','DhcpOptionsId':'~dopt-0*','"
                "Tags':[],"
                "'CidrBlockAssociationSet':[{'AssociationId':'~vpc-cidr-assoc-0*','CidrBlock':'172."
                "31.0.0/16',"
                "'CidrBlockState':{'State':'associated'}}]}]}",
         .save = "vpc=Vpcs.0.VpcId"},
        {.call = "DescribeVpcs", .out = "{'Vpcs':[{'VpcId':'$vpc'}]}"},
        {.call = "DescribeVpcs",
         .in = "{'VpcIds':['$vpc']}",
         .code = "InvalidVpcID.NotFound",
         .text = "The vpc ID '$vpc' does not exist",
         .region = "eu-west-1"},
        {.call = "DescribeVpcs", .out = "{'Vpcs':[{'IsDefault':true}]}", .region = "eu-west-1"},
        {.call = "DescribeVpcs",
         .out = "{'Vpcs':[{'OwnerId':'210987654321'}]}",
         .account = OPS_OTHER},
        {.sql = "SELECT count(*) FROM ec2_vpc", .number = 3}),
    OPS_TEST(
        "The default VPC routes to an internet gateway and has one ACL and one main route table",
        {.call = "DescribeVpcs"},
        {.sql = "SELECT count(*) FROM ec2_route r JOIN ec2_internet_gateway g ON g.id = r.target"
                " JOIN ec2_route_table t ON t.id = r.route_table_id AND t.vpc_id = g.vpc_id AND "
                "t.is_main"
                " WHERE r.destination = '0.0.0.0/0'",
         .number = 1},
        {.sql = "SELECT count(*) FROM ec2_route WHERE destination = '172.31.0.0/16' AND target = "
                "'local'",
         .number = 1},
        {.sql = "SELECT json_array_length(doc, '$.Entries') * 10 + json_array_length(doc, "
                "'$.Associations')"
                " FROM ec2_network_acl WHERE is_default",
         .number = 46}),
    OPS_TEST(
        "Each zone has a default subnet that gives public addresses",
        {.call = "DescribeSubnets",
         .in = "{'Filters':[{'Name':'default-for-az','Values':['true']}]}",
         .out =
             "{'Subnets':[{'CidrBlock':'172.31.0.0/20','AvailabilityZone':'ap-northeast-2a',"
             "'AvailabilityZoneId':'apne2-az1','MapPublicIpOnLaunch':true,'AvailableIpAddressCount'"
             ":4091,"
             "'State':'available','SubnetArn':'~arn:aws:ec2:ap-northeast-2:123456789012:subnet/"
             "subnet-0*'},"
             "{'CidrBlock':'172.31.16.0/20','AvailabilityZone':'ap-northeast-2b'},{'CidrBlock':"
             "'172.31.32.0/20','AvailabilityZone':'ap-northeast-2c'},{'CidrBlock':'172.31.48.0/20',"
             "'AvailabilityZone':'ap-northeast-2d'}]}",
         .region = "ap-northeast-2"}),
    OPS_TEST(
        "Subnets are filtered by zone, VPC, block and state",
        {.call = "DescribeVpcs", .save = "vpc=Vpcs.0.VpcId"},
        {.call = "DescribeSubnets",
         .in =
             "{'Filters':[{'Name':'vpc-id','Values':['$vpc']},{'Name':'availabilityZone','Values':"
             "['us-east-1a','us-east-1c']},{'Name':'available-ip-address-count','Values':['4091']}]"
             "}",
         .out =
             "{'Subnets':[{'AvailabilityZone':'us-east-1a'},{'AvailabilityZone':'us-east-1c'}]}"},
        {.call = "DescribeSubnets",
         .in = "{'Filters':[{'Name':'cidr','Values':['172.31.8?.0/20']}]}",
         .out = "{'Subnets':[{'CidrBlock':'172.31.80.0/20'}]}"},
        {.call = "DescribeSubnets",
         .in = "{'Filters':[{'Name':'state','Values':['pending']}]}",
         .out = "{'Subnets':[]}"},
        {.call = "DescribeSubnets",
         .in = "{'SubnetIds':['subnet-1']}",
         .code = "InvalidSubnetID.Malformed"}),
    OPS_TEST(
        "Pages hold MaxResults records, end without a token and refuse tokens of elsewhere",
        {.call = "DescribeSubnets",
         .in = "{'MaxResults':5}",
         .out = "{'Subnets':[{},{},{},{},{}],'NextToken':'~?*'}",
         .save = "token=NextToken"},
        {.call = "DescribeSubnets",
         .in = "{'MaxResults':5,'NextToken':'$token'}",
         .out = "{'Subnets':[{}],'NextToken':null}"},
        {.call = "DescribeVpcs", .in = "{'NextToken':'$token'}", .code = "InvalidPaginationToken"},
        {.call = "DescribeSubnets",
         .in = "{'NextToken':'$token'}",
         .code = "InvalidPaginationToken",
         .account = OPS_OTHER},
        {.call = "DescribeSubnets",
         .in = "{'NextToken':'nonsense'}",
         .code = "InvalidPaginationToken"},
        {.call = "DescribeSubnets", .in = "{'MaxResults':4}", .code = "InvalidParameterValue"},
        {.call = "DescribeSubnets", .in = "{'MaxResults':1001}", .code = "InvalidParameterValue"}),
    OPS_TEST("A region that AWS does not have is nobody's",
             {.call = "DescribeVpcs", .code = "AuthFailure", .region = "moon-north-1"}),
    OPS_TEST(
        "DescribeRegions shows the regions that are on, or all, or those named",
        {
            .call = "DescribeRegions",
            .out = "{'Regions':[{'RegionName':'us-east-1','Endpoint':'ec2.us-east-1.amazonaws.com',"
                   "'OptInStatus':'opt-in-not-required'},{'RegionName':'ap-northeast-2'},'...']}",
        },
        {.call = "DescribeRegions",
         .in = "{'Filters':[{'Name':'region-name','Values':['ap-*']}]}",
         .out = "{'Regions':[{},{},{},{},{},{}]}"},
        {.call = "DescribeRegions",
         .in = "{'AllRegions':true,'Filters':[{'Name':'opt-in-status','Values':['not-opted-in']},"
               "{'Name':'endpoint','Values':['ec2.me-*']}]}",
         .out = "{'Regions':[{'RegionName':'me-central-1'},{'RegionName':'me-south-1'}]}"},
        {.call = "DescribeRegions",
         .in = "{'RegionNames':['eu-west-1','moon-north-1']}",
         .code = "InvalidParameterValue",
         .text = "Invalid region names: [moon-north-1]"}),
    OPS_TEST("DescribeAvailabilityZones shows the region's zones by name and id",
             {.call = "DescribeAvailabilityZones",
              .out = "{'AvailabilityZones':[{'ZoneName':'us-west-2a','ZoneId':'usw2-az1','State':'"
                     "available',"
                     "'RegionName':'us-west-2','GroupName':'us-west-2-zg-1','NetworkBorderGroup':'"
                     "us-west-2',"
                     "'ZoneType':'availability-zone','OptInStatus':'opt-in-not-required','Messages'"
                     ":[]},{},{},"
                     "{'ZoneName':'us-west-2d'}]}",
              .region = "us-west-2"},
             {.call = "DescribeAvailabilityZones",
              .in = "{'ZoneIds':['use1-az6']}",
              .out = "{'AvailabilityZones':[{'ZoneName':'us-east-1f'}]}"},
             {.call = "DescribeAvailabilityZones",
              .in = "{'Filters':[{'Name':'zone-name','Values':['*a','*b']}]}",
              .out = "{'AvailabilityZones':[{},{}]}"},
             {.call = "DescribeAvailabilityZones",
              .in = "{'ZoneNames':['us-east-1z']}",
              .code = "InvalidParameterValue",
              .text = "Invalid availability zones: [us-east-1z]"}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
