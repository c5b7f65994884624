/* Who this machine is: the document's members, checked before anything is changed. */
#include "identity.h"

#include "file.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IDENTITY_PATH "/var/lib/groundschool/identity.json"

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static bool is_made_of(const char *text, const char *allowed, size_t max)
{
    size_t len = strlen(text);

    return len > 0 && len <= max && strspn(text, allowed) == len;
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

bool identity_user_is_sound(const char *user)
{
    return is_made_of(user, LOWER DIGIT "_-", 32) &&
           (islower((unsigned char)user[0]) || user[0] == '_');
}

static int address_parse(const json_t *value, struct in_addr *ret, struct err *err)
{
    const char *text = json_string_value(value);

    if (text == NULL || inet_pton(AF_INET, text, ret) != 1)
        return err_set(err, "not an IPv4 address: %s", text == NULL ? "(no string)" : text);
    return 0;
}

static int mac_parse(const char *text, unsigned char mac[6], struct err *err)
{
    int used = 0;

    if (text == NULL ||
        sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2], &mac[3],
               &mac[4], &mac[5], &used) != 6 ||
        text[used] != '\0')
        return err_set(err, "not a MAC address: %s", text == NULL ? "(none)" : text);
    return 0;
}

static int interface_parse(const json_t *object, struct interface *ret, struct err *err)
{
    const json_t *secondary = json_object_get(object, "secondary");
    const json_t *gateway = json_object_get(object, "gateway");
    json_int_t mtu = json_integer_value(json_object_get(object, "mtu"));
    size_t count = json_array_size(secondary);

    memset(ret, 0, sizeof(*ret));
    ret->device_index = (int)json_integer_value(json_object_get(object, "device_index"));
    ret->prefix = (int)json_integer_value(json_object_get(object, "prefix"));
    if (ret->device_index < 0 || ret->device_index >= IDENTITY_INTERFACES)
        return err_set(err, "device_index is out of range");
    if (ret->prefix < 1 || ret->prefix > 32)
        return err_set(err, "prefix must be 1 to 32");
    if (mtu != 0 && (mtu < 576 || mtu > 65535))
        return err_set(err, "mtu is out of range");
    if (count >= IDENTITY_ADDRESSES)
        return err_set(err, "too many addresses");
    ret->mtu = (unsigned)mtu;
    if (mac_parse(text_of(object, "mac"), ret->mac, err) != 0 ||
        address_parse(json_object_get(object, "address"), &ret->addresses[0], err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (address_parse(json_array_get(secondary, i), &ret->addresses[i + 1], err) != 0)
            return -1;
    ret->address_count = count + 1;
    if (gateway != NULL && !json_is_null(gateway))
        return address_parse(gateway, &ret->gateway, err);
    return 0;
}

static int interfaces_parse(const json_t *list, struct identity *identity, struct err *err)
{
    identity->interface_count = json_array_size(list);
    if (identity->interface_count > IDENTITY_INTERFACES)
        return err_set(err, "too many interfaces");
    for (size_t i = 0; i < identity->interface_count; i++)
        if (interface_parse(json_array_get(list, i), &identity->interfaces[i], err) != 0)
            return -1;
    return 0;
}

static int names_check(const struct identity *identity, struct err *err)
{
    static const char host_letters[] = LOWER UPPER DIGIT ".-";

    if (identity->instance_id == NULL || !is_made_of(identity->instance_id, LOWER DIGIT "-", 64))
        return err_set(err, "instance_id is missing or malformed");
    if (identity->hostname == NULL || !is_made_of(identity->hostname, host_letters, 253) ||
        identity->fqdn == NULL || !is_made_of(identity->fqdn, host_letters, 253))
        return err_set(err, "hostname or fqdn is missing or malformed");
    if (identity->user == NULL || !identity_user_is_sound(identity->user))
        return err_set(err, "user is missing or malformed");
    if (identity->machine_id != NULL && (strlen(identity->machine_id) != 32 ||
                                         !is_made_of(identity->machine_id, DIGIT "abcdef", 32)))
        return err_set(err, "machine_id must be 32 hex digits");
    return 0;
}

int identity_parse(json_t *document, struct identity *ret, struct err *err)
{
    struct identity identity = {
        .document = document,
        .instance_id = text_of(document, "instance_id"),
        .hostname = text_of(document, "hostname"),
        .fqdn = text_of(document, "fqdn"),
        .machine_id = text_of(document, "machine_id"),
        .user = text_of(document, "user"),
        .user_data = text_of(document, "user_data"),
        .run_user_data = json_is_true(json_object_get(document, "run_user_data")),
    };

    if (names_check(&identity, err) != 0 ||
        interfaces_parse(json_object_get(document, "interfaces"), &identity, err) != 0)
        return -1;
    json_incref(document);
    *ret = identity;
    return 0;
}

int identity_load(struct identity *ret, struct err *err)
{
    json_error_t why;
    json_t *document = json_load_file(IDENTITY_PATH, 0, &why);
    int rc;

    if (document == NULL)
        return err_set(err, "%s: %s", IDENTITY_PATH, why.text);
    rc = identity_parse(document, ret, err);
    json_decref(document);
    return rc;
}

int identity_save(const struct identity *identity, struct err *err)
{
    static const char *const of_the_moment[] = {"id", "do", "time_ms", "entropy", "host_keys"};
    json_t *kept = json_copy(identity->document);
    char *text;
    int rc, fd;

    for (size_t i = 0; i < sizeof(of_the_moment) / sizeof(of_the_moment[0]); i++)
        (void)json_object_del(kept, of_the_moment[i]);
    text = json_dumps(kept, JSON_COMPACT);
    json_decref(kept);
    if (text == NULL)
        return err_set(err, "cannot write the identity as JSON");
    rc = file_write_text(IDENTITY_PATH, text, 0600, err);
    free(text);
    fd = open(IDENTITY_PATH, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    return rc;
}

void identity_done(struct identity *identity)
{
    json_decref(identity->document);
    memset(identity, 0, sizeof(*identity));
}
