/* EC2 is judged resource by resource, with the condition keys of each; what is made and tagged
 * needs ec2:CreateTags, and a role for an instance iam:PassRole. */
#include "authorize.h"
#include "images.h"

#define AMI OPS_AMI
#define RUN_WITH(more)                                                                             \
    "{'ImageId':'" AMI "','InstanceType':'t2.micro','MinCount':1,'MaxCount':1" more "}"
#define RUN        RUN_WITH("")
#define REGION_ARN "arn:aws:ec2:us-east-1"
#define OWN(thing) REGION_ARN ":" OPS_ACCOUNT ":" thing
#define IMAGE_ARN  REGION_ARN "::image/" AMI
#define ALL        STATEMENT("Allow", "ec2:*", "*", "")
#define TAGGED(type, key, value)                                                                   \
    ",'TagSpecifications':[{'ResourceType':'" type "','Tags':[{'Key':'" key "','Value':'" value    \
    "'}]}]"
/* Everything but launches of this kind: a deny that a condition on one resource leads to. */
#define UNLESS(resource, operator, key, value)                                                     \
    POLICY(DOCUMENT(                                                                               \
        ALL "," STATEMENT("Deny", "ec2:RunInstances", resource, CONDITION(operator, key, value))))
#define LAUNCH                                                                                     \
    {                                                                                              \
        .call = "RunInstances", .in = RUN,                                                         \
        .save = "i=Instances.0.InstanceId vpc=Instances.0.VpcId subnet=Instances.0.SubnetId "      \
                "group=Instances.0.SecurityGroups.0.GroupId"                                       \
    }

/* A role in a profile. */
#define PROFILE                                                                                    \
    {.call = "iam:CreateRole", .in = "{'RoleName':'app','AssumeRolePolicyDocument':" TRUST "}"},   \
        {.call = "iam:CreateInstanceProfile", .in = "{'InstanceProfileName':'web'}"},              \
    {                                                                                              \
        .call = "iam:AddRoleToInstanceProfile",                                                    \
        .in = "{'InstanceProfileName':'web','RoleName':'app'}"                                     \
    }
#define WITH_PROFILE RUN_WITH(",'IamInstanceProfile':{'Name':'web'}")
#define PASS(more)   STATEMENT("Allow", "iam:PassRole", "arn:aws:iam::" OPS_ACCOUNT ":role/app", more)

#define STOP_WHEN(operator, key, value)                                                            \
    POLICY(DOCUMENT(STATEMENT("Allow", "ec2:StopInstances", "*", CONDITION(operator, key, value))))
#define STOPS                                                                                      \
    {.sql = "UPDATE ec2_instance SET state = 'running', state_code = 16", .number = -1},           \
        MAY("StopInstances", "{'InstanceIds':['$i']}")
#define STOPS_NOT REFUSED("StopInstances", "{'InstanceIds':['$i']}", NULL)
#define OPEN(by)                                                                                   \
    "{" by ",'IpPermissions':[{'IpProtocol':'tcp','FromPort':80,'ToPort':80,"                      \
    "'IpRanges':[{'CidrIp':'0.0.0.0/0'}]}]}"

static const struct ops_test tests[] = {
    /* --- texts --- */
    OPS_TEST("who has no policy is refused a launch, with the instances as resource", USER,
             REFUSED("RunInstances", RUN,
                     "~You are not authorized to perform this operation. User: " BOB_ARN
                     " is not authorized to perform: ec2:RunInstances on resource: " OWN(
                         "instance/\\*") " because no identity-based policy allows the "
                                         "ec2:RunInstances action. Encoded authorization failure "
                                         "message: ????????*")),
    OPS_TEST("a refused Describe names no resource and encodes nothing", USER,
             REFUSED("DescribeInstances", "{}",
                     "You are not authorized to perform this operation. User: " BOB_ARN
                     " is not authorized to perform: ec2:DescribeInstances because no "
                     "identity-based policy allows the ec2:DescribeInstances action")),
    OPS_TEST("an explicit deny is called one", USER,
             POLICY(DOCUMENT(ALL "," STATEMENT("Deny", "ec2:Describe*", "*", ""))),
             REFUSED("DescribeVpcs", "{}",
                     "~*ec2:DescribeVpcs with an explicit deny in an identity-based policy")),
    OPS_TEST("removing a permission acts on the next request", USER, POLICY(ALLOW("ec2:*", "*")),
             MAY("DescribeInstances", "{}"), POLICY(ALLOW("ec2:RunInstances", "*")),
             REFUSED("DescribeInstances", "{}", NULL)),
    OPS_TEST(
        "a permissions boundary is an upper limit, and is named", USER,
        {.call = "iam:PutUserPermissionsBoundary",
         .in = "{'UserName':'bob','PermissionsBoundary':'" AWS_POLICY "/AmazonEC2ReadOnlyAccess'}"},
        POLICY(ALLOW("ec2:*", "*")), MAY("DescribeInstances", "{}"),
        REFUSED("RunInstances", RUN,
                "~*because no permissions boundary allows the ec2:RunInstances action*")),
    OPS_TEST("what is not implemented is refused first to who may not call it", USER,
             REFUSED("DescribeVpnGateways", "{}", "~*ec2:DescribeVpnGateways*")),

    /* --- a launch, resource by resource --- */
    OPS_TEST(
        "a launch needs every resource that it uses or makes", USER,
        POLICY(ALLOW("ec2:RunInstances", OWN("instance/*"))),
        REFUSED("RunInstances", RUN, "~*on resource: " IMAGE_ARN " because*"),
        POLICY(DOCUMENT(STATEMENT("Allow", "ec2:RunInstances", OWN("instance/*"),
                                  "") "," STATEMENT("Allow", "ec2:RunInstances", IMAGE_ARN, ""))),
        REFUSED("RunInstances", RUN, "~*on resource: " OWN("network-interface/\\*") " because*"),
        POLICY(DOCUMENT(STATEMENT("Allow", "ec2:RunInstances", OWN("instance/*"), "") "," STATEMENT(
            "Allow", "ec2:RunInstances", IMAGE_ARN,
            "") "," STATEMENT("Allow", "ec2:RunInstances", OWN("network-interface/*"), ""))),
        REFUSED("RunInstances", RUN, "~*on resource: " OWN("subnet/subnet-*") " because*"),
        POLICY(DOCUMENT(STATEMENT("Allow", "ec2:RunInstances", OWN("*"), "") "," STATEMENT(
            "Deny", "ec2:RunInstances", OWN("security-group/*"),
            "") "," STATEMENT("Allow", "ec2:RunInstances", IMAGE_ARN, ""))),
        REFUSED("RunInstances", RUN,
                "~*on resource: " OWN("security-group/sg-*") " with an explicit deny*"),
        POLICY(DOCUMENT(ALL "," STATEMENT("Deny", "ec2:RunInstances", OWN("volume/*"), ""))),
        REFUSED("RunInstances", RUN, "~*on resource: " OWN("volume/\\*") " with*"),
        POLICY(ALLOW("ec2:RunInstances", "*")), MAY("RunInstances", RUN)),
    OPS_TEST(
        "the key pair of a launch is one of its resources, by its name", USER,
        {.call = "CreateKeyPair", .in = "{'KeyName':'lab'}"},
        POLICY(DOCUMENT(ALL "," STATEMENT("Deny", "ec2:RunInstances", OWN("key-pair/lab"), ""))),
        REFUSED("RunInstances", RUN_WITH(",'KeyName':'lab'"), "~*key-pair/lab with*"),
        MAY("RunInstances", RUN)),
    OPS_TEST(
        "another image, subnet or group than the policy names is refused", USER, LAUNCH,
        POLICY(ALLOW("ec2:RunInstances", "*")),
        MAY("RunInstances", RUN_WITH(",'SubnetId':'$subnet','SecurityGroupIds':['$group']")),
        POLICY(DOCUMENT(ALL "," STATEMENT("Deny", "ec2:RunInstances", OWN("subnet/$subnet"), ""))),
        REFUSED("RunInstances", RUN, "~*subnet/$subnet with an explicit deny*")),
    OPS_TEST("a launch from an image that is not there is judged as far as it is clear", USER,
             POLICY(ALLOW("ec2:Describe*", "*")),
             {.call = "RunInstances",
              .in = "{'ImageId':'ami-0eeeeeeeeeeeeeeee','MinCount':1,'MaxCount':1}",
              AS_BOB,
              .code = "UnauthorizedOperation"},
             POLICY(ALLOW("ec2:*", "*")),
             {.call = "RunInstances",
              .in = "{'ImageId':'ami-0eeeeeeeeeeeeeeee','MinCount':1,'MaxCount':1}",
              AS_BOB,
              .code = "InvalidAMIID.NotFound"}),

    /* --- condition keys of a launch --- */
    OPS_TEST("ec2:InstanceType holds for instances alone", USER,
             UNLESS(OWN("instance/*"), "StringNotLike", "ec2:InstanceType", "t2.*"),
             MAY("RunInstances", RUN),
             REFUSED("RunInstances",
                     "{'ImageId':'" AMI "','InstanceType':'t3.large','MinCount':1,'MaxCount':1}",
                     "~*instance/\\* with an explicit deny*"),
             POLICY(DOCUMENT(STATEMENT("Allow", "ec2:RunInstances", "*",
                                       CONDITION("StringEquals", "ec2:InstanceType", "t2.micro")))),
             REFUSED("RunInstances", RUN, "~*on resource: " IMAGE_ARN " because*")),
    OPS_TEST(
        "ec2:Region is the region of the request", USER,
        POLICY(DOCUMENT(STATEMENT("Allow", "ec2:Describe*", "*",
                                  CONDITION("StringEquals", "ec2:Region", "us-east-1")))),
        MAY("DescribeVpcs", "{}"),
        {.call = "DescribeVpcs", AS_BOB, .region = "eu-west-1", .code = "UnauthorizedOperation"}),
    OPS_TEST(
        "instances to be made have zone, tenancy, root device and metadata options", USER,
        UNLESS(OWN("instance/*"), "StringNotEquals", "ec2:AvailabilityZone", "us-east-1a"),
        MAY("RunInstances", RUN),
        REFUSED("RunInstances", RUN_WITH(",'Placement':{'AvailabilityZone':'us-east-1b'}"), NULL),
        UNLESS(OWN("instance/*"), "StringNotEquals", "ec2:AvailabilityZoneId", "use1-az1"),
        REFUSED("RunInstances", RUN_WITH(",'Placement':{'AvailabilityZone':'us-east-1b'}"), NULL),
        UNLESS(OWN("instance/*"), "StringNotEquals", "ec2:Tenancy", "default"),
        MAY("RunInstances", RUN),
        REFUSED("RunInstances", RUN_WITH(",'Placement':{'Tenancy':'dedicated'}"), NULL),
        UNLESS(OWN("instance/*"), "StringNotEquals", "ec2:RootDeviceType", "ebs"),
        MAY("RunInstances", RUN),
        UNLESS(OWN("instance/*"), "StringNotEquals", "ec2:MetadataHttpTokens", "required"),
        REFUSED("RunInstances", RUN, NULL),
        MAY("RunInstances", RUN_WITH(",'MetadataOptions':{'HttpTokens':'required'}")),
        UNLESS(OWN("instance/*"), "NumericGreaterThan", "ec2:MetadataHttpPutResponseHopLimit", "3"),
        REFUSED("RunInstances", RUN_WITH(",'MetadataOptions':{'HttpPutResponseHopLimit':4}"), NULL),
        UNLESS(OWN("instance/*"), "Bool", "ec2:EbsOptimized", "false"),
        REFUSED("RunInstances", RUN, NULL)),
    OPS_TEST(
        "volumes to be made have size, type and encryption", USER,
        UNLESS(OWN("volume/*"), "NumericGreaterThan", "ec2:VolumeSize", "20"),
        MAY("RunInstances", RUN),
        REFUSED("RunInstances",
                RUN_WITH(",'BlockDeviceMappings':[{'DeviceName':'/dev/sdb','Ebs':"
                         "{'VolumeSize':21}}]"),
                "~*volume/\\* with an explicit deny*"),
        UNLESS(OWN("volume/*"), "StringNotEquals", "ec2:VolumeType", "gp2"),
        MAY("RunInstances", RUN),
        REFUSED("RunInstances",
                RUN_WITH(",'BlockDeviceMappings':[{'DeviceName':'/dev/xvda','Ebs':"
                         "{'VolumeType':'gp3'}}]"),
                NULL),
        UNLESS(OWN("volume/*"), "Bool", "ec2:Encrypted", "false"),
        REFUSED("RunInstances", RUN, NULL),
        UNLESS(OWN("volume/*"), "ArnLike", "ec2:ParentSnapshot", REGION_ARN "::snapshot/snap-*"),
        REFUSED("RunInstances", RUN, NULL)),
    OPS_TEST(
        "interfaces to be made have subnet, VPC and public address", USER, LAUNCH,
        UNLESS(OWN("network-interface/*"), "ArnEquals", "ec2:Vpc", OWN("vpc/$vpc")),
        REFUSED("RunInstances", RUN, NULL),
        UNLESS(OWN("network-interface/*"), "ArnNotEquals", "ec2:Subnet", OWN("subnet/$subnet")),
        MAY("RunInstances", RUN_WITH(",'SubnetId':'$subnet'")),
        UNLESS(OWN("network-interface/*"), "Bool", "ec2:AssociatePublicIpAddress", "true"),
        REFUSED("RunInstances", RUN, NULL),
        MAY("RunInstances", RUN_WITH(",'NetworkInterfaces':[{'DeviceIndex':0,'SubnetId':'$subnet',"
                                     "'AssociatePublicIpAddress':false}]"))),
    OPS_TEST("images have an owner and are public", USER,
             UNLESS(IMAGE_ARN, "StringNotEquals", "ec2:ImageID", AMI), MAY("RunInstances", RUN),
             UNLESS(IMAGE_ARN, "Bool", "ec2:Public", "true"), REFUSED("RunInstances", RUN, NULL),
             UNLESS(IMAGE_ARN, "StringNotEquals", "ec2:ImageType", "machine"),
             MAY("RunInstances", RUN), UNLESS(IMAGE_ARN, "Null", "ec2:Owner", "true"),
             MAY("RunInstances", RUN), UNLESS(IMAGE_ARN, "Null", "aws:ResourceAccount", "true"),
             MAY("RunInstances", RUN)),
    OPS_TEST("subnets, groups and key pairs are known by their keys", USER, LAUNCH,
             {.call = "CreateKeyPair", .in = "{'KeyName':'lab','KeyType':'ed25519'}"},
             UNLESS(OWN("subnet/*"), "StringEquals", "ec2:SubnetID", "$subnet"),
             REFUSED("RunInstances", RUN, NULL),
             UNLESS(OWN("subnet/*"), "ArnEquals", "ec2:Vpc", OWN("vpc/$vpc")),
             REFUSED("RunInstances", RUN, NULL),
             UNLESS(OWN("security-group/*"), "StringEquals", "ec2:SecurityGroupID", "$group"),
             REFUSED("RunInstances", RUN, NULL),
             UNLESS(OWN("security-group/*"), "ArnEquals", "ec2:Vpc", OWN("vpc/$vpc")),
             REFUSED("RunInstances", RUN, NULL),
             UNLESS(OWN("key-pair/*"), "StringEquals", "ec2:KeyPairType", "ed25519"),
             REFUSED("RunInstances", RUN_WITH(",'KeyName':'lab'"), NULL)),

    /* --- tags --- */
    OPS_TEST("tags on what is made need ec2:CreateTags, by the operation that makes it", USER,
             POLICY(ALLOW("ec2:RunInstances", "*")), MAY("RunInstances", RUN),
             REFUSED("RunInstances", RUN_WITH(TAGGED("instance", "Team", "red")),
                     "~*perform: ec2:CreateTags on resource: " OWN("instance/\\*") " because*"),
             POLICY(DOCUMENT(STATEMENT("Allow", "ec2:RunInstances", "*", "") "," STATEMENT(
                 "Allow", "ec2:CreateTags", "*",
                 CONDITION("StringEquals", "ec2:CreateAction", "RunInstances")))),
             {.call = "RunInstances",
              .in = RUN_WITH(TAGGED("instance", "Team", "red")),
              AS_BOB,
              .save = "i=Instances.0.InstanceId"},
             REFUSED("CreateTags", "{'Resources':['$i'],'Tags':[{'Key':'A','Value':'b'}]}",
                     "~*on resource: " OWN("instance/$i") " because*")),
    OPS_TEST("aws:RequestTag and aws:TagKeys are the tags of the resource's own kind", USER,
             UNLESS(OWN("instance/*"), "StringNotEquals", "aws:RequestTag/Team", "red"),
             REFUSED("RunInstances", RUN, NULL),
             REFUSED("RunInstances", RUN_WITH(TAGGED("volume", "Team", "red")), NULL),
             MAY("RunInstances", RUN_WITH(TAGGED("instance", "team", "red"))),
             UNLESS(OWN("instance/*"), "ForAnyValue:StringNotEquals", "aws:TagKeys", "Team"),
             MAY("RunInstances", RUN_WITH(TAGGED("instance", "Team", "blue"))),
             REFUSED("RunInstances", RUN_WITH(TAGGED("instance", "Other", "x")), NULL)),
    OPS_TEST(
        "a resource's tags decide, by aws:ResourceTag and ec2:ResourceTag", USER, LAUNCH,
        POLICY(DOCUMENT(STATEMENT("Allow", "ec2:StopInstances", "*",
                                  CONDITION("StringEquals", "aws:ResourceTag/Team", "red")))),
        REFUSED("StopInstances", "{'InstanceIds':['$i']}", NULL),
        {.call = "CreateTags", .in = "{'Resources':['$i'],'Tags':[{'Key':'Team','Value':'red'}]}"},
        {.sql = "UPDATE ec2_instance SET state = 'running', state_code = 16", .number = -1},
        MAY("StopInstances", "{'InstanceIds':['$i']}"),
        POLICY(DOCUMENT(STATEMENT("Allow", "ec2:TerminateInstances", "*",
                                  CONDITION("StringEquals", "ec2:ResourceTag/Team", "red")))),
        REFUSED("TerminateInstances", "{'InstanceIds':['$i','i-0123456789abcdef0']}",
                "~*instance/i-0123456789abcdef0 because*"),
        MAY("TerminateInstances", "{'InstanceIds':['$i']}")),
    OPS_TEST(
        "tags of a principal and of a resource may have to be the same", USER, LAUNCH,
        {.call = "iam:TagUser", .in = "{'UserName':'bob','Tags':[{'Key':'Team','Value':'red'}]}"},
        POLICY(DOCUMENT(STATEMENT(
            "Allow", "ec2:TerminateInstances", "*",
            CONDITION("StringEquals", "aws:ResourceTag/Team", "${aws:PrincipalTag/Team}")))),
        REFUSED("TerminateInstances", "{'InstanceIds':['$i']}", NULL),
        {.call = "CreateTags", .in = "{'Resources':['$i'],'Tags':[{'Key':'Team','Value':'red'}]}"},
        MAY("TerminateInstances", "{'InstanceIds':['$i']}")),
    OPS_TEST("CreateTags and DeleteTags are judged upon each resource, by the kind of its id", USER,
             LAUNCH, POLICY(ALLOW("ec2:CreateTags", OWN("instance/*"))),
             MAY("CreateTags", "{'Resources':['$i'],'Tags':[{'Key':'A','Value':'b'}]}"),
             REFUSED("CreateTags", "{'Resources':['$i','$vpc'],'Tags':[{'Key':'A','Value':'b'}]}",
                     "~*on resource: " OWN("vpc/$vpc") " because*"),
             REFUSED("DeleteTags", "{'Resources':['$i'],'Tags':[{'Key':'A'}]}",
                     "~*ec2:DeleteTags on resource: " OWN("instance/$i") " because*")),

    /* --- resources that exist --- */
    OPS_TEST("an existing instance has type, zone, profile and options", USER, PROFILE,
             {.call = "RunInstances", .in = WITH_PROFILE, .save = "i=Instances.0.InstanceId"},
             STOP_WHEN("StringEquals", "ec2:InstanceType", "t2.micro"), STOPS,
             STOP_WHEN("StringEquals", "ec2:InstanceType", "t2.nano"), STOPS_NOT,
             STOP_WHEN("StringEquals", "ec2:AvailabilityZone", "us-east-1a"), STOPS,
             STOP_WHEN("StringEquals", "ec2:AvailabilityZoneId", "use1-az1"), STOPS,
             STOP_WHEN("StringEquals", "ec2:Tenancy", "default"), STOPS,
             STOP_WHEN("StringEquals", "ec2:InstanceID", "$i"), STOPS,
             STOP_WHEN("StringEquals", "ec2:InstanceMarketType", "on-demand"), STOPS,
             STOP_WHEN("Bool", "ec2:EbsOptimized", "true"), STOPS_NOT,
             STOP_WHEN("StringEquals", "ec2:MetadataHttpEndpoint", "enabled"), STOPS,
             STOP_WHEN("ArnEquals", "ec2:InstanceProfile",
                       "arn:aws:iam::" OPS_ACCOUNT ":instance-profile/web"),
             STOPS, STOP_WHEN("Null", "ec2:ProductCode", "true"), STOPS,
             STOP_WHEN("Null", "ec2:PlacementGroup", "true"), STOPS),
    OPS_TEST("ec2:Attribute says what ModifyInstanceAttribute sets", USER, LAUNCH,
             POLICY(DOCUMENT(
                 STATEMENT("Allow", "ec2:ModifyInstanceAttribute", "*",
                           CONDITION("StringEquals", "ec2:Attribute", "DisableApiTermination")))),
             MAY("ModifyInstanceAttribute",
                 "{'InstanceId':'$i','DisableApiTermination':{'Value':false}}"),
             REFUSED("ModifyInstanceAttribute",
                     "{'InstanceId':'$i','DisableApiStop':{'Value':false}}", NULL),
             POLICY(DOCUMENT(
                 STATEMENT("Allow", "ec2:ModifyInstanceAttribute", "*",
                           CONDITION("StringEquals", "ec2:Attribute/InstanceType", "t2.nano")))),
             REFUSED("ModifyInstanceAttribute",
                     "{'InstanceId':'$i','InstanceType':{'Value':'t2.micro'}}", NULL),
             {.sql = "UPDATE ec2_instance SET state = 'stopped', state_code = 80", .number = -1},
             MAY("ModifyInstanceAttribute",
                 "{'InstanceId':'$i','InstanceType':{'Value':'t2.nano'}}"),
             MAY("ModifyInstanceAttribute",
                 "{'InstanceId':'$i','Attribute':'instanceType','Value':'t2.nano'}")),
    OPS_TEST("instances in a list of wishes are judged one by one", USER, LAUNCH,
             POLICY(ALLOW("ec2:ModifyInstanceCreditSpecification", OWN("instance/i-0*z"))),
             REFUSED("ModifyInstanceCreditSpecification",
                     "{'InstanceCreditSpecifications':[{'InstanceId':'$i','CpuCredits':"
                     "'unlimited'}]}",
                     "~*on resource: " OWN("instance/$i") " because*")),
    OPS_TEST("a volume is judged where an attribute of its device is set", USER, LAUNCH,
             POLICY(DOCUMENT(ALL "," STATEMENT("Deny", "*", OWN("volume/*"), ""))),
             REFUSED("ModifyInstanceAttribute",
                     "{'InstanceId':'$i','BlockDeviceMappings':[{'DeviceName':'/dev/xvda',"
                     "'Ebs':{'DeleteOnTermination':false}}]}",
                     "~*on resource: " OWN("volume/vol-*") " with an explicit deny*")),
    OPS_TEST("security groups are judged by id and by name, and in their VPC", USER, LAUNCH,
             {.call = "CreateSecurityGroup",
              .in = "{'GroupName':'web','Description':'web'}",
              .save = "web=GroupId"},
             POLICY(ALLOW("ec2:AuthorizeSecurityGroupIngress", OWN("security-group/$group"))),
             REFUSED("AuthorizeSecurityGroupIngress", OPEN("'GroupId':'$web'"),
                     "~*security-group/$web because*"),
             REFUSED("AuthorizeSecurityGroupIngress", OPEN("'GroupName':'web'"),
                     "~*security-group/$web because*"),
             MAY("AuthorizeSecurityGroupIngress", OPEN("'GroupId':'$group'")),
             POLICY(DOCUMENT(STATEMENT("Allow", "ec2:DeleteSecurityGroup", "*",
                                       CONDITION("ArnEquals", "ec2:Vpc", OWN("vpc/$vpc"))))),
             MAY("DeleteSecurityGroup", "{'GroupId':'$web'}")),
    OPS_TEST("a new security group is made in a VPC, and both are judged", USER, LAUNCH,
             POLICY(ALLOW("ec2:CreateSecurityGroup", OWN("security-group/*"))),
             MAY("CreateSecurityGroup", "{'GroupName':'a','Description':'a'}"),
             REFUSED("CreateSecurityGroup", "{'GroupName':'b','Description':'b','VpcId':'$vpc'}",
                     "~*on resource: " OWN("vpc/$vpc") " because*")),
    OPS_TEST("a key pair is judged by its name, also where its id is given", USER,
             {.call = "CreateKeyPair", .in = "{'KeyName':'lab'}", .save = "key=KeyPairId"},
             POLICY(ALLOW("ec2:DeleteKeyPair", OWN("key-pair/other"))),
             REFUSED("DeleteKeyPair", "{'KeyName':'lab'}", "~*key-pair/lab because*"),
             REFUSED("DeleteKeyPair", "{'KeyPairId':'$key'}", "~*key-pair/lab because*"),
             POLICY(ALLOW("ec2:DeleteKeyPair", OWN("key-pair/lab"))),
             MAY("DeleteKeyPair", "{'KeyPairId':'$key'}")),
    OPS_TEST("ec2:KeyPairType of a new key pair is rsa unless asked otherwise", USER,
             POLICY(DOCUMENT(STATEMENT("Allow", "ec2:CreateKeyPair", "*",
                                       CONDITION("StringEquals", "ec2:KeyPairType", "rsa")))),
             MAY("CreateKeyPair", "{'KeyName':'one'}"),
             REFUSED("CreateKeyPair", "{'KeyName':'two','KeyType':'ed25519'}", NULL)),

    /* --- roles for instances --- */
    OPS_TEST("a launch with an instance profile passes its role", USER, PROFILE,
             POLICY(ALLOW("ec2:*", "*")),
             REFUSED("RunInstances", WITH_PROFILE,
                     "~*is not authorized to perform: iam:PassRole on resource: "
                     "arn:aws:iam::" OPS_ACCOUNT ":role/app because*"),
             MAY("RunInstances", RUN), POLICY(DOCUMENT(ALL "," PASS(""))),
             MAY("RunInstances", WITH_PROFILE)),
    OPS_TEST("iam:PassedToService and iam:AssociatedResourceArn say to whom", USER, PROFILE,
             POLICY(DOCUMENT(ALL "," PASS(
                 CONDITION("StringEquals", "iam:PassedToService", "lambda.amazonaws.com")))),
             REFUSED("RunInstances", WITH_PROFILE, "~*iam:PassRole*"),
             POLICY(DOCUMENT(ALL "," PASS(
                 CONDITION("StringEquals", "iam:PassedToService", "ec2.amazonaws.com")))),
             MAY("RunInstances", WITH_PROFILE),
             POLICY(DOCUMENT(ALL "," PASS(
                 CONDITION("ArnLike", "iam:AssociatedResourceArn", OWN("instance/*"))))),
             {.call = "RunInstances", .in = RUN, .save = "i=Instances.0.InstanceId"},
             {.sql = "UPDATE ec2_instance SET state = 'running', state_code = 16", .number = -1},
             MAY("AssociateIamInstanceProfile",
                 "{'InstanceId':'$i','IamInstanceProfile':{'Name':'web'}}")),
    OPS_TEST("an association is judged upon its instance, and passes the role", USER, PROFILE,
             {.call = "RunInstances", .in = RUN, .save = "i=Instances.0.InstanceId"},
             POLICY(ALLOW("ec2:*", "*")),
             REFUSED("AssociateIamInstanceProfile",
                     "{'InstanceId':'$i','IamInstanceProfile':{'Name':'web'}}",
                     "~*iam:PassRole on resource*"),
             {.sql = "UPDATE ec2_instance SET state = 'running', state_code = 16", .number = -1},
             {.call = "AssociateIamInstanceProfile",
              .in = "{'InstanceId':'$i','IamInstanceProfile':{'Name':'web'}}",
              .save = "a=IamInstanceProfileAssociation.AssociationId"},
             POLICY(ALLOW("ec2:Disassociate*", OWN("instance/i-0*z"))),
             REFUSED("DisassociateIamInstanceProfile", "{'AssociationId':'$a'}",
                     "~*on resource: " OWN("instance/$i") " because*")),
};

int main(void)
{
    ops_images_make();
    int status = ops_run(tests, sizeof(tests) / sizeof(tests[0]));
    return ops_images_remove() | status;
}
