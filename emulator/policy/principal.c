/* Principal and NotPrincipal: whom a resource or trust policy names (IAM User Guide, "AWS JSON
 * policy elements: Principal"). A name is whole: wildcards have no place in it. */
#include "base/arn.h"
#include "base/text.h"
#include "policy/model.h"

#include <string.h>

#define ACCOUNT_DIGITS 12

static const struct {
    const char *key, *shown; /* as the document has it; as IAM's text shows it */
    enum principal_type type;
} types[] = {
    {"AWS", "AWS", PRINCIPAL_AWS},
    {"Service", "SERVICE", PRINCIPAL_SERVICE},
    {"Federated", "FEDERATED", PRINCIPAL_FEDERATED},
    {"CanonicalUser", "CANONICALUSER", PRINCIPAL_CANONICAL_USER},
};

/* --- compiling --- */

static bool is_account(const char *text)
{
    return strlen(text) == ACCOUNT_DIGITS && strspn(text, "0123456789") == ACCOUNT_DIGITS;
}

/* A user, role or session. A principal that is gone stands as its unique id: it names nobody. */
static bool is_aws_name(struct compiler *c, const char *text)
{
    static const char *const resources[] = {"user/", "role/"};
    static const char *const sessions[] = {"assumed-role/", "federated-user/"};
    struct arn arn;

    if (str_starts(text, "AIDA") || str_starts(text, "AROA"))
        return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] == '\0';
    if (!arn_parse(c->arena, text, &arn) || !is_account(arn.account) || *arn.region != '\0' ||
        strpbrk(arn.resource, "*?") != NULL)
        return false;
    bool sts = str_equal(arn.service, "sts");
    if (!sts && !str_equal(arn.service, "iam"))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(resources); i++) {
        const char *start = sts ? sessions[i] : resources[i];
        if (str_starts(arn.resource, start) && arn.resource[strlen(start)] != '\0')
            return true;
    }
    return false;
}

static bool aws_read(struct compiler *c, const char *text, struct named_principal *ret_name)
{
    struct arn arn;

    if (strcmp(text, "*") == 0)
        *ret_name = (struct named_principal){.type = PRINCIPAL_EVERYONE};
    else if (is_account(text))
        *ret_name = (struct named_principal){.type = PRINCIPAL_ACCOUNT, .name = text};
    else if (arn_parse(c->arena, text, &arn) && str_equal(arn.service, "iam") &&
             is_account(arn.account) && str_equal(arn.resource, "root"))
        *ret_name = (struct named_principal){.type = PRINCIPAL_ACCOUNT, .name = arn.account};
    else if (is_aws_name(c, text))
        *ret_name = (struct named_principal){.type = PRINCIPAL_AWS, .name = text};
    else
        return false;
    return true;
}

static bool host_valid(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    return strchr(text, '.') != NULL && text[strspn(text, allowed)] == '\0';
}

static bool name_read(struct compiler *c, enum principal_type type, const char *text,
                      struct named_principal *ret_name)
{
    *ret_name = (struct named_principal){.type = type, .name = text};
    if (type == PRINCIPAL_AWS)
        return aws_read(c, text, ret_name);
    if (type == PRINCIPAL_SERVICE)
        return host_valid(text);
    return *text != '\0';
}

struct names {
    struct named_principal *items;
    size_t count;
};

static int names_read(struct compiler *c, size_t type, const json_t *value, struct names *names)
{
    size_t count = 0;
    const char **texts = texts_read(c, value, &count);

    if (texts == NULL)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (!name_read(c, types[type].type, texts[i], &names->items[names->count++]))
            return malformed(c, "Invalid principal in policy: \"%s\":\"%s\"", types[type].shown,
                             texts[i]);
    return 0;
}

static int map_read(struct compiler *c, json_t *map, struct names *names)
{
    const char *key;
    json_t *value;

    json_object_foreach (map, key, value) {
        size_t type = 0;
        while (type < ARRAY_LEN(types) && strcmp(types[type].key, key) != 0)
            type++;
        if (type == ARRAY_LEN(types))
            return malformed(c, "Invalid principal in policy: \"%s\"", key);
        if (names_read(c, type, value, names) != 0)
            return -1;
    }
    return 0;
}

bool has_principal(enum policy_kind kind)
{
    return kind == POLICY_RESOURCE || kind == POLICY_TRUST;
}

/* "*" by itself is everyone, but in a trust policy IAM takes it only as {"AWS": "*"}
 * (aws-cdk 5732). */
static int everyone_read(struct compiler *c, const char *text, struct names *names)
{
    if (strcmp(text, "*") != 0)
        return malformed(c, "Invalid principal in policy: \"STAR\":\"%s\"", text);
    if (c->kind == POLICY_TRUST)
        return malformed(c, "AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\".");
    names->items[names->count++] = (struct named_principal){.type = PRINCIPAL_EVERYONE};
    return 0;
}

static int principals_read(struct compiler *c, json_t *value, struct names *names)
{
    const char *key;
    json_t *list;
    size_t most = 1;

    json_object_foreach (value, key, list) {
        most += json_is_array(list) ? json_array_size(list) : 1;
    }
    names->items = arena_alloc(c->arena, most * sizeof(*names->items));
    if (json_is_string(value))
        return everyone_read(c, json_string_value(value), names);
    return json_is_object(value) ? map_read(c, value, names) : malformed_syntax(c);
}

int principals_compile(struct compiler *c, const json_t *statement,
                       struct principals *ret_principals)
{
    struct element element = {.value = NULL};
    struct names names = {.count = 0};

    if (element_pick(c, statement, "Principal", &element) != 0)
        return -1;
    *ret_principals = (struct principals){.negated = element.negated};
    if (!has_principal(c->kind))
        return element.value == NULL
                   ? 0
                   : malformed(c, "Policy document should not specify a principal.");
    if (element.value == NULL)
        return malformed(c, "Missing required field Principal");
    if (principals_read(c, element.value, &names) != 0)
        return -1;
    if (names.count == 0) /* terraform-aws-iam 47 */
        return malformed(c, "Invalid principal in policy: "
                            "com.amazon.balsa.error.InvalidPolicyException: The passed in policy "
                            "has a statement with no principals!");
    ret_principals->names = names.items;
    ret_principals->count = names.count;
    return 0;
}

/* --- asking --- */

static enum closeness name_matches(const struct named_principal *name,
                                   const struct policy_principal *who)
{
    switch (name->type) {
    case PRINCIPAL_EVERYONE:
        return NAMED_ITSELF;
    case PRINCIPAL_ACCOUNT:
        return who->account != NULL && strcmp(name->name, who->account) == 0 ? NAMED_ACCOUNT
                                                                             : NAMED_NOT;
    case PRINCIPAL_AWS:
        if (who->arn != NULL && strcmp(name->name, who->arn) == 0)
            return NAMED_ITSELF;
        return who->role_arn != NULL && strcmp(name->name, who->role_arn) == 0 ? NAMED_ORIGIN
                                                                               : NAMED_NOT;
    case PRINCIPAL_SERVICE:
        return str_equal(name->name, who->service) ? NAMED_ITSELF : NAMED_NOT;
    case PRINCIPAL_FEDERATED:
        return str_equal(name->name, who->federated) ? NAMED_ITSELF : NAMED_NOT;
    case PRINCIPAL_CANONICAL_USER:
        break;
    }
    return NAMED_NOT;
}

/* NotPrincipal: a Deny spares only whom it names in every form (the session, its role and its
 * account: "AWS JSON policy elements: NotPrincipal"); an Allow excepts whom it names in any. */
static enum closeness unnamed(const struct principals *principals, bool deny,
                              const struct policy_principal *who)
{
    bool itself = who->arn == NULL || who->root; /* root is named by its account */
    bool origin = who->role_arn == NULL;
    bool account = who->account == NULL || who->service != NULL;
    bool any = false;

    for (size_t i = 0; i < principals->count; i++) {
        const struct named_principal *name = &principals->names[i];
        enum closeness closeness = name_matches(name, who);
        any |= closeness != NAMED_NOT;
        if (name->type == PRINCIPAL_EVERYONE)
            return NAMED_NOT;
        itself |= closeness == NAMED_ITSELF;
        origin |= closeness == NAMED_ORIGIN;
        account |= closeness == NAMED_ACCOUNT;
    }
    bool spared = deny ? any && itself && origin && account : any;
    return spared ? NAMED_NOT : NAMED_ITSELF;
}

enum closeness principals_match(const struct principals *principals, bool deny,
                                const struct policy_principal *who)
{
    enum closeness closest = NAMED_NOT;

    if (principals->negated)
        return unnamed(principals, deny, who);
    for (size_t i = 0; i < principals->count; i++) {
        enum closeness closeness = name_matches(&principals->names[i], who);
        if (closeness > closest)
            closest = closeness;
    }
    return closest;
}
