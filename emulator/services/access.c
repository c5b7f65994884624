/* Which actions upon which resources a request is about: see access.h. */
#include "services/access.h"

#include "base/arn.h"
#include "base/text.h"
#include "services/iam/principal_policies.h"
#include "services/services.h"

#include <string.h>

struct access *access_add(struct call *c, struct access_list *list, const struct access *access)
{
    size_t n = list->count;
    if ((n & (n - 1)) == 0) { /* full at every power of two */
        struct access *grown = arena_alloc(c->arena, (n == 0 ? 1 : 2 * n) * sizeof(*grown));
        if (n > 0)
            memcpy(grown, list->items, n * sizeof(*grown));
        list->items = grown;
    }
    list->items[n] = *access;
    list->count = n + 1;
    return &list->items[n];
}

const struct spec_action_resource *access_type(const char *action, const char *type)
{
    const struct spec_action *a = spec_action_find(action);
    for (size_t i = 0; a != NULL && i < a->resource_count; i++)
        if (str_equal(a->resources[i].type->name, type))
            return &a->resources[i];
    return NULL;
}

/* --- ARNs ---------------------------------------------------------------------------------------
 */

/* What "${Name}..." at `variable` stands for in every ARN of a request; NULL: the resource's own.
 */
static const char *common_part(const struct call *c, const char *variable)
{
    if (str_starts(variable, "${Partition}"))
        return region_partition(c->region);
    if (str_starts(variable, "${Region}"))
        return c->region;
    if (str_starts(variable, "${Account}"))
        return c->account;
    return NULL;
}

/* The template's first variable that is the resource's own; its end when it has none. */
static const char *own_variable(const struct call *c, const char *template)
{
    const char *at = strstr(template, "${");
    while (at != NULL && common_part(c, at) != NULL)
        at = strstr(at + 2, "${");
    return at != NULL ? at : template + strlen(template);
}

const char *access_arn(struct call *c, const struct spec_resource_type *type, const char *end)
{
    const char *own = own_variable(c, type->arn), *arn = "", *from = type->arn;
    while (from < own) {
        const char *variable = strstr(from, "${");
        if (variable == NULL || variable > own)
            variable = own;
        const char *part = variable < own ? common_part(c, variable) : end;
        arn = call_printf(c, "%s%.*s%s", arn, (int)(variable - from), from,
                          *variable != '\0' ? part : "");
        from = variable < own ? strchr(variable, '}') + 1 : own;
    }
    return arn;
}

/* The place behind the colon number `n` (from 1). */
static const char *behind_colon(const char *arn, int n)
{
    while (n-- > 0 && arn != NULL) {
        arn = strchr(arn, ':');
        arn = arn != NULL ? arn + 1 : NULL;
    }
    return arn;
}

static bool is_arn_of(const struct call *c, const char *value,
                      const struct spec_resource_type *type)
{
    const char *service = behind_colon(value, 2), *resource = behind_colon(value, 5);
    const char *type_service = behind_colon(type->arn, 2),
               *type_resource = behind_colon(type->arn, 5);
    if (resource == NULL || type_resource == NULL)
        return false;
    size_t service_len = strcspn(service, ":"),
           word = (size_t)(own_variable(c, type->arn) - type_resource);
    return service_len == strcspn(type_service, ":") &&
           strncmp(service, type_service, service_len) == 0 &&
           strncmp(resource, type_resource, word) == 0;
}

/* --- resources that the input names -------------------------------------------------------------
 */

/* The action upon one of its types, while the input is looked through. */
struct naming {
    struct call *c;
    const struct spec_action *action;
    const struct spec_action_resource *resource;
    struct access_list *list;
    size_t found;
    bool other; /* a value was an ARN of another type: this one is not meant */
};

static void add_value(struct naming *n, const struct access_member *member, const char *value)
{
    const struct spec_resource_type *type = n->resource->type;
    struct access access = {.action = n->action->name, .resource = n->resource, .id = value};
    if (str_starts(value, "arn:") && !is_arn_of(n->c, value, type)) {
        n->other = true;
        return;
    }
    access.arn = str_starts(value, "arn:") ? value : access_arn(n->c, type, value);
    if (member != NULL && member->resolve != NULL)
        member->resolve(n->c, value, &access);
    access_add(n->c, n->list, &access);
    n->found++;
}

/* The texts at a path ("Items.InstanceId"), through whatever lists stand on the way. */
static void add_at(struct naming *n, const struct access_member *member, const json_t *value,
                   const char *path)
{
    for (size_t i = 0; i < json_array_size(value); i++)
        add_at(n, member, json_array_get(value, i), path);
    if (*path == '\0' && json_is_string(value))
        add_value(n, member, json_string_value(value));
    if (*path == '\0' || !json_is_object(value))
        return;
    size_t len = strcspn(path, ".");
    add_at(n, member, json_get(value, arena_strndup(n->c->arena, path, len)),
           path + len + (path[len] == '.'));
}

static void add_values(struct naming *n, const struct access_member *member, const char *path)
{
    add_at(n, member, n->c->in, path);
}

/* "${InstanceId}" names the members InstanceId and InstanceIds. */
static void add_by_variable(struct naming *n)
{
    const char *variable = own_variable(n->c, n->resource->type->arn);
    if (*variable == '\0')
        return;
    const char *name = call_printf(n->c, "%.*s", (int)strcspn(variable + 2, "}"), variable + 2);
    add_values(n, NULL, name);
    add_values(n, NULL, call_printf(n->c, "%ss", name));
}

static void name_resources(struct naming *n, const struct service_access *service)
{
    bool listed = false;
    const struct access_member *member = service != NULL ? service->members : NULL;
    for (; member != NULL && member->type != NULL; member++) {
        if (!str_equal(member->type, n->resource->type->name))
            continue;
        listed = true;
        add_values(n, member, member->member);
    }
    if (!listed)
        add_by_variable(n);
    if (n->found > 0 || n->other || !n->resource->required)
        return;
    struct access any = {.action = n->action->name,
                         .resource = n->resource,
                         .arn = access_arn(n->c, n->resource->type, "*")};
    access_add(n->c, n->list, &any);
}

int access_collect(struct call *c, struct access_list *ret_list)
{
    const struct service_module *module = service_module_find(c->service->name);
    const struct service_access *service = module != NULL ? module->access : NULL;
    const struct spec_action *action = spec_action_find(c->op->iam_action);
    *ret_list = (struct access_list){.count = 0};
    for (size_t i = 0; action != NULL && i < action->resource_count; i++) {
        struct naming n = {
            .c = c, .action = action, .resource = &action->resources[i], .list = ret_list};
        name_resources(&n, service);
    }
    if (ret_list->count == 0)
        access_add(c, ret_list, &(struct access){.action = c->op->iam_action, .arn = "*"});
    return service != NULL && service->adjust != NULL ? service->adjust(c, ret_list) : 0;
}

/* --- the verdict --------------------------------------------------------------------------------
 */

void access_decide(struct call *c, const struct access *access,
                   const struct principal_policies *policies, struct policy_answer *ret_answer)
{
    struct policy_principal principal = {
        .arn = c->who.arn,
        .role_arn = c->who.type == PRINCIPAL_ASSUMED_ROLE || c->who.type == PRINCIPAL_FEDERATED_USER
                        ? c->who.entity_arn
                        : NULL,
        .account = c->who.account,
        .federated = c->who.type == PRINCIPAL_ANONYMOUS && c->who.session != NULL
                         ? c->who.session->provider
                         : NULL,
        /* Whom the root user vouches for is bound by the session policies alone. */
        .root =
            c->who.root || (c->who.type == PRINCIPAL_FEDERATED_USER && c->who.entity_id == NULL),
    };
    struct access_facts facts = {.call = c, .access = access};
    struct policy_context context = access_context(&facts);
    struct policy_ask ask = {
        .action = access->action,
        .resource = access->arn,
        .resource_account = access->account,
        .principal = &principal,
        .context = &context,
        .identity = policies->identity,
        .boundary = policies->boundary,
        .in_session = policies->in_session,
        .session = policies->session,
        .resource_policy = access->resource_policy,
        .resource_must_allow = access->resource_must_allow,
    };
    policy_decide(&ask, ret_answer);
}
