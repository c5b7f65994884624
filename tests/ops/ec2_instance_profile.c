/* Instance profiles of instances, and their CPU credits. */
#include "harness.h"
#include "iam_documents.h"
#include "images.h"

#define RUN_WITH(type, more)                                                                       \
    "{'ImageId':'" OPS_AMI "','InstanceType':'" type "','MinCount':1,'MaxCount':1" more "}"
#define RUN(more) RUN_WITH("t2.micro", more)

#define MAKE_ROLE(name)                                                                            \
    {                                                                                              \
        .call = "iam:CreateRole",                                                                  \
        .in = "{'RoleName':'" name "','AssumeRolePolicyDocument':" TRUST "}"                       \
    }
#define MAKE_PROFILE(name)                                                                         \
    {                                                                                              \
        .call = "iam:CreateInstanceProfile", .in = "{'InstanceProfileName':'" name "'}",           \
        .save = name "id=InstanceProfile.InstanceProfileId"                                        \
    }
#define ADD(profile, role)                                                                         \
    {                                                                                              \
        .call = "iam:AddRoleToInstanceProfile",                                                    \
        .in = "{'InstanceProfileName':'" profile "','RoleName':'" role "'}"                        \
    }
#define ARN(profile) "arn:aws:iam::123456789012:instance-profile/" profile
#define STATE(name, code)                                                                          \
    {                                                                                              \
        .sql = "UPDATE ec2_instance SET state = '" name "', state_code = " code, .number = -1      \
    }
#define RUNNING         STATE("running", "16")
#define PROFILE_OF_I(x) "{'Reservations':[{'Instances':[{'IamInstanceProfile':" x "}]}]}"

static const struct ops_test tests[] = {
    OPS_TEST(
        "A launch takes a profile by name or by ARN, and the instance shows it", MAKE_ROLE("r"),
        MAKE_PROFILE("web"), ADD("web", "r"),
        {.call = "RunInstances",
         .in = RUN(",'IamInstanceProfile':{'Name':'web'}"),
         .out = "{'Instances':[{'IamInstanceProfile':{'Arn':'" ARN("web") "','Id':'$webid'}}]}"},
        {.call = "RunInstances",
         .in = RUN(",'IamInstanceProfile':{'Arn':'" ARN("web") "'}"),
         .out = "{'Instances':[{'IamInstanceProfile':{'Id':'$webid'}}]}"},
        {.call = "DescribeInstances",
         .in = "{'Filters':[{'Name':'iam-instance-profile.arn','Values':['" ARN("web") "']}]}",
         .out = "{'Reservations':[{},{}]}"},
        {.call = "DescribeIamInstanceProfileAssociations",
         .out = "{'IamInstanceProfileAssociations':[{'AssociationId':'~iip-assoc-0*','State':"
                "'associated','InstanceId':'~i-0*','IamInstanceProfile':{'Id':'$webid'}},{}]}"}),
    OPS_TEST("A profile that is not there, or has no role, launches nothing", MAKE_PROFILE("web"),
             {.call = "RunInstances",
              .in = RUN(",'IamInstanceProfile':{'Name':'none'}"),
              .code = "InvalidParameterValue",
              .text = "Value (none) for parameter iamInstanceProfile.name is invalid. Invalid IAM "
                      "Instance Profile name"},
             {.call = "RunInstances",
              .in = RUN(",'IamInstanceProfile':{'Arn':'" ARN("none") "'}"),
              .code = "InvalidParameterValue",
              .text = "Value (" ARN("none") ") for parameter iamInstanceProfile.arn is invalid. "
                                            "Invalid IAM Instance Profile ARN"},
             {.call = "RunInstances",
              .in = RUN(",'IamInstanceProfile':{'Name':'web'}"),
              .code = "InvalidParameterValue",
              .text = "IAM Instance Profile \"" ARN("web") "\" has no associated IAM Roles"},
             {.call = "RunInstances",
              .in = RUN(",'IamInstanceProfile':{'Name':'web','Arn':'" ARN("web") "'}"),
              .code = "InvalidParameterCombination"},
             {.call = "RunInstances",
              .in = RUN(",'IamInstanceProfile':{'Arn':'" ARN("web") "'}"),
              .account = OPS_OTHER,
              .code = "InvalidParameterValue"},
             {.sql = "SELECT count(*) FROM ec2_instance", .number = 0}),
    OPS_TEST("An instance has one profile, which is associated, replaced and disassociated",
             MAKE_ROLE("r"), MAKE_PROFILE("a"), ADD("a", "r"), MAKE_PROFILE("b"), ADD("b", "r"),
             {.call = "RunInstances", .in = RUN(""), .save = "i=Instances.0.InstanceId"}, RUNNING,
             {.call = "AssociateIamInstanceProfile",
              .in = "{'InstanceId':'$i','IamInstanceProfile':{'Name':'a'}}",
              .out =
                  "{'IamInstanceProfileAssociation':{'AssociationId':'~iip-assoc-0*','InstanceId':"
                  "'$i','State':'associating','IamInstanceProfile':{'Arn':'" ARN("a") "'}}}",
              .save = "one=IamInstanceProfileAssociation.AssociationId"},
             {.call = "AssociateIamInstanceProfile",
              .in = "{'InstanceId':'$i','IamInstanceProfile':{'Name':'b'}}",
              .code = "IncorrectState",
              .text = "There is an existing association for instance $i"},
             {.call = "ReplaceIamInstanceProfileAssociation",
              .in = "{'AssociationId':'$one','IamInstanceProfile':{'Name':'b'}}",
              .out = "{'IamInstanceProfileAssociation':{'State':'associating'}}",
              .save = "two=IamInstanceProfileAssociation.AssociationId"},
             {.call = "DescribeInstances", .out = PROFILE_OF_I("{'Arn':'" ARN("b") "'}")},
             {.call = "DescribeIamInstanceProfileAssociations",
              .in = "{'AssociationIds':['$one']}",
              .code = "InvalidAssociationID.NotFound",
              .text = "An invalid association-id of '$one' was given"},
             {.call = "DescribeIamInstanceProfileAssociations",
              .in = "{'Filters':[{'Name':'instance-id','Values':['$i']},{'Name':'state','Values':"
                    "['associated']}]}",
              .out = "{'IamInstanceProfileAssociations':[{'AssociationId':'$two'}]}"},
             {.call = "DisassociateIamInstanceProfile",
              .in = "{'AssociationId':'$two'}",
              .out = "{'IamInstanceProfileAssociation':{'AssociationId':'$two','State':"
                     "'disassociating'}}"},
             {.call = "DescribeInstances", .out = PROFILE_OF_I("null")},
             {.call = "DisassociateIamInstanceProfile",
              .in = "{'AssociationId':'$two'}",
              .code = "InvalidAssociationID.NotFound"},
             {.call = "DisassociateIamInstanceProfile",
              .in = "{'AssociationId':'$i'}",
              .code = "InvalidParameterValue",
              .text = "Invalid value for associationId."}),
    OPS_TEST("A profile goes to instances that run or are stopped; only running ones change theirs",
             MAKE_ROLE("r"), MAKE_PROFILE("a"), ADD("a", "r"),
             {.call = "RunInstances", .in = RUN(""), .save = "i=Instances.0.InstanceId"},
             {.call = "AssociateIamInstanceProfile",
              .in = "{'InstanceId':'$i','IamInstanceProfile':{'Name':'a'}}",
              .code = "IncorrectInstanceState",
              .text = "The instance '$i' is not in the 'running' or 'stopped' states."},
             STATE("stopped", "80"),
             {.call = "AssociateIamInstanceProfile",
              .in = "{'InstanceId':'$i','IamInstanceProfile':{'Name':'a'}}",
              .save = "a=IamInstanceProfileAssociation.AssociationId"},
             {.call = "ReplaceIamInstanceProfileAssociation",
              .in = "{'AssociationId':'$a','IamInstanceProfile':{'Name':'a'}}",
              .code = "IncorrectState",
              .text = "The association $a is not the active association"},
             {.call = "AssociateIamInstanceProfile",
              .in = "{'InstanceId':'i-00000000000000000','IamInstanceProfile':{'Name':'a'}}",
              .code = "InvalidInstanceID.NotFound"}),
    OPS_TEST("Associations belong to an account and a region", MAKE_ROLE("r"), MAKE_PROFILE("a"),
             ADD("a", "r"),
             {.call = "RunInstances", .in = RUN(",'IamInstanceProfile':{'Name':'a'}")},
             {.call = "DescribeIamInstanceProfileAssociations",
              .region = "eu-west-1",
              .out = "{'IamInstanceProfileAssociations':[]}"},
             {.call = "DescribeIamInstanceProfileAssociations",
              .account = OPS_OTHER,
              .out = "{'IamInstanceProfileAssociations':[]}"}),
    OPS_TEST("t2 earns standard credits, the later families unlimited ones, and others none",
             {.call = "RunInstances", .in = RUN(""), .save = "two=Instances.0.InstanceId"},
             {.call = "RunInstances",
              .in = RUN_WITH("t3.micro", ""),
              .save = "three=Instances.0.InstanceId"},
             {.call = "RunInstances",
              .in = RUN_WITH("t3.micro", ",'CreditSpecification':{'CpuCredits':'standard'}"),
              .save = "calm=Instances.0.InstanceId"},
             {.call = "RunInstances",
              .in = RUN_WITH("m5.large", ""),
              .save = "big=Instances.0.InstanceId"},
             {.call = "DescribeInstanceCreditSpecifications",
              .in = "{'InstanceIds':['$two','$three','$calm']}",
              .out = "{'InstanceCreditSpecifications':[{'InstanceId':'$two','CpuCredits':'standard'"
                     "},{'InstanceId':'$three','CpuCredits':'unlimited'},{'InstanceId':'$calm',"
                     "'CpuCredits':'standard'}]}"},
             {.call = "DescribeInstanceCreditSpecifications",
              .out = "{'InstanceCreditSpecifications':[{'InstanceId':'$three'}]}"},
             {.call = "DescribeInstanceCreditSpecifications",
              .in = "{'InstanceIds':['$big']}",
              .code = "UnsupportedOperation"},
             {.call = "DescribeInstanceCreditSpecifications",
              .in = "{'InstanceIds':['i-00000000000000000']}",
              .code = "InvalidInstanceID.NotFound"}),
    OPS_TEST(
        "Credits are changed instance by instance, and each answers for itself",
        {.call = "RunInstances", .in = RUN(""), .save = "two=Instances.0.InstanceId"},
        {.call = "RunInstances",
         .in = RUN_WITH("m5.large", ""),
         .save = "big=Instances.0.InstanceId"},
        RUNNING,
        {.call = "ModifyInstanceCreditSpecification",
         .in = "{'InstanceCreditSpecifications':[{'InstanceId':'$two','CpuCredits':'unlimited'},"
               "{'InstanceId':'$big','CpuCredits':'unlimited'},"
               "{'InstanceId':'i-00000000000000000','CpuCredits':'unlimited'}]}",
         .out = "{'SuccessfulInstanceCreditSpecifications':[{'InstanceId':'$two'}],"
                "'UnsuccessfulInstanceCreditSpecifications':[{'InstanceId':'$big','Error':{'Code':"
                "'InstanceCreditSpecification.NotSupported'}},{'InstanceId':'i-00000000000000000',"
                "'Error':{'Code':'InvalidInstanceID.NotFound'}}]}"},
        {.call = "DescribeInstanceCreditSpecifications",
         .in = "{'InstanceIds':['$two']}",
         .out = "{'InstanceCreditSpecifications':[{'CpuCredits':'unlimited'}]}"},
        {.call = "ModifyInstanceCreditSpecification",
         .in = "{'InstanceCreditSpecifications':[{'InstanceId':'$two','CpuCredits':'endless'}]}",
         .code = "InvalidParameterValue"}),
    OPS_TEST("A type that becomes burstable gets its default credits",
             {.call = "RunInstances",
              .in = RUN_WITH("m5.large", ""),
              .save = "i=Instances.0.InstanceId"},
             STATE("stopped", "80"),
             {.call = "ModifyInstanceAttribute",
              .in = "{'InstanceId':'$i','InstanceType':{'Value':'t3.micro'}}"},
             {.call = "DescribeInstanceCreditSpecifications",
              .in = "{'InstanceIds':['$i']}",
              .out = "{'InstanceCreditSpecifications':[{'CpuCredits':'unlimited'}]}"}),
};

int main(void)
{
    ops_images_make();
    int status = ops_run(tests, sizeof(tests) / sizeof(tests[0]));
    return ops_images_remove() | status;
}
