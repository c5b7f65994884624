/* The catalog: instance types, images, account attributes; and what other services say of it:
 * public parameters of Systems Manager, the caller's identity. */
#include "harness.h"

#include "services/ec2/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW    "ami-0aaaaaaaaaaaaaaa1"
#define ALIAS  "ami-0aaaaaaaaaaaaaaa2"
#define OLD    "ami-0aaaaaaaaaaaaaaa3"
#define LATEST "/aws/service/ami-amazon-linux-latest/"

static const struct ops_test tests[] = {
    /* --- instance types --- */
    OPS_TEST("A type is described with its processors, memory, network and architecture",
             {.call = "DescribeInstanceTypes",
              .in = "{'InstanceTypes':['t2.micro']}",
              .out = "{'NextToken':null,'InstanceTypes':[{'InstanceType':'t2.micro',"
                     "'FreeTierEligible':true,'BurstablePerformanceSupported':true,'Hypervisor':"
                     "'xen','SupportedInRegion':null,'VCpuInfo':{'DefaultVCpus':1},'MemoryInfo':"
                     "{'SizeInMiB':1024},'ProcessorInfo':{'SupportedArchitectures':['i386',"
                     "'x86_64']},'NetworkInfo':{'MaximumNetworkInterfaces':2}}]}"},
             {.call = "DescribeInstanceTypes",
              .in = "{'InstanceTypes':['p3.8xlarge','f1.16xlarge']}",
              .out = "{'InstanceTypes':[{'GpuInfo':{'TotalGpuMemoryInMiB':65536}},"
                     "{'FpgaInfo':{'Fpgas':[{'Count':8}]},'InstanceStorageInfo':{'TotalSizeInGB':"
                     "3760}}]}"}),
    OPS_TEST("A type that does not exist, or not in the region, fails the call and is named",
             {.call = "DescribeInstanceTypes",
              .in = "{'InstanceTypes':['t2.micro','t9.huge']}",
              .code = "InvalidInstanceType",
              .text = "The following supplied instance types do not exist: [t9.huge]"},
             {.call = "DescribeInstanceTypes",
              .in = "{'InstanceTypes':['t2.micro']}",
              .region = "eu-north-1",
              .code = "InvalidInstanceType"}),
    OPS_TEST("A named type that a filter drops is no unknown type",
             {.call = "DescribeInstanceTypes",
              .in = "{'InstanceTypes':['t2.micro'],'Filters':[{'Name':'bare-metal','Values':"
                    "['true']}]}",
              .out = "{'InstanceTypes':[]}"}),
    OPS_TEST(
        "Filters look at names with wildcards, booleans, numbers, lists and fractions",
        {.call = "DescribeInstanceTypes",
         .in = "{'Filters':[{'Name':'instance-type','Values':['t2.*']},{'Name':"
               "'memory-info.size-in-mib','Values':['512','1024']}]}",
         .out = "{'InstanceTypes':[{'InstanceType':'t2.micro'},{'InstanceType':'t2.nano'}]}"},
        {.call = "DescribeInstanceTypes",
         .in = "{'Filters':[{'Name':'free-tier-eligible','Values':['true']},{'Name':"
               "'processor-info.supported-architecture','Values':['arm64']}]}",
         .out = "{'InstanceTypes':[{'InstanceType':'t4g.micro'},{'InstanceType':'t4g.small'}]}"},
        {.call = "DescribeInstanceTypes",
         .in = "{'Filters':[{'Name':'processor-info.sustained-clock-speed-in-ghz','Values':"
               "['2.5']},{'Name':'instance-type','Values':['t2.micro','m5.large']}]}",
         .out = "{'InstanceTypes':[{'InstanceType':'t2.micro'}]}"},
        {.call = "DescribeInstanceTypes",
         .in = "{'Filters':[{'Name':'network-info.network-performance','Values':['Low to "
               "M?derate']},{'Name':'instance-type','Values':['t2.*']}]}",
         .out = "{'InstanceTypes':[{},{},{},'...']}"},
        {.call = "DescribeInstanceTypes",
         .in = "{'Filters':[{'Name':'colour','Values':['red']}]}",
         .code = "InvalidParameterValue"}),
    OPS_TEST("Types come in pages of 5 to 100",
             {.call = "DescribeInstanceTypes",
              .in = "{'MaxResults':5}",
              .out = "{'InstanceTypes':[{},{},{},{},{}]}",
              .save = "token=NextToken fifth=InstanceTypes.4.InstanceType"},
             {.call = "DescribeInstanceTypes",
              .in = "{'MaxResults':5,'NextToken':'$token'}",
              .out = "{'InstanceTypes':[{},{},{},{},{}],'NextToken':'~?*'}"},
             {.call = "DescribeInstanceTypes",
              .in = "{'NextToken':'x'}",
              .code = "InvalidPaginationToken"}),
    OPS_TEST("t2 is offered in two of Seoul's zones, and in no region opened after 2017",
             {.call = "DescribeInstanceTypeOfferings",
              .in = "{'LocationType':'availability-zone','Filters':[{'Name':'instance-type',"
                    "'Values':['t2.micro']}]}",
              .out = "{'InstanceTypeOfferings':[{'Location':'ap-northeast-2a','LocationType':"
                     "'availability-zone','InstanceType':'t2.micro'},"
                     "{'Location':'ap-northeast-2c'}]}",
              .region = "ap-northeast-2"},
             {.call = "DescribeInstanceTypeOfferings",
              .in = "{'Filters':[{'Name':'instance-type','Values':['t?.micro']}]}",
              .out = "{'InstanceTypeOfferings':[{'InstanceType':'t1.micro','Location':"
                     "'us-east-1','LocationType':'region'},{'InstanceType':'t2.micro'},"
                     "{'InstanceType':'t3.micro'}]}"},
             {.call = "DescribeInstanceTypeOfferings",
              .in = "{'Filters':[{'Name':'instance-type','Values':['t?.micro']}]}",
              .out = "{'InstanceTypeOfferings':[{'InstanceType':'t3.micro'}]}",
              .region = "eu-north-1"},
             {.call = "DescribeInstanceTypeOfferings",
              .in = "{'LocationType':'availability-zone-id','Filters':[{'Name':'location',"
                    "'Values':['use1-az1']},{'Name':'instance-type','Values':['t3.micro']}]}",
              .out = "{'InstanceTypeOfferings':[{'Location':'use1-az1'}]}"},
             {.call = "DescribeInstanceTypeOfferings",
              .in = "{'LocationType':'outpost'}",
              .out = "{'InstanceTypeOfferings':[]}"}),
    /* --- images --- */
    OPS_TEST("An image is described as a public AMI, its aliases as images of their own",
             {.call = "DescribeImages",
              .in = "{'ImageIds':['" NEW "']}",
              .out = "{'Images':[{'ImageId':'" NEW "','Name':'linux-new','ImageLocation':"
                     "'amazon/linux-new','OwnerId':'137112412989','ImageOwnerAlias':'amazon',"
                     "'Public':true,'State':'available','CreationDate':"
                     "'2025-06-01T00:00:00.000Z','DeprecationTime':'2027-06-01T00:00:00.000Z',"
                     "'BlockDeviceMappings':[{'DeviceName':'/dev/xvda','Ebs':{'SnapshotId':"
                     "'~snap-*','VolumeSize':8,'VolumeType':'gp2',"
                     "'DeleteOnTermination':true,'Encrypted':false}}],'ImdsSupport':null,"
                     "'RootDeviceName':'/dev/xvda','Tags':null}]}"},
             {.call = "DescribeImages",
              .in = "{'ImageIds':['" ALIAS "']}",
              .out = "{'Images':[{'Name':'ubuntu-like','OwnerId':'099720109477',"
                     "'ImageOwnerAlias':null,'ImageLocation':'099720109477/ubuntu-like',"
                     "'RootDeviceName':'/dev/sda1','ImdsSupport':'v2.0'}]}"}),
    OPS_TEST(
        "Owners, users and filters choose images",
        {.call = "DescribeImages",
         .in = "{'Owners':['amazon']}",
         .out = "{'Images':[{'ImageId':'" NEW "'}]}"},
        {.call = "DescribeImages",
         .in = "{'Owners':['099720109477','self']}",
         .out = "{'Images':[{'ImageId':'" ALIAS "'}]}"},
        {.call = "DescribeImages",
         .in = "{'Filters':[{'Name':'name','Values':['linux-*']},{'Name':'is-public',"
               "'Values':['true']}]}",
         .out = "{'Images':[{'ImageId':'" NEW "'}]}"},
        {.call = "DescribeImages", .in = "{'ExecutableUsers':['self']}", .out = "{'Images':[]}"},
        {.call = "DescribeImages",
         .in = "{'ExecutableUsers':['all']}",
         .out = "{'Images':[{},{}]}"},
        {.call = "DescribeImages", .in = "{'Owners':['me']}", .code = "InvalidUserID.Malformed"}),
    OPS_TEST("A deprecated image is shown to those who ask for it",
             {.call = "DescribeImages", .out = "{'Images':[{},{}]}"},
             {.call = "DescribeImages",
              .in = "{'IncludeDeprecated':true}",
              .out = "{'Images':[{},{},{'ImageId':'" OLD "'}]}"},
             {.call = "DescribeImages",
              .in = "{'ImageIds':['" OLD "']}",
              .out = "{'Images':[{'DeprecationTime':'2022-01-01T00:00:00.000Z'}]}"}),
    OPS_TEST("Unknown and malformed ids are different faults; another owner's image is none",
             {.call = "DescribeImages",
              .in = "{'ImageIds':['ami-0123456789abcdef0']}",
              .code = "InvalidAMIID.NotFound",
              .text = "The image id '[ami-0123456789abcdef0]' does not exist"},
             {.call = "DescribeImages",
              .in = "{'ImageIds':['ubuntu']}",
              .code = "InvalidAMIID.Malformed"},
             {.call = "DescribeImages",
              .in = "{'ImageIds':['" ALIAS "'],'Owners':['amazon']}",
              .out = "{'Images':[]}"}),
    OPS_TEST("Images come in pages",
             {.call = "DescribeImages",
              .in = "{'MaxResults':1}",
              .out = "{'Images':[{'ImageId':'" NEW "'}]}",
              .save = "token=NextToken"},
             {.call = "DescribeImages",
              .in = "{'MaxResults':1,'NextToken':'$token'}",
              .out = "{'Images':[{'ImageId':'" ALIAS "'}],'NextToken':null}"}),
    OPS_TEST("A launch may name an image by its public parameter",
             {.call = "RunInstances",
              .in = "{'ImageId':'resolve:ssm:" LATEST "test-gp2','MinCount':1,'MaxCount':1,"
                    "'InstanceType':'t2.micro'}",
              .out = "{'Instances':[{'ImageId':'" NEW "'}]}"},
             {.call = "RunInstances",
              .in = "{'ImageId':'resolve:ssm:/nope','MinCount':1,'MaxCount':1}",
              .code = "InvalidParameterValue"}),
    OPS_TEST(
        "Account attributes tell the default VPC and old limits",
        {.call = "DescribeVpcs", .save = "vpc=Vpcs.0.VpcId"},
        {.call = "DescribeAccountAttributes",
         .in = "{'AttributeNames':['default-vpc','supported-platforms']}",
         .out = "{'AccountAttributes':[{'AttributeName':'default-vpc','AttributeValues':"
                "[{'AttributeValue':'$vpc'}]},{'AttributeName':'supported-platforms',"
                "'AttributeValues':[{'AttributeValue':'VPC'}]}]}"},
        {.call = "DescribeAccountAttributes", .out = "{'AccountAttributes':[{},{},{},{},{},{}]}"},
        {.call = "DescribeAccountAttributes",
         .in = "{'AttributeNames':['colour']}",
         .code = "InvalidParameterValue"}),
    /* --- Systems Manager, STS --- */
    OPS_TEST("A public parameter names the newest image that claims it",
             {.call = "ssm:GetParameter",
              .in = "{'Name':'" LATEST "test-gp2'}",
              .out = "{'Parameter':{'Name':'" LATEST "test-gp2','Type':'String','Value':'" NEW
                     "','Version':1,'DataType':'aws:ec2:image','Selector':null,'ARN':"
                     "'arn:aws:ssm:us-east-1::parameter" LATEST "test-gp2'}}"},
             {.call = "ssm:GetParameter",
              .in = "{'Name':'arn:aws:ssm:us-east-1::parameter" LATEST "test-gp2:1'}",
              .out = "{'Parameter':{'Value':'" NEW "','Selector':':1'}}"},
             {.call = "ssm:GetParameter",
              .in = "{'Name':'" LATEST "test-gp2:2'}",
              .code = "ParameterVersionNotFound"},
             {.call = "ssm:GetParameter",
              .in = "{'Name':'/aws/service/global-infrastructure/regions/eu-west-1/longName'}",
              .out = "{'Parameter':{'Value':'~*Ireland*','DataType':'text'}}"},
             {.call = "ssm:GetParameter", .in = "{'Name':'/nope'}", .code = "ParameterNotFound"}),
    OPS_TEST("Unknown names of several are listed, not refused",
             {.call = "ssm:GetParameters",
              .in = "{'Names':['" LATEST "test-gp2','/nope','" LATEST "test-gp2:9']}",
              .out = "{'Parameters':[{'Value':'" NEW "'}],'InvalidParameters':['/nope','" LATEST
                     "test-gp2:9']}"}),
    OPS_TEST(
        "A path shows what is right below it, or all with Recursive, ten at a time",
        {.call = "ssm:GetParametersByPath",
         .in = "{'Path':'/aws/service/ami-amazon-linux-latest/'}",
         .out = "{'Parameters':[{},{}],'NextToken':null}"},
        {.call = "ssm:GetParametersByPath",
         .in = "{'Path':'/aws/service'}",
         .out = "{'Parameters':[]}"},
        {.call = "ssm:GetParametersByPath",
         .in = "{'Path':'/aws/service','Recursive':true,'MaxResults':3}",
         .out = "{'Parameters':[{},{},{}]}",
         .save = "token=NextToken"},
        {.call = "ssm:GetParametersByPath",
         .in = "{'Path':'/aws/service','Recursive':true,'NextToken':'$token'}",
         .out = "{'Parameters':[{},{},{},{},{},{},{},{},{},{}]}"},
        {.call = "ssm:GetParametersByPath",
         .in = "{'Path':'/aws/service','Recursive':true,'ParameterFilters':[{'Key':"
               "'DataType','Values':['aws:ec2:image']}]}",
         .out = "{'Parameters':[{},{}]}"},
        {.call = "ssm:GetParametersByPath",
         .in = "{'Path':'/','ParameterFilters':[{'Key':'Tier','Values':['red']}]}",
         .code = "InvalidFilterKey"},
        {.call = "ssm:GetParametersByPath",
         .in = "{'Path':'/','NextToken':'x'}",
         .code = "InvalidNextToken"},
        {.call = "ssm:GetParametersByPath", .in = "{'Path':'aws'}", .code = "ValidationException"}),
    OPS_TEST("The caller is told who it is",
             {.call = "sts:GetCallerIdentity",
              .out = "{'Account':'123456789012','UserId':'123456789012','Arn':"
                     "'arn:aws:iam::123456789012:root'}"}),
};

static void write_manifest(const char *folder, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (mkdir(path, 0700) != 0)
        abort();
    snprintf(path, sizeof(path), "%s/%s/manifest.json", folder, name);
    FILE *file = fopen(path, "we");
    if (file == NULL || fputs(text, file) < 0)
        abort();
    fclose(file);
}

static void remove_manifest(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s/manifest.json", folder, name);
    (void)remove(path);
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    (void)remove(path);
}

#define COMMON                                                                                     \
    "\"format\":1,\"boot\":\"bios\",\"disk\":\"disk.qcow2\",\"disk_size_gib\":8,"                  \
    "\"owner_id\":\"137112412989\",\"owner_alias\":\"amazon\","

int main(void)
{
    char folder[] = "/tmp/catalog-XXXXXX";
    if (mkdtemp(folder) == NULL)
        return 1;
    write_manifest(folder, "new",
                   "{" COMMON "\"image_id\":\"" NEW "\",\"name\":\"linux-new\","
                   "\"creation_date\":\"2025-06-01T00:00:00.000Z\","
                   "\"ssm_parameters\":[\"" LATEST "test-gp2\",\"" LATEST "test-ebs\"],"
                   "\"aliases\":[{\"image_id\":\"" ALIAS "\",\"name\":\"ubuntu-like\","
                   "\"owner_id\":\"099720109477\",\"root_device_name\":\"/dev/sda1\","
                   "\"imds_support\":\"v2.0\"}]}");
    write_manifest(folder, "old",
                   "{" COMMON "\"image_id\":\"" OLD "\",\"name\":\"linux-old\","
                   "\"creation_date\":\"2020-01-01T00:00:00.000Z\","
                   "\"ssm_parameters\":[\"" LATEST "test-gp2\"]}");
    write_manifest(folder, "broken", "{\"format\":1}");
    struct site *site = ops_site();
    site->images = image_catalog_new(folder);
    (void)cidr_parse("127.43.0.0/16", &site->public_pool);
    int status = ops_run(tests, sizeof(tests) / sizeof(tests[0]));
    image_catalog_free(site->images);
    remove_manifest(folder, "new");
    remove_manifest(folder, "old");
    remove_manifest(folder, "broken");
    return rmdir(folder) == 0 ? status : 1;
}
