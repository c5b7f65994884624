/* The decision: whose word counts. Every row is one request against policies of several sorts and
 * the rule of AWS that it shows ("Policy evaluation logic", "Cross-account policy evaluation
 * logic", "AWS JSON policy elements: Principal" and "NotPrincipal"). */
#include "policy_support.h"

#define OURS   "111122223333"
#define THEIRS "999922223333"
#define TOPIC  "arn:aws:sns:us-east-1:" OURS ":topic"
#define USER   "arn:aws:iam::" OURS ":user/bob"
#define ROLE   "arn:aws:iam::" OURS ":role/app/Worker"
#define TASK   "arn:aws:sts::" OURS ":assumed-role/Worker/task"
#define GUEST  "arn:aws:sts::" OURS ":federated-user/guest"

static const struct policy_principal bob = {.arn = USER, .account = OURS};
static const struct policy_principal eve = {.arn = "arn:aws:iam::" THEIRS ":user/eve",
                                            .account = THEIRS};
static const struct policy_principal worker = {.arn = TASK, .role_arn = ROLE, .account = OURS};
static const struct policy_principal stranger = {
    .arn = "arn:aws:sts::" THEIRS ":assumed-role/Visitor/v",
    .role_arn = "arn:aws:iam::" THEIRS ":role/Visitor",
    .account = THEIRS,
};
static const struct policy_principal guest = {.arn = GUEST, .role_arn = USER, .account = OURS};
static const struct policy_principal root = {
    .arn = "arn:aws:iam::" OURS ":root", .account = OURS, .root = true};
static const struct policy_principal their_root = {
    .arn = "arn:aws:iam::" THEIRS ":root", .account = THEIRS, .root = true};
static const struct policy_principal ec2 = {.service = "ec2.amazonaws.com"};
static const struct policy_principal saml = {.federated =
                                                 "arn:aws:iam::" OURS ":saml-provider/Corp"};
static const struct policy_principal google = {.federated = "accounts.google.com"};
static const struct policy_principal nobody = {.arn = NULL};

struct decision_row {
    const char *rule;
    const struct policy_principal *who;
    const char *identity[2];
    const char *resource_policy, *boundary, *session; /* "" for session: in one, without a policy */
    enum policy_verdict verdict;
    enum policy_source source;
    bool must_allow; /* resource_must_allow */
};

#define GRANT(principal)                                                                           \
    DOC("{'Effect':'Allow','Principal':" principal ",'Action':'sns:Publish','Resource':'" TOPIC    \
        "'}")
#define REFUSE(principal)                                                                          \
    DOC("{'Effect':'Deny','Principal':" principal ",'Action':'sns:*','Resource':'*'}")
#define AWS_(name) "{'AWS':'" name "'}"
#define ALLOW_ALL  DOC(SAY("Allow", "*", "*"))
#define ALLOW_SNS  DOC(SAY("Allow", "sns:*", TOPIC))
#define ALLOW_EC2  DOC(SAY("Allow", "ec2:*", "*"))
#define DENY_SNS   DOC(SAY("Deny", "sns:*", "*"))
#define DENY_EC2   DOC(SAY("Deny", "ec2:*", "*"))
#define BOTH       DOC(SAY("Allow", "*", "*") "," SAY("Deny", "sns:Pub*", "*"))

static size_t compile_all(const struct decision_row *row, struct policy_entry *entries)
{
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(row->identity); i++)
        if (row->identity[i] != NULL)
            entries[count++].policy = document_compile(row->identity[i], POLICY_IDENTITY);
    return count;
}

static void row_decide(const struct decision_row *row, struct policy_answer *answer)
{
    struct policy_entry entries[2] = {{.policy = NULL}};
    struct policy *resource = document_compile(row->resource_policy, POLICY_RESOURCE);
    struct policy *boundary = document_compile(row->boundary, POLICY_MANAGED);
    bool in_session = row->session != NULL;
    struct policy_entry session = {
        .policy = in_session && *row->session != '\0'
                      ? document_compile(row->session, POLICY_IDENTITY)
                      : NULL,
    };
    struct policy_ask ask = {
        .action = "sns:Publish",
        .resource = TOPIC,
        .resource_account = OURS,
        .principal = row->who,
        .boundary = boundary,
        .in_session = in_session,
        .session = {&session, session.policy != NULL ? 1 : 0},
        .resource_policy = resource,
        .resource_must_allow = row->must_allow,
    };

    ask.identity = (struct policy_list){entries, compile_all(row, entries)};
    policy_decide(&ask, answer);
    for (size_t i = 0; i < ask.identity.count; i++)
        policy_free((struct policy *)(uintptr_t)entries[i].policy);
    policy_free((struct policy *)(uintptr_t)session.policy);
    policy_free(boundary);
    policy_free(resource);
}

static void rows_run(const struct decision_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct policy_answer answer;
        row_decide(&rows[i], &answer);
        if (answer.verdict != rows[i].verdict || answer.source != rows[i].source)
            fail_msg("row %zu, %s: %s by %d", i, rows[i].rule, verdict_name(answer.verdict),
                     (int)answer.source);
        if (answer.source != POLICY_BY_ROOT)
            assert_int_equal(answer.match_count == 0, answer.verdict == POLICY_IMPLICIT_DENY);
    }
}

#define ALLOWED(by) .verdict = POLICY_ALLOW, .source = POLICY_BY_##by
#define MISSING(by) .verdict = POLICY_IMPLICIT_DENY, .source = POLICY_BY_##by
#define DENIED(by)  .verdict = POLICY_EXPLICIT_DENY, .source = POLICY_BY_##by

static void identity_policies(void **state)
{
    (void)state;
    static const struct decision_row rows[] = {
        {"nothing is allowed by default", &bob, {NULL}, MISSING(IDENTITY)},
        {"an allow", &bob, {ALLOW_SNS}, ALLOWED(IDENTITY)},
        {"an allow of something else", &bob, {ALLOW_EC2}, MISSING(IDENTITY)},
        {"a deny of something else is no allow", &bob, {DENY_EC2}, MISSING(IDENTITY)},
        {"a deny", &bob, {DENY_SNS}, DENIED(IDENTITY)},
        {"any policy may allow", &bob, {ALLOW_EC2, ALLOW_SNS}, ALLOWED(IDENTITY)},
        {"a deny in the same policy wins", &bob, {BOTH}, DENIED(IDENTITY)},
        {"a deny in another policy wins", &bob, {ALLOW_ALL, DENY_SNS}, DENIED(IDENTITY)},
        {"in whatever order", &bob, {DENY_SNS, ALLOW_ALL}, DENIED(IDENTITY)},
        {"a deny of something else takes nothing", &bob, {DENY_EC2, ALLOW_ALL}, ALLOWED(IDENTITY)},
        {"a role's policies bind its session", &worker, {ALLOW_SNS}, ALLOWED(IDENTITY)},
        {"a role without policies", &worker, {NULL}, MISSING(IDENTITY)},
        {"a role's deny", &worker, {ALLOW_ALL, DENY_SNS}, DENIED(IDENTITY)},
        {"root needs no policy", &root, {NULL}, ALLOWED(ROOT)},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

static void boundaries(void **state)
{
    (void)state;
    static const struct decision_row rows[] = {
        {"a boundary grants nothing", &bob, {NULL}, .boundary = ALLOW_ALL, MISSING(IDENTITY)},
        {"identity and boundary", &bob, {ALLOW_SNS}, .boundary = ALLOW_ALL, ALLOWED(IDENTITY)},
        {"identity without boundary", &bob, {ALLOW_SNS}, .boundary = ALLOW_EC2, MISSING(BOUNDARY)},
        {"neither: the identity is missing first",
         &bob,
         {ALLOW_EC2},
         .boundary = ALLOW_EC2,
         MISSING(IDENTITY)},
        {"a deny in the boundary", &bob, {ALLOW_SNS}, .boundary = BOTH, DENIED(BOUNDARY)},
        {"a deny in the boundary without any allow",
         &bob,
         {NULL},
         .boundary = DENY_SNS,
         DENIED(BOUNDARY)},
        {"a deny of the identity within the boundary",
         &bob,
         {ALLOW_ALL, DENY_SNS},
         .boundary = ALLOW_ALL,
         DENIED(IDENTITY)},
        {"a role's boundary", &worker, {ALLOW_ALL}, .boundary = ALLOW_EC2, MISSING(BOUNDARY)},
        {"a role within its boundary",
         &worker,
         {ALLOW_ALL},
         .boundary = ALLOW_SNS,
         ALLOWED(IDENTITY)},
        {"a resource that names the user is not limited by the boundary",
         &bob,
         {NULL},
         .resource_policy = GRANT(AWS_(USER)),
         .boundary = ALLOW_EC2,
         ALLOWED(RESOURCE)},
        {"but by a deny in it",
         &bob,
         {NULL},
         .resource_policy = GRANT(AWS_(USER)),
         .boundary = DENY_SNS,
         DENIED(BOUNDARY)},
        {"a resource that names the session is not limited",
         &worker,
         {NULL},
         .resource_policy = GRANT(AWS_(TASK)),
         .boundary = ALLOW_EC2,
         ALLOWED(RESOURCE)},
        {"one that names the role is",
         &worker,
         {NULL},
         .resource_policy = GRANT(AWS_(ROLE)),
         .boundary = ALLOW_EC2,
         MISSING(BOUNDARY)},
        {"the role within the boundary",
         &worker,
         {NULL},
         .resource_policy = GRANT(AWS_(ROLE)),
         .boundary = ALLOW_SNS,
         ALLOWED(RESOURCE)},
        {"one that names everyone is not limited",
         &worker,
         {NULL},
         .resource_policy = GRANT("'*'"),
         .boundary = ALLOW_EC2,
         ALLOWED(RESOURCE)},
        {"one that names the account is",
         &bob,
         {ALLOW_SNS},
         .resource_policy = GRANT(AWS_(OURS)),
         .boundary = ALLOW_EC2,
         MISSING(BOUNDARY)},
        {"across accounts the boundary limits always",
         &eve,
         {ALLOW_ALL},
         .resource_policy = GRANT(AWS_("arn:aws:iam::" THEIRS ":user/eve")),
         .boundary = ALLOW_EC2,
         MISSING(BOUNDARY)},
        {"across accounts within the boundary",
         &eve,
         {ALLOW_ALL},
         .resource_policy = GRANT(AWS_("arn:aws:iam::" THEIRS ":user/eve")),
         .boundary = ALLOW_ALL,
         ALLOWED(IDENTITY)},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

static void sessions(void **state)
{
    (void)state;
    static const struct decision_row rows[] = {
        {"a session policy grants nothing",
         &worker,
         {NULL},
         .session = ALLOW_ALL,
         MISSING(IDENTITY)},
        {"role and session policy", &worker, {ALLOW_ALL}, .session = ALLOW_SNS, ALLOWED(IDENTITY)},
        {"the session policy lacks it",
         &worker,
         {ALLOW_ALL},
         .session = ALLOW_EC2,
         MISSING(SESSION)},
        {"the role lacks it", &worker, {ALLOW_EC2}, .session = ALLOW_ALL, MISSING(IDENTITY)},
        {"a deny in the session policy", &worker, {ALLOW_ALL}, .session = BOTH, DENIED(SESSION)},
        {"role, boundary and session policy",
         &worker,
         {ALLOW_ALL},
         .boundary = ALLOW_SNS,
         .session = ALLOW_SNS,
         ALLOWED(IDENTITY)},
        {"the boundary is missing before the session policy",
         &worker,
         {ALLOW_ALL},
         .boundary = ALLOW_EC2,
         .session = ALLOW_EC2,
         MISSING(BOUNDARY)},
        {"a resource that names the session is not limited",
         &worker,
         {NULL},
         .resource_policy = GRANT(AWS_(TASK)),
         .session = ALLOW_EC2,
         ALLOWED(RESOURCE)},
        {"but by a deny in the session policy",
         &worker,
         {NULL},
         .resource_policy = GRANT(AWS_(TASK)),
         .session = DENY_SNS,
         DENIED(SESSION)},
        {"one that names the role is limited",
         &worker,
         {NULL},
         .resource_policy = GRANT(AWS_(ROLE)),
         .session = ALLOW_EC2,
         MISSING(SESSION)},
        {"the role with a session policy that allows",
         &worker,
         {NULL},
         .resource_policy = GRANT(AWS_(ROLE)),
         .session = ALLOW_SNS,
         ALLOWED(RESOURCE)},
        {"a federated user has what its user and the session policy allow",
         &guest,
         {ALLOW_ALL},
         .session = ALLOW_SNS,
         ALLOWED(IDENTITY)},
        {"a federated user without a session policy has nothing",
         &guest,
         {ALLOW_ALL},
         .session = "",
         MISSING(SESSION)},
        {"a federated user whose session policy lacks it",
         &guest,
         {ALLOW_ALL},
         .session = ALLOW_EC2,
         MISSING(SESSION)},
        {"a resource that names the federated user",
         &guest,
         {NULL},
         .resource_policy = GRANT(AWS_(GUEST)),
         .session = "",
         ALLOWED(RESOURCE)},
        {"a resource that names the user who federated is limited",
         &guest,
         {NULL},
         .resource_policy = GRANT(AWS_(USER)),
         .session = "",
         MISSING(SESSION)},
        {"and granted within the session policy",
         &guest,
         {NULL},
         .resource_policy = GRANT(AWS_(USER)),
         .session = ALLOW_SNS,
         ALLOWED(RESOURCE)},
        {"a root's federated session is limited by its policy",
         &root,
         {NULL},
         .session = ALLOW_EC2,
         MISSING(SESSION)},
        {"across accounts the session policy limits always",
         &stranger,
         {ALLOW_ALL},
         .resource_policy = GRANT(AWS_("arn:aws:sts::" THEIRS ":assumed-role/Visitor/v")),
         .session = ALLOW_EC2,
         MISSING(SESSION)},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

#define SAML "{'Federated':'arn:aws:iam::" OURS ":saml-provider/Corp'}"

static void resource_policies(void **state)
{
    (void)state;
    static const struct decision_row rows[] = {
        {"the user", &bob, {NULL}, .resource_policy = GRANT(AWS_(USER)), ALLOWED(RESOURCE)},
        {"another user",
         &bob,
         {NULL},
         .resource_policy = GRANT(AWS_("arn:aws:iam::" OURS ":user/al")),
         MISSING(IDENTITY)},
        {"case of a user's name",
         &bob,
         {NULL},
         .resource_policy = GRANT(AWS_("arn:aws:iam::" OURS ":user/Bob")),
         MISSING(IDENTITY)},
        {"a list of users",
         &bob,
         {NULL},
         .resource_policy = GRANT("{'AWS':['arn:aws:iam::" OURS ":user/al','" USER "']}"),
         ALLOWED(RESOURCE)},
        {"the account leaves it to identity policies: none",
         &bob,
         {NULL},
         .resource_policy = GRANT(AWS_(OURS)),
         MISSING(IDENTITY)},
        {"the account's root means the account",
         &bob,
         {NULL},
         .resource_policy = GRANT(AWS_("arn:aws:iam::" OURS ":root")),
         MISSING(IDENTITY)},
        {"the account with an identity policy",
         &bob,
         {ALLOW_SNS},
         .resource_policy = GRANT(AWS_(OURS)),
         ALLOWED(IDENTITY)},
        {"identity alone",
         &bob,
         {ALLOW_SNS},
         .resource_policy = GRANT(AWS_("arn:aws:iam::" OURS ":user/al")),
         ALLOWED(IDENTITY)},
        {"both", &bob, {ALLOW_SNS}, .resource_policy = GRANT(AWS_(USER)), ALLOWED(RESOURCE)},
        {"everyone", &bob, {NULL}, .resource_policy = GRANT("'*'"), ALLOWED(RESOURCE)},
        {"everyone by AWS", &bob, {NULL}, .resource_policy = GRANT(AWS_("*")), ALLOWED(RESOURCE)},
        {"a deny of the user",
         &bob,
         {ALLOW_ALL},
         .resource_policy = REFUSE(AWS_(USER)),
         DENIED(RESOURCE)},
        {"a deny of the account",
         &bob,
         {ALLOW_ALL},
         .resource_policy = REFUSE(AWS_(OURS)),
         DENIED(RESOURCE)},
        {"a deny of everyone",
         &bob,
         {ALLOW_ALL},
         .resource_policy = REFUSE("'*'"),
         DENIED(RESOURCE)},
        {"a deny of another",
         &bob,
         {ALLOW_ALL},
         .resource_policy = REFUSE(AWS_(THEIRS)),
         ALLOWED(IDENTITY)},
        {"a deny of the identity beats the resource",
         &bob,
         {DENY_SNS},
         .resource_policy = GRANT(AWS_(USER)),
         DENIED(IDENTITY)},
        {"the role of a session",
         &worker,
         {NULL},
         .resource_policy = GRANT(AWS_(ROLE)),
         ALLOWED(RESOURCE)},
        {"a role's path is of its name",
         &worker,
         {NULL},
         .resource_policy = GRANT(AWS_("arn:aws:iam::" OURS ":role/Worker")),
         MISSING(IDENTITY)},
        {"the session", &worker, {NULL}, .resource_policy = GRANT(AWS_(TASK)), ALLOWED(RESOURCE)},
        {"another session",
         &worker,
         {NULL},
         .resource_policy = GRANT(AWS_("arn:aws:sts::" OURS ":assumed-role/Worker/other")),
         MISSING(IDENTITY)},
        {"a deny of the role hits the session",
         &worker,
         {ALLOW_ALL},
         .resource_policy = REFUSE(AWS_(ROLE)),
         DENIED(RESOURCE)},
        {"a deny of the session hits it",
         &worker,
         {ALLOW_ALL},
         .resource_policy = REFUSE(AWS_(TASK)),
         DENIED(RESOURCE)},
        {"a unique id names nobody any more",
         &bob,
         {NULL},
         .resource_policy = GRANT(AWS_("AIDACKCEVSQ6C2EXAMPLE")),
         MISSING(IDENTITY)},
        {"a service",
         &ec2,
         {NULL},
         .resource_policy = GRANT("{'Service':'ec2.amazonaws.com'}"),
         ALLOWED(RESOURCE)},
        {"another service",
         &ec2,
         {NULL},
         .resource_policy = GRANT("{'Service':'sns.amazonaws.com'}"),
         MISSING(RESOURCE)},
        {"one of several services",
         &ec2,
         {NULL},
         .resource_policy = GRANT("{'Service':['sns.amazonaws.com','ec2.amazonaws.com']}"),
         ALLOWED(RESOURCE)},
        {"a service is no user",
         &ec2,
         {NULL},
         .resource_policy = GRANT(AWS_(OURS)),
         MISSING(RESOURCE)},
        {"a user is no service",
         &bob,
         {NULL},
         .resource_policy = GRANT("{'Service':'ec2.amazonaws.com'}"),
         MISSING(IDENTITY)},
        {"a deny of a service",
         &ec2,
         {NULL},
         .resource_policy = DOC("{'Effect':'Allow','Principal':'*','Action':'*','Resource':'*'},"
                                "{'Effect':'Deny','Principal':{'Service':'ec2.amazonaws.com'},"
                                "'Action':'*','Resource':'*'}"),
         DENIED(RESOURCE)},
        {"a SAML provider", &saml, {NULL}, .resource_policy = GRANT(SAML), ALLOWED(RESOURCE)},
        {"another provider", &google, {NULL}, .resource_policy = GRANT(SAML), MISSING(RESOURCE)},
        {"a web identity provider",
         &google,
         {NULL},
         .resource_policy = GRANT("{'Federated':'accounts.google.com'}"),
         ALLOWED(RESOURCE)},
        {"the anonymous are everyone",
         &nobody,
         {NULL},
         .resource_policy = GRANT("'*'"),
         ALLOWED(RESOURCE)},
        {"the anonymous are everyone by AWS",
         &nobody,
         {NULL},
         .resource_policy = GRANT(AWS_("*")),
         ALLOWED(RESOURCE)},
        {"the anonymous are of no account",
         &nobody,
         {NULL},
         .resource_policy = GRANT(AWS_(OURS)),
         MISSING(RESOURCE)},
        {"the anonymous without a resource policy", &nobody, {NULL}, MISSING(RESOURCE)},
        {"the anonymous denied",
         &nobody,
         {NULL},
         .resource_policy = REFUSE("'*'"),
         DENIED(RESOURCE)},
        {"several kinds of principals in one statement",
         &ec2,
         {NULL},
         .resource_policy = GRANT("{'AWS':'" OURS "','Service':'ec2.amazonaws.com'}"),
         ALLOWED(RESOURCE)},
        {"a canonical user is none of ours",
         &bob,
         {NULL},
         .resource_policy = GRANT("{'CanonicalUser':'79a59df900b949e55d96a1e698fbaced'}"),
         MISSING(IDENTITY)},
        {"root is denied by a resource",
         &root,
         {NULL},
         .resource_policy = REFUSE("'*'"),
         DENIED(RESOURCE)},
        {"a resource that grants another thing",
         &bob,
         {NULL},
         .resource_policy = DOC("{'Effect':'Allow','Principal':'*','Action':'sns:Subscribe',"
                                "'Resource':'*'}"),
         MISSING(IDENTITY)},
        {"a resource policy about another resource",
         &bob,
         {NULL},
         .resource_policy = DOC("{'Effect':'Allow','Principal':'*','Action':'sns:Publish',"
                                "'Resource':'" TOPIC "2'}"),
         MISSING(IDENTITY)},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

#define EVE "arn:aws:iam::" THEIRS ":user/eve"

static void across_accounts(void **state)
{
    (void)state;
    static const struct decision_row rows[] = {
        {"neither side", &eve, {NULL}, MISSING(IDENTITY)},
        {"their identity alone", &eve, {ALLOW_ALL}, MISSING(RESOURCE)},
        {"the resource alone",
         &eve,
         {NULL},
         .resource_policy = GRANT(AWS_(EVE)),
         MISSING(IDENTITY)},
        {"both sides", &eve, {ALLOW_SNS}, .resource_policy = GRANT(AWS_(EVE)), ALLOWED(IDENTITY)},
        {"the resource names their account",
         &eve,
         {ALLOW_SNS},
         .resource_policy = GRANT(AWS_(THEIRS)),
         ALLOWED(IDENTITY)},
        {"the resource names their account, their policy lacks it",
         &eve,
         {ALLOW_EC2},
         .resource_policy = GRANT(AWS_(THEIRS)),
         MISSING(IDENTITY)},
        {"the resource names ours",
         &eve,
         {ALLOW_SNS},
         .resource_policy = GRANT(AWS_(OURS)),
         MISSING(RESOURCE)},
        {"everyone, with their policy",
         &eve,
         {ALLOW_SNS},
         .resource_policy = GRANT("'*'"),
         ALLOWED(IDENTITY)},
        {"everyone, without theirs",
         &eve,
         {NULL},
         .resource_policy = GRANT("'*'"),
         MISSING(IDENTITY)},
        {"a deny over there",
         &eve,
         {ALLOW_ALL, DENY_SNS},
         .resource_policy = GRANT(AWS_(EVE)),
         DENIED(IDENTITY)},
        {"a deny here",
         &eve,
         {ALLOW_ALL},
         .resource_policy = REFUSE(AWS_(THEIRS)),
         DENIED(RESOURCE)},
        {"their role by its name",
         &stranger,
         {ALLOW_SNS},
         .resource_policy = GRANT(AWS_("arn:aws:iam::" THEIRS ":role/Visitor")),
         ALLOWED(IDENTITY)},
        {"their role by its name, without a policy",
         &stranger,
         {NULL},
         .resource_policy = GRANT(AWS_("arn:aws:iam::" THEIRS ":role/Visitor")),
         MISSING(IDENTITY)},
        {"their session by its name, without a policy",
         &stranger,
         {NULL},
         .resource_policy = GRANT(AWS_("arn:aws:sts::" THEIRS ":assumed-role/Visitor/v")),
         MISSING(IDENTITY)},
        {"their root needs no policy there",
         &their_root,
         {NULL},
         .resource_policy = GRANT(AWS_(THEIRS)),
         ALLOWED(ROOT)},
        {"but one here", &their_root, {NULL}, MISSING(RESOURCE)},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

/* Trust policies: the role must be willing, whoever asks. */
static void resource_must_allow(void **state)
{
    (void)state;
    static const struct decision_row rows[] = {
        {"the identity alone is not enough",
         &bob,
         {ALLOW_ALL},
         .must_allow = true,
         MISSING(RESOURCE)},
        {"a role that trusts others",
         &bob,
         {ALLOW_ALL},
         .must_allow = true,
         .resource_policy = GRANT(AWS_(THEIRS)),
         MISSING(RESOURCE)},
        {"a role that trusts the account",
         &bob,
         {ALLOW_ALL},
         .must_allow = true,
         .resource_policy = GRANT(AWS_(OURS)),
         ALLOWED(IDENTITY)},
        {"a role that trusts the account, without a policy",
         &bob,
         {NULL},
         .must_allow = true,
         .resource_policy = GRANT(AWS_(OURS)),
         MISSING(IDENTITY)},
        {"a role that trusts the user",
         &bob,
         {NULL},
         .must_allow = true,
         .resource_policy = GRANT(AWS_(USER)),
         ALLOWED(RESOURCE)},
        {"a user who is denied",
         &bob,
         {DENY_SNS},
         .must_allow = true,
         .resource_policy = GRANT(AWS_(USER)),
         DENIED(IDENTITY)},
        {"a role that trusts a role",
         &worker,
         {NULL},
         .must_allow = true,
         .resource_policy = GRANT(AWS_(ROLE)),
         ALLOWED(RESOURCE)},
        {"a service that is trusted",
         &ec2,
         {NULL},
         .must_allow = true,
         .resource_policy = GRANT("{'Service':'ec2.amazonaws.com'}"),
         ALLOWED(RESOURCE)},
        {"root must be trusted as well", &root, {NULL}, .must_allow = true, MISSING(RESOURCE)},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

#define EXCEPT(effect, list)                                                                       \
    DOC("{'Effect':'" effect "','NotPrincipal':" list ",'Action':'*','Resource':'*'}")

static void not_principal(void **state)
{
    (void)state;
    static const struct decision_row rows[] = {
        {"Deny spares the user with its account",
         &bob,
         {ALLOW_ALL},
         .resource_policy = EXCEPT("Deny", "{'AWS':['" USER "','" OURS "']}"),
         ALLOWED(IDENTITY)},
        {"Deny hits a user whose account is not spared",
         &bob,
         {ALLOW_ALL},
         .resource_policy = EXCEPT("Deny", AWS_(USER)),
         DENIED(RESOURCE)},
        {"Deny hits a user who is not spared",
         &bob,
         {ALLOW_ALL},
         .resource_policy = EXCEPT("Deny", AWS_(OURS)),
         DENIED(RESOURCE)},
        {"Deny hits others",
         &eve,
         {ALLOW_ALL},
         .resource_policy = EXCEPT("Deny", "{'AWS':['" USER "','" OURS "']}"),
         DENIED(RESOURCE)},
        {"Deny spares a session with its role and account",
         &worker,
         {ALLOW_ALL},
         .resource_policy = EXCEPT("Deny", "{'AWS':['" TASK "','" ROLE "','" OURS "']}"),
         ALLOWED(IDENTITY)},
        {"Deny hits a session whose role is not spared",
         &worker,
         {ALLOW_ALL},
         .resource_policy = EXCEPT("Deny", "{'AWS':['" TASK "','" OURS "']}"),
         DENIED(RESOURCE)},
        {"Deny hits a session that is not spared",
         &worker,
         {ALLOW_ALL},
         .resource_policy = EXCEPT("Deny", "{'AWS':['" ROLE "','" OURS "']}"),
         DENIED(RESOURCE)},
        {"Deny spares root by its account",
         &root,
         {NULL},
         .resource_policy = EXCEPT("Deny", AWS_(OURS)),
         ALLOWED(ROOT)},
        {"Deny spares a service",
         &ec2,
         {NULL},
         .resource_policy =
             DOC("{'Effect':'Deny','NotPrincipal':{'Service':'ec2.amazonaws.com'},'Action':'*',"
                 "'Resource':'*'},{'Effect':'Allow','Principal':'*','Action':'*','Resource':'*'}"),
         ALLOWED(RESOURCE)},
        {"Deny hits the anonymous",
         &nobody,
         {NULL},
         .resource_policy = EXCEPT("Deny", AWS_(OURS)),
         DENIED(RESOURCE)},
        {"sparing is not granting",
         &bob,
         {NULL},
         .resource_policy = EXCEPT("Deny", "{'AWS':['" USER "','" OURS "']}"),
         MISSING(IDENTITY)},
        {"Deny of nobody but everyone",
         &bob,
         {ALLOW_ALL},
         .resource_policy = EXCEPT("Deny", "'*'"),
         ALLOWED(IDENTITY)},
        {"Allow grants others",
         &bob,
         {NULL},
         .resource_policy = EXCEPT("Allow", AWS_("arn:aws:iam::" OURS ":user/al")),
         ALLOWED(RESOURCE)},
        {"Allow grants the anonymous too",
         &nobody,
         {NULL},
         .resource_policy = EXCEPT("Allow", AWS_(USER)),
         ALLOWED(RESOURCE)},
        {"Allow not whom it names",
         &bob,
         {NULL},
         .resource_policy = EXCEPT("Allow", AWS_(USER)),
         MISSING(IDENTITY)},
        {"Allow not whose account it names",
         &bob,
         {NULL},
         .resource_policy = EXCEPT("Allow", AWS_(OURS)),
         MISSING(IDENTITY)},
        {"Allow not a session whose role it names",
         &worker,
         {NULL},
         .resource_policy = EXCEPT("Allow", AWS_(ROLE)),
         MISSING(IDENTITY)},
    };
    rows_run(rows, ARRAY_LEN(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity_policies), cmocka_unit_test(boundaries),
        cmocka_unit_test(sessions),          cmocka_unit_test(resource_policies),
        cmocka_unit_test(across_accounts),   cmocka_unit_test(resource_must_allow),
        cmocka_unit_test(not_principal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
