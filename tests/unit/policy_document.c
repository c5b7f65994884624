/* The grammar: what IAM takes, and its text for what it does not. Every row is one document. */
#include "policy_support.h"

#define ID POLICY_IDENTITY
#define RP POLICY_RESOURCE
#define MP POLICY_MANAGED
#define TP POLICY_TRUST

struct document_row {
    const char *rule;
    enum policy_kind kind;
    const char *document;
    const char *text; /* NULL: it is taken */
};

static void rows_run(const struct document_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct err err = {.code = ""};
        char *document = document_text(rows[i].document);
        struct policy *policy = policy_compile(document, strlen(document), rows[i].kind, &err);
        if ((policy == NULL) != (rows[i].text != NULL) ||
            (policy == NULL && strcmp(err.text, rows[i].text) != 0))
            fail_msg("row %zu, %s: %s", i, rows[i].rule, policy == NULL ? err.text : "taken");
        if (policy == NULL)
            assert_string_equal(err.code, "MalformedPolicyDocument");
        policy_free(policy);
        free(document);
    }
}

#define SYNTAX "Syntax errors in policy."
#define LEGACY "The policy failed legacy parsing"
#define VENDOR "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
#define PLAIN  "'Effect':'Allow','Action':'s3:*','Resource':'*'"
#define TRUST                                                                                      \
    "'Effect':'Allow','Principal':{'Service':'ec2.amazonaws.com'},'Action':'sts:AssumeRole'"

static void json(void **state)
{
    (void)state;
    static const struct document_row rows[] = {
        {"a list of statements", ID, DOC("{" PLAIN "}"), NULL},
        {"one statement without a list", ID, "{'Version':'2012-10-17','Statement':{" PLAIN "}}",
         NULL},
        {"several statements", ID, DOC("{" PLAIN "},{" PLAIN "}"), NULL},
        {"members in any order", ID, "{'Statement':[{" PLAIN "}],'Version':'2012-10-17'}", NULL},
        {"white space", ID, "{ 'Version' : '2012-10-17' ,\n\t'Statement' : [ { " PLAIN " } ] }\n",
         NULL},
        {"an escape in a member's name", ID,
         "{'Version':'2012-10-17','\\u0053tatement':{" PLAIN "}}", NULL},
        {"nothing", ID, "", SYNTAX},
        {"null", ID, "null", SYNTAX},
        {"a word", ID, "hello", SYNTAX},
        {"a list", ID, "[]", SYNTAX},
        {"an empty object", ID, "{}", SYNTAX},
        {"a comma too many", ID, "{'Version':'2012-10-17','Statement':[{" PLAIN ",}]}", SYNTAX},
        {"no end", ID, "{'Version':'2012-10-17','Statement':[{" PLAIN "}]", SYNTAX},
        {"something behind the end", ID, DOC("{" PLAIN "}") "}", SYNTAX},
        {"white space in front", ID, " " DOC("{" PLAIN "}"), LEGACY},
        {"a new line in front", ID, "\n" DOC("{" PLAIN "}"), LEGACY},
        {"white space in front of a trust policy", TP, " " DOC("{" TRUST "}"),
         "JSON strings must not have leading spaces"},
        {"a trust policy that is no JSON", TP, DOC("{" TRUST ",}"),
         "This policy contains invalid Json"},
        {"a member twice", ID,
         "{'Version':'2012-10-17','Version':'2012-10-17','Statement':{" PLAIN "}}", SYNTAX},
        {"an element twice", ID, DOC("{'Effect':'Allow'," PLAIN "}"), SYNTAX},
        {"bytes that are no text", ID, DOC("{'Sid':'\xff'," PLAIN "}"), SYNTAX},
        {"a NUL in a text", ID, DOC("{'Sid':'\\u0000'," PLAIN "}"), SYNTAX},
        {"nested too deep", ID,
         "{'a':[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", SYNTAX},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

static void members(void **state)
{
    (void)state;
    static const struct document_row rows[] = {
        {"without a version it is 2008-10-17", ID, "{'Statement':{" PLAIN "}}", NULL},
        {"the old version", ID, DOC_2008("{" PLAIN "}"), NULL},
        {"a version that never was", ID, "{'Version':'2012-10-18','Statement':{" PLAIN "}}",
         SYNTAX},
        {"a version that is no text", ID, "{'Version':2012,'Statement':{" PLAIN "}}", SYNTAX},
        {"a managed policy with the old version", MP, DOC_2008("{" PLAIN "}"),
         "Policy document must be version 2012-10-17 or greater."},
        {"a managed policy without a version", MP, "{'Statement':{" PLAIN "}}",
         "Policy document must be version 2012-10-17 or greater."},
        {"a managed policy", MP, DOC("{" PLAIN "}"), NULL},
        {"an id", ID, "{'Version':'2012-10-17','Id':'x y','Statement':{" PLAIN "}}", NULL},
        {"an unknown member", ID, "{'Version':'2012-10-17','Condition':{},'Statement':{" PLAIN "}}",
         SYNTAX},
        {"a member in lower case", ID, "{'version':'2012-10-17','Statement':{" PLAIN "}}", SYNTAX},
        {"no statement", ID, "{'Version':'2012-10-17'}", SYNTAX},
        {"an empty list of statements", ID, "{'Version':'2012-10-17','Statement':[]}", SYNTAX},
        {"a statement that is a text", ID, "{'Version':'2012-10-17','Statement':'x'}", SYNTAX},
        {"a list of texts", ID, "{'Version':'2012-10-17','Statement':['x']}", SYNTAX},
        {"an unknown element", ID, DOC("{'Effekt':'Allow'," PLAIN "}"), SYNTAX},
        {"an element in lower case", ID, DOC("{'sid':'a'," PLAIN "}"), SYNTAX},
        {"no effect", ID, DOC("{'Action':'s3:*','Resource':'*'}"), SYNTAX},
        {"an effect in lower case", ID, DOC("{'Effect':'allow','Action':'s3:*','Resource':'*'}"),
         LEGACY},
        {"an unknown effect", ID, DOC("{'Effect':'Maybe','Action':'s3:*','Resource':'*'}"), LEGACY},
        {"an effect that is no text", ID, DOC("{'Effect':1,'Action':'s3:*','Resource':'*'}"),
         SYNTAX},
        {"a Sid", ID, DOC("{'Sid':'Abc123'," PLAIN "}"), NULL},
        {"an empty Sid", ID, DOC("{'Sid':''," PLAIN "}"), NULL},
        {"two empty Sids", ID, DOC("{'Sid':''," PLAIN "},{'Sid':''," PLAIN "}"), NULL},
        {"a Sid with a space", ID, DOC("{'Sid':'a b'," PLAIN "}"),
         "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
         "expression [0-9A-Za-z]*"},
        {"a Sid with a hyphen in a trust policy", TP, DOC("{'Sid':'a-b'," TRUST "}"),
         "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
         "expression [0-9A-Za-z]*"},
        {"a resource's Sid may have one", RP, DOC("{'Sid':'a b-c','Principal':'*'," PLAIN "}"),
         NULL},
        {"a Sid twice", ID,
         DOC("{'Sid':'a'," PLAIN "},{'Sid':'b'," PLAIN "},{'Sid':'a'," PLAIN "}"),
         "Statement IDs (SID) in a single policy must be unique."},
        {"Sids that differ in case", ID, DOC("{'Sid':'a'," PLAIN "},{'Sid':'A'," PLAIN "}"), NULL},
        {"a Sid that is no text", ID, DOC("{'Sid':1," PLAIN "}"), SYNTAX},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

#define ACTION(list) DOC("{'Effect':'Allow','Action':" list ",'Resource':'*'}")

static void actions(void **state)
{
    (void)state;
    static const struct document_row rows[] = {
        {"star", ID, ACTION("'*'"), NULL},
        {"a list", ID, ACTION("['ec2:RunInstances','iam:*']"), NULL},
        {"services with hyphens and dots", ID, ACTION("['a4b-x:Y','execute-api.v2:Z']"), NULL},
        {"none", ID, DOC("{'Effect':'Allow','Resource':'*'}"),
         "Policy statement must contain actions."},
        {"an empty list", ID, ACTION("[]"), "Policy statement must contain actions."},
        {"Action and NotAction", ID, DOC("{'NotAction':'a:b'," PLAIN "}"), SYNTAX},
        {"no service", ID, ACTION("'RunInstances'"), VENDOR},
        {"an empty text", ID, ACTION("''"), VENDOR},
        {"an empty service", ID, ACTION("':RunInstances'"), VENDOR},
        {"one in a list without a service", ID, ACTION("['s3:*','RunInstances']"), VENDOR},
        {"NotAction without a service", ID,
         DOC("{'Effect':'Allow','NotAction':'x','Resource':'*'}"), VENDOR},
        {"two colons", ID, ACTION("'arn:aws:logs'"),
         "Actions/Condition can contain only one colon."},
        {"a service with a space", ID, ACTION("'a b:c'"), "Vendor a b is not valid"},
        {"a service with a wildcard", ID, ACTION("'ec*:RunInstances'"),
         "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards"},
        {"a number", ID, ACTION("1"), SYNTAX},
        {"a number in a list", ID, ACTION("['s3:*',1]"), SYNTAX},
        {"an object", ID, ACTION("{'a':'b'}"), SYNTAX},
        {"a trust policy's actions", TP,
         DOC("{'Effect':'Allow','Principal':{'AWS':'*'},'Action':['sts:AssumeRole','sts:TagSession'"
             "]}"),
         NULL},
        {"another service's action in a trust policy", TP,
         DOC("{'Effect':'Allow','Principal':{'AWS':'*'},'Action':'s3:GetObject'}"),
         "AssumeRole policy may only specify STS AssumeRole actions."},
        {"star in a trust policy", TP,
         DOC("{'Effect':'Allow','Principal':{'AWS':'*'},'Action':'*'}"),
         "AssumeRole policy may only specify STS AssumeRole actions."},
        {"no action in a trust policy", TP, DOC("{'Effect':'Allow','Principal':{'AWS':'*'}}"),
         "Missing required field Action"},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

#define RESOURCE(list) DOC("{'Effect':'Allow','Action':'s3:*','Resource':" list "}")
#define PATHS                                                                                      \
    "IAM resource path must either be \"*\", root, or start with user/, federated-user/, role/, "  \
    "group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, "    \
    "oidc-provider/, report/, access-report/."
#define REGEXES "Resource vendor must be fully qualified and cannot contain regexes."

static void resources(void **state)
{
    (void)state;
    static const struct document_row rows[] = {
        {"an ARN", ID, RESOURCE("'arn:aws:s3:::b/*'"), NULL},
        {"a list", ID, RESOURCE("['arn:aws:s3:::b','*']"), NULL},
        {"none", ID, DOC("{'Effect':'Allow','Action':'s3:*'}"),
         "Policy statement must contain resources."},
        {"an empty list", ID, RESOURCE("[]"), "Policy statement must contain resources."},
        {"Resource and NotResource", ID, DOC("{'NotResource':'*'," PLAIN "}"), SYNTAX},
        {"no ARN", ID, RESOURCE("'bucket'"), "Resource bucket must be in ARN format or \"*\"."},
        {"an empty text", ID, RESOURCE("''"), "Resource  must be in ARN format or \"*\"."},
        {"one in a list is no ARN", ID, RESOURCE("['*','b/*']"),
         "Resource b/* must be in ARN format or \"*\"."},
        {"NotResource that is no ARN", ID,
         DOC("{'Effect':'Allow','Action':'s3:*','NotResource':'b'}"),
         "Resource b must be in ARN format or \"*\"."},
        {"a number", ID, RESOURCE("7"), SYNTAX},
        {"an object", ID, RESOURCE("{'a':'arn:aws:s3:::b'}"), SYNTAX},
        {"China", ID, RESOURCE("'arn:aws-cn:s3:::b'"), NULL},
        {"any partition", ID, RESOURCE("'arn:*:s3:::b'"), NULL},
        {"an unknown partition", ID, RESOURCE("'arn:asw:s3:::b'"),
         "Partition \"asw\" is not valid for resource \"arn:asw:s3:::b\"."},
        {"no partition", ID, RESOURCE("'arn::s3:::b'"),
         "Partition \"\" is not valid for resource \"arn::s3:::b\"."},
        {"a variable for a partition", ID, RESOURCE("'arn:${ARN_PARTITION}:s3:::b'"),
         "Partition \"${ARN_PARTITION}\" is not valid for resource "
         "\"arn:${ARN_PARTITION}:s3:::b\"."},
        {"any service", ID, RESOURCE("'arn:aws:*:*:111122223333:*'"), REGEXES},
        {"part of a service", ID, RESOURCE("'arn:aws:s*:::b'"), REGEXES},
        {"no service", ID, RESOURCE("'arn:aws:::b'"), REGEXES},
        {"nothing behind the partition", ID, RESOURCE("'arn:aws'"), REGEXES},
        {"an ARN that is cut by a star", ID, RESOURCE("'arn:aws:codebuild:*'"), NULL},
        {"an ARN that is too short", ID, RESOURCE("'arn:aws:s3::b'"), LEGACY},
        {"an IAM user", ID, RESOURCE("'arn:aws:iam::111122223333:user/bob'"), NULL},
        {"a variable in an IAM user", ID, RESOURCE("'arn:aws:iam::*:user/${aws:username}'"), NULL},
        {"anything of IAM", ID, RESOURCE("'arn:aws:iam::111122223333:*'"), NULL},
        {"the root of an account", ID, RESOURCE("'arn:aws:iam::111122223333:root'"), NULL},
        {"an unknown path of IAM", ID, RESOURCE("'arn:aws:iam::111122223333:bob'"), PATHS},
        {"a wildcard for a type of IAM", ID, RESOURCE("'arn:aws:iam::111122223333:*/bob'"), PATHS},
        {"a region in IAM", ID, RESOURCE("'arn:aws:iam:us-east-1:111122223333:user/bob'"),
         "IAM resource arn:aws:iam:us-east-1:111122223333:user/bob cannot contain region "
         "information."},
        {"a resource policy without resources", RP,
         DOC("{'Effect':'Allow','Principal':'*','Action':'sns:*'}"),
         "Policy statement must contain resources."},
        {"a trust policy with a resource", TP, DOC("{'Resource':'*'," TRUST "}"),
         "Has prohibited field Resource"},
        {"a trust policy with a resource and without a principal", TP, ACTION("'route53:*'"),
         "Has prohibited field Resource"},
        {"a trust policy with NotResource", TP, DOC("{'NotResource':'*'," TRUST "}"),
         "Has prohibited field NotResource"},
        {"a variable that does not close", ID, RESOURCE("'arn:aws:s3:::b/${aws:username'"), LEGACY},
        {"an empty variable", ID, RESOURCE("'arn:aws:s3:::b/${}'"), LEGACY},
        {"a variable in a variable", ID, RESOURCE("'arn:aws:s3:::b/${a:${b:c}}'"), LEGACY},
        {"a default without quotation marks", ID, RESOURCE("'arn:aws:s3:::b/${a:b, c}'"), LEGACY},
        {"a default with half of them", ID, RESOURCE("'arn:aws:s3:::b/${a:b, `}'"), LEGACY},
        {"the old version has no variables to refuse", ID,
         DOC_2008("{'Effect':'Allow','Action':'s3:*','Resource':'arn:aws:s3:::b/${'}"), NULL},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

#define WHO(principal)                                                                             \
    DOC("{'Effect':'Allow','Principal':" principal ",'Action':'sns:*','Resource':'*'}")
#define TRUSTS(principal)                                                                          \
    DOC("{'Effect':'Allow','Principal':" principal ",'Action':'sts:AssumeRole'}")
#define INVALID(kind, name) "Invalid principal in policy: \"" kind "\":\"" name "\""
#define NO_PRINCIPALS                                                                              \
    "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in "   \
    "policy has a statement with no principals!"

static void principals(void **state)
{
    (void)state;
    static const struct document_row rows[] = {
        {"an identity policy has none", ID, WHO("'*'"),
         "Policy document should not specify a principal."},
        {"nor has a managed one", MP, WHO("{'AWS':'111122223333'}"),
         "Policy document should not specify a principal."},
        {"nor NotPrincipal", ID, DOC("{'NotPrincipal':'*'," PLAIN "}"),
         "Policy document should not specify a principal."},
        {"a resource policy has one", RP, DOC("{" PLAIN "}"), "Missing required field Principal"},
        {"so has a trust policy", TP, DOC("{'Effect':'Allow','Action':'sts:AssumeRole'}"),
         "Missing required field Principal"},
        {"Principal and NotPrincipal", RP, DOC("{'Principal':'*','NotPrincipal':'*'," PLAIN "}"),
         SYNTAX},
        {"everyone", RP, WHO("'*'"), NULL},
        {"everyone by AWS", TP, TRUSTS("{'AWS':'*'}"), NULL},
        {"everyone in a trust policy", TP, TRUSTS("'*'"),
         "AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\"."},
        {"an account", RP, WHO("{'AWS':'111122223333'}"), NULL},
        {"an account's ARN", RP, WHO("{'AWS':'arn:aws:iam::111122223333:root'}"), NULL},
        {"a user with a path", RP, WHO("{'AWS':'arn:aws:iam::111122223333:user/a/b/c'}"), NULL},
        {"a role session", RP, WHO("{'AWS':'arn:aws:sts::111122223333:assumed-role/r/s'}"), NULL},
        {"a federated user", RP, WHO("{'AWS':'arn:aws:sts::111122223333:federated-user/f'}"), NULL},
        {"a unique id", RP, WHO("{'AWS':'AROACKCEVSQ6C2EXAMPLE'}"), NULL},
        {"a service and an account", RP,
         WHO("{'AWS':['111122223333'],'Service':'sns.amazonaws.com'}"), NULL},
        {"a canonical user", RP, WHO("{'CanonicalUser':'79a59df900b949e5'}"), NULL},
        {"a SAML provider", TP, TRUSTS("{'Federated':'arn:aws:iam::111122223333:saml-provider/p'}"),
         NULL},
        {"a text that is not star", RP, WHO("'bob'"), INVALID("STAR", "bob")},
        {"a number", RP, WHO("1"), SYNTAX},
        {"an unknown kind", RP, WHO("{'User':'bob'}"), "Invalid principal in policy: \"User\""},
        {"no principals", TP, TRUSTS("{}"), NO_PRINCIPALS},
        {"an empty list", TP, TRUSTS("{'AWS':[]}"), NO_PRINCIPALS},
        {"a number in a list", RP, WHO("{'AWS':[1]}"), SYNTAX},
        {"an account of eleven digits", TP, TRUSTS("{'AWS':'11112222333'}"),
         INVALID("AWS", "11112222333")},
        {"an account of eleven digits in an ARN", TP,
         TRUSTS("{'AWS':'arn:aws:iam::12345678910:role/R'}"),
         INVALID("AWS", "arn:aws:iam::12345678910:role/R")},
        {"a group", TP, TRUSTS("{'AWS':'arn:aws:iam::111122223333:group/g'}"),
         INVALID("AWS", "arn:aws:iam::111122223333:group/g")},
        {"a wildcard in a name", TP, TRUSTS("{'AWS':'arn:aws:iam::111122223333:user/*'}"),
         INVALID("AWS", "arn:aws:iam::111122223333:user/*")},
        {"a name that is missing", TP, TRUSTS("{'AWS':'arn:aws:iam::111122223333:user/'}"),
         INVALID("AWS", "arn:aws:iam::111122223333:user/")},
        {"a region", TP, TRUSTS("{'AWS':'arn:aws:iam:eu:111122223333:user/b'}"),
         INVALID("AWS", "arn:aws:iam:eu:111122223333:user/b")},
        {"another service's ARN", TP, TRUSTS("{'AWS':'arn:aws:s3:::b'}"),
         INVALID("AWS", "arn:aws:s3:::b")},
        {"the wrong sort for the service", TP, TRUSTS("{'AWS':'arn:aws:sts::111122223333:user/b'}"),
         INVALID("AWS", "arn:aws:sts::111122223333:user/b")},
        {"a service without a domain", TP, TRUSTS("{'Service':'ec2'}"), INVALID("SERVICE", "ec2")},
        {"a wildcard for services", TP, TRUSTS("{'Service':'*'}"), INVALID("SERVICE", "*")},
        {"an empty canonical user", RP, WHO("{'CanonicalUser':''}"), INVALID("CANONICALUSER", "")},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

#define IF(block)     DOC("{'Condition':" block "," PLAIN "}")
#define IS(op, value) IF("{'" op "':{'k:a':" value "}}")

static void conditions(void **state)
{
    (void)state;
    static const struct document_row rows[] = {
        {"an empty block", ID, IF("{}"), NULL},
        {"a list", ID, IF("[]"), SYNTAX},
        {"a text", ID, IF("'x'"), SYNTAX},
        {"a key without an operator", ID, IF("{'aws:username':'bob'}"), SYNTAX},
        {"an unknown operator", ID, IS("StringSame", "'x'"), SYNTAX},
        {"case of an operator", ID, IS("stringEquals", "'x'"), SYNTAX},
        {"an operator that only begins right", ID, IS("StringEqualsX", "'x'"), SYNTAX},
        {"an unknown quantifier", ID, IS("ForSomeValues:StringEquals", "'x'"), SYNTAX},
        {"a quantifier and IfExists", ID, IS("ForAllValues:StringLikeIfExists", "'x'"), NULL},
        {"NullIfExists", ID, IS("NullIfExists", "'true'"), SYNTAX},
        {"a quantifier with Null", ID, IS("ForAllValues:Null", "'true'"), SYNTAX},
        {"a key without a service", ID, IF("{'StringEquals':{'username':'bob'}}"), VENDOR},
        {"null for a value", ID, IS("StringEquals", "null"), SYNTAX},
        {"an object for a value", ID, IS("StringEquals", "{}"), SYNTAX},
        {"a list in a list", ID, IS("StringEquals", "[['x']]"), SYNTAX},
        {"a number that is none", ID, IS("NumericEquals", "'ten'"), LEGACY},
        {"a variable for a number", ID, IS("NumericEquals", "'${k:b}'"), LEGACY},
        {"a date that is none", ID, IS("DateLessThan", "'tomorrow'"), LEGACY},
        {"a day that never was", ID, IS("DateLessThan", "'2021-02-30'"), LEGACY},
        {"a truth that is none", ID, IS("Bool", "'yes'"), LEGACY},
        {"a number for a truth", ID, IS("Bool", "1"), LEGACY},
        {"a Null that is neither", ID, IS("Null", "'maybe'"), LEGACY},
        {"a variable for Null", ID, IS("Null", "'${k:b}'"), LEGACY},
        {"bytes that are not base64", ID, IS("BinaryEquals", "'%'"), LEGACY},
        {"an address that is none", ID, IS("IpAddress", "'300.0.0.1'"), LEGACY},
        {"a prefix that is too long", ID, IS("IpAddress", "'10.0.0.0/33'"), LEGACY},
        {"a prefix below zero", ID, IS("NotIpAddress", "'10.0.0.0/-1'"), LEGACY},
        {"an IPv6 prefix that is too long", ID, IS("IpAddress", "'::/129'"), LEGACY},
        {"a star for an address", ID, IS("IpAddress", "'*'"), LEGACY},
        {"an ARN that is none", ID, IS("ArnLike", "'my-cluster'"), LEGACY},
        {"a star for an ARN", ID, IS("ArnEquals", "'*'"), NULL},
        {"a variable for an ARN", ID, IS("ArnEquals", "'${k:b}'"), NULL},
        {"a text with a broken variable", ID, IS("StringEquals", "'${k:b'"), LEGACY},
        {"a resource policy's conditions", RP,
         DOC("{'Condition':{'StringEqualz':{}},'Principal':'*'," PLAIN "}"), SYNTAX},
        {"a trust policy's conditions", TP,
         DOC("{'Condition':{'StringEquals':{'sts:ExternalId':'x'}}," TRUST "}"), NULL},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

/* A document has a ceiling, 128 KiB. */
static void ceiling(void **state)
{
    (void)state;
    static const char head[] = "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\","
                               "\"Action\":\"*\",\"Resource\":\"*\"}";
    const size_t most = 131072;
    char *text = xmalloc(most + 1);
    struct err err;

    memset(text, ' ', most + 1);
    memcpy(text, head, strlen(head));
    text[most - 1] = '}';
    struct policy *policy = policy_compile(text, most, POLICY_IDENTITY, &err);
    assert_non_null(policy);
    policy_free(policy);
    assert_null(policy_compile(text, most + 1, POLICY_IDENTITY, &err));
    assert_string_equal(err.text, SYNTAX);
    free(text);
}

/* Positions are those that AWS's simulator answers in its documented examples. */
static void positions(void **state)
{
    (void)state;
    static const struct {
        const char *document;
        size_t statement, start_line, start_column, end_line, end_column;
    } rows[] = {
        {"{'Version':'2012-10-17','Statement':{'Effect':'Allow','Action':'dynamodb:*','Resource':'*"
         "',"
         "'Condition':{'DateGreaterThan':{'aws:CurrentTime':'2018-08-16T12:00:00Z'}}}}",
         0, 1, 38, 1, 167},
        {"{\n    'Version': '2012-10-17',\n    'Statement': {\n            'Effect': 'Allow',\n"
         "            'Action': 'dynamodb:*',\n            'Resource': '*'\n         }\n}\n",
         0, 3, 19, 7, 11},
        {"{'Statement':[{" PLAIN "},\r\n\t{" PLAIN "}],'Version':'2012-10-17'}", 1, 2, 3, 2, 51},
        {"{'Id':'{[','Statement':[{'Sid':''," PLAIN "}]}", 0, 1, 26, 1, 83},
        {"{'Id':'\\'{\xc3\xa9','Statement':{'Sid':''," PLAIN "}}", 0, 1, 27, 1, 84},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct policy *policy = document_compile(rows[i].document, POLICY_IDENTITY);
        struct policy_answer answer;
        struct keys request;
        struct policy_context context = {keys_get, &request};
        keys_read(&request, "aws:CurrentTime=2019-04-25");
        policy_decide(
            &(struct policy_ask){.action = i < 2 ? "dynamodb:CreateBackup" : "s3:GetObject",
                                 .resource = "*",
                                 .principal = &somebody,
                                 .context = &context,
                                 .identity = {&(struct policy_entry){.policy = policy}, 1}},
            &answer);
        assert_true(answer.match_count > rows[i].statement);
        const struct policy_match *match = &answer.matches[rows[i].statement];
        assert_int_equal(match->start_line, rows[i].start_line);
        assert_int_equal(match->start_column, rows[i].start_column);
        assert_int_equal(match->end_line, rows[i].end_line);
        assert_int_equal(match->end_column, rows[i].end_column);
        policy_free(policy);
    }
}

static void key_append(void *arg, const char *key)
{
    strcat(arg, key);
    strcat(arg, ";");
}

/* The keys of a document are those of its conditions and of its variables, each once. */
static void context_keys(void **state)
{
    (void)state;
    char seen[512] = "";
    struct policy *policy = document_compile(
        DOC("{'Effect':'Allow','Action':'s3:*','Resource':['arn:aws:s3:::b/${aws:username}/${*}',"
            "'arn:aws:s3:::c/${aws:PrincipalTag/a, `x`}'],"
            "'Condition':{'StringLike':{'s3:prefix':['${aws:userid}','${aws:username}']},"
            "'Bool':{'aws:SecureTransport':true}}},"
            "{'Effect':'Deny','Action':'*','NotResource':'arn:aws:s3:::${k:x}',"
            "'Condition':{'StringNotLike':{'s3:prefix':'a'}}}"),
        POLICY_IDENTITY);

    policy_context_keys(policy, key_append, seen);
    assert_string_equal(seen, "aws:username;aws:PrincipalTag/a;s3:prefix;aws:userid;"
                              "aws:SecureTransport;k:x;");
    policy_free(policy);
    seen[0] = '\0';
    policy = document_compile(DOC_2008("{'Effect':'Allow','Action':'s3:*','Resource':"
                                       "'arn:aws:s3:::b/${aws:username}'}"),
                              POLICY_IDENTITY);
    policy_context_keys(policy, key_append, seen);
    assert_string_equal(seen, "");
    policy_free(policy);
    policy_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json),      cmocka_unit_test(members),    cmocka_unit_test(actions),
        cmocka_unit_test(resources), cmocka_unit_test(principals), cmocka_unit_test(conditions),
        cmocka_unit_test(ceiling),   cmocka_unit_test(positions),  cmocka_unit_test(context_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
