/* Actions, resources and variables: which requests a statement speaks of. Every row is one decision
 * and the rule of AWS that it shows. */
#include "policy_support.h"

#include "policy/model.h"

struct match_row {
    const char *rule;
    const char *elements; /* of an allowing statement */
    const char *action, *resource, *keys;
    enum policy_verdict verdict;
};
#define YES POLICY_ALLOW
#define NO  POLICY_IMPLICIT_DENY

static void rows_run(const struct match_row *rows, size_t count, const char *version)
{
    for (size_t i = 0; i < count; i++) {
        char document[2048];
        snprintf(document, sizeof(document), "{'Version':'%s','Statement':{'Effect':'Allow',%s}}",
                 version, rows[i].elements);
        enum policy_verdict verdict =
            identity_decides(document, rows[i].action, rows[i].resource, rows[i].keys);
        if (verdict != rows[i].verdict)
            fail_msg("row %zu, %s: %s", i, rows[i].rule, verdict_name(verdict));
    }
}

#define ACT(list) "'Action':" list ",'Resource':'*'"

/* Action and NotAction. */
static void actions(void **state)
{
    (void)state;
    static const struct match_row rows[] = {
        {"the very action", ACT("'ec2:StartInstances'"), "ec2:StartInstances", "*", NULL, YES},
        {"another action", ACT("'ec2:StartInstances'"), "ec2:StopInstances", "*", NULL, NO},
        {"the same name in another service", ACT("'iam:TagUser'"), "sts:TagUser", "*", NULL, NO},
        {"case of the name", ACT("'ec2:startinstances'"), "ec2:StartInstances", "*", NULL, YES},
        {"case of the service", ACT("'EC2:StartInstances'"), "ec2:StartInstances", "*", NULL, YES},
        {"case of the request", ACT("'ec2:Start*'"), "EC2:STARTINSTANCES", "*", NULL, YES},
        {"star is every action", ACT("'*'"), "iam:CreateUser", "*", NULL, YES},
        {"star and colon", ACT("'*:*'"), "iam:CreateUser", "*", NULL, YES},
        {"every action of a service", ACT("'iam:*'"), "iam:CreateUser", "*", NULL, YES},
        {"every action of another", ACT("'iam:*'"), "ec2:RunInstances", "*", NULL, NO},
        {"a prefix", ACT("'ec2:Describe*'"), "ec2:DescribeInstances", "*", NULL, YES},
        {"a prefix that is the whole", ACT("'ec2:Describe*'"), "ec2:Describe", "*", NULL, YES},
        {"not that prefix", ACT("'ec2:Describe*'"), "ec2:GetConsoleOutput", "*", NULL, NO},
        {"a suffix", ACT("'iam:*Report'"), "iam:GetCredentialReport", "*", NULL, YES},
        {"not that suffix", ACT("'iam:*Report'"), "iam:GetCredentialReports", "*", NULL, NO},
        {"the middle", ACT("'iam:*AccessKey*'"), "iam:ListAccessKeys", "*", NULL, YES},
        {"not in the middle", ACT("'iam:*AccessKey*'"), "iam:ListSSHPublicKeys", "*", NULL, NO},
        {"several stars", ACT("'ec2:*In*ce*'"), "ec2:RunInstances", "*", NULL, YES},
        {"a question mark", ACT("'ec2:RunInstance?'"), "ec2:RunInstances", "*", NULL, YES},
        {"a question mark is not nothing", ACT("'ec2:RunInstances?'"), "ec2:RunInstances", "*",
         NULL, NO},
        {"a question mark is one", ACT("'ec2:RunInstanc?'"), "ec2:RunInstances", "*", NULL, NO},
        {"the prefix of a service is not the service", ACT("'ec2:*'"), "ec2messages:GetMessages",
         "*", NULL, NO},
        {"nor the longer one", ACT("'ec2messages:*'"), "ec2:GetMessages", "*", NULL, NO},
        {"a list: the first", ACT("['ec2:RunInstances','iam:PassRole']"), "ec2:RunInstances", "*",
         NULL, YES},
        {"a list: the last", ACT("['ec2:RunInstances','iam:PassRole']"), "iam:PassRole", "*", NULL,
         YES},
        {"a list: none", ACT("['ec2:RunInstances','iam:PassRole']"), "iam:GetRole", "*", NULL, NO},
        {"a list in which services mix",
         ACT("['sns:Publish','ec2:Run*','sns:Sub*','autoscaling:*','ec2:Stop*']"),
         "ec2:StopInstances", "*", NULL, YES},
        {"the middle of the services", ACT("['a:x','m:*','z:x']"), "m:Anything", "*", NULL, YES},
        {"a service before all", ACT("['b:*','c:*']"), "a:X", "*", NULL, NO},
        {"a service behind all", ACT("['b:*','c:*']"), "d:X", "*", NULL, NO},
        {"a request without a service", ACT("['b:*','c:*']"), "RunInstances", "*", NULL, NO},
        {"but star is everything", ACT("['b:*','*']"), "RunInstances", "*", NULL, YES},
        {"variables mean nothing in an action", ACT("'iam:${x}'"), "iam:bob", "*", "x=bob", NO},
        {"NotAction: all but", "'NotAction':'iam:*','Resource':'*'", "ec2:RunInstances", "*", NULL,
         YES},
        {"NotAction: not those", "'NotAction':'iam:*','Resource':'*'", "iam:CreateUser", "*", NULL,
         NO},
        {"NotAction: several", "'NotAction':['iam:*','sts:Get*'],'Resource':'*'",
         "sts:GetCallerIdentity", "*", NULL, NO},
        {"NotAction: case", "'NotAction':'IAM:create*','Resource':'*'", "iam:CreateUser", "*", NULL,
         NO},
        {"NotAction star leaves nothing", "'NotAction':'*','Resource':'*'", "iam:GetUser", "*",
         NULL, NO},
    };
    rows_run(rows, ARRAY_LEN(rows), "2012-10-17");
}

#define RES(list) "'Action':'*','Resource':" list
#define BUCKET    "arn:aws:s3:::amzn-bucket"

/* Resource and NotResource. */
static void resources(void **state)
{
    (void)state;
    static const struct match_row rows[] = {
        {"the very ARN", RES("'arn:aws:iam::111122223333:user/Bob'"), "iam:GetUser",
         "arn:aws:iam::111122223333:user/Bob", NULL, YES},
        {"case counts", RES("'arn:aws:iam::111122223333:user/Bob'"), "iam:GetUser",
         "arn:aws:iam::111122223333:user/bob", NULL, NO},
        {"another account", RES("'arn:aws:iam::111122223333:user/Bob'"), "iam:GetUser",
         "arn:aws:iam::999922223333:user/Bob", NULL, NO},
        {"star is every resource", RES("'*'"), "iam:GetUser", "arn:aws:iam::111122223333:user/Bob",
         NULL, YES},
        {"star is also no resource", RES("'*'"), "iam:ListUsers", "*", NULL, YES},
        {"an ARN is not no resource", RES("'arn:aws:iam::111122223333:user/*'"), "iam:ListUsers",
         "*", NULL, NO},
        {"a star within the resource", RES("'arn:aws:iam::111122223333:user/*'"), "iam:GetUser",
         "arn:aws:iam::111122223333:user/Bob", NULL, YES},
        {"takes slashes", RES("'arn:aws:iam::111122223333:user/*'"), "iam:GetUser",
         "arn:aws:iam::111122223333:user/eng/ops/Bob", NULL, YES},
        {"takes nothing too", RES("'" BUCKET "/*'"), "s3:GetObject", BUCKET "/", NULL, YES},
        {"but not what is in front of it", RES("'" BUCKET "/*'"), "s3:GetObject", BUCKET, NULL, NO},
        {"a path", RES("'" BUCKET "/*/test/*'"), "s3:GetObject", BUCKET "/1/test/object.jpg", NULL,
         YES},
        {"a longer path", RES("'" BUCKET "/*/test/*'"), "s3:GetObject",
         BUCKET "/1/2/test/3/object.jpg", NULL, YES},
        {"slashes in a row", RES("'" BUCKET "/*/test/*'"), "s3:GetObject",
         BUCKET "/1///test///object.jpg", NULL, YES},
        {"an empty name", RES("'" BUCKET "/*/test/*'"), "s3:GetObject", BUCKET "//test/object.jpg",
         NULL, YES},
        {"an empty end", RES("'" BUCKET "/*/test/*'"), "s3:GetObject", BUCKET "/1/test/", NULL,
         YES},
        {"not that folder", RES("'" BUCKET "/*/test/*'"), "s3:GetObject",
         BUCKET "/1-test/object.jpg", NULL, NO},
        {"one slash too few", RES("'" BUCKET "/*/test/*'"), "s3:GetObject",
         BUCKET "/test/object.jpg", NULL, NO},
        {"no trailing slash", RES("'" BUCKET "/*/test/*'"), "s3:GetObject", BUCKET "/1/2/test.jpg",
         NULL, NO},
        {"a question mark", RES("'" BUCKET "/?.txt'"), "s3:GetObject", BUCKET "/a.txt", NULL, YES},
        {"a question mark is one", RES("'" BUCKET "/?.txt'"), "s3:GetObject", BUCKET "/ab.txt",
         NULL, NO},
        {"two question marks", RES("'" BUCKET "/??.txt'"), "s3:GetObject", BUCKET "/ab.txt", NULL,
         YES},
        {"a question mark is a character, not a byte", RES("'" BUCKET "/?'"), "s3:GetObject",
         BUCKET "/\xc3\xa9", NULL, YES},
        {"two characters", RES("'" BUCKET "/?'"), "s3:GetObject", BUCKET "/\xc3\xa9\xc3\xa9", NULL,
         NO},
        {"any region", RES("'arn:aws:ec2:*:111122223333:instance/*'"), "ec2:StartInstances",
         "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", NULL, YES},
        {"any account", RES("'arn:aws:ec2:eu-west-1:*:instance/*'"), "ec2:StartInstances",
         "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", NULL, YES},
        {"any region, another account", RES("'arn:aws:ec2:*:111122223333:instance/*'"),
         "ec2:StartInstances", "arn:aws:ec2:eu-west-1:999922223333:instance/i-1", NULL, NO},
        {"a region's prefix", RES("'arn:aws:ec2:eu-*:111122223333:instance/*'"),
         "ec2:StartInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", NULL, YES},
        {"another region", RES("'arn:aws:ec2:eu-*:111122223333:instance/*'"), "ec2:StartInstances",
         "arn:aws:ec2:us-east-1:111122223333:instance/i-1", NULL, NO},
        {"a region's end", RES("'arn:aws:ec2:*-1:111122223333:instance/*'"), "ec2:StartInstances",
         "arn:aws:ec2:us-east-1:111122223333:instance/i-1", NULL, YES},
        {"a star inside a segment stays in it", RES("'arn:aws:ec2:u*1:111122223333:instance/*'"),
         "ec2:StartInstances", "arn:aws:ec2:us-east-2:1:111122223333:instance/i-1", NULL, NO},
        {"a star at the end of a segment may go on", RES("'arn:aws:ec2:us-*:instance/i-1'"),
         "ec2:StartInstances", "arn:aws:ec2:us-east-1:111122223333:instance/i-1", NULL, YES},
        {"a cut ARN", RES("'arn:aws:ec2:*'"), "ec2:StartInstances",
         "arn:aws:ec2:us-east-1:111122223333:instance/i-1", NULL, YES},
        {"a cut ARN of another service", RES("'arn:aws:ec2:*'"), "sns:Publish",
         "arn:aws:sns:us-east-1:111122223333:topic", NULL, NO},
        {"colons in the resource are text",
         RES("'arn:aws:logs:us-east-1:111122223333:log-group:*'"), "logs:PutLogEvents",
         "arn:aws:logs:us-east-1:111122223333:log-group:a:log-stream:b", NULL, YES},
        {"a star in the resource goes over them",
         RES("'arn:aws:logs:us-east-1:111122223333:log-group:*b:log-stream:c'"),
         "logs:PutLogEvents", "arn:aws:logs:us-east-1:111122223333:log-group:a:b:log-stream:c",
         NULL, YES},
        {"a question mark in a segment", RES("'arn:aws:ec2:us-east-?:111122223333:vpc/*'"),
         "ec2:DeleteVpc", "arn:aws:ec2:us-east-2:111122223333:vpc/vpc-1", NULL, YES},
        {"is never a colon", RES("'arn:aws:ec2:us-east-1?111122223333:vpc/*:*'"), "ec2:DeleteVpc",
         "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-1:", NULL, NO},
        {"any partition", RES("'arn:*:s3:::amzn-bucket'"), "s3:ListBucket", BUCKET, NULL, YES},
        {"an empty account is not a star's fault", RES("'arn:aws:s3:*:*:amzn-bucket'"),
         "s3:ListBucket", BUCKET, NULL, YES},
        {"a backslash is a backslash", RES("'" BUCKET "/\\\\*'"), "s3:GetObject", BUCKET "/\\x",
         NULL, YES},
        {"and hides no star", RES("'" BUCKET "/\\\\*'"), "s3:GetObject", BUCKET "/*", NULL, NO},
        {"brackets are text", RES("'" BUCKET "/[ab]'"), "s3:GetObject", BUCKET "/a", NULL, NO},
        {"a star in the request is text", RES("'" BUCKET "/a'"), "s3:GetObject", BUCKET "/*", NULL,
         NO},
        {"a list: the first", RES("['" BUCKET "','" BUCKET "/*']"), "s3:ListBucket", BUCKET, NULL,
         YES},
        {"a list: the last", RES("['" BUCKET "','" BUCKET "/*']"), "s3:GetObject", BUCKET "/a",
         NULL, YES},
        {"a list: none", RES("['" BUCKET "','" BUCKET "/*']"), "s3:GetObject", BUCKET "2/a", NULL,
         NO},
        {"NotResource: all but", "'Action':'*','NotResource':'" BUCKET "'", "s3:ListBucket",
         BUCKET "2", NULL, YES},
        {"NotResource: not that", "'Action':'*','NotResource':'" BUCKET "'", "s3:ListBucket",
         BUCKET, NULL, NO},
        {"NotResource: none of several", "'Action':'*','NotResource':['" BUCKET "','" BUCKET "/*']",
         "s3:GetObject", BUCKET "/a", NULL, NO},
        {"NotResource: no resource is not named", "'Action':'*','NotResource':'" BUCKET "'",
         "s3:ListAllMyBuckets", "*", NULL, YES},
        {"NotResource star leaves nothing", "'Action':'*','NotResource':'*'", "s3:GetObject",
         BUCKET, NULL, NO},
        {"action and resource must both be meant",
         "'Action':'s3:GetObject','Resource':'" BUCKET "/*'", "s3:PutObject", BUCKET "/a", NULL,
         NO},
        {"many stars end soon", RES("'" BUCKET "/*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b'"),
         "s3:GetObject",
         BUCKET "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         NULL, NO},
    };
    rows_run(rows, ARRAY_LEN(rows), "2012-10-17");
}

#define LIKE(value)                                                                                \
    "'Action':'*','Resource':'*','Condition':{'StringLike':{'s3:prefix':'" value "'}}"
#define HOME BUCKET "/${aws:username}"
#define A20  "aaaaaaaaaaaaaaaaaaaa"
#define A200 A20 A20 A20 A20 A20 A20 A20 A20 A20 A20

/* Variables, with their defaults and the three characters. */
static void variables(void **state)
{
    (void)state;
    static const struct match_row rows[] = {
        {"a variable in a resource", RES("'" HOME "/*'"), "s3:GetObject", BUCKET "/bob/x",
         "aws:username=bob", YES},
        {"somebody else's", RES("'" HOME "/*'"), "s3:GetObject", BUCKET "/eve/x",
         "aws:username=bob", NO},
        {"a name that only begins so", RES("'" HOME "/*'"), "s3:GetObject", BUCKET "/bobby/x",
         "aws:username=bob", NO},
        {"no value: nothing is meant", RES("'" HOME "/*'"), "s3:GetObject", BUCKET "//x", NULL, NO},
        {"an empty value", RES("'" HOME "/*'"), "s3:GetObject", BUCKET "//x", "aws:username=", YES},
        {"a key without values", RES("'" HOME "/*'"), "s3:GetObject", BUCKET "//x",
         "aws:username={}", NO},
        {"case of the key", RES("'" BUCKET "/${AWS:UserName}'"), "s3:GetObject", BUCKET "/bob",
         "aws:username=bob", YES},
        {"case of the value", RES("'" HOME "'"), "s3:GetObject", BUCKET "/Bob", "aws:username=bob",
         NO},
        {"spaces in the braces", RES("'" BUCKET "/${ aws:username }'"), "s3:GetObject",
         BUCKET "/bob", "aws:username=bob", YES},
        {"a tag", RES("'" BUCKET "/${aws:PrincipalTag/team}/*'"), "s3:GetObject", BUCKET "/red/x",
         "aws:PrincipalTag/team=red", YES},
        {"a tag with a space", RES("'" BUCKET "/${aws:PrincipalTag/cost center}'"), "s3:GetObject",
         BUCKET "/42", "aws:PrincipalTag/cost center=42", YES},
        {"two variables", RES("'" BUCKET "/${aws:PrincipalTag/team}/${aws:username}'"),
         "s3:GetObject", BUCKET "/red/bob", "aws:PrincipalTag/team=red;aws:username=bob", YES},
        {"one of two without a value", RES("'" BUCKET "/${aws:PrincipalTag/team}/${aws:username}'"),
         "s3:GetObject", BUCKET "//bob", "aws:username=bob", NO},
        {"several values cannot be one", RES("'" HOME "'"), "s3:GetObject", BUCKET "/a",
         "aws:username=a|b", NO},
        {"a star in a value is text", RES("'" HOME "'"), "s3:GetObject", BUCKET "/anything",
         "aws:username=*", NO},
        {"and matches itself", RES("'" HOME "'"), "s3:GetObject", BUCKET "/*", "aws:username=*",
         YES},
        {"a question mark in a value is text", RES("'" HOME "'"), "s3:GetObject", BUCKET "/x",
         "aws:username=?", NO},
        {"a variable in a value is text", RES("'" HOME "'"), "s3:GetObject", BUCKET "/bob",
         "aws:username=${aws:userid};aws:userid=bob", NO},
        {"bytes that are no text match nothing", RES("'" HOME "'"), "s3:GetObject", BUCKET "/bob",
         "aws:username=\xff", NO},
        {"a variable beside stars", RES("'" BUCKET "/*-${aws:username}-*'"), "s3:GetObject",
         BUCKET "/a-bob-c", "aws:username=bob", YES},
        {"a long value", RES("'" HOME "/${aws:PrincipalTag/team}'"), "s3:GetObject",
         BUCKET "/" A200 "/" A200 "b", "aws:username=" A200 ";aws:PrincipalTag/team=" A200 "b",
         YES},
        {"a long value that differs at its end", RES("'" HOME "/${aws:PrincipalTag/team}'"),
         "s3:GetObject", BUCKET "/" A200 "/" A200 "c",
         "aws:username=" A200 ";aws:PrincipalTag/team=" A200 "b", NO},
        {"a default without a value",
         RES("'" BUCKET "/${aws:PrincipalTag/team, `company-wide`}/*'"), "s3:GetObject",
         BUCKET "/company-wide/x", NULL, YES},
        {"a default beside a value", RES("'" BUCKET "/${aws:PrincipalTag/team, `company-wide`}/*'"),
         "s3:GetObject", BUCKET "/company-wide/x", "aws:PrincipalTag/team=red", NO},
        {"the value before the default",
         RES("'" BUCKET "/${aws:PrincipalTag/team, `company-wide`}/*'"), "s3:GetObject",
         BUCKET "/red/x", "aws:PrincipalTag/team=red", YES},
        {"case of a default", RES("'" BUCKET "/${aws:PrincipalTag/team, `Wide`}'"), "s3:GetObject",
         BUCKET "/wide", NULL, NO},
        {"an empty default", RES("'" BUCKET "/${aws:PrincipalTag/team, ``}x'"), "s3:GetObject",
         BUCKET "/x", NULL, YES},
        {"spaces around a default are not of it", RES("'" BUCKET "/${aws:username ,  `a`  }'"),
         "s3:GetObject", BUCKET "/a", NULL, YES},
        {"spaces in a default are of it", RES("'" BUCKET "/${aws:username, ` a`}'"), "s3:GetObject",
         BUCKET "/ a", NULL, YES},
        {"the star that is text", RES("'" BUCKET "/${*}'"), "s3:GetObject", BUCKET "/*", NULL, YES},
        {"is no wildcard", RES("'" BUCKET "/${*}'"), "s3:GetObject", BUCKET "/a", NULL, NO},
        {"the question mark that is text", RES("'" BUCKET "/${?}'"), "s3:GetObject", BUCKET "/?",
         NULL, YES},
        {"is none either", RES("'" BUCKET "/${?}'"), "s3:GetObject", BUCKET "/a", NULL, NO},
        {"the dollar that is text", RES("'" BUCKET "/${$}'"), "s3:GetObject", BUCKET "/$", NULL,
         YES},
        {"a dollar by itself is text", RES("'" BUCKET "/$a'"), "s3:GetObject", BUCKET "/$a", NULL,
         YES},
        {"a dollar before a variable", RES("'" BUCKET "/${$}{aws:username}'"), "s3:GetObject",
         BUCKET "/${aws:username}", "aws:username=bob", YES},
        {"a variable in a condition", LIKE("home/${aws:username}/*"), "s3:ListBucket", BUCKET,
         "s3:prefix=home/bob/x;aws:username=bob", YES},
        {"another's value in a condition", LIKE("home/${aws:username}/*"), "s3:ListBucket", BUCKET,
         "s3:prefix=home/eve/x;aws:username=bob", NO},
        {"no value in a condition", LIKE("home/${aws:username}/*"), "s3:ListBucket", BUCKET,
         "s3:prefix=home//x", NO},
        {"NotResource with a value", "'Action':'*','NotResource':'" HOME "'", "s3:GetObject",
         BUCKET "/eve", "aws:username=bob", YES},
        {"NotResource that names it", "'Action':'*','NotResource':'" HOME "'", "s3:GetObject",
         BUCKET "/bob", "aws:username=bob", NO},
        {"NotResource without a value: the statement is not valid",
         "'Action':'*','NotResource':'" HOME "'", "s3:GetObject", BUCKET "/bob", NULL, NO},
    };
    rows_run(rows, ARRAY_LEN(rows), "2012-10-17");
}

/* In version 2008-10-17, and without a version, there are no variables. */
static void old_version(void **state)
{
    (void)state;
    static const struct match_row rows[] = {
        {"a variable is text", RES("'" HOME "'"), "s3:GetObject", BUCKET "/bob", "aws:username=bob",
         NO},
        {"the very text", RES("'" HOME "'"), "s3:GetObject", HOME, "aws:username=bob", YES},
        {"the star in braces is a wildcard", RES("'" BUCKET "/${*}'"), "s3:GetObject",
         BUCKET "/${abc}", NULL, YES},
        {"in a condition", LIKE("${aws:username}"), "s3:ListBucket", BUCKET,
         "s3:prefix=bob;aws:username=bob", NO},
        {"the text in a condition", LIKE("${aws:username}"), "s3:ListBucket", BUCKET,
         "s3:prefix=${aws:username};aws:username=bob", YES},
        {"wildcards are as ever", RES("'" BUCKET "/*'"), "s3:GetObject", BUCKET "/a", NULL, YES},
        {"braces that do not close are text", RES("'" BUCKET "/${a'"), "s3:GetObject",
         BUCKET "/${a", NULL, YES},
    };
    rows_run(rows, ARRAY_LEN(rows), "2008-10-17");
    assert_int_equal(
        identity_decides("{'Statement':{'Effect':'Allow','Action':'*','Resource':'" HOME "'}}",
                         "s3:GetObject", HOME, "aws:username=bob"),
        POLICY_ALLOW);
}

/* What a compiled pattern means, straight from the meaning of its marks. */
static bool means(const char *glob, const char *text)
{
    bool run = *glob == MARK_RUN || *glob == MARK_RUN_NARROW;

    if (*glob == '\0')
        return *text == '\0';
    if (run && means(glob + 1, text))
        return true;
    if (*text == '\0' || (*text == ':' && (*glob == MARK_RUN_NARROW || *glob == MARK_ONE_NARROW)))
        return false;
    if (run)
        return means(glob, text + 1);
    bool one = *glob == MARK_ONE || *glob == MARK_ONE_NARROW || *glob == *text;
    return one && means(glob + 1, text + 1);
}

/* The `number`-th text over an alphabet; the empty one is the first. */
static void text_make(const char *alphabet, size_t number, char *out)
{
    size_t letters = strlen(alphabet);
    for (; number > 0; number = (number - 1) / letters)
        *out++ = alphabet[(number - 1) % letters];
    *out = '\0';
}

/* The fast matcher says what the marks mean, for every short pattern and every short text. */
static void patterns_mean_their_marks(void **state)
{
    (void)state;
    struct err err;
    struct arena *arena = arena_new();
    struct compiler c = {.arena = arena, .err = &err};
    char pattern[16], text[16];

    for (size_t i = 0; i < 3906; i++) { /* up to five of five */
        for (size_t sort = WILDCARDS_TEXT; sort <= WILDCARDS_ARN; sort++) {
            struct pattern compiled;
            text_make("a*:?b", i, pattern);
            assert_int_equal(pattern_compile(&c, pattern, (enum wildcards)sort, &compiled), 0);
            for (size_t j = 0; j < 364; j++) { /* up to five of three */
                text_make("a:b", j, text);
                if ((pattern_match(&compiled, text, NULL) == MATCH_YES) !=
                    means(compiled.parts[0].glob, text))
                    fail_msg("pattern %s, text %s, sort %zu", pattern, text, sort);
            }
        }
    }
    arena_free(arena);
}

struct texts {
    const char *value;
};

static bool text_get(void *arg, const char *key, struct policy_values *ret)
{
    const struct texts *t = arg;
    (void)key;
    *ret = (struct policy_values){.text = &t->value, .count = 1};
    return true;
}

static void decide_on(const char *pattern, const char *value, struct policy_answer *answer)
{
    char *document = xasprintf(DOC("{'Effect':'Allow','Action':'ec2:*','Resource':'*'},"
                                   "{'Effect':'Deny','Action':'ec2:*','Resource':'*','Condition':"
                                   "{'StringLike':{'aws:UserAgent':'%s'}}}"),
                               pattern);
    struct policy *policy = document_compile(document, POLICY_IDENTITY);
    struct policy_entry entry = {.policy = policy};
    struct texts texts = {value};
    struct policy_principal who = {.account = "123456789012"};
    struct policy_context context = {.get = text_get, .arg = &texts};
    struct policy_ask ask = {
        .action = "ec2:RunInstances",
        .resource = "*",
        .principal = &who,
        .context = &context,
        .identity = {&entry, 1},
    };

    policy_decide(&ask, answer);
    policy_free(policy);
    free(document);
}

/* What a request sends cannot make a decision long; one that would be is denied, whatever the
 * policies say, so that nobody gets past a deny by tiring it out. */
static void long_comparisons(void **state)
{
    (void)state;
    enum { LONG = 60000 };
    char *pattern = xcalloc(1, LONG + 3), *value = xcalloc(1, 2 * LONG + 1);
    struct policy_answer answer;

    memset(value, 'a', 2 * LONG);
    memset(pattern, 'a', LONG + 1);
    pattern[0] = '*';
    pattern[LONG + 1] = 'b';
    decide_on(pattern, value, &answer);
    assert_int_equal(answer.verdict, POLICY_EXPLICIT_DENY);
    assert_int_equal(answer.match_count, 0);
    assert_true(answer.effort < (size_t)LONG * 1000);

    value[300] = '\0'; /* what people send costs little, and is judged */
    decide_on(pattern, value, &answer);
    assert_int_equal(answer.verdict, POLICY_ALLOW);
    value[300] = 'a';
    value[1000] = pattern[300] = '\0';
    decide_on(pattern, value, &answer);
    assert_int_equal(answer.verdict, POLICY_EXPLICIT_DENY);
    assert_int_equal(answer.match_count, 1);
    free(pattern);
    free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(actions),
        cmocka_unit_test(resources),
        cmocka_unit_test(variables),
        cmocka_unit_test(old_version),
        cmocka_unit_test(patterns_mean_their_marks),
        cmocka_unit_test(long_comparisons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
