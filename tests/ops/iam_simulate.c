/* The policy simulator: SimulatePrincipalPolicy, SimulateCustomPolicy, GetContextKeysFor*. */
#include "harness.h"
#include "iam_documents.h"

#define CALL(name, input)                                                                          \
    {                                                                                              \
        .call = "iam:" name, .in = input                                                           \
    }
#define USER     CALL("CreateUser", "{'UserName':'u','Tags':[{'Key':'team','Value':'blue'}]}")
#define USER_ARN "arn:aws:iam::123456789012:user/u"
#define OWN(document)                                                                              \
    CALL("PutUserPolicy", "{'UserName':'u','PolicyName':'own','PolicyDocument':" document "}")

#define BUCKET "arn:aws:s3:::lab"
#define QUEUE  "arn:aws:sqs:us-east-1:210987654321:q"
/* A resource policy that lets the principal do anything. */
#define LETS(principal)                                                                            \
    "'{\\'Version\\':\\'2012-10-17\\',\\'Statement\\':[{\\'Effect\\':\\'Allow\\',"                 \
    "\\'Principal\\':{\\'AWS\\':\\'" principal "\\'},\\'Action\\':\\'*\\',"                        \
    "\\'Resource\\':\\'*\\'}]}'"
#define ROLE_ARN "arn:aws:iam::123456789012:role/r"
#define TRUSTS(effect, principal)                                                                  \
    "'{\\'Version\\':\\'2012-10-17\\',\\'Statement\\':[{\\'Effect\\':\\'" effect "\\',"            \
    "\\'Principal\\':{\\'AWS\\':\\'" principal "\\'},\\'Action\\':\\'sts:AssumeRole\\'}]}'"
#define EC2(kind) "'arn:aws:ec2:us-east-1:123456789012:" kind "/*'"

static const struct ops_test tests[] = {
    OPS_TEST("Given policies alone decide: each action is allowed, denied or not mentioned",
             {.call = "iam:SimulateCustomPolicy",
              .in = "{'PolicyInputList':[" ALLOW("s3:*", "*") "," DENY(
                  "s3:Delete*",
                  "*") "],'ActionNames':['s3:GetObject','s3:DeleteBucket','ec2:RunInstances']}",
              .out = "{'EvaluationResults':[{'EvalActionName':'s3:GetObject','EvalResourceName':"
                     "'*','EvalDecision':'allowed','MatchedStatements':[{'SourcePolicyId':"
                     "'PolicyInputList.1','SourcePolicyType':'IAM Policy','StartPosition':"
                     "{'Line':1},'EndPosition':{'Line':1}}],'MissingContextValues':[],"
                     "'EvalDecisionDetails':null,'PermissionsBoundaryDecisionDetail':null,"
                     "'ResourceSpecificResults':null},{'EvalActionName':'s3:DeleteBucket',"
                     "'EvalDecision':'explicitDeny','MatchedStatements':[{'SourcePolicyId':"
                     "'PolicyInputList.2'}]},{'EvalActionName':'ec2:RunInstances','EvalDecision':"
                     "'implicitDeny','MatchedStatements':[]}],'IsTruncated':false}"}),
    OPS_TEST("A user's own policies, its groups' and those given count together", USER,
             CALL("CreateGroup", "{'GroupName':'g'}"),
             CALL("AddUserToGroup", "{'GroupName':'g','UserName':'u'}"),
             CALL("AttachGroupPolicy",
                  "{'GroupName':'g','PolicyArn':'" AWS_POLICY "/AmazonS3ReadOnlyAccess'}"),
             OWN(ALLOW("ec2:*", "*")),
             {.call = "iam:SimulatePrincipalPolicy",
              .in = "{'PolicySourceArn':'" USER_ARN "','PolicyInputList':[" ALLOW(
                  "sns:*", "*") "],'ActionNames':['ec2:RunInstances','s3:GetObject','sns:Publish',"
                                "'sqs:SendMessage']}",
              .out = "{'EvaluationResults':[{'EvalDecision':'allowed','MatchedStatements':"
                     "[{'SourcePolicyId':'user_u_own'}]},{'EvalDecision':'allowed',"
                     "'MatchedStatements':[{'SourcePolicyId':'AmazonS3ReadOnlyAccess',"
                     "'StartPosition':{'Line':4}}]},{'EvalDecision':'allowed',"
                     "'MatchedStatements':[{'SourcePolicyId':'PolicyInputList.1'}]},"
                     "{'EvalActionName':'sqs:SendMessage','EvalDecision':'implicitDeny'}]}"}),
    OPS_TEST(
        "Groups and roles can be simulated as well", CALL("CreateGroup", "{'GroupName':'g'}"),
        CALL("CreateRole", "{'RoleName':'r','Path':'/x/','AssumeRolePolicyDocument':" TRUST "}"),
        CALL("AttachGroupPolicy", "{'GroupName':'g','PolicyArn':'" AWS_POLICY "/PowerUserAccess'}"),
        CALL("AttachRolePolicy", "{'RoleName':'r','PolicyArn':'" AWS_POLICY "/IAMReadOnlyAccess'}"),
        {.call = "iam:SimulatePrincipalPolicy",
         .in = "{'PolicySourceArn':'arn:aws:iam::123456789012:group/g','ActionNames':"
               "['ec2:RunInstances']}",
         .out = "{'EvaluationResults':[{'EvalDecision':'allowed'}]}"},
        {.call = "iam:SimulatePrincipalPolicy",
         .in = "{'PolicySourceArn':'arn:aws:iam::123456789012:role/x/r','ActionNames':"
               "['iam:GetUser','iam:CreateUser']}",
         .out = "{'EvaluationResults':[{'EvalDecision':'allowed'},"
                "{'EvalDecision':'implicitDeny'}]}"}),
    OPS_TEST("The source is a user, a group or a role that exists",
             {.call = "iam:SimulatePrincipalPolicy",
              .in = "{'PolicySourceArn':'arn:aws:sts::123456789012:assumed-role/r/s','ActionNames':"
                    "['s3:GetObject']}",
              .code = "InvalidInput",
              .text = "Invalid Entity Arn: arn:aws:sts::123456789012:assumed-role/r/s does not"
                      " clearly define entity type and name."},
             {.call = "iam:SimulatePrincipalPolicy",
              .in = "{'PolicySourceArn':'" USER_ARN "','ActionNames':['s3:GetObject']}",
              .code = "NoSuchEntity"},
             CALL("CreateUser", "{'UserName':'u','Path':'/deep/'}"),
             {.call = "iam:SimulatePrincipalPolicy",
              .in = "{'PolicySourceArn':'" USER_ARN "','ActionNames':['s3:GetObject']}",
              .code = "NoSuchEntity"}),
    OPS_TEST("What AWS refuses is refused: documents, actions, resources and owners",
             {.call = "iam:SimulateCustomPolicy",
              .in = "{'PolicyInputList':['{'],'ActionNames':['s3:GetObject']}",
              .code = "InvalidInput"},
             {.call = "iam:SimulateCustomPolicy",
              .in = "{'PolicyInputList':[],'ActionNames':['GetObject']}",
              .code = "InvalidInput"},
             {.call = "iam:SimulateCustomPolicy",
              .in = "{'PolicyInputList':[],'ActionNames':['s3:Get*']}",
              .code = "InvalidInput"},
             {.call = "iam:SimulateCustomPolicy",
              .in = "{'PolicyInputList':[],'ActionNames':['s3:GetObject'],'ResourceArns':['lab']}",
              .code = "InvalidInput",
              .text = "ResourceNames are not in a valid ARN format: lab."},
             {.call = "iam:SimulateCustomPolicy",
              .in = "{'PolicyInputList':[],'ActionNames':['s3:GetObject'],'ResourceOwner':"
                    "'123456789012'}",
              .code = "InvalidInput",
              .text = "'123456789012' is not a valid as a Resource Owner."},
             {.call = "iam:SimulateCustomPolicy",
              .in = "{'PolicyInputList':[],'ActionNames':['s3:GetObject'],'CallerArn':"
                    "'arn:aws:iam::123456789012:role/r'}",
              .code = "InvalidInput"}),
    OPS_TEST("Every action is judged with every resource, each with a result of its own",
             {.call = "iam:SimulateCustomPolicy",
              .in = "{'PolicyInputList':[" DOCUMENT(STATEMENT(
                  "Allow", "s3:*", "*",
                  CONDITION("StringEquals", "aws:RequestedRegion",
                            "us-east-1"))) "],'ActionNames':['s3:GetObject'],'ResourceArns':['*']}",
              .out = "{'EvaluationResults':[{'EvalResourceName':'*','MissingContextValues':"
                     "['aws:RequestedRegion'],'ResourceSpecificResults':null,"
                     "'EvalDecisionDetails':null}]}"},
             {.call = "iam:SimulateCustomPolicy",
              .in = "{'PolicyInputList':[" ALLOW(
                  "s3:*", BUCKET) "],'ActionNames':['s3:ListBucket',"
                                  "'s3:GetObject'],'ResourceArns':['" BUCKET "','" BUCKET "/x']}",
              .out = "{'EvaluationResults':[{'EvalActionName':'s3:ListBucket','EvalResourceName':"
                     "'" BUCKET "','EvalDecision':'allowed','EvalDecisionDetails':{},"
                     "'ResourceSpecificResults':[{'EvalResourceName':'" BUCKET "',"
                     "'EvalResourceDecision':'allowed','EvalDecisionDetails':null,'"
                     "MatchedStatements':[{'SourcePolicyId':"
                     "'PolicyInputList.1'}],'MissingContextValues':[]}]},{'EvalActionName':"
                     "'s3:ListBucket','EvalResourceName':'" BUCKET "/x','EvalDecision':"
                     "'implicitDeny'},{'EvalActionName':'s3:GetObject'},{'EvalActionName':"
                     "'s3:GetObject','EvalResourceName':'" BUCKET "/x'}]}"}),
    OPS_TEST(
        "Results come in pages, in the order of actions and resources",
        {.call = "iam:SimulateCustomPolicy",
         .in = "{'PolicyInputList':[" ALLOW("s3:*", "*") "],'ActionNames':['s3:ListBucket',"
                                                         "'s3:GetObject'],'ResourceArns':['" BUCKET
                                                         "','" BUCKET "/x'],'MaxItems':3}",
         .out = "{'EvaluationResults':[{},{},{'EvalActionName':'s3:GetObject',"
                "'EvalResourceName':'" BUCKET "'}],'IsTruncated':true}",
         .save = "marker=Marker"},
        {.call = "iam:SimulateCustomPolicy",
         .in = "{'PolicyInputList':[" ALLOW("s3:*", "*") "],'ActionNames':['s3:ListBucket',"
                                                         "'s3:GetObject'],'ResourceArns':['" BUCKET
                                                         "','" BUCKET "/x'],'Marker':"
                                                         "'$marker'}",
         .out = "{'EvaluationResults':[{'EvalActionName':'s3:GetObject','EvalResourceName':"
                "'" BUCKET "/x'}],'IsTruncated':false,'Marker':null}"},
        {.call = "iam:SimulateCustomPolicy",
         .in = "{'PolicyInputList':[],'ActionNames':['s3:ListBucket'],'Marker':'x'}",
         .code = "ValidationError"}),
    OPS_TEST(
        "A condition sees the given context; a key that is missing is named",
        {.call = "iam:SimulateCustomPolicy",
         .in = "{'PolicyInputList':[" DOCUMENT(
             STATEMENT("Allow", "s3:*", "*",
                       CONDITION("StringEquals", "aws:RequestedRegion",
                                 "us-east-1"))) "],'ActionNames':['s3:GetObject']}",
         .out = "{'EvaluationResults':[{'EvalDecision':'implicitDeny','MissingContextValues':"
                "['aws:RequestedRegion']}]}"},
        {.call = "iam:SimulateCustomPolicy",
         .in = "{'PolicyInputList':[" DOCUMENT(STATEMENT(
             "Allow", "s3:*", "*",
             CONDITION("StringEquals", "aws:RequestedRegion",
                       "us-east-1"))) "],'ActionNames':['s3:GetObject'],'ResourceArns':['" BUCKET
                                      "']}",
         .out = "{'EvaluationResults':[{'EvalDecision':'implicitDeny','MissingContextValues':"
                "[],'ResourceSpecificResults':[{'MissingContextValues':"
                "['aws:RequestedRegion']}]}]}"},
        {.call = "iam:SimulateCustomPolicy",
         .in = "{'PolicyInputList':[" DOCUMENT(
             STATEMENT("Allow", "s3:*", "*",
                       CONDITION("StringEquals", "aws:RequestedRegion",
                                 "us-east-1"))) "],'ActionNames':['s3:GetObject'],'ContextEntries':"
                                                "[{'ContextKeyName':"
                                                "'AWS:requestedregion','ContextKeyType':'string','"
                                                "ContextKeyValues':"
                                                "['us-east-1']}]}",
         .out = "{'EvaluationResults':[{'EvalDecision':'allowed','MissingContextValues':[]}]}"}),
    OPS_TEST(
        "Of a statement with several conditions every missing key is named",
        {.call = "iam:SimulateCustomPolicy",
         .in = "{'PolicyInputList':[" DOCUMENT(STATEMENT(
             "Allow", "s3:*", "*",
             ",\\'Condition\\':{\\'Bool\\':{\\'aws:SecureTransport\\':\\'true\\'},"
             "\\'StringLike\\':{\\'aws:UserAgent\\':\\'x*\\'}}") "," STATEMENT("Allow", "ec2:*",
                                                                               "*",
                                                                               CONDITION(
                                                                                   "StringEqual"
                                                                                   "s",
                                                                                   "ec2:Region",
                                                                                   "us-east-"
                                                                                   "1"))) "],'"
                                                                                          "Acti"
                                                                                          "onNa"
                                                                                          "mes'"
                                                                                          ":['"
                                                                                          "s3:"
                                                                                          "GetO"
                                                                                          "bjec"
                                                                                          "t']"
                                                                                          "}",
         .out = "{'EvaluationResults':[{'EvalDecision':'implicitDeny','MissingContextValues':"
                "['aws:SecureTransport','aws:UserAgent']}]}"}),
    OPS_TEST(
        "Lists, numbers and tags are context as well; the case of a tag's key counts",
        {.call = "iam:SimulateCustomPolicy",
         .in = "{'PolicyInputList':[" DOCUMENT(STATEMENT(
             "Allow", "ec2:*", "*",
             CONDITION(
                 "NumericLessThan", "ec2:VolumeSize",
                 "100"))) "," DOCUMENT(STATEMENT("Allow", "ec2:*", "*",
                                                 CONDITION(
                                                     "StringEquals", "aws:ResourceTag/Team",
                                                     "blue"))) "],'ActionNames':['ec2:CreateVolume'"
                                                               "],'ContextEntries':[{'"
                                                               "ContextKeyName':"
                                                               "'ec2:VolumeSize','ContextKeyType':'"
                                                               "numeric','ContextKeyValues':['8']},"
                                                               "{'ContextKeyName':'aws:ResourceTag/"
                                                               "team','ContextKeyType':'string',"
                                                               "'ContextKeyValues':['blue']}]}",
         .out = "{'EvaluationResults':[{'EvalDecision':'allowed','MatchedStatements':"
                "[{'SourcePolicyId':'PolicyInputList.1'}],'MissingContextValues':"
                "['aws:ResourceTag/Team']}]}"}),
    OPS_TEST("What is known of the user need not be given: its name, its tags", USER,
             OWN(DOCUMENT(STATEMENT(
                 "Allow", "iam:GetUser", "arn:aws:iam::123456789012:user/${aws:username}",
                 "") "," STATEMENT("Allow", "s3:GetObject", "*",
                                   CONDITION("StringEquals", "aws:PrincipalTag/team", "blue")))),
             {.call = "iam:SimulatePrincipalPolicy",
              .in =
                  "{'PolicySourceArn':'" USER_ARN "','ActionNames':['s3:GetObject','iam:GetUser'],"
                  "'ResourceArns':['" USER_ARN "']}",
              .out =
                  "{'EvaluationResults':[{'EvalDecision':'allowed'},{'EvalDecision':'allowed'}]}"}),
    OPS_TEST(
        "A boundary limits, its own or the one given in its place", USER, OWN(ALLOW("*", "*")),
        CALL("PutUserPermissionsBoundary",
             "{'UserName':'u','PermissionsBoundary':'" AWS_POLICY "/AmazonS3FullAccess'}"),
        {.call = "iam:SimulatePrincipalPolicy",
         .in = "{'PolicySourceArn':'" USER_ARN "','ActionNames':['s3:GetObject',"
               "'ec2:RunInstances']}",
         .out = "{'EvaluationResults':[{'EvalDecision':'allowed',"
                "'PermissionsBoundaryDecisionDetail':{'AllowedByPermissionsBoundary':true}},"
                "{'EvalDecision':'implicitDeny','PermissionsBoundaryDecisionDetail':"
                "{'AllowedByPermissionsBoundary':false}}]}"},
        {.call = "iam:SimulatePrincipalPolicy",
         .in = "{'PolicySourceArn':'" USER_ARN "','PermissionsBoundaryPolicyInputList':[" ALLOW(
             "ec2:*", "*") "],'ActionNames':['s3:GetObject','ec2:RunInstances']}",
         .out = "{'EvaluationResults':[{'EvalActionName':'s3:GetObject','EvalDecision':"
                "'implicitDeny'},{'EvalDecision':'allowed'}]}"},
        {.call = "iam:SimulateCustomPolicy",
         .in = "{'PolicyInputList':[],'PermissionsBoundaryPolicyInputList':[" ALLOW(
             "ec2:*", "*") "," ALLOW("s3:*", "*") "],'ActionNames':['s3:GetObject']}",
         .code = "InvalidInput"}),
    OPS_TEST("A deny in a boundary is explicit, and the boundary is named", USER,
             {.call = "iam:SimulatePrincipalPolicy",
              .in = "{'PolicySourceArn':'" USER_ARN "','PermissionsBoundaryPolicyInputList':[" DENY(
                  "s3:*", "*") "],'ActionNames':['s3:GetObject']}",
              .out = "{'EvaluationResults':[{'EvalDecision':'explicitDeny','MatchedStatements':"
                     "[{'SourcePolicyId':'PermissionsBoundary'}]}]}"}),
    OPS_TEST("A resource's policy that names the user grants within the account", USER,
             {.call = "iam:SimulatePrincipalPolicy",
              .in = "{'PolicySourceArn':'" USER_ARN "','ActionNames':['s3:GetObject'],"
                    "'ResourceArns':['" BUCKET "'],'ResourcePolicy':" LETS(USER_ARN) "}",
              .out = "{'EvaluationResults':[{'EvalDecision':'allowed','MatchedStatements':"
                     "[{'SourcePolicyId':'ResourcePolicy'}]}]}"},
             {.call = "iam:SimulatePrincipalPolicy",
              .in = "{'PolicySourceArn':'" USER_ARN "','ActionNames':['s3:GetObject'],"
                    "'ResourceArns':['" BUCKET
                    "'],'ResourcePolicy':" LETS("arn:aws:iam::123456789012:user/v") "}",
              .out = "{'EvaluationResults':[{'EvalDecision':'implicitDeny'}]}"}),
    OPS_TEST(
        "A role's trust policy decides with the caller's policies who assumes the role", USER,
        OWN(ALLOW("sts:AssumeRole", "*")),
        {.call = "iam:SimulatePrincipalPolicy",
         .in = "{'PolicySourceArn':'" USER_ARN "','ActionNames':['sts:AssumeRole'],"
               "'ResourceArns':['" ROLE_ARN "'],'ResourcePolicy':" TRUSTS("Allow", USER_ARN) "}",
         .out = "{'EvaluationResults':[{'EvalDecision':'allowed'}]}"},
        {.call = "iam:SimulatePrincipalPolicy",
         .in = "{'PolicySourceArn':'" USER_ARN "','ActionNames':['sts:AssumeRole'],"
               "'ResourceArns':['" ROLE_ARN "'],'ResourcePolicy':" TRUSTS("Deny", USER_ARN) "}",
         .out = "{'EvaluationResults':[{'EvalDecision':'explicitDeny','MatchedStatements':"
                "[{'SourcePolicyId':'ResourcePolicy'}]}]}"},
        {.call = "iam:SimulatePrincipalPolicy",
         .in = "{'PolicySourceArn':'" USER_ARN "','ActionNames':['sts:AssumeRole'],"
               "'ResourceArns':['" ROLE_ARN "'],'ResourcePolicy':" TRUST "}",
         .out = "{'EvaluationResults':[{'EvalDecision':'implicitDeny'}]}"}),
    OPS_TEST("With a resource's policy somebody must be the caller",
             CALL("CreateGroup", "{'GroupName':'g'}"),
             {.call = "iam:SimulatePrincipalPolicy",
              .in = "{'PolicySourceArn':'arn:aws:iam::123456789012:group/g','ActionNames':"
                    "['s3:GetObject'],'ResourcePolicy':" LETS(USER_ARN) "}",
              .code = "InvalidInput"},
             {.call = "iam:SimulatePrincipalPolicy",
              .in = "{'PolicySourceArn':'arn:aws:iam::123456789012:group/g','ActionNames':"
                    "['s3:GetObject'],'ResourcePolicy':" LETS(USER_ARN) ",'CallerArn':'" USER_ARN
                                                                        "'}",
              .out = "{'EvaluationResults':[{'EvalDecision':'allowed'}]}"}),
    OPS_TEST("Across accounts both sides must allow, and each is shown",
             {.call = "iam:SimulateCustomPolicy",
              .in = "{'PolicyInputList':[" ALLOW("sqs:*",
                                                 "*") "],'ActionNames':"
                                                      "['sqs:SendMessage'],'ResourceArns':['" QUEUE
                                                      "'],'CallerArn':'" USER_ARN "'}",
              .out = "{'EvaluationResults':[{'EvalDecision':'implicitDeny','EvalDecisionDetails':"
                     "{'IAM Policy':'allowed','Resource Policy':'implicitDeny'}}]}"},
             {.call = "iam:SimulateCustomPolicy",
              .in = "{'PolicyInputList':[" ALLOW(
                  "sqs:*", "*") "],'ActionNames':"
                                "['sqs:SendMessage'],'ResourceArns':['" QUEUE
                                "'],'CallerArn':'" USER_ARN
                                "','ResourcePolicy':" LETS("123456789012") "}",
              .out = "{'EvaluationResults':[{'EvalDecision':'allowed','EvalDecisionDetails':"
                     "{'IAM Policy':'allowed','Resource Policy':'allowed'}}]}"},
             {.call = "iam:SimulateCustomPolicy",
              .in = "{'PolicyInputList':[" ALLOW(
                  "s3:*", "*") "],'ActionNames':['s3:GetObject'],"
                               "'ResourceArns':['" BUCKET "'],'ResourceOwner':"
                               "'arn:aws:iam::210987654321:root','CallerArn':'" USER_ARN "'}",
              .out = "{'EvaluationResults':[{'EvalDecision':'implicitDeny'}]}"}),
    OPS_TEST(
        "A scenario of RunInstances needs its resources and is allowed when all are",
        {.call = "iam:SimulateCustomPolicy",
         .in = "{'PolicyInputList':[" ALLOW(
             "ec2:RunInstances",
             "*") "],'ActionNames':"
                  "['ec2:RunInstances'],'ResourceHandlingOption':'EC2-VPC-InstanceStore',"
                  "'ResourceArns':[" EC2("instance") "]}",
         .code = "InvalidInput",
         .text = "ResourceHandlingOption EC2-VPC-InstanceStore requires a resource of type"
                 " image."},
        {.call = "iam:SimulateCustomPolicy",
         .in = "{'PolicyInputList':[" ALLOW("ec2:RunInstances", "*") "," DENY(
             "ec2:RunInstances", "*:image/*") "],'ActionNames':['ec2:RunInstances'],"
                                              "'ResourceHandlingOption':'nonsense'}",
         .code = "InvalidInput"},
        {.call = "iam:SimulateCustomPolicy",
         .in =
             "{'PolicyInputList':[" ALLOW("ec2:RunInstances", "arn:aws:ec2:*:*:instance/*") "," ALLOW(
                 "ec2:RunInstances",
                 "arn:aws:ec2:*:*:image/*") "],'ActionNames':"
                                            "['ec2:RunInstances'],'ResourceHandlingOption':'EC2-"
                                            "Classic-InstanceStore',"
                                            "'ResourceArns':[" EC2("instance") "," EC2(
                                                "image") "," EC2("security-group") "]}",
         .out = "{'EvaluationResults':[{'EvalActionName':'ec2:RunInstances','EvalDecision':"
                "'implicitDeny','ResourceSpecificResults':[{'EvalResourceDecision':'allowed'},"
                "{'EvalResourceDecision':'allowed'},{'EvalResourceName':'~*security-group/*',"
                "'EvalResourceDecision':'implicitDeny'}]}]}"}),
    OPS_TEST("The keys that policies name are listed once, from conditions and variables", USER,
             OWN(DOCUMENT(STATEMENT("Allow", "s3:*", "*",
                                    CONDITION("Bool", "aws:SecureTransport", "true")))),
             {.call = "iam:GetContextKeysForPrincipalPolicy",
              .in = "{'PolicySourceArn':'" USER_ARN "','PolicyInputList':[" DOCUMENT(
                  STATEMENT("Allow", "s3:*", "*",
                            CONDITION("Bool", "AWS:securetransport",
                                      "true")) "," STATEMENT("Allow", "ec2:*", "*",
                                                             CONDITION("StringEquals", "ec2:Region",
                                                                       "us-east-1"))) "]}",
              .out = "{'ContextKeyNames':['aws:SecureTransport','ec2:Region']}"},
             {.call = "iam:GetContextKeysForCustomPolicy",
              .in = "{'PolicyInputList':[" ALLOW("s3:*", "*") "]}",
              .out = "{'ContextKeyNames':[]}"},
             {.call = "iam:GetContextKeysForCustomPolicy",
              .in = "{'PolicyInputList':['{}']}",
              .code = "InvalidInput"}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
