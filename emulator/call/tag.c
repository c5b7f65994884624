/* Tags: see tag.h. One table holds the tags of all services' resources. A resource is named by its
 * id or ARN, which no two resources of an account share, so the region stands beside the key and
 * serves DescribeTags. */
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
    if (key == NULL || *key == '\0')
        return call_fail(c, "InvalidParameterValue", "Tag key cannot be empty");
    if (is_reserved(key))
        return call_fail(c, "InvalidParameterValue",
                         "Value ( %s ) for parameter key is invalid. Tag keys starting with 'aws:'"
                         " are reserved for internal use",
                         key);
    if (characters(key) > TAG_KEY_MAX)
        return call_fail(c, "InvalidParameterValue",
                         "Tag key exceeds the maximum length of %d characters", TAG_KEY_MAX);
    return 0;
}

int tag_check(struct call *c, const json_t *tags)
{
    json_t *seen = json_object(), *tag;
    size_t i;
    int rc = 0;

    json_array_foreach (tags, i, tag) {
        const char *key = json_str(tag, "Key"), *value = json_str_or(tag, "Value", "");
        rc = tag_key_check(c, key);
        if (rc == 0 && characters(value) > TAG_VALUE_MAX)
            rc = call_fail(c, "InvalidParameterValue",
                           "Tag value exceeds the maximum length of %d characters", TAG_VALUE_MAX);
        if (rc == 0 && json_get(seen, key) != NULL)
            rc = call_fail(c, "InvalidParameterValue", "Duplicate tag key '%s' specified.", key);
        if (rc != 0)
            break;
        json_set_bool(seen, key, true);
    }
    json_decref(seen);
    if (rc == 0 && json_array_size(tags) > TAGS_MAX)
        rc = call_fail(c, "TagLimitExceeded",
                       "The maximum number of Tags for a resource has been reached.");
    return rc;
}

static bool listed(const char *const *types, const char *type)
{
    for (; *types != NULL; types++)
        if (str_equal(*types, type))
            return true;
    return false;
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

void tag_put_one(struct call *c, const char *type, const char *id, const char *key,
                 const char *value)
{
    db_exec(c->db,
            "INSERT OR REPLACE INTO tag (account, region, resource, type, key, value)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            "ssssss", c->account, c->region, id, type, key, value);
}

static void put_all(struct call *c, const char *type, const char *id, const json_t *tags)
{
    size_t i;
    json_t *tag;

    json_array_foreach (tags, i, tag)
        tag_put_one(c, type, id, json_str(tag, "Key"), json_str_or(tag, "Value", ""));
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
    if (tag_check(c, tags) != 0)
        return -1;
    put_all(c, type, id, tags);
    if (own_count(c, id) > TAGS_MAX)
        return call_fail(c, "TagLimitExceeded",
                         "The maximum number of Tags for a resource has been reached.");
    return 0;
}

void tag_remove(struct call *c, const char *id, const json_t *tags)
{
    size_t i;
    json_t *tag;

    if (tags == NULL)
        db_exec(c->db,
                "DELETE FROM tag WHERE account = ? AND resource = ?"
                " AND lower(substr(key, 1, 4)) <> 'aws:'",
                "ss", c->account, id);
    json_array_foreach (tags, i, tag) {
        db_exec(c->db,
                "DELETE FROM tag WHERE account = ?1 AND resource = ?2 AND key = ?3"
                " AND (?4 IS NULL OR value = ?4)",
                "ssss", c->account, id, json_str_or(tag, "Key", ""), json_str(tag, "Value"));
    }
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
