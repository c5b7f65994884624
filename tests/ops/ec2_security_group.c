/* Security groups and their rules. */
#include "harness.h"

static const struct ops_test tests[] = {
    OPS_TEST(
        "The default group lets its own members in and everything out",
        {.call = "DescribeSecurityGroups",
         .out =
             "{'NextToken':null,'SecurityGroups':[{'GroupName':'default','Description':'default VPC"
             " security "
             "group','OwnerId':'123456789012','GroupId':'~sg-*','VpcId':'~vpc-*','Tags':[],"
             "'IpPermissions':[{'IpProtocol':'-1','FromPort':null,'ToPort':null,'IpRanges':[],"
             "'Ipv6Ranges':[],'PrefixListIds':[],'UserIdGroupPairs':[{'UserId':'123456789012','"
             "GroupId':"
             "'~sg-*'}]}],'IpPermissionsEgress':[{'IpProtocol':'-1','IpRanges':[{'CidrIp':'0.0.0.0/"
             "0'}],"
             "'UserIdGroupPairs':[]}],'SecurityGroupArn':"
             "'~arn:aws:ec2:us-east-1:123456789012:security-group/sg-*'}]}"}),
    OPS_TEST(
        "A new group is in the default VPC, lets nothing in and everything out",
        {.call = "CreateSecurityGroup",
         .in =
             "{'GroupName':'web ','Description':'web servers','TagSpecifications':[{'ResourceType':"
             "'security-group','Tags':[{'Key':'Name','Value':'web'}]}]}",
         .out = "{'GroupId':'~sg-0*','Tags':[{'Key':'Name','Value':'web'}],"
                "'SecurityGroupArn':'~arn:aws:ec2:us-east-1:123456789012:security-group/sg-*'}",
         .save = "sg=GroupId"},
        {.call = "DescribeSecurityGroups",
         .in = "{'GroupIds':['$sg']}",
         .out = "{'SecurityGroups':[{'GroupName':'web','IpPermissions':[],'IpPermissionsEgress':"
                "[{'IpProtocol':'-1','IpRanges':[{'CidrIp':'0.0.0.0/0','Description':null}]}],"
                "'Tags':[{'Key':'Name','Value':'web'}]}]}"},
        {.sql = "SELECT count(*) FROM work WHERE kind = 'ec2/firewall'", .number = 2}),
    OPS_TEST("Two groups of a VPC cannot have the same name",
             {.call = "DescribeVpcs", .save = "vpc=Vpcs.0.VpcId"},
             {.call = "CreateSecurityGroup", .in = "{'GroupName':'web','Description':'d'}"},
             {.call = "CreateSecurityGroup",
              .in = "{'GroupName':'web','Description':'d'}",
              .code = "InvalidGroup.Duplicate",
              .text = "The security group 'web' already exists for VPC '$vpc'"}),
    OPS_TEST(
        "Names and descriptions of groups keep to AWS's characters and lengths",
        {.call = "CreateSecurityGroup",
         .in = "{'GroupName':'sg-1','Description':'d'}",
         .code = "InvalidParameterValue",
         .text = "Value (sg-1) for parameter GroupName is invalid. Group names may not be in the "
                 "format sg-*."},
        {.call = "CreateSecurityGroup",
         .in = "{'GroupName':'default','Description':'d'}",
         .code = "InvalidParameterValue",
         .text = "Cannot use reserved security group name: default"},
        {.call = "CreateSecurityGroup",
         .in = "{'GroupName':'a','Description':'caf\xc3\xa9'}",
         .code = "InvalidParameterValue",
         .text = "Value (caf\xc3\xa9) for parameter GroupDescription is invalid. Character sets "
                 "beyond ASCII"
                 " are not supported."},
        {.call = "CreateSecurityGroup",
         .in = "{'GroupName':'a','Description':'50%'}",
         .code = "InvalidParameterValue",
         .text =
             "~Invalid security group description. Valid descriptions are strings less than 256 *"},
        {.call = "CreateSecurityGroup", .in = "{'GroupName':'a'}", .code = "MissingParameter"}),
    OPS_TEST("A group's VPC must exist",
             {.call = "CreateSecurityGroup",
              .in = "{'GroupName':'a','Description':'d','VpcId':'vpc-0123456789abcdef0'}",
              .code = "InvalidVpcID.NotFound",
              .text = "The vpc ID 'vpc-0123456789abcdef0' does not exist"},
             {.call = "CreateSecurityGroup",
              .in = "{'GroupName':'a','Description':'d','VpcId':'net-1'}",
              .code = "InvalidVpcID.Malformed"}),
    OPS_TEST("A group goes by id or by name; the default one and those that others refer to stay",
             {.call = "CreateSecurityGroup",
              .in = "{'GroupName':'a','Description':'d'}",
              .save = "a=GroupId"},
             {.call = "CreateSecurityGroup",
              .in = "{'GroupName':'b','Description':'d'}",
              .save = "b=GroupId"},
             {.call = "AuthorizeSecurityGroupIngress",
              .in =
                  "{'GroupId':'$b','IpPermissions':[{'IpProtocol':'tcp','FromPort':80,'ToPort':80,"
                  "'UserIdGroupPairs':[{'GroupId':'$a'}]}]}"},
             {.call = "DeleteSecurityGroup",
              .in = "{'GroupId':'$a'}",
              .code = "DependencyViolation",
              .text = "resource $a has a dependent object"},
             {.call = "DeleteSecurityGroup",
              .in = "{'GroupName':'b'}",
              .out = "{'Return':true,'GroupId':'$b'}"},
             {.call = "DeleteSecurityGroup", .in = "{'GroupId':'$a'}", .out = "{'Return':true}"},
             {.call = "DeleteSecurityGroup",
              .in = "{'GroupId':'$a'}",
              .code = "InvalidGroup.NotFound",
              .text = "The security group '$a' does not exist"},
             {.call = "DescribeSecurityGroups", .save = "d=SecurityGroups.0.GroupId"},
             {.call = "DeleteSecurityGroup",
              .in = "{'GroupName':'default'}",
              .code = "CannotDelete",
              .text = "the specified group: \"$d\" name: \"default\" cannot be deleted by a user"},
             {.call = "DeleteSecurityGroup",
              .code = "MissingParameter",
              .text = "The request must contain the parameter groupName or groupId"},
             {.sql = "SELECT count(*) FROM ec2_security_group_rule", .number = 2}),
    OPS_TEST(
        "A rule is written once, by the old form or the new, and named in full when it comes again",
        {.call = "AuthorizeSecurityGroupIngress",
         .in = "{'GroupName':'default','IpProtocol':'tcp','FromPort':22,'ToPort':22,'CidrIp':'0.0."
               "0.0/0'}",
         .out = "{'Return':true,'SecurityGroupRules':[{'SecurityGroupRuleId':'~sgr-*','GroupId':'~"
                "sg-*',"
                "'GroupOwnerId':'123456789012','IsEgress':false,'IpProtocol':'tcp','FromPort':22,'"
                "ToPort':22,"
                "'CidrIpv4':'0.0.0.0/"
                "0','CidrIpv6':null,'Description':null,'Tags':[],'SecurityGroupRuleArn':"
                "'~arn:aws:ec2:us-east-1:123456789012:security-group-rule/sgr-*'}]}"},
        {.call = "AuthorizeSecurityGroupIngress",
         .in =
             "{'GroupName':'default','IpPermissions':[{'IpProtocol':'6','FromPort':22,'ToPort':22,"
             "'IpRanges':[{'CidrIp':'0.0.0.0/0','Description':'ssh'}]}]}",
         .code = "InvalidPermission.Duplicate",
         .text = "the specified rule \"peer: 0.0.0.0/0, TCP, from port: 22, to port: 22, ALLOW\" "
                 "already exists"},
        {.call = "AuthorizeSecurityGroupIngress",
         .in = "{'GroupName':'default','IpPermissions':[{'IpProtocol':'tcp','FromPort':80,'ToPort':"
               "80,"
               "'IpRanges':[{'CidrIp':'10.0.0.0/8'},{'CidrIp':'10.1.2.3/8'}]}]}",
         .code = "InvalidParameterValue",
         .text = "The same permission must not appear multiple times"},
        {.call = "AuthorizeSecurityGroupEgress",
         .in = "{'GroupId':'sg-0123456789abcdef0','IpPermissions':[{'IpProtocol':'-1','IpRanges':"
               "[{'CidrIp':'0.0.0.0/0'}]}]}",
         .code = "InvalidGroup.NotFound"}),
    OPS_TEST("The rule that opens everything out stands already and is named ALL",
             {.call = "DescribeSecurityGroups", .save = "d=SecurityGroups.0.GroupId"},
             {.call = "AuthorizeSecurityGroupEgress",
              .in = "{'GroupId':'$d','IpPermissions':[{'IpProtocol':'all','IpRanges':[{'CidrIp':'0."
                    "0.0.0/0'}]}]}",
              .code = "InvalidPermission.Duplicate",
              .text = "the specified rule \"peer: 0.0.0.0/0, ALL, ALLOW\" already exists"}),
    OPS_TEST(
        "Rules of one protocol and port range are shown together, each kind of peer in its list",
        {.call = "CreateSecurityGroup",
         .in = "{'GroupName':'a','Description':'d'}",
         .save = "a=GroupId"},
        {.call = "AuthorizeSecurityGroupIngress",
         .in =
             "{'GroupId':'$a','IpPermissions':[{'IpProtocol':'TCP','FromPort':80,'ToPort':80,'"
             "IpRanges':"
             "[{'CidrIp':'10.0.0.28/29','Description':'office'},{'CidrIp':'192.168.0.0/"
             "16'}],'Ipv6Ranges':"
             "[{'CidrIpv6':'2001:DB8::1/32'}],'UserIdGroupPairs':[{'GroupName':'default'}]},"
             "{'IpProtocol':'icmp','FromPort':-1,'ToPort':-1,'IpRanges':[{'CidrIp':'0.0.0.0/0'}]},"
             "{'IpProtocol':'50','IpRanges':[{'CidrIp':'0.0.0.0/0'}]}]}",
         .out = "{'SecurityGroupRules':[{'CidrIpv4':'10.0.0.24/29','Description':'office'},"
                "{'CidrIpv4':'192.168.0.0/16'},{'CidrIpv6':'2001:db8::/32'},{'ReferencedGroupInfo':"
                "{'GroupId':'~sg-*','UserId':'123456789012'}},{'IpProtocol':'icmp','FromPort':-1},"
                "{'IpProtocol':'50','FromPort':-1,'ToPort':-1}]}"},
        {.call = "DescribeSecurityGroups",
         .in = "{'GroupNames':['a']}",
         .out = "{'SecurityGroups':[{'GroupId':'$a','_':null,'IpPermissions':[{'IpProtocol':'tcp','"
                "FromPort':80,"
                "'ToPort':80,'IpRanges':[{'CidrIp':'10.0.0.24/29','Description':'office'},"
                "{'CidrIp':'192.168.0.0/16'}],'Ipv6Ranges':[{'CidrIpv6':'2001:db8::/32'}],"
                "'UserIdGroupPairs':[{'GroupId':'~sg-*'}]},{'IpProtocol':'icmp','FromPort':-1,'"
                "ToPort':-1},"
                "{'IpProtocol':'50','FromPort':null,'ToPort':null}]}]}"}),
    OPS_TEST(
        "Protocols, ports, blocks and peers that make no sense are refused in AWS's words",
        {.call = "AuthorizeSecurityGroupIngress",
         .in = "{'GroupName':'default','IpProtocol':'tcp','FromPort':22,'CidrIp':'0.0.0.0/0'}",
         .code = "InvalidParameterValue",
         .text =
             "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."},
        {.call = "AuthorizeSecurityGroupIngress",
         .in = "{'GroupName':'default','IpProtocol':'tcp','FromPort':80,'ToPort':22,'CidrIp':'0.0."
               "0.0/0'}",
         .code = "InvalidParameterValue",
         .text = "Invalid TCP/UDP port range (80:22)"},
        {.call = "AuthorizeSecurityGroupIngress",
         .in = "{'GroupName':'default','IpProtocol':'tcp','FromPort':0,'ToPort':65536,'CidrIp':'0."
               "0.0.0/0'}",
         .code = "InvalidPermission.Malformed",
         .text = "TCP/UDP port (65536) out of range"},
        {.call = "AuthorizeSecurityGroupIngress",
         .in = "{'GroupName':'default','IpProtocol':'icmp','CidrIp':'0.0.0.0/0'}",
         .code = "InvalidParameterValue",
         .text = "Invalid value 'Must specify both from and to ports with ICMP.' for portRange."},
        {.call = "AuthorizeSecurityGroupIngress",
         .in = "{'GroupName':'default','IpProtocol':'foo','FromPort':1,'ToPort':1,'CidrIp':'0.0.0."
               "0/0'}",
         .code = "InvalidParameterValue",
         .text = "Invalid value 'foo' for IP protocol. Unknown protocol."},
        {.call = "AuthorizeSecurityGroupIngress",
         .in = "{'GroupName':'default','IpProtocol':'tcp','FromPort':1,'ToPort':1,'CidrIp':'1.2.3."
               "4'}",
         .code = "InvalidParameterValue",
         .text = "CIDR block 1.2.3.4 is malformed"},
        {.call = "AuthorizeSecurityGroupIngress",
         .in =
             "{'GroupName':'default','IpPermissions':[{'IpProtocol':'tcp','FromPort':1,'ToPort':1,"
             "'Ipv6Ranges':[{'CidrIpv6':'::/129'}]}]}",
         .code = "InvalidParameterValue",
         .text = "CIDR block ::/129 is malformed"},
        {.call = "AuthorizeSecurityGroupIngress",
         .in = "{'GroupName':'default','IpProtocol':'tcp','FromPort':1,'ToPort':1}",
         .code = "InvalidPermission.Malformed"},
        {.call = "AuthorizeSecurityGroupIngress",
         .in = "{'GroupName':'default'}",
         .code = "MissingParameter"},
        {.call = "AuthorizeSecurityGroupIngress",
         .in =
             "{'GroupName':'none','IpProtocol':'tcp','FromPort':1,'ToPort':1,'CidrIp':'0.0.0.0/0'}",
         .code = "InvalidGroup.NotFound",
         .text = "~The security group 'none' does not exist in default VPC 'vpc-*'"},
        {.sql = "SELECT count(*) FROM ec2_security_group_rule", .number = 0}),
    OPS_TEST(
        "A source group alone opens TCP, UDP and ICMP to its members",
        {.call = "CreateSecurityGroup",
         .in = "{'GroupName':'a','Description':'d'}",
         .save = "a=GroupId"},
        {.call = "AuthorizeSecurityGroupIngress",
         .in = "{'GroupName':'a','SourceSecurityGroupName':'default','SourceSecurityGroupOwnerId':"
               "'123456789012'}",
         .out = "{'SecurityGroupRules':[{'IpProtocol':'tcp','FromPort':0,'ToPort':65535},{'"
                "IpProtocol':'udp',"
                "'FromPort':0,'ToPort':65535},{'IpProtocol':'icmp','FromPort':-1,'ToPort':-1}]}"}),
    OPS_TEST(
        "Rules carry tags of their own and are described by id, group and tag",
        {.call = "AuthorizeSecurityGroupIngress",
         .in = "{'GroupName':'default','IpProtocol':'tcp','FromPort':443,'ToPort':443,'CidrIp':'0."
               "0.0.0/0',"
               "'TagSpecifications':[{'ResourceType':'security-group-rule','Tags':[{'Key':'k','"
               "Value':'v'}]}]}",
         .out = "{'SecurityGroupRules':[{'Tags':[{'Key':'k','Value':'v'}]}]}",
         .save = "r=SecurityGroupRules.0.SecurityGroupRuleId g=SecurityGroupRules.0.GroupId"},
        {.call = "DescribeSecurityGroupRules",
         .in = "{'Filters':[{'Name':'tag:k','Values':['v*']},{'Name':'group-id','Values':['$g']}]}",
         .out = "{'SecurityGroupRules':[{'SecurityGroupRuleId':'$r','ToPort':443}]}"},
        {.call = "DescribeSecurityGroupRules",
         .in = "{'Filters':[{'Name':'group-id','Values':['$g']}]}",
         .out = "{'SecurityGroupRules':[{'IsEgress':true,'FromPort':-1,'IpProtocol':'-1'},{'"
                "IsEgress':false},"
                "{'IsEgress':false}]}"},
        {.call = "DescribeSecurityGroupRules",
         .in = "{'SecurityGroupRuleIds':['sgr-0123456789abcdef0']}",
         .code = "InvalidSecurityGroupRuleId.NotFound",
         .text = "The security group rule ID 'sgr-0123456789abcdef0' does not exist"}),
    OPS_TEST(
        "Revoking takes rules away by what they say or by id",
        {.call = "AuthorizeSecurityGroupIngress",
         .in = "{'GroupName':'default','IpPermissions':[{'IpProtocol':'tcp','FromPort':80,'ToPort':"
               "81,'IpRanges':"
               "[{'CidrIp':'0.0.0.0/0','Description':'web'},{'CidrIp':'10.0.0.0/8'}]}]}",
         .save = "g=SecurityGroupRules.0.GroupId r=SecurityGroupRules.1.SecurityGroupRuleId"},
        {.call = "RevokeSecurityGroupIngress",
         .in = "{'GroupName':'default','IpProtocol':'tcp','FromPort':80,'ToPort':81,'CidrIp':'0.0."
               "0.0/0'}",
         .out = "{'Return':true,'UnknownIpPermissions':[],'RevokedSecurityGroupRules':[{'CidrIpv4':"
                "'0.0.0.0/0',"
                "'Description':'web','IsEgress':false,'SecurityGroupRuleId':'~sgr-*'}]}"},
        {.call = "RevokeSecurityGroupEgress",
         .in = "{'GroupId':'$g','SecurityGroupRuleIds':['$r']}",
         .code = "InvalidSecurityGroupRuleId.NotFound"},
        {.call = "RevokeSecurityGroupIngress",
         .in = "{'GroupId':'$g','SecurityGroupRuleIds':['$r']}",
         .out = "{'RevokedSecurityGroupRules':[{'SecurityGroupRuleId':'$r','ToPort':81}]}"},
        {.call = "RevokeSecurityGroupIngress",
         .in = "{'GroupId':'$g','SecurityGroupRuleIds':['$r']}",
         .code = "InvalidSecurityGroupRuleId.NotFound"},
        {.call = "RevokeSecurityGroupIngress",
         .in =
             "{'GroupId':'$g','SecurityGroupRuleIds':['$r'],'IpPermissions':[{'IpProtocol':'-1'}]}",
         .code = "InvalidParameterCombination"}),
    OPS_TEST("Revoking what does not exist in the default VPC is no fault: the answer lists it",
             {.call = "RevokeSecurityGroupIngress",
              .in = "{'GroupName':'default','IpProtocol':'tcp','FromPort':9,'ToPort':9,'CidrIp':'0."
                    "0.0.0/0'}",
              .out = "{'Return':true,'RevokedSecurityGroupRules':[],'UnknownIpPermissions':[{'"
                     "IpProtocol':'tcp',"
                     "'FromPort':9,'ToPort':9,'IpRanges':[{'CidrIp':'0.0.0.0/0'}]}]}"}),
    OPS_TEST(
        "Filters look at rules, names of peers and tags; every filter must hold",
        {.call = "CreateSecurityGroup",
         .in = "{'GroupName':'a','Description':'first'}",
         .save = "a=GroupId"},
        {.call = "CreateSecurityGroup",
         .in = "{'GroupName':'b','Description':'second'}",
         .save = "b=GroupId"},
        {.call = "AuthorizeSecurityGroupIngress",
         .in = "{'GroupId':'$a','IpPermissions':[{'IpProtocol':'tcp','FromPort':22,'ToPort':23,"
               "'UserIdGroupPairs':[{'GroupId':'$b'}]}]}"},
        {.call = "DescribeSecurityGroups",
         .in = "{'Filters':[{'Name':'ip-permission.group-name','Values':['b']}]}",
         .out = "{'SecurityGroups':[{'GroupName':'a'}]}"},
        {.call = "DescribeSecurityGroups",
         .in = "{'Filters':[{'Name':'ip-permission.from-port','Values':['22','80']},{'Name':'ip-"
               "permission.protocol',"
               "'Values':['t?p']}]}",
         .out = "{'SecurityGroups':[{'GroupName':'a'}]}"},
        {.call = "DescribeSecurityGroups",
         .in = "{'Filters':[{'Name':'description','Values':['first','second']},{'Name':'group-name'"
               ",'Values':"
               "['b','c']}]}",
         .out = "{'SecurityGroups':[{'GroupName':'b'}]}"},
        {.call = "DescribeSecurityGroups",
         .in = "{'Filters':[{'Name':'egress.ip-permission.cidr','Values':['0.0.0.0/0']}]}",
         .out = "{'SecurityGroups':[{'GroupName':'a'},{'GroupName':'b'},{'GroupName':'default'}]}"},
        {.call = "DescribeSecurityGroups",
         .in = "{'Filters':[{'Name':'colour','Values':['red']}]}",
         .code = "InvalidParameterValue",
         .text = "The filter 'colour' is invalid"}),
    OPS_TEST("Unknown ids and names are refused even when others are known",
             {.call = "DescribeSecurityGroups", .save = "d=SecurityGroups.0.GroupId"},
             {.call = "DescribeSecurityGroups",
              .in = "{'GroupIds':['$d','sg-0123456789abcdef0']}",
              .code = "InvalidGroup.NotFound",
              .text = "The security group 'sg-0123456789abcdef0' does not exist"},
             {.call = "DescribeSecurityGroups",
              .in = "{'GroupIds':['foo']}",
              .code = "InvalidGroupId.Malformed",
              .text = "Invalid id: \"foo\" (expecting \"sg-...\")"},
             {.call = "DescribeSecurityGroups",
              .in = "{'GroupNames':['nope']}",
              .code = "InvalidGroup.NotFound",
              .text = "~The security group 'nope' does not exist in default VPC 'vpc-*'"}),
    OPS_TEST(
        "A VPC that is not the default one: its groups go by id, and missing rules are a fault",
        {.call = "DescribeSecurityGroups", .save = "d=SecurityGroups.0.GroupId"},
        {.sql =
             "INSERT INTO ec2_vpc (account, region, id, cidr, is_default, dhcp_options_id) VALUES"
             " ('123456789012', 'us-east-1', 'vpc-0aaaaaaaaaaaaaaa1', '10.0.0.0/16', 0, 'dopt-1')",
         .number = -1},
        {.call = "CreateSecurityGroup",
         .in = "{'GroupName':'own','Description':'d','VpcId':'vpc-0aaaaaaaaaaaaaaa1'}",
         .save = "own=GroupId"},
        {.call = "RevokeSecurityGroupIngress",
         .in = "{'GroupId':'$own','IpPermissions':[{'IpProtocol':'-1','IpRanges':[{'CidrIp':'0.0.0."
               "0/0'}]}]}",
         .code = "InvalidPermission.NotFound",
         .text = "The specified rule does not exist in this security group."},
        {.call = "AuthorizeSecurityGroupIngress",
         .in = "{'GroupId':'$own','IpPermissions':[{'IpProtocol':'-1','UserIdGroupPairs':[{'"
               "GroupId':'$d'}]}]}",
         .code = "InvalidGroup.NotFound",
         .text = "You have specified two resources that belong to different networks."},
        {.call = "DescribeSecurityGroups",
         .in = "{'GroupNames':['own']}",
         .code = "InvalidGroup.NotFound"},
        {.call = "DeleteSecurityGroup",
         .in = "{'GroupName':'own'}",
         .code = "InvalidGroup.NotFound"},
        {.call = "DescribeSecurityGroups",
         .in = "{'Filters':[{'Name':'vpc-id','Values':['vpc-0aaaaaaaaaaaaaaa1']}]}",
         .out = "{'SecurityGroups':[{'GroupName':'own'}]}"}),
    OPS_TEST(
        "A direction of a group holds 60 rules",
        {.call = "CreateSecurityGroup",
         .in = "{'GroupName':'a','Description':'d'}",
         .save = "a=GroupId"},
        {.sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 59)"
                " INSERT INTO ec2_security_group_rule (account, region, id, group_id, is_egress, "
                "protocol,"
                " from_port, to_port, cidr_ipv4) SELECT account, region, 'sgr-' || i, id, 0, "
                "'tcp', i, i,"
                " '10.0.0.0/8' FROM n, ec2_security_group WHERE name = 'a'",
         .number = -1},
        {.call = "AuthorizeSecurityGroupIngress",
         .in =
             "{'GroupId':'$a','IpProtocol':'tcp','FromPort':80,'ToPort':80,'CidrIp':'0.0.0.0/0'}"},
        {.call = "AuthorizeSecurityGroupIngress",
         .in = "{'GroupId':'$a','IpProtocol':'tcp','FromPort':81,'ToPort':81,'CidrIp':'0.0.0.0/0'}",
         .code = "RulesPerSecurityGroupLimitExceeded"},
        {.call = "AuthorizeSecurityGroupIngress",
         .in = "{'GroupId':'$a','IpPermissions':[{'IpProtocol':'tcp','FromPort':81,'ToPort':81,'"
               "Ipv6Ranges':"
               "[{'CidrIpv6':'::/0'}]}]}",
         .out = "{'SecurityGroupRules':[{'CidrIpv6':'::/0'}]}"}),
    OPS_TEST("Another account and another region see nothing of it",
             {.call = "CreateSecurityGroup",
              .in = "{'GroupName':'a','Description':'d'}",
              .save = "a=GroupId"},
             {.call = "DescribeSecurityGroups",
              .out = "{'SecurityGroups':[{'GroupName':'default','OwnerId':'210987654321'}]}",
              .account = OPS_OTHER},
             {.call = "DescribeSecurityGroups",
              .in = "{'GroupIds':['$a']}",
              .code = "InvalidGroup.NotFound",
              .region = "ap-northeast-2"},
             {.call = "DeleteSecurityGroup",
              .in = "{'GroupId':'$a'}",
              .code = "InvalidGroup.NotFound",
              .account = OPS_OTHER}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
