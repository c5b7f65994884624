/* The describe engine over records in memory: filters, pages and tokens. The SQL side is tested
 * with the operations (tests/ops). */
#include "call/describe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct clock at_new_year = {.fixed_ms = 1767225600000};
static struct ids seeded = {.seed = 7};

static const char all_records[] =
    "[{\"VpcId\":\"vpc-0\",\"State\":{\"Name\":\"running\"},\"IsDefault\":true,\"Count\":12,"
    "\"LaunchTime\":1767225600000,\"Groups\":[{\"Id\":\"a\"},{\"Id\":\"b\"}],"
    "\"Tags\":[{\"Key\":\"Name\",\"Value\":\"50*\"}],\"_\":{\"Peer\":\"hidden\"}},"
    "{\"VpcId\":\"vpc-1\",\"State\":{\"Name\":\"stopped\"},\"IsDefault\":false,\"Count\":120,"
    "\"Groups\":[],\"Tags\":[{\"Key\":\"Name\",\"Value\":\"500\"},{\"Key\":\"team\","
    "\"Value\":\"\"}]},"
    "{\"VpcId\":\"vpc-2\",\"State\":{\"Name\":\"stopping\"},\"Groups\":[{\"Id\":\"c\"}],"
    "\"Tags\":[]},"
    "{\"VpcId\":\"vpc-3\",\"State\":{\"Name\":\"running\"}},"
    "{\"VpcId\":\"vpc-4\",\"State\":{\"Name\":\"running\"}},"
    "{\"VpcId\":\"vpc-5\",\"State\":{\"Name\":\"running\"}}]";

static json_t *record_nth(struct call *c, size_t index)
{
    json_t *records = json_loads(all_records, 0, NULL);
    json_t *record = json_incref(json_array_get(records, index));

    (void)c;
    json_decref(records);
    return record;
}

static int missing(struct call *c, const json_t *ids)
{
    return call_fail(c, "Missing", "%zu, first %s", json_array_size(ids),
                     json_string_value(json_array_get(ids, 0)));
}

static const struct describe_filter filters[] = {
    {"count", "Count", NULL},     {"default", "IsDefault", NULL},
    {"group", "Groups.Id", NULL}, {"launch-time", "LaunchTime", NULL},
    {"peer", "_.Peer", NULL},     {"state", "State.Name", NULL},
};

static const struct describe engine = {
    .ids_member = "VpcIds",
    .id_path = "VpcId",
    .id_missing = missing,
    .tags_path = "Tags",
    .filters = filters,
    .filter_count = ARRAY_LEN(filters),
    .page_min = 2,
    .page_max = 4,
    .ids_word = "vpcSet",
    .nth = record_nth,
};

/* A call of DescribeVpcs by account 1 in region r. */
static struct call call_new(struct db *db, const char *in)
{
    const struct spec_service *ec2 = spec_service_find("ec2");
    struct err err = {.text = ""};
    json_t *input = json_parse(in, strlen(in), &err);

    assert_non_null(input);
    return (struct call){
        .service = ec2,
        .op = spec_operation_find(ec2, "DescribeVpcs"),
        .db = db,
        .clock = &at_new_year,
        .ids = &seeded,
        .arena = arena_new(),
        .account = "1",
        .region = "r",
        .in = input,
    };
}

static void call_done(struct call *c)
{
    json_decref(c->in);
    json_decref(c->out);
    arena_free(c->arena);
}

static struct db *db_new(void)
{
    struct err err = {.text = ""};
    struct db *db = db_open(":memory:", &err);

    assert_non_null(db);
    assert_int_equal(db_migrate(db, describe_migrations, describe_migration_count, &err), 0);
    return db;
}

/* The numbers of the records that the call shows, as text: "0 3". */
static const char *shown(struct call *c)
{
    json_t *records = NULL, *record;
    const char *token = NULL, *text = "";
    size_t i;

    if (describe_run(c, &engine, &records, &token) != 0)
        return c->err.code;
    json_array_foreach (records, i, record) {
        assert_null(json_get(record, DESCRIBE_HIDDEN));
        text = call_printf(c, "%s%s%s", text, i > 0 ? " " : "", json_str(record, "VpcId") + 4);
    }
    json_decref(records);
    return text;
}

static void expect(const char *filter, const char *records)
{
    struct db *db = db_new();
    char in[512];

    snprintf(in, sizeof(in), "{\"Filters\":[%s]}", filter);
    struct call c = call_new(db, in);
    assert_string_equal(shown(&c), records);
    call_done(&c);
    db_close(db);
}

#define FILTER(name, values) "{\"Name\":\"" name "\",\"Values\":[" values "]}"

/* A value may be any text, number, boolean or time that AWS writes; lists on the way are flattened.
 */
static void test_values(void **state)
{
    (void)state;
    expect(FILTER("state", "\"running\""), "0 3 4 5");
    expect(FILTER("count", "\"12\""), "0");
    expect(FILTER("default", "\"false\""), "1");
    expect(FILTER("launch-time", "\"2026-01-01T00:00:00.000Z\""), "0");
    expect(FILTER("launch-time", "\"2026-01-01T*\""), "0");
    expect(FILTER("group", "\"b\",\"c\""), "0 2");
    expect(FILTER("peer", "\"hidden\""), "0");
}

/* `*` and `?` work anywhere and a backslash takes them literally. */
static void test_wildcards(void **state)
{
    (void)state;
    expect(FILTER("state", "\"stop*\""), "1 2");
    expect(FILTER("state", "\"?topp?d\""), "1");
    expect(FILTER("tag:Name", "\"50*\""), "0 1");
    expect(FILTER("tag:Name", "\"50\\\\*\""), "0");
}

/* All filters must hold, of each one value. */
static void test_and_or(void **state)
{
    (void)state;
    expect(FILTER("state", "\"running\",\"stopped\"") "," FILTER("tag-key", "\"Name\""), "0 1");
    expect(FILTER("state", "\"running\"") "," FILTER("group", "\"c\""), "");
}

/* Tags are asked by key and value, by key alone, or by value alone; the key of tag: has no
 * wildcards. */
static void test_tags(void **state)
{
    (void)state;
    expect(FILTER("tag:team", "\"\""), "1");
    expect(FILTER("tag-key", "\"te*\""), "1");
    expect(FILTER("tag-value", "\"500\""), "1");
    expect(FILTER("tag:Na*", "\"500\""), "");
}

/* Names that the operation does not have, filters without values and more than 200 values are
 * refused. */
static void test_refusals(void **state)
{
    char many[4096] = "\"0\"";

    (void)state;
    expect(FILTER("colour", "\"red\""), "InvalidParameterValue");
    expect("{\"Values\":[\"x\"]}", "InvalidParameterValue");
    expect(FILTER("state", ""), "MissingParameter");
    for (size_t i = 0, len = strlen(many); i < 200; i++)
        len += (size_t)snprintf(many + len, sizeof(many) - len, ",\"0\"");
    struct db *db = db_new();
    char in[8192];
    snprintf(in, sizeof(in), "{\"Filters\":[{\"Name\":\"state\",\"Values\":[%s]}]}", many);
    struct call c = call_new(db, in);
    assert_string_equal(shown(&c), "FilterLimitExceeded");
    call_done(&c);
    db_close(db);
}

/* Every id must exist, whether or not a filter lets its record through, and all missing ones are
 * told. */
static void test_ids(void **state)
{
    struct db *db = db_new();

    (void)state;
    struct call c = call_new(db, "{\"VpcIds\":[\"vpc-9\",\"vpc-1\",\"vpc-8\"]}");
    assert_string_equal(shown(&c), "Missing");
    assert_string_equal(c.err.text, "2, first vpc-9");
    call_done(&c);
    c = call_new(db, "{\"VpcIds\":[\"vpc-1\",\"vpc-1\",\"vpc-0\"],\"Filters\":[" FILTER(
                         "state", "\"running\"") "]}");
    assert_string_equal(shown(&c), "0");
    call_done(&c);
    c = call_new(db, "{\"VpcIds\":[\"vpc-1\"],\"MaxResults\":3}");
    assert_string_equal(shown(&c), "InvalidParameterCombination");
    assert_string_equal(c.err.text,
                        "The parameter vpcSet cannot be used with the parameter maxResults");
    call_done(&c);
    db_close(db);
}

/* Pages follow each other without gap or repetition; the last full page has no token. */
static void test_pages(void **state)
{
    static const char *const pages[] = {"0 3", "4 5"};
    struct db *db = db_new();
    char token[512] = "";

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        char in[1024];
        snprintf(in, sizeof(in), "{\"MaxResults\":2,\"NextToken\":\"%s\",\"Filters\":[%s]}", token,
                 FILTER("state", "\"running\""));
        struct call c = call_new(db, in);
        assert_int_equal(describe_reply(&c, &engine, "Vpcs"), 0);
        assert_int_equal(json_array_size(json_get(c.out, "Vpcs")), 2);
        const char *next = json_str(c.out, "NextToken");
        assert_true((next != NULL) == (i == 0));
        snprintf(token, sizeof(token), "%s", next != NULL ? next : "");
        assert_string_equal(shown(&c), pages[i]);
        call_done(&c);
    }
    db_close(db);
}

/* A token is of its account, region, operation and database; a changed one is none. */
static void test_tokens(void **state)
{
    struct db *db = db_new(), *other = db_new();
    struct call c = call_new(db, "{}"), elsewhere = c;
    char *changed;

    (void)state;
    const char *token = page_token_make(&c, "\"vpc-0\"");
    assert_string_equal(page_token_read(&c, token), "\"vpc-0\"");
    elsewhere.account = "2";
    assert_null(page_token_read(&elsewhere, token));
    elsewhere = c;
    elsewhere.region = "s";
    assert_null(page_token_read(&elsewhere, token));
    elsewhere = c;
    elsewhere.op = spec_operation_find(c.service, "DescribeSubnets");
    assert_null(page_token_read(&elsewhere, token));
    elsewhere = c;
    elsewhere.db = other;
    assert_null(page_token_read(&elsewhere, token));
    changed = call_printf(&c, "%s", token);
    changed[0] = changed[0] == 'A' ? 'B' : 'A';
    assert_null(page_token_read(&c, changed));
    assert_null(page_token_read(&c, "AAAA"));
    call_done(&c);
    db_close(db);
    db_close(other);
}

/* MaxResults keeps to its bounds. */
static void test_bounds(void **state)
{
    struct db *db = db_new();

    (void)state;
    struct call c = call_new(db, "{\"MaxResults\":1}");
    assert_string_equal(shown(&c), "InvalidParameterValue");
    assert_string_equal(c.err.text, "Value ( 1 ) for parameter maxResults is invalid."
                                    " Expecting a value greater than 2.");
    call_done(&c);
    c = call_new(db, "{\"MaxResults\":5}");
    assert_string_equal(shown(&c), "InvalidParameterValue");
    call_done(&c);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),   cmocka_unit_test(test_wildcards),
        cmocka_unit_test(test_and_or),   cmocka_unit_test(test_tags),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_ids),
        cmocka_unit_test(test_pages),    cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
