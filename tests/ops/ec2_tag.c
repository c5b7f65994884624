/* Tags: CreateTags, DeleteTags, DescribeTags and TagSpecifications. */
#include "harness.h"

static const struct ops_test tests[] = {
    OPS_TEST(
        "A tag is put on several resources at once and replaced by the next of its key",
        {.call = "DescribeVpcs", .save = "vpc=Vpcs.0.VpcId dopt=Vpcs.0.DhcpOptionsId"},
        {.call = "DescribeSubnets", .save = "subnet=Subnets.0.SubnetId"},
        {.call = "CreateTags",
         .in = "{'Resources':['$vpc','$subnet','$dopt'],'Tags':[{'Key':'Name','Value':'x'},{'Key':'"
               "e'}]}"},
        {.call = "CreateTags", .in = "{'Resources':['$vpc'],'Tags':[{'Key':'Name','Value':'y'}]}"},
        {.call = "DescribeVpcs",
         .in = "{'Filters':[{'Name':'tag:Name','Values':['y']}]}",
         .out = "{'Vpcs':[{'Tags':[{'Key':'Name','Value':'y'},{'Key':'e','Value':''}]}]}"},
        {.call = "DescribeTags",
         .out = "{'Tags':[{'ResourceId':'$vpc','ResourceType':'vpc','Key':'Name','Value':'y'},"
                "{'ResourceId':'$subnet','ResourceType':'subnet','Key':'Name','Value':'x'},{},{},{}"
                ",{}]}"}),
    OPS_TEST(
        "One unknown resource fails the call and nothing is tagged",
        {.call = "DescribeVpcs", .save = "vpc=Vpcs.0.VpcId"},
        {.call = "CreateTags",
         .in = "{'Resources':['$vpc','vol-0123456789abcdef0'],'Tags':[{'Key':'a','Value':'b'}]}",
         .code = "InvalidVolume.NotFound",
         .text = "The volume 'vol-0123456789abcdef0' does not exist."},
        {.call = "CreateTags",
         .in = "{'Resources':['$vpc','thing'],'Tags':[{'Key':'a','Value':'b'}]}",
         .code = "InvalidID",
         .text = "The ID 'thing' is not valid"},
        {.call = "CreateTags",
         .in = "{'Resources':['i-12'],'Tags':[{'Key':'a','Value':'b'}]}",
         .code = "InvalidInstanceID.Malformed",
         .text = "Invalid id: \"i-12\""},
        {.call = "CreateTags",
         .in = "{'Resources':['$vpc'],'Tags':[{'Key':'a','Value':'b'}]}",
         .code = "InvalidVpcID.NotFound",
         .account = OPS_OTHER},
        {.call = "DescribeTags", .out = "{'Tags':[]}"}),
    OPS_TEST(
        "Keys that begin with aws: are AWS's, whatever their case",
        {.call = "DescribeVpcs", .save = "vpc=Vpcs.0.VpcId"},
        {.call = "CreateTags",
         .in = "{'Resources':['$vpc'],'Tags':[{'Key':'AWS:x','Value':'b'}]}",
         .code = "InvalidParameterValue",
         .text = "Value ( AWS:x ) for parameter key is invalid. Tag keys starting with 'aws:' are "
                 "reserved for"
                 " internal use"},
        {.call = "DeleteTags",
         .in = "{'Resources':['$vpc'],'Tags':[{'Key':'aws:x'}]}",
         .code = "InvalidParameterValue"},
        {.call = "CreateTags",
         .in = "{'Resources':['$vpc'],'Tags':[{'Key':'','Value':'b'}]}",
         .code = "InvalidParameterValue"},
        {.call = "CreateTags",
         .in = "{'Resources':['$vpc'],'Tags':[{'Key':'a','Value':'1'},{'Key':'a','Value':'2'}]}",
         .code = "InvalidParameterValue",
         .text = "Duplicate tag key 'a' specified."}),
    OPS_TEST("DeleteTags takes a key with its value, a key whatever its value, or all",
             {.call = "DescribeVpcs", .save = "vpc=Vpcs.0.VpcId"},
             {.call = "CreateTags",
              .in = "{'Resources':['$vpc'],'Tags':[{'Key':'a','Value':'1'},{'Key':'b','Value':'2'},"
                    "{'Key':'c',"
                    "'Value':'3'},{'Key':'d','Value':'4'}]}"},
             {.call = "DeleteTags",
              .in = "{'Resources':['$vpc'],'Tags':[{'Key':'a','Value':'other'},{'Key':'b','Value':'"
                    "2'},{'Key':'c'},"
                    "{'Key':'none'}]}"},
             {.call = "DescribeTags", .out = "{'Tags':[{'Key':'a'},{'Key':'d'}]}"},
             {.call = "DeleteTags", .in = "{'Resources':['$vpc']}"},
             {.call = "DescribeTags", .out = "{'Tags':[]}"}),
    OPS_TEST(
        "DescribeTags is filtered by key, value, resource, its type and tag:key",
        {.call = "DescribeVpcs", .save = "vpc=Vpcs.0.VpcId"},
        {.call = "DescribeSubnets", .save = "subnet=Subnets.0.SubnetId"},
        {.call = "CreateTags",
         .in = "{'Resources':['$vpc','$subnet'],'Tags':[{'Key':'team','Value':'red*'},{'Key':'env',"
               "'Value':'p'}]}"},
        {.call = "DescribeTags",
         .in = "{'Filters':[{'Name':'resource-type','Values':['vpc']}]}",
         .out = "{'Tags':[{'Key':'team'},{'Key':'env'}]}"},
        {.call = "DescribeTags",
         .in = "{'Filters':[{'Name':'key','Values':['t*m']},{'Name':'resource-id','Values':['$"
               "subnet']}]}",
         .out = "{'Tags':[{'Key':'team','ResourceId':'$subnet'}]}"},
        {.call = "DescribeTags",
         .in = "{'Filters':[{'Name':'tag:team','Values':['red\\\\*','blue']}]}",
         .out = "{'Tags':[{'Key':'team'},{'Key':'team'}]}"},
        {.call = "DescribeTags",
         .in = "{'Filters':[{'Name':'value','Values':['p']},{'Name':'tag-key','Values':['env']}]}",
         .out = "{'Tags':[{'Key':'env'},{'Key':'env'}]}"}),
    OPS_TEST("TagSpecifications name only what the operation makes, each once",
             {.call = "CreateSecurityGroup",
              .in = "{'GroupName':'a','Description':'d','TagSpecifications':[{'ResourceType':'"
                    "instance','Tags':[{'Key':"
                    "'a','Value':'b'}]}]}",
              .code = "InvalidParameterValue",
              .text = "'instance' is not a valid taggable resource type for this operation."},
             {.call = "CreateSecurityGroup",
              .in = "{'GroupName':'a','Description':'d','TagSpecifications':[{'Tags':[{'Key':'a','"
                    "Value':'b'}]}]}",
              .code = "InvalidParameterValue",
              .text = "Tag specification resource type must have a value"},
             {.call = "CreateSecurityGroup",
              .in = "{'GroupName':'a','Description':'d','TagSpecifications':[{'ResourceType':'"
                    "security-group'}]}",
              .code = "InvalidParameterValue",
              .text = "Tag specification must have at least one tag"}),
    OPS_TEST("Tags end with their resource",
             {.call = "CreateSecurityGroup",
              .in = "{'GroupName':'a','Description':'d','TagSpecifications':[{'ResourceType':'"
                    "security-group','Tags':"
                    "[{'Key':'a','Value':'b'}]}]}",
              .save = "sg=GroupId"},
             {.call = "DeleteSecurityGroup", .in = "{'GroupId':'$sg'}"},
             {.call = "DescribeTags", .out = "{'Tags':[]}"}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
