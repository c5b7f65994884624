/* GetAccessKeyInfo: whose key it is. Ids say it themselves, also of keys that are gone; the ids of
 * keys that were given by hand do not, and are looked up. */
#include "operations.h"
#include "services/iam/iam.h"

static const char *account_of_key(struct call *c, const char *id)
{
    struct access_key key;
    struct account account;
    char name[KEY_ID_ACCOUNT_SIZE];

    if (access_key_find(c->db, id, &key))
        return arena_strdup(c->arena, key.account);
    if (key_id_account(id, name) && account_find(c->db, name, &account))
        return arena_strdup(c->arena, name);
    return NULL;
}

int sts_get_access_key_info(struct call *c)
{
    const char *id = arg_str(c, "AccessKeyId"), *account = account_of_key(c, id);
    if (account == NULL)
        return call_fail(c, "ValidationError", "The access key ID %s does not exist.", id);
    json_t *out = json_object();
    json_set_str(out, "Account", account);
    return call_reply(c, out);
}
