/* Action, NotAction, Resource and NotResource: what IAM accepts there, and whether they speak of a
 * request. */
#include "base/arn.h"
#include "base/text.h"
#include "policy/model.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* --- lists --- */

const char **texts_read(struct compiler *c, const json_t *value, size_t *ret_count)
{
    bool single = json_is_string(value);
    size_t count = single ? 1 : json_array_size(value);
    const char **texts;

    if (!single && !json_is_array(value)) {
        malformed_syntax(c);
        return NULL;
    }
    texts = arena_alloc(c->arena, (count + 1) * sizeof(*texts));
    for (size_t i = 0; i < count; i++) {
        const json_t *item = single ? value : json_array_get(value, i);
        if (!json_is_string(item)) {
            malformed_syntax(c);
            return NULL;
        }
        texts[i] = arena_strdup(c->arena, json_string_value(item));
    }
    *ret_count = count;
    return texts;
}

int element_pick(struct compiler *c, const json_t *statement, const char *name,
                 struct element *ret_element)
{
    char negated_name[32];

    snprintf(negated_name, sizeof(negated_name), "Not%s", name);
    json_t *plain = json_object_get(statement, name);
    json_t *negated = json_object_get(statement, negated_name);
    if (plain != NULL && negated != NULL)
        return malformed_syntax(c);
    *ret_element = (struct element){
        .value = plain != NULL ? plain : negated,
        .negated = negated != NULL,
    };
    return 0;
}

static bool element_empty(const struct element *element)
{
    return element->value == NULL ||
           (json_is_array(element->value) && json_array_size(element->value) == 0);
}

/* --- actions --- */

struct action_text { /* "ec2:Describe*" taken apart */
    const char *vendor, *name;
};

/* A trust policy speaks of nothing but STS's actions. */
static int trust_action_check(struct compiler *c, const char *vendor)
{
    if (c->kind == POLICY_TRUST && !str_equal(vendor, "sts"))
        return malformed(c, "AssumeRole policy may only specify STS AssumeRole actions.");
    return 0;
}

static int action_split(struct compiler *c, const char *text, struct action_text *ret_action)
{
    const char *colon = strchr(text, ':');

    if (colon == NULL || colon == text)
        return malformed_vendor(c);
    if (strchr(colon + 1, ':') != NULL) /* garnaat/kappa 111 */
        return malformed(c, "Actions/Condition can contain only one colon.");
    char *vendor = arena_strndup(c->arena, text, (size_t)(colon - text));
    if (strpbrk(vendor, "*?") != NULL) /* boogy/iam-policy-validator 172 */
        return malformed(c, "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards");
    for (char *at = vendor; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && *at != '-' && *at != '.')
            return malformed(c, "Vendor %s is not valid", vendor);
        *at = fold(*at);
    }
    *ret_action = (struct action_text){.vendor = vendor, .name = colon + 1};
    return trust_action_check(c, vendor);
}

/* `a` in any case, `b` in lower case. */
static int vendor_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
    if (a_len != b_len)
        return a_len < b_len ? -1 : 1;
    for (size_t i = 0; i < a_len; i++)
        if (fold(a[i]) != b[i])
            return fold(a[i]) < b[i] ? -1 : 1;
    return 0;
}

static int action_compare(const void *a, const void *b)
{
    const char *one = ((const struct action_text *)a)->vendor;
    const char *other = ((const struct action_text *)b)->vendor;
    return vendor_compare(one, strlen(one), other, strlen(other));
}

/* Sorted by service, so that a decision looks at those of its service only. */
static int actions_group(struct compiler *c, struct action_text *texts, size_t count,
                         struct actions *actions)
{
    struct action_group *groups = arena_alloc(c->arena, (count + 1) * sizeof(*groups));
    struct pattern *names = arena_alloc(c->arena, (count + 1) * sizeof(*names));
    size_t group_count = 0;

    struct compiler plain = *c; /* variables have no place in actions */
    plain.variables = false;
    qsort(texts, count, sizeof(*texts), action_compare);
    for (size_t i = 0; i < count; i++) {
        if (pattern_compile(&plain, texts[i].name, WILDCARDS_TEXT, &names[i]) != 0)
            return -1;
        pattern_fold(c, &names[i]);
        if (group_count == 0 || strcmp(groups[group_count - 1].vendor, texts[i].vendor) != 0)
            groups[group_count++] = (struct action_group){
                .vendor = texts[i].vendor,
                .vendor_len = strlen(texts[i].vendor),
                .names = &names[i],
            };
        groups[group_count - 1].name_count++;
    }
    actions->groups = groups;
    actions->group_count = group_count;
    return 0;
}

int actions_compile(struct compiler *c, const json_t *statement, struct actions *ret_actions)
{
    struct element element = {.value = NULL};
    size_t count = 0, split = 0;

    if (element_pick(c, statement, "Action", &element) != 0)
        return -1;
    if (element_empty(&element))
        return malformed(c, c->kind == POLICY_TRUST ? "Missing required field Action"
                                                    : "Policy statement must contain actions.");
    const char **texts = texts_read(c, element.value, &count);
    if (texts == NULL)
        return -1;
    struct action_text *list = arena_alloc(c->arena, count * sizeof(*list));
    struct actions actions = {.negated = element.negated};
    for (size_t i = 0; i < count; i++) {
        bool any = strcmp(texts[i], "*") == 0 || strcmp(texts[i], "*:*") == 0;
        if (any && trust_action_check(c, texts[i]) != 0)
            return -1;
        actions.any |= any;
        if (any)
            continue;
        if (action_split(c, texts[i], &list[split]) == 0)
            split++;
        else
            return -1;
    }
    if (actions_group(c, list, split, &actions) != 0)
        return -1;
    *ret_actions = actions;
    return 0;
}

static const struct action_group *group_find(const struct actions *actions, const char *vendor,
                                             size_t len)
{
    size_t low = 0, high = actions->group_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct action_group *group = &actions->groups[middle];
        int order = vendor_compare(vendor, len, group->vendor, group->vendor_len);
        if (order == 0)
            return group;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static bool actions_list(const struct actions *actions, const char *action)
{
    const char *colon = strchr(action, ':');

    if (actions->any)
        return true;
    if (colon == NULL)
        return false;
    const struct action_group *group = group_find(actions, action, (size_t)(colon - action));
    for (size_t i = 0; group != NULL && i < group->name_count; i++)
        if (pattern_match(&group->names[i], colon + 1, NULL) == MATCH_YES)
            return true;
    return false;
}

bool actions_match(const struct actions *actions, const char *action)
{
    return actions_list(actions, action) != actions->negated;
}

/* --- resources --- */

static bool one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

/* cloud-gov/terraform-provision 1838 reports the text on regions. */
static int iam_resource_check(struct compiler *c, const struct arn *arn, const char *text)
{
    static const char *const starts[] = {
        "user/",
        "federated-user/",
        "role/",
        "group/",
        "instance-profile/",
        "mfa/",
        "server-certificate/",
        "policy/",
        "sms-mfa/",
        "saml-provider/",
        "oidc-provider/",
        "report/",
        "access-report/",
    };

    if (*arn->region != '\0' && strcmp(arn->region, "*") != 0)
        return malformed(c, "IAM resource %s cannot contain region information.", text);
    if (strcmp(arn->resource, "*") == 0 || strcmp(arn->resource, "root") == 0)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(starts); i++)
        if (str_starts(arn->resource, starts[i]))
            return 0;
    return malformed(c, "IAM resource path must either be \"*\", root, or start with user/, "
                        "federated-user/, role/, group/, instance-profile/, mfa/, "
                        "server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, "
                        "report/, access-report/.");
}

/* An ARN may be short of colons where a `*` can stand for them; the partition and the service must
 * be there (cloudera.exe 112, terraform-provider-aws 3045). */
static int resource_check(struct compiler *c, const char *text)
{
    static const char *const partitions[] = {"aws",       "aws-cn",    "aws-us-gov",
                                             "aws-iso",   "aws-iso-b", "aws-iso-e",
                                             "aws-iso-f", "aws-eusc",  "*"};
    struct arn arn;

    if (strcmp(text, "*") == 0)
        return 0;
    if (!str_starts(text, "arn:"))
        return malformed(c, "Resource %s must be in ARN format or \"*\".", text);
    const char *partition = text + strlen("arn:");
    size_t len = strcspn(partition, ":");
    char *name = arena_strndup(c->arena, partition, len);
    if (!one_of(name, partitions, ARRAY_LEN(partitions)))
        return malformed(c, "Partition \"%s\" is not valid for resource \"%s\".", name, text);
    const char *vendor = partition + len + (partition[len] == ':');
    len = strcspn(vendor, ":");
    if (len == 0 || strcspn(vendor, "*?$") < len)
        return malformed(c, "Resource vendor must be fully qualified and cannot contain regexes.");
    if (arn_parse(c->arena, text, &arn))
        return str_equal(arn.service, "iam") ? iam_resource_check(c, &arn, text) : 0;
    return strchr(text, '*') != NULL ? 0 : malformed_legacy(c);
}

int resources_compile(struct compiler *c, const json_t *statement, struct resources *ret_resources)
{
    struct element element = {.value = NULL};
    size_t count = 0;

    if (element_pick(c, statement, "Resource", &element) != 0)
        return -1;
    *ret_resources = (struct resources){.present = element.value != NULL};
    if (c->kind == POLICY_TRUST) /* it is about its role */
        return 0;
    if (element_empty(&element))
        return malformed(c, "Policy statement must contain resources.");
    const char **texts = texts_read(c, element.value, &count);
    if (texts == NULL)
        return -1;
    struct pattern *patterns = arena_alloc(c->arena, count * sizeof(*patterns));
    for (size_t i = 0; i < count; i++)
        if (resource_check(c, texts[i]) != 0 ||
            pattern_compile(c, texts[i], WILDCARDS_RESOURCE, &patterns[i]) != 0)
            return -1;
    *ret_resources = (struct resources){
        .present = true, .negated = element.negated, .patterns = patterns, .count = count};
    return 0;
}

/* A variable without a value makes NotResource speak of nothing: its statement is not valid for
 * this request. */
bool resources_match(const struct resources *resources, const char *resource, struct facts *facts)
{
    bool unresolved = false;

    if (!resources->present)
        return true;
    for (size_t i = 0; i < resources->count; i++) {
        enum match match = pattern_match(&resources->patterns[i], resource, facts);
        if (match == MATCH_YES)
            return !resources->negated;
        unresolved |= match == MATCH_UNRESOLVED;
    }
    return resources->negated && !unresolved;
}
