/* GetContextKeysForCustomPolicy and GetContextKeysForPrincipalPolicy: the condition keys that
 * policies name, each once. */
#include "base/hash.h"
#include "operations.h"
#include "services/iam/principal_policies.h"
#include "services/iam/simulation.h"

#include <ctype.h>
#include <stdlib.h>

struct keys {
    struct hash *seen; /* in lower case: the names of keys have no case */
    json_t *names;
};

static void key_add(void *arg, const char *key)
{
    struct keys *keys = arg;
    char *lower = xstrdup(key);

    for (char *p = lower; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    if (hash_put(keys->seen, lower, keys) == NULL)
        json_append_new(keys->names, json_text_new(key));
    free(lower);
}

static int reply_keys(struct call *c, const struct policy_list *lists, size_t count)
{
    struct keys keys = {hash_new(), json_array()};

    for (size_t i = 0; i < count; i++)
        for (size_t at = 0; at < lists[i].count; at++)
            policy_context_keys(lists[i].entries[at].policy, key_add, &keys);
    hash_free(keys.seen, NULL);
    return call_reply(c, json_pack("{so}", "ContextKeyNames", keys.names));
}

int iam_get_context_keys_for_custom_policy(struct call *c)
{
    struct policy_list given;

    if (simulation_documents(c, "PolicyInputList", &given) != 0)
        return -1;
    return reply_keys(c, &given, 1);
}

int iam_get_context_keys_for_principal_policy(struct call *c)
{
    struct iam_entity entity;
    struct policy_list lists[2];

    if (simulation_entity(c, arg_str(c, "PolicySourceArn"), &entity) != 0 ||
        simulation_documents(c, "PolicyInputList", &lists[1]) != 0)
        return -1;
    const struct principal_policies *own = principal_policies_of(c, entity.id);
    if (own == NULL)
        return call_fail_internal(c, "the policies of %s cannot be read", entity.arn);
    lists[0] = own->identity;
    return reply_keys(c, lists, ARRAY_LEN(lists));
}
