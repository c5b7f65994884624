/*
 * An identity, made true, from the clock to the keys: a fresh instance gets a machine id and host
 * keys of its own, and its user's keys; one that only boots again keeps what its user changed
 * since.
 */
#include "apply.h"

#include "account.h"
#include "file.h"
#include "machine.h"
#include "network.h"

#include <string.h>

/* Units that have work only at an instance's first boot look for this. */
#define NEW_INSTANCE_MARK "/run/groundschool/new-instance"

bool change_is_new_instance(const struct change *change)
{
    return change->from == NULL || strcmp(change->from->instance_id, change->to->instance_id) != 0;
}

static int names_apply(const struct change *change, struct err *err)
{
    const struct identity *to = change->to;

    if (change_is_new_instance(change) || strcmp(change->from->fqdn, to->fqdn) != 0)
        if (machine_set_name(to->fqdn, err) != 0)
            return -1;
    if (machine_set_hosts(to, err) != 0)
        return -1;
    return network_write_resolver(to, err);
}

static int keys_apply(const struct change *change, struct err *err)
{
    const json_t *keys = json_object_get(change->to->document, "authorized_keys");
    const char *user = change->to->user;

    if (account_ensure(user, err) != 0)
        return -1;
    if (!change_is_new_instance(change) || json_array_size(keys) == 0)
        return 0;
    if (account_add_keys(user, keys, err) != 0)
        return -1;
    return account_add_refused_root_keys(user, keys, err);
}

int change_apply(const struct change *change, struct err *err)
{
    const bool is_new = change_is_new_instance(change);
    const bool is_resumed = is_new && change->was_ready;
    struct key_makers makers;

    if (machine_set_clock(change->time_ms, err) != 0 ||
        machine_add_entropy(change->entropy, err) != 0)
        return -1;
    if (is_new && machine_start_host_keys(
                      &makers, json_object_get(change->to->document, "host_keys"), err) != 0)
        return -1;
    if (is_resumed &&
        machine_renew_kernel(json_object_get(change->to->document, "board"), err) != 0)
        return -1;

    int rc = machine_set_id(change->to->machine_id, err) != 0 ||
                     network_apply(change->to, err) != 0 || names_apply(change, err) != 0 ||
                     keys_apply(change, err) != 0
                 ? -1
                 : 0;

    if (is_new && machine_await_host_keys(&makers, err) != 0)
        rc = -1;
    if (rc == 0 && is_new)
        rc = file_write_text(NEW_INSTANCE_MARK, "", 0644, err);
    return rc != 0 ? -1 : identity_save(change->to, err);
}
