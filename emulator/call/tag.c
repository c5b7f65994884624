/* Tags: see tag.h. One table holds the tags of all services' resources. A resource is named by its
 * id or ARN, which no two resources of an account share, so the region stands beside the key and
 * serves DescribeTags; the tags of a global service have an empty one. */
#include "call/tag.h"

#include "base/text.h"

#include <string.h>

#define TAGS_MAX      50
#define TAG_KEY_MAX   128 /* characters */
#define TAG_VALUE_MAX 256

const struct migration tag_migrations[] = {
    {"tag", "CREATE TABLE tag (account TEXT NOT NULL, region TEXT NOT NULL, resource TEXT NOT NULL,"
            " type TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
            " PRIMARY KEY (account, resource, key)) WITHOUT ROWID;"
            "CREATE INDEX tag_scope ON tag (account, region, resource, key);"
            "CREATE INDEX tag_key ON tag (account, region, key, value);"},
};
const size_t tag_migration_count = ARRAY_LEN(tag_migrations);

/* --- how services word their faults ----------------------------------------------------------- */

struct dialect {
    const char *service; /* NULL: all others */
    const char *invalid; /* code of what is wrong with a tag */
    const char *empty, *reserved, *long_key, *long_value, *duplicate; /* texts; %s is the key */
    const char *full, *full_text; /* code and text of more than TAGS_MAX */
    const char *const *caseless;  /* types whose keys are one key whatever their case */
    bool global;                  /* its resources are in no region */
};

/* "Case sensitivity" of "Tags for IAM resources", IAM User Guide. */
static const char *const iam_caseless[] = {"user", "role", NULL};

static const struct dialect dialects[] = {
    {
        .service = "iam",
        .invalid = "InvalidInput",
        .empty = "Tag keys cannot be empty.",
        .reserved = "Tag keys starting with 'aws:' are reserved for internal use: %s",
        .long_key = "Tag keys have at most 128 characters: %s",
        .long_value = "Tag values have at most 256 characters: %s",
        .duplicate = "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        .full = "LimitExceeded",
        .full_text = "The number of tags has reached the maximum limit.",
        .caseless = iam_caseless,
        .global = true,
    },
    {
        .invalid = "InvalidParameterValue",
        .empty = "Tag key cannot be empty",
        .reserved = "Value ( %s ) for parameter key is invalid. Tag keys starting with 'aws:'"
                    " are reserved for internal use",
        .long_key = "Tag key exceeds the maximum length of 128 characters",
        .long_value = "Tag value exceeds the maximum length of 256 characters",
        .duplicate = "Duplicate tag key '%s' specified.",
        .full = "TagLimitExceeded",
        .full_text = "The maximum number of Tags for a resource has been reached.",
    },
};

/* Calls without a request are of no service. */
static const struct dialect *dialect_of(const struct call *c)
{
    const char *service = c->service != NULL ? c->service->name : NULL;
    const struct dialect *d = dialects;

    while (d->service != NULL && !str_equal(d->service, service))
        d++;
    return d;
}

static bool listed(const char *const *types, const char *type)
{
    for (; *types != NULL; types++)
        if (str_equal(*types, type))
            return true;
    return false;
}

static bool is_caseless(const struct dialect *d, const char *type)
{
    return d->caseless != NULL && listed(d->caseless, type);
}

/* The texts stand in the table above, each with at most one %s. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static int refuse(struct call *c, const char *text, const char *key)
{
    return call_fail(c, dialect_of(c)->invalid, text, key);
}
#pragma GCC diagnostic pop

/* --- checks ----------------------------------------------------------------------------------- */

static size_t characters(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool is_reserved(const char *key)
{
    return strncasecmp(key, "aws:", 4) == 0;
}

int tag_key_check(struct call *c, const char *key)
{
    const struct dialect *d = dialect_of(c);

    if (key == NULL || *key == '\0')
        return refuse(c, d->empty, key);
    if (is_reserved(key))
        return refuse(c, d->reserved, key);
    if (characters(key) > TAG_KEY_MAX)
        return refuse(c, d->long_key, key);
    return 0;
}

/* Adds the key to those seen; false when it is there already. */
static bool add_key(struct call *c, json_t *seen, const char *key, bool caseless)
{
    char *folded = arena_strdup(c->arena, key);

    for (char *p = folded; caseless && *p != '\0'; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p);
    if (json_get(seen, folded) != NULL)
        return false;
    json_set_bool(seen, folded, true);
    return true;
}

/* `type` NULL: any. */
static int check_all(struct call *c, const char *type, const json_t *tags)
{
    const struct dialect *d = dialect_of(c);
    json_t *seen = json_object(), *tag;
    size_t i;
    int rc = 0;

    json_array_foreach (tags, i, tag) {
        const char *key = json_str(tag, "Key"), *value = json_str_or(tag, "Value", "");
        rc = tag_key_check(c, key);
        if (rc == 0 && characters(value) > TAG_VALUE_MAX)
            rc = refuse(c, d->long_value, key);
        if (rc == 0 && !add_key(c, seen, key, is_caseless(d, type)))
            rc = refuse(c, d->duplicate, key);
        if (rc != 0)
            break;
    }
    json_decref(seen);
    if (rc == 0 && json_array_size(tags) > TAGS_MAX)
        rc = call_fail(c, d->full, "%s", d->full_text);
    return rc;
}

int tag_check(struct call *c, const json_t *tags)
{
    return check_all(c, NULL, tags);
}

/* The index of an earlier specification of the same type, or `at` itself. */
static size_t first_of_type(const json_t *specs, size_t at, const char *type)
{
    for (size_t i = 0; i < at; i++)
        if (str_equal(json_str(json_array_get(specs, i), "ResourceType"), type))
            return i;
    return at;
}

int tag_check_specs(struct call *c, const char *const *types)
{
    const json_t *specs = arg_get(c, "TagSpecifications");

    for (size_t i = 0; i < json_array_size(specs); i++) {
        const json_t *spec = json_array_get(specs, i);
        const char *type = json_str(spec, "ResourceType");
        if (type == NULL || *type == '\0')
            return call_fail(c, "InvalidParameterValue",
                             "Tag specification resource type must have a value");
        if (!listed(types, type))
            return call_fail(c, "InvalidParameterValue",
                             "'%s' is not a valid taggable resource type for this operation.",
                             type);
        if (first_of_type(specs, i, type) != i)
            return call_fail(
                c, "InvalidParameterValue",
                "Tag specifications must not name the resource type '%s' more than once", type);
        if (json_array_size(json_get(spec, "Tags")) == 0)
            return call_fail(c, "InvalidParameterValue",
                             "Tag specification must have at least one tag");
        if (tag_check(c, json_get(spec, "Tags")) != 0)
            return -1;
    }
    return 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* `value` NULL: whatever its value. */
static void forget_key(struct call *c, const char *id, const char *key, const char *value,
                       bool caseless)
{
    db_exec(c->db,
            "DELETE FROM tag WHERE account = ?1 AND resource = ?2"
            " AND (key = ?3 OR (?5 AND key = ?3 COLLATE NOCASE)) AND (?4 IS NULL OR value = ?4)",
            "ssssi", c->account, id, key, value, (int64_t)caseless);
}

void tag_put_one(struct call *c, const char *type, const char *id, const char *key,
                 const char *value)
{
    db_exec(c->db,
            "INSERT OR REPLACE INTO tag (account, region, resource, type, key, value)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            "ssssss", c->account, dialect_of(c)->global ? "" : c->region, id, type, key, value);
}

static void put_all(struct call *c, const char *type, const char *id, const json_t *tags)
{
    size_t i;
    json_t *tag;

    json_array_foreach (tags, i, tag) {
        const char *key = json_str(tag, "Key");
        if (is_caseless(dialect_of(c), type))
            forget_key(c, id, key, NULL, true);
        tag_put_one(c, type, id, key, json_str_or(tag, "Value", ""));
    }
}

void tag_put_specs(struct call *c, const char *type, const char *id)
{
    const json_t *specs = arg_get(c, "TagSpecifications");
    size_t i;
    json_t *spec;

    json_array_foreach (specs, i, spec) {
        if (str_equal(json_str(spec, "ResourceType"), type))
            put_all(c, type, id, json_get(spec, "Tags"));
    }
}

/* Tags that AWS itself sets do not count. */
static int64_t own_count(struct call *c, const char *id)
{
    return db_int(c->db, 0,
                  "SELECT count(*) FROM tag WHERE account = ? AND resource = ?"
                  " AND lower(substr(key, 1, 4)) <> 'aws:'",
                  "ss", c->account, id);
}

int tag_put(struct call *c, const char *type, const char *id, const json_t *tags)
{
    const struct dialect *d = dialect_of(c);

    if (check_all(c, type, tags) != 0)
        return -1;
    put_all(c, type, id, tags);
    return own_count(c, id) > TAGS_MAX ? call_fail(c, d->full, "%s", d->full_text) : 0;
}

/* Whether the keys of the resource's tags are one key whatever their case. */
static bool has_caseless_keys(struct call *c, const char *id)
{
    const struct dialect *d = dialect_of(c);
    bool caseless = false;
    struct rows r;

    if (d->caseless == NULL)
        return false;
    rows_open(&r, c->db, "SELECT type FROM tag WHERE account = ? AND resource = ? LIMIT 1", "ss",
              c->account, id);
    if (rows_next(&r))
        caseless = is_caseless(d, rows_text(&r, 0));
    rows_close(&r);
    return caseless;
}

void tag_remove(struct call *c, const char *id, const json_t *tags)
{
    bool caseless = has_caseless_keys(c, id);
    size_t i;
    json_t *tag;

    if (tags == NULL)
        db_exec(c->db,
                "DELETE FROM tag WHERE account = ? AND resource = ?"
                " AND lower(substr(key, 1, 4)) <> 'aws:'",
                "ss", c->account, id);
    json_array_foreach (tags, i, tag)
        forget_key(c, id, json_str_or(tag, "Key", ""), json_str(tag, "Value"), caseless);
}

void tag_remove_all(struct call *c, const char *id)
{
    db_exec(c->db, "DELETE FROM tag WHERE account = ? AND resource = ?", "ss", c->account, id);
}

/* --- reading ---------------------------------------------------------------------------------- */

json_t *tag_list(struct call *c, const char *id)
{
    json_t *tags = json_array();
    struct rows r;

    rows_open(&r, c->db,
              "SELECT key, value FROM tag WHERE account = ? AND resource = ? ORDER BY key", "ss",
              c->account, id);
    while (rows_next(&r)) {
        json_t *tag = json_object();
        json_set_str(tag, "Key", rows_text(&r, 0));
        json_set_str(tag, "Value", rows_text(&r, 1));
        json_append_new(tags, tag);
    }
    return tags;
}
