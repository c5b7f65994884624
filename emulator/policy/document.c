/* Policy documents: IAM's grammar (User Guide, "Grammar of the IAM JSON policy language") and what
 * IAM answers to a document that breaks it. The texts are those that users of IAM have reported;
 * where one is not obvious its report is named. */
#include "base/text.h"
#include "policy/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SYNTAX_ERRORS "Syntax errors in policy."

int malformed(struct compiler *c, const char *fmt, ...)
{
    char text[sizeof(c->err->text)];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return err_set(c->err, "MalformedPolicyDocument", "%s", text);
}

int malformed_vendor(struct compiler *c)
{
    return malformed(c,
                     "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
}

int malformed_legacy(struct compiler *c)
{
    return malformed(c, "The policy failed legacy parsing");
}

int malformed_syntax(struct compiler *c)
{
    return malformed(c, SYNTAX_ERRORS);
}

static int members_check(struct compiler *c, json_t *object, const char *const *names, size_t count)
{
    const char *key;
    json_t *value;

    if (!json_is_object(object))
        return malformed_syntax(c);
    json_object_foreach (object, key, value) {
        size_t i = 0;
        while (i < count && strcmp(names[i], key) != 0)
            i++;
        if (i == count)
            return malformed_syntax(c);
    }
    return 0;
}

/* --- statements --- */

static int sid_read(struct compiler *c, const json_t *object, struct statement *statement)
{
    const json_t *sid = json_object_get(object, "Sid");

    if (sid == NULL)
        return 0;
    if (!json_is_string(sid))
        return malformed_syntax(c);
    const char *text = json_string_value(sid);
    size_t plain = strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    if (c->kind != POLICY_RESOURCE && text[plain] != '\0')
        return malformed(c, "Statement IDs (SID) must be alpha-numeric. Check that your input "
                            "satisfies the regular expression [0-9A-Za-z]*");
    statement->sid = *text == '\0' ? NULL : arena_strdup(c->arena, text);
    return 0;
}

static int effect_read(struct compiler *c, const json_t *object, struct statement *statement)
{
    const char *effect = json_string_value(json_object_get(object, "Effect"));

    if (effect == NULL)
        return malformed_syntax(c);
    statement->deny = str_equal(effect, "Deny");
    if (!statement->deny && !str_equal(effect, "Allow")) /* "allow": hashicorp/terraform 10057 */
        return malformed_legacy(c);
    return 0;
}

/* A role's trust policy is about its role: it names no resource, and that is the first thing that
 * IAM says of it (external-dns 3085). */
static int prohibited_check(struct compiler *c, const json_t *object)
{
    static const char *const names[] = {"Resource", "NotResource"};

    for (size_t i = 0; i < ARRAY_LEN(names) && c->kind == POLICY_TRUST; i++)
        if (json_object_get(object, names[i]) != NULL)
            return malformed(c, "Has prohibited field %s", names[i]);
    return 0;
}

static int statement_compile(struct compiler *c, json_t *object, struct statement *statement)
{
    static const char *const names[] = {
        "Sid",       "Effect",   "Principal",   "NotPrincipal", "Action",
        "NotAction", "Resource", "NotResource", "Condition",
    };

    if (members_check(c, object, names, ARRAY_LEN(names)) != 0 ||
        prohibited_check(c, object) != 0 || effect_read(c, object, statement) != 0 ||
        sid_read(c, object, statement) != 0 ||
        principals_compile(c, object, &statement->principals) != 0 ||
        actions_compile(c, object, &statement->actions) != 0 ||
        resources_compile(c, object, &statement->resources) != 0)
        return -1;
    return conditions_compile(c, object, &statement->conditions);
}

static int sids_check(struct compiler *c, const struct statement *statements, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i && statements[i].sid != NULL; j++)
            if (str_equal(statements[i].sid, statements[j].sid))
                return malformed(c, "Statement IDs (SID) in a single policy must be unique.");
    return 0;
}

/* --- the document --- */

static int version_read(struct compiler *c, const json_t *document)
{
    const json_t *version = json_object_get(document, "Version");
    const char *text = version == NULL ? "2008-10-17" : json_string_value(version);

    c->variables = str_equal(text, "2012-10-17");
    if (!c->variables && !str_equal(text, "2008-10-17"))
        return malformed_syntax(c);
    if (!c->variables && c->kind == POLICY_MANAGED) /* Meteor-CollectionFS 630 */
        return malformed(c, "Policy document must be version 2012-10-17 or greater.");
    return 0;
}

static size_t member_index(json_t *object, const char *name)
{
    size_t index = 0;
    const char *key;
    json_t *value;

    json_object_foreach (object, key, value) {
        if (strcmp(key, name) == 0)
            break;
        index++;
    }
    return index;
}

static int document_compile(struct compiler *c, json_t *document, struct policy *policy)
{
    static const char *const names[] = {"Version", "Id", "Statement"};
    json_t *list = json_object_get(document, "Statement");
    bool single = json_is_object(list);
    size_t count = single ? 1 : json_array_size(list);

    if (members_check(c, document, names, ARRAY_LEN(names)) != 0 || version_read(c, document) != 0)
        return -1;
    if (count == 0)
        return malformed_syntax(c);
    struct statement *statements = arena_alloc(c->arena, count * sizeof(*statements));
    for (size_t i = 0; i < count; i++)
        if (statement_compile(c, single ? list : json_array_get(list, i), &statements[i]) != 0)
            return -1;
    policy->statements = statements;
    policy->statement_count = count;
    return sids_check(c, statements, count);
}

/* The text as JSON; NULL with the fault set. A document begins with its brace: white space before
 * it is refused (hashicorp/terraform 14652, terraform-provider-aws 12267). */
static json_t *document_parse(struct compiler *c, const char *text, size_t len)
{
    bool trust = c->kind == POLICY_TRUST;
    json_t *document = NULL;

    if (len > 0 && strchr(" \t\r\n", text[0]) != NULL) {
        if (trust)
            malformed(c, "JSON strings must not have leading spaces");
        else
            malformed_legacy(c);
        return NULL;
    }
    if (len <= POLICY_TEXT_MAX)
        document = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    if (document == NULL)
        malformed(c, "%s", trust ? "This policy contains invalid Json" : SYNTAX_ERRORS);
    return document;
}

struct policy *policy_compile(const char *text, size_t len, enum policy_kind kind, struct err *err)
{
    struct arena *arena = arena_new();
    struct compiler c = {.arena = arena, .kind = kind, .err = err};
    struct policy *policy = arena_alloc(arena, sizeof(*policy));
    json_t *document = document_parse(&c, text, len);
    int rc = document == NULL ? -1 : document_compile(&c, document, policy);

    policy->arena = arena;
    if (rc == 0)
        spans_find(text, len, member_index(document, "Statement"), policy);
    json_decref(document);
    if (rc == 0)
        return policy;
    arena_free(arena);
    return NULL;
}

void policy_free(struct policy *p)
{
    if (p != NULL)
        arena_free(p->arena);
}
