/* Launching instances and what is recorded of them; their states, attributes, interfaces and
 * volumes. There are no machines here: states are set where a machine would. */
#include "harness.h"
#include "images.h"

#define AMI OPS_AMI
#define ARM OPS_AMI_ARM
#define RUN "{'ImageId':'" AMI "','InstanceType':'t2.micro','MinCount':1,'MaxCount':1}"
#define RUN_WITH(more)                                                                             \
    "{'ImageId':'" AMI "','InstanceType':'t2.micro','MinCount':1,'MaxCount':1," more "}"

static const struct ops_test tests[] = {
    OPS_TEST(
        "A type that a zone does not offer is refused there, and elsewhere a fitting zone is taken",
        {.call = "RunInstances",
         .in = RUN_WITH("'Placement':{'AvailabilityZone':'ap-northeast-2b'}"),
         .code = "Unsupported",
         .text = "~*(t2.micro) is not supported in your requested Availability Zone "
                 "(ap-northeast-2b)*choosing ap-northeast-2a, ap-northeast-2c.",
         .region = "ap-northeast-2"},
        {.call = "RunInstances",
         .in = RUN,
         .out = "{'Instances':[{'Placement':{'AvailabilityZone':'ap-northeast-2a'}}]}",
         .region = "ap-northeast-2"},
        {.call = "RunInstances", .in = RUN, .code = "Unsupported", .region = "il-central-1"}),
    OPS_TEST(
        "An instance keeps the public key it was launched with, whatever becomes of the key pair",
        {.call = "CreateKeyPair", .in = "{'KeyName':'lab'}"},
        {.call = "RunInstances",
         .in = RUN_WITH("'KeyName':'lab'"),
         .out = "{'Instances':[{'KeyName':'lab'}]}"},
        {.call = "DeleteKeyPair", .in = "{'KeyName':'lab'}"},
        {.sql = "SELECT count(*) FROM ec2_instance WHERE public_key LIKE 'ssh-rsa AAAA% lab'",
         .number = 1}),
    OPS_TEST(
        "A launch answers pending, in the default subnet and group, with a public address",
        {.call = "RunInstances",
         .in = RUN,
         .out = "{'ReservationId':'~r-0*','OwnerId':'123456789012','Groups':[],'Instances':[{"
                "'InstanceId':'~i-0*','ImageId':'" AMI
                "','InstanceType':'t2.micro','State':{'Code':0,'Name':'pending'},"
                "'PrivateIpAddress':'~172.31.*','PrivateDnsName':'~ip-172-31-*.ec2.internal',"
                "'PublicIpAddress':'~127.43.*','PublicDnsName':'~ec2-127-43-*.compute-1.amazonaws."
                "com',"
                "'Placement':{'AvailabilityZone':'us-east-1a','Tenancy':'default','GroupName':''},"
                "'Architecture':'x86_64','RootDeviceName':'/dev/"
                "xvda','RootDeviceType':'ebs','AmiLaunchIndex':0,"
                "'SecurityGroups':[{'GroupName':'default'}],'Monitoring':{'State':'disabled'},'"
                "StateTransitionReason':'',"
                "'MetadataOptions':{'HttpTokens':'optional','HttpPutResponseHopLimit':1,'"
                "HttpEndpoint':'enabled'},"
                "'BlockDeviceMappings':[{'DeviceName':'/dev/"
                "xvda','Ebs':{'Status':'attaching','DeleteOnTermination':true}}],"
                "'NetworkInterfaces':[{'Status':'in-use','Attachment':{'DeviceIndex':0,'"
                "DeleteOnTermination':true}}],"
                "'KeyName':null,'Tags':null}]}",
         .save = "i=Instances.0.InstanceId"},
        {.sql = "SELECT count(*) FROM work WHERE kind = 'ec2/instance'", .number = 1},
        {.call = "DescribeInstances",
         .in = "{'InstanceIds':['$i']}",
         .out =
             "{'Reservations':[{'Instances':[{'InstanceId':'$i','State':{'Name':'pending'}}]}]}"},
        {.call = "DescribeVolumes",
         .out =
             "{'Volumes':[{'Size':8,'VolumeType':'gp2','Iops':100,'State':'creating','Encrypted':"
             "false,"
             "'SnapshotId':'~snap-*','Attachments':[{'InstanceId':'$i','Device':'/dev/xvda'}]}]}"},
        {.call = "DescribeNetworkInterfaces",
         .in = "{'Filters':[{'Name':'attachment.instance-id','Values':['$i']}]}",
         .out = "{'NetworkInterfaces':[{'Attachment':{'InstanceId':'$i','Status':'attached'},'"
                "MacAddress':'~02:*',"
                "'Association':{'IpOwnerId':'amazon'},'SourceDestCheck':true}]}"}),
    OPS_TEST("--count 5 is one reservation with launch indexes in order",
             {.call = "RunInstances",
              .in = "{'ImageId':'" AMI "','MinCount':5,'MaxCount':5,'InstanceType':'t2.nano'}",
              .out = "{'Instances':[{'AmiLaunchIndex':0},{'AmiLaunchIndex':1},{'AmiLaunchIndex':2},"
                     "{'AmiLaunchIndex':3},{'AmiLaunchIndex':4}]}",
              .save = "r=ReservationId"},
             {.call = "DescribeInstances",
              .in = "{'Filters':[{'Name':'reservation-id','Values':['$r']}]}",
              .out = "{'Reservations':[{'ReservationId':'$r','Instances':[{},{},{},{},{}]}]}"},
             {.sql = "SELECT count(DISTINCT address) FROM ec2_network_interface", .number = 5}),
    OPS_TEST(
        "Images, types and keys that do not exist or do not fit are refused, and nothing is "
        "written",
        {.call = "RunInstances",
         .in = "{'ImageId':'ami-0123456789abcdef0','MinCount':1,'MaxCount':1}",
         .code = "InvalidAMIID.NotFound",
         .text = "The image id '[ami-0123456789abcdef0]' does not exist"},
        {.call = "RunInstances",
         .in = "{'ImageId':'foo','MinCount':1,'MaxCount':1}",
         .code = "InvalidAMIID.Malformed"},
        {.call = "RunInstances",
         .in = "{'ImageId':'" AMI "','MinCount':1,'MaxCount':1,'InstanceType':'t9.micro'}",
         .code = "InvalidParameterValue",
         .text = "Invalid value 't9.micro' for InstanceType."},
        {.call = "RunInstances",
         .in = "{'ImageId':'" AMI "','MinCount':1,'MaxCount':1,'InstanceType':'t4g.micro'}",
         .code = "InvalidParameterValue",
         .text = "~The architecture 'arm64' of the specified instance type does not match*"},
        {.call = "RunInstances",
         .in = RUN_WITH("'KeyName':'none'"),
         .code = "InvalidKeyPair.NotFound",
         .text = "The key pair 'none' does not exist"},
        {.call = "RunInstances",
         .in = "{'ImageId':'" AMI "','MinCount':2,'MaxCount':1,'InstanceType':'t2.micro'}",
         .code = "InvalidParameterValue"},
        {.call = "RunInstances", .in = "{'MinCount':1,'MaxCount':1}", .code = "MissingParameter"},
        {.call = "RunInstances",
         .in = RUN_WITH("'UserData':'%%%'"),
         .code = "InvalidUserData.Malformed",
         .text = "Invalid BASE64 encoding of user data."},
        {.call = "RunInstances",
         .in = RUN_WITH("'IamInstanceProfile':{'Name':'none'}"),
         .code = "InvalidParameterValue",
         .text = "~*Invalid IAM Instance Profile name"},
        {.call = "RunInstances",
         .in = "{'LaunchTemplate':{'LaunchTemplateName':'none'},'MinCount':1,'MaxCount':1}",
         .code = "InvalidLaunchTemplateName.NotFoundException"},
        {.sql = "SELECT count(*) FROM ec2_instance", .number = 0},
        {.sql = "SELECT count(*) FROM ec2_volume", .number = 0},
        {.sql = "SELECT count(*) FROM ec2_network_interface", .number = 0}),
    OPS_TEST(
        "Subnet, private address and groups are taken as asked, and judged",
        {.call = "DescribeSubnets", .save = "subnet=Subnets.0.SubnetId second=Subnets.1.SubnetId"},
        {.call = "CreateSecurityGroup",
         .in = "{'GroupName':'web','Description':'web'}",
         .save = "group=GroupId"},
        {.call = "RunInstances",
         .in = RUN_WITH(
             "'SubnetId':'$subnet','PrivateIpAddress':'172.31.0.10','SecurityGroupIds':['$group']"),
         .out = "{'Instances':[{'PrivateIpAddress':'172.31.0.10','SubnetId':'$subnet','"
                "SecurityGroups':[{'GroupId':'$group','GroupName':'web'}]}]}"},
        {.call = "RunInstances",
         .in = RUN_WITH("'SubnetId':'$subnet','PrivateIpAddress':'172.31.0.10'"),
         .code = "InvalidIPAddress.InUse"},
        {.call = "RunInstances",
         .in = RUN_WITH("'SubnetId':'$subnet','PrivateIpAddress':'172.31.0.3'"),
         .code = "InvalidParameterValue",
         .text = "~*reserved address range"},
        {.call = "RunInstances",
         .in = RUN_WITH("'SubnetId':'$subnet','PrivateIpAddress':'10.0.0.9'"),
         .code = "InvalidParameterValue"},
        {.call = "RunInstances",
         .in = RUN_WITH("'SubnetId':'subnet-0123456789abcdef0'"),
         .code = "InvalidSubnetID.NotFound"},
        {.call = "RunInstances",
         .in = RUN_WITH("'SubnetId':'$subnet','SecurityGroups':['web']"),
         .code = "InvalidParameterCombination"},
        {.call = "RunInstances",
         .in = RUN_WITH("'SecurityGroups':['web']"),
         .out = "{'Instances':[{'SecurityGroups':[{'GroupId':'$group'}]}]}"},
        {.call = "RunInstances",
         .in = RUN_WITH("'Placement':{'AvailabilityZone':'us-east-1c'}"),
         .out = "{'Instances':[{'Placement':{'AvailabilityZone':'us-east-1c'}}]}"},
        {.call = "RunInstances",
         .in = RUN_WITH("'NetworkInterfaces':[{'DeviceIndex':0,'SubnetId':'$second','"
                        "AssociatePublicIpAddress':false,'Groups':['$group']}]"),
         .out = "{'Instances':[{'SubnetId':'$second','PublicIpAddress':null,'PublicDnsName':''}]}"},
        {.call = "RunInstances",
         .in = RUN_WITH("'SubnetId':'$subnet','NetworkInterfaces':[{'DeviceIndex':0}]"),
         .code = "InvalidParameterCombination"},
        {.call = "DeleteSecurityGroup",
         .in = "{'GroupId':'$group'}",
         .code = "DependencyViolation"}),
    OPS_TEST("The root disk may grow, never shrink; further disks are empty and named /dev/sd[b-p]",
             {.call = "RunInstances",
              .in = RUN_WITH(
                  "'BlockDeviceMappings':[{'DeviceName':'/dev/"
                  "xvda','Ebs':{'VolumeSize':20,'VolumeType':'gp3'}},"
                  "{'DeviceName':'/dev/sdf','Ebs':{'VolumeSize':3,'DeleteOnTermination':false}}]"),
              .out = "{'Instances':[{'BlockDeviceMappings':[{'DeviceName':'/dev/"
                     "xvda'},{'DeviceName':'/dev/sdf','Ebs':{'DeleteOnTermination':false}}]}]}"},
             {.call = "DescribeVolumes",
              .out = "{'Volumes':[{'Size':20,'VolumeType':'gp3','Iops':3000,'Throughput':125},{'"
                     "Size':3,'SnapshotId':''}]}"},
             {.call = "RunInstances",
              .in = RUN_WITH(
                  "'BlockDeviceMappings':[{'DeviceName':'/dev/xvda','Ebs':{'VolumeSize':4}}]"),
              .code = "InvalidBlockDeviceMapping",
              .text = "~Volume of size 4GB is smaller than snapshot*"},
             {.call = "RunInstances",
              .in = RUN_WITH(
                  "'BlockDeviceMappings':[{'DeviceName':'/dev/weird','Ebs':{'VolumeSize':4}}]"),
              .code = "InvalidBlockDeviceMapping"},
             {.call = "RunInstances",
              .in = RUN_WITH("'BlockDeviceMappings':[{'DeviceName':'/dev/"
                             "sdf','Ebs':{'VolumeSize':4,'VolumeType':'io1'}}]"),
              .code = "MissingParameter"},
             {.call = "RunInstances",
              .in = RUN_WITH("'BlockDeviceMappings':[{'DeviceName':'/dev/"
                             "sdf','Ebs':{'VolumeSize':99999,'VolumeType':'gp2'}}]"),
              .code = "InvalidParameterValue"}),
    OPS_TEST("Tags at launch reach instance, volume and interface, and filters find them",
             {.call = "RunInstances",
              .in = RUN_WITH("'TagSpecifications':[{'ResourceType':'instance','Tags':[{'Key':'Name'"
                             ",'Value':'web'}]},"
                             "{'ResourceType':'volume','Tags':[{'Key':'Name','Value':'disk'}]}]"),
              .out = "{'Instances':[{'Tags':[{'Key':'Name','Value':'web'}]}]}",
              .save = "i=Instances.0.InstanceId"},
             {.call = "DescribeInstances",
              .in = "{'Filters':[{'Name':'tag:Name','Values':['w?b','x']},{'Name':'instance-state-"
                    "name','Values':['pending']}]}",
              .out = "{'Reservations':[{'Instances':[{'InstanceId':'$i'}]}]}"},
             {.call = "DescribeInstances",
              .in = "{'Filters':[{'Name':'tag:Name','Values':['disk']}]}",
              .out = "{'Reservations':[]}"},
             {.call = "DescribeVolumes",
              .in = "{'Filters':[{'Name':'tag-key','Values':['Name']}]}",
              .out = "{'Volumes':[{'Tags':[{'Value':'disk'}]}]}"},
             {.call = "RunInstances",
              .in = RUN_WITH("'TagSpecifications':[{'ResourceType':'instance','Tags':[{'Key':'aws:"
                             "x','Value':'1'}]}]"),
              .code = "InvalidParameterValue"},
             {.call = "DescribeInstances",
              .in = "{'Filters':[{'Name':'nonsense','Values':['1']}]}",
              .code = "InvalidParameterValue",
              .text = "The filter 'nonsense' is invalid"}),
    OPS_TEST("t2 launches with standard credits, t3 with unlimited ones, and others take none",
             {.call = "RunInstances", .in = RUN},
             {.call = "RunInstances",
              .in = "{'ImageId':'" AMI "','MinCount':1,'MaxCount':1,'InstanceType':'t3.micro'}"},
             {.sql = "SELECT count(*) FROM ec2_instance WHERE type || cpu_credits IN "
                     "('t2.microstandard', 't3.microunlimited')",
              .number = 2},
             {.call = "RunInstances",
              .in = "{'ImageId':'" AMI "','MinCount':1,'MaxCount':1,'InstanceType':'m5.large','"
                    "CreditSpecification':{'CpuCredits':'standard'}}",
              .code = "InvalidParameterCombination"}),
    OPS_TEST(
        "Start, stop and terminate move the state as AWS does, and repeat without harm",
        {.call = "RunInstances", .in = RUN, .save = "i=Instances.0.InstanceId"},
        {.call = "StopInstances", .in = "{'InstanceIds':['$i']}", .code = "IncorrectInstanceState"},
        {.sql = "UPDATE ec2_instance SET state = 'running', state_code = 16", .number = -1},
        {.call = "StartInstances",
         .in = "{'InstanceIds':['$i']}",
         .out = "{'StartingInstances':[{'InstanceId':'$i','PreviousState':{'Name':'running'},'"
                "CurrentState':{'Name':'running'}}]}"},
        {.call = "StopInstances",
         .in = "{'InstanceIds':['$i','$i']}",
         .out = "{'StoppingInstances':[{'PreviousState':{'Name':'running','Code':16},'CurrentState'"
                ":{'Name':'stopping','Code':64}}]}"},
        {.call = "StopInstances",
         .in = "{'InstanceIds':['$i']}",
         .out = "{'StoppingInstances':[{'PreviousState':{'Name':'stopping'}}]}"},
        {.call = "StartInstances",
         .in = "{'InstanceIds':['$i']}",
         .code = "IncorrectInstanceState"},
        {.sql = "UPDATE ec2_instance SET state = 'stopped', state_code = 80", .number = -1},
        {.call = "DescribeInstances",
         .out = "{'Reservations':[{'Instances':[{'StateReason':{'Code':'Client."
                "UserInitiatedShutdown'},"
                "'StateTransitionReason':'User initiated (2026-01-01 00:00:00 GMT)'}]}]}"},
        {.call = "RebootInstances", .in = "{'InstanceIds':['$i']}", .code = "IncorrectState"},
        {.call = "StartInstances",
         .in = "{'InstanceIds':['$i']}",
         .out = "{'StartingInstances':[{'PreviousState':{'Name':'stopped'},'CurrentState':{'Name':'"
                "pending'}}]}"},
        {.call = "TerminateInstances",
         .in = "{'InstanceIds':['$i']}",
         .out = "{'TerminatingInstances':[{'PreviousState':{'Name':'pending'},'CurrentState':{'"
                "Name':'shutting-down','Code':32}}]}"},
        {.sql = "UPDATE ec2_instance SET state = 'terminated', state_code = 48", .number = -1},
        {.call = "TerminateInstances",
         .in = "{'InstanceIds':['$i']}",
         .out = "{'TerminatingInstances':[{'PreviousState':{'Name':'terminated'},'CurrentState':{'"
                "Name':'terminated'}}]}"},
        {.call = "StartInstances",
         .in = "{'InstanceIds':['$i']}",
         .code = "IncorrectInstanceState"}),
    OPS_TEST(
        "Several ids: one malformed or missing one fails the call, names it and changes nothing",
        {.call = "RunInstances", .in = RUN, .save = "i=Instances.0.InstanceId"},
        {.call = "TerminateInstances",
         .in = "{'InstanceIds':['$i','foobar']}",
         .code = "InvalidInstanceID.Malformed",
         .text = "Invalid id: \"foobar\""},
        {.call = "TerminateInstances",
         .in = "{'InstanceIds':['$i','i-0123456789abcdef0']}",
         .code = "InvalidInstanceID.NotFound",
         .text = "The instance ID 'i-0123456789abcdef0' does not exist"},
        {.call = "DescribeInstances",
         .in = "{'InstanceIds':['i-0123456789abcdef0','i-0123456789abcdef1']}",
         .code = "InvalidInstanceID.NotFound",
         .text = "The instance IDs 'i-0123456789abcdef0, i-0123456789abcdef1' do not exist"},
        {.sql = "SELECT count(*) FROM ec2_instance WHERE state = 'pending'", .number = 1}),
    OPS_TEST("Nothing of one account or region is seen from another",
             {.call = "RunInstances", .in = RUN, .save = "i=Instances.0.InstanceId"},
             {.call = "DescribeInstances", .out = "{'Reservations':[]}", .region = "eu-west-1"},
             {.call = "DescribeInstances", .out = "{'Reservations':[]}", .account = OPS_OTHER},
             {.call = "DescribeVolumes", .out = "{'Volumes':[]}", .account = OPS_OTHER},
             {.call = "DescribeNetworkInterfaces",
              .out = "{'NetworkInterfaces':[]}",
              .account = OPS_OTHER},
             {.call = "TerminateInstances",
              .in = "{'InstanceIds':['$i']}",
              .code = "InvalidInstanceID.NotFound",
              .account = OPS_OTHER},
             {.call = "TerminateInstances",
              .in = "{'InstanceIds':['$i']}",
              .code = "InvalidInstanceID.NotFound",
              .region = "eu-west-1"}),
    OPS_TEST(
        "Protected instances are not terminated or stopped until the attribute is cleared",
        {.call = "RunInstances",
         .in = RUN_WITH("'DisableApiTermination':true,'DisableApiStop':true"),
         .save = "i=Instances.0.InstanceId"},
        {.sql = "UPDATE ec2_instance SET state = 'running', state_code = 16", .number = -1},
        {.call = "TerminateInstances",
         .in = "{'InstanceIds':['$i']}",
         .code = "OperationNotPermitted",
         .text = "The instance '$i' may not be terminated. Modify its 'disableApiTermination' "
                 "instance attribute and try again."},
        {.call = "StopInstances", .in = "{'InstanceIds':['$i']}", .code = "OperationNotPermitted"},
        {.call = "ModifyInstanceAttribute",
         .in = "{'InstanceId':'$i','DisableApiTermination':{'Value':false}}"},
        {.call = "DescribeInstanceAttribute",
         .in = "{'InstanceId':'$i','Attribute':'disableApiTermination'}",
         .out = "{'InstanceId':'$i','DisableApiTermination':{'Value':false}}"},
        {.call = "DescribeInstanceAttribute",
         .in = "{'InstanceId':'$i','Attribute':'disableApiStop'}",
         .out = "{'DisableApiStop':{'Value':true}}"},
        {.call = "TerminateInstances", .in = "{'InstanceIds':['$i']}"}),
    OPS_TEST(
        "Type, user data and EBS optimisation change only while stopped; one attribute a request",
        {.call = "RunInstances",
         .in = RUN_WITH("'UserData':'aGVsbG8='"),
         .save = "i=Instances.0.InstanceId"},
        {.sql = "UPDATE ec2_instance SET state = 'running', state_code = 16", .number = -1},
        {.call = "ModifyInstanceAttribute",
         .in = "{'InstanceId':'$i','InstanceType':{'Value':'t2.small'}}",
         .code = "IncorrectInstanceState",
         .text = "The instance '$i' is not in the 'stopped' state."},
        {.sql = "UPDATE ec2_instance SET state = 'stopped', state_code = 80", .number = -1},
        {.call = "ModifyInstanceAttribute",
         .in = "{'InstanceId':'$i','InstanceType':{'Value':'t2.small'}}"},
        {.call = "ModifyInstanceAttribute",
         .in = "{'InstanceId':'$i','Attribute':'instanceInitiatedShutdownBehavior','Value':'"
               "terminate'}"},
        {.call = "DescribeInstanceAttribute",
         .in = "{'InstanceId':'$i','Attribute':'instanceType'}",
         .out = "{'InstanceType':{'Value':'t2.small'}}"},
        {.call = "DescribeInstanceAttribute",
         .in = "{'InstanceId':'$i','Attribute':'userData'}",
         .out = "{'UserData':{'Value':'aGVsbG8='}}"},
        {.call = "DescribeInstanceAttribute",
         .in = "{'InstanceId':'$i','Attribute':'instanceInitiatedShutdownBehavior'}",
         .out = "{'InstanceInitiatedShutdownBehavior':{'Value':'terminate'}}"},
        {.call = "ModifyInstanceAttribute",
         .in = "{'InstanceId':'$i'}",
         .code = "InvalidParameterCombination",
         .text = "No attributes specified."},
        {.call = "ModifyInstanceAttribute",
         .in = "{'InstanceId':'$i','DisableApiStop':{'Value':true},'DisableApiTermination':{'Value'"
               ":true}}",
         .code = "InvalidParameterCombination"},
        {.call = "ModifyInstanceAttribute",
         .in = "{'InstanceId':'$i','InstanceType':{'Value':'t4g.small'}}",
         .code = "InvalidParameterCombination"}),
    OPS_TEST(
        "Groups of a running instance change at once and the network is told",
        {.call = "RunInstances", .in = RUN, .save = "i=Instances.0.InstanceId"},
        {.call = "CreateSecurityGroup",
         .in = "{'GroupName':'web','Description':'web'}",
         .save = "group=GroupId"},
        {.call = "ModifyInstanceAttribute", .in = "{'InstanceId':'$i','Groups':['$group']}"},
        {.call = "DescribeInstances",
         .out = "{'Reservations':[{'Instances':[{'SecurityGroups':[{'GroupId':'$group'}]}]}]}"},
        {.sql = "SELECT count(*) FROM work WHERE kind = 'ec2/interface'", .number = 1},
        {.call = "ModifyInstanceAttribute",
         .in = "{'InstanceId':'$i','Groups':['sg-0123456789abcdef0']}",
         .code = "InvalidGroup.NotFound"}),
    OPS_TEST("Status: only running instances are shown unless all are asked for; ok once the "
             "machine has answered",
             {.call = "RunInstances", .in = RUN, .save = "i=Instances.0.InstanceId"},
             {.call = "DescribeInstanceStatus", .out = "{'InstanceStatuses':[]}"},
             {.call = "DescribeInstanceStatus",
              .in = "{'IncludeAllInstances':true}",
              .out = "{'InstanceStatuses':[{'InstanceId':'$i','InstanceState':{'Name':'pending'},'"
                     "InstanceStatus':{'Status':'not-applicable'}}]}"},
             {.sql = "UPDATE ec2_instance SET state = 'running', state_code = 16", .number = -1},
             {.call = "DescribeInstanceStatus",
              .in = "{'InstanceIds':['$i']}",
              .out = "{'InstanceStatuses':[{'InstanceStatus':{'Status':'initializing'},'"
                     "SystemStatus':{'Status':'ok'}}]}"},
             {.sql = "UPDATE ec2_instance SET ready_ms = 1", .number = -1},
             {.call = "DescribeInstanceStatus",
              .in = "{'Filters':[{'Name':'instance-status.status','Values':['ok']}]}",
              .out = "{'InstanceStatuses':[{'InstanceStatus':{'Status':'ok','Details':[{'Name':'"
                     "reachability','Status':'passed'}]}}]}"},
             {.call = "DescribeInstanceStatus",
              .in = "{'InstanceIds':['i-0123456789abcdef0']}",
              .code = "InvalidInstanceID.NotFound"}),
    OPS_TEST("A client token gives the same answer for the same request and a mismatch for another",
             {.call = "RunInstances",
              .in = RUN_WITH("'ClientToken':'once'"),
              .save = "i=Instances.0.InstanceId"},
             {.call = "RunInstances",
              .in = RUN_WITH("'ClientToken':'once'"),
              .out = "{'Instances':[{'InstanceId':'$i'}]}"},
             {.call = "RunInstances",
              .in = RUN_WITH("'ClientToken':'once','DisableApiStop':true"),
              .code = "IdempotentParameterMismatch"},
             {.sql = "SELECT count(*) FROM ec2_instance", .number = 1}),
    OPS_TEST("Pages of instances hold MaxResults, and ids exclude paging",
             {.call = "RunInstances",
              .in = "{'ImageId':'" AMI "','MinCount':7,'MaxCount':7,'InstanceType':'t2.nano'}",
              .save = "i=Instances.0.InstanceId"},
             {.call = "DescribeInstances",
              .in = "{'MaxResults':5}",
              .out = "{'Reservations':[{'Instances':[{},{},{},{},{}]}]}",
              .save = "t=NextToken"},
             {.call = "DescribeInstances",
              .in = "{'MaxResults':5,'NextToken':'$t'}",
              .out = "{'Reservations':[{'Instances':[{},{}]}],'NextToken':null}"},
             {.call = "DescribeInstances",
              .in = "{'MaxResults':5,'InstanceIds':['$i']}",
              .code = "InvalidParameterCombination"}),
};

/* Beyond what the host has, a launch says so; MaxCount is cut down to what fits, MinCount is not.
 */
static const struct ops_test capacity_tests[] = {
    OPS_TEST("InsufficientInstanceCapacity says what this machine has",
             {.call = "RunInstances",
              .in = "{'ImageId':'" AMI "','MinCount':5,'MaxCount':5,'InstanceType':'t2.micro'}",
              .code = "InsufficientInstanceCapacity",
              .text = "~*budget of 4096 MiB for guests 4096 MiB are free*"},
             {.call = "RunInstances",
              .in = "{'ImageId':'" AMI "','MinCount':1,'MaxCount':9,'InstanceType':'t2.micro'}",
              .out = "{'Instances':[{},{},{},{}]}"},
             {.call = "RunInstances", .in = RUN, .code = "InsufficientInstanceCapacity"},
             {.sql = "UPDATE ec2_instance SET state = 'stopped', state_code = 80", .number = -1},
             {.call = "RunInstances", .in = RUN}),
};

int main(void)
{
    ops_images_make();
    int status = ops_run(tests, sizeof(tests) / sizeof(tests[0]));
    ops_site()->guests = true;
    status |= ops_run(capacity_tests, sizeof(capacity_tests) / sizeof(capacity_tests[0]));
    return ops_images_remove() | status;
}
