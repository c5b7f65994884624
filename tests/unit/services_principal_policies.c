/* The policies of a principal: what is found for whom, how long it is kept, and that databases do
 * not see each other's. */
#include "base/text.h"
#include "services/iam/managed_policy.h"
#include "services/iam/policy_cache.h"
#include "services/iam/principal_policies.h"
#include "services/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ACCOUNT "123456789012"
#define ALLOW_S3                                                                                   \
    "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:*\","         \
    "\"Resource\":\"*\"}}"
#define ALLOW_EC2                                                                                  \
    "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"ec2:*\","        \
    "\"Resource\":\"*\"}}"

static struct clock clock_now = {.fixed_ms = 1767225600000};
static struct arena *arena;

/* A database with a user, alice, in the group "staff", and a role, "worker". */
static struct db *open_db(void)
{
    struct err err;
    struct db *db = db_open(":memory:", &err);

    assert_non_null(db);
    assert_int_equal(services_migrate(db, &err), 0);
    db_exec(db,
            "INSERT INTO iam_entity (id, account, kind, name, path, created_ms) VALUES"
            " ('AIDAALICE', '" ACCOUNT "', 'user', 'alice', '/', 0),"
            " ('AGPASTAFF', '" ACCOUNT "', 'group', 'staff', '/', 0),"
            " ('AROAWORKER', '" ACCOUNT "', 'role', 'worker', '/', 0)",
            "");
    db_exec(db,
            "INSERT INTO iam_group_member (account, group_id, user_id, added_ms)"
            " VALUES ('" ACCOUNT "', 'AGPASTAFF', 'AIDAALICE', 0)",
            "");
    assert_false(db_failed(db));
    return db;
}

static void put_inline(struct db *db, const char *entity_id, const char *name, const char *text)
{
    db_exec(db,
            "INSERT OR REPLACE INTO iam_inline_policy (account, entity_id, name, document)"
            " VALUES ('" ACCOUNT "', ?, ?, ?)",
            "sss", entity_id, name, text);
}

static void put_attachment(struct db *db, const char *entity_id, const char *arn)
{
    db_exec(db,
            "INSERT INTO iam_attachment (account, entity_id, policy_arn, added_ms)"
            " VALUES ('" ACCOUNT "', ?, ?, 0)",
            "ss", entity_id, arn);
}

static void put_policy(struct db *db, const char *name, const char *text)
{
    char id[32], arn[128];
    snprintf(id, sizeof(id), "ANPA%s", name);
    snprintf(arn, sizeof(arn), "arn:aws:iam::" ACCOUNT ":policy/%s", name);
    db_exec(db,
            "INSERT INTO iam_entity (id, account, kind, name, path, created_ms)"
            " VALUES (?, '" ACCOUNT "', 'policy', ?, '/', 0)",
            "ss", id, name);
    db_exec(db,
            "INSERT INTO iam_policy (id, account, arn, default_version, last_version, updated_ms)"
            " VALUES (?, '" ACCOUNT "', ?, 1, 1, 0)",
            "ss", id, arn);
    db_exec(db,
            "INSERT INTO iam_policy_version (account, policy_id, version, document, created_ms)"
            " VALUES ('" ACCOUNT "', ?, 1, ?, 0)",
            "ss", id, text);
}

static struct call call_on(struct db *db)
{
    return (struct call){
        .db = db,
        .clock = &clock_now,
        .arena = arena,
        .account = ACCOUNT,
        .region = "us-east-1",
    };
}

static const struct principal_policies *find(struct db *db, const struct principal *who)
{
    struct call c = call_on(db);
    return principal_policies_find(&c, who);
}

static const struct principal alice = {
    .type = PRINCIPAL_USER,
    .account = ACCOUNT,
    .entity_id = "AIDAALICE",
    .access_key_id = "AKIAALICE",
};

static bool has(const struct policy_list *list, const char *id)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_equal(list->entries[i].id, id))
            return true;
    return false;
}

static int setup(void **state)
{
    arena = arena_new();
    *state = open_db();
    return 0;
}

static int teardown(void **state)
{
    db_close(*state);
    arena_free(arena);
    principal_policies_forget();
    return 0;
}

/* A user is judged by its own policies and by its groups', inline and managed, its own first. */
static void finds_all_of_a_user(void **state)
{
    struct db *db = *state;
    put_policy(db, "Mine", ALLOW_S3);
    put_inline(db, "AIDAALICE", "own", ALLOW_S3);
    put_inline(db, "AGPASTAFF", "groups", ALLOW_EC2);
    put_inline(db, "AROAWORKER", "others", ALLOW_EC2);
    put_attachment(db, "AIDAALICE", "arn:aws:iam::" ACCOUNT ":policy/Mine");
    put_attachment(db, "AGPASTAFF", "arn:aws:iam::aws:policy/AdministratorAccess");

    const struct principal_policies *p = find(db, &alice);
    assert_non_null(p);
    assert_int_equal(p->identity.count, 4);
    assert_string_equal(p->identity.entries[0].id, "user_alice_own");
    assert_true(has(&p->identity, "group_staff_groups"));
    assert_true(has(&p->identity, "Mine"));
    assert_true(has(&p->identity, "AdministratorAccess"));
    assert_null(p->boundary);
    assert_false(p->in_session);
}

/* A policy that a user has by itself and through a group counts once. */
static void counts_once(void **state)
{
    struct db *db = *state;
    put_attachment(db, "AIDAALICE", "arn:aws:iam::aws:policy/IAMReadOnlyAccess");
    put_attachment(db, "AGPASTAFF", "arn:aws:iam::aws:policy/IAMReadOnlyAccess");
    assert_int_equal(find(db, &alice)->identity.count, 1);
}

/* While nothing changes the same object is given out; any change of the tables is seen at once. */
static void keeps_until_a_change(void **state)
{
    struct db *db = *state;
    put_inline(db, "AIDAALICE", "own", ALLOW_S3);

    const struct principal_policies *first = find(db, &alice);
    assert_ptr_equal(find(db, &alice), first);
    const struct policy *compiled = first->identity.entries[0].policy;

    put_inline(db, "AGPASTAFF", "groups", ALLOW_EC2);
    const struct principal_policies *second = find(db, &alice);
    assert_int_equal(second->identity.count, 2);
    assert_ptr_equal(second->identity.entries[0].policy, compiled); /* not compiled again */

    db_exec(db, "DELETE FROM iam_group_member", "");
    assert_int_equal(find(db, &alice)->identity.count, 1);
}

/* What a transaction changed and took back is as if it had not been. */
static void survives_a_rollback(void **state)
{
    struct db *db = *state;
    struct err err;
    put_inline(db, "AIDAALICE", "own", ALLOW_S3);
    assert_int_equal(find(db, &alice)->identity.count, 1);

    assert_int_equal(db_begin(db, &err), 0);
    put_inline(db, "AIDAALICE", "more", ALLOW_EC2);
    assert_int_equal(find(db, &alice)->identity.count, 2);
    db_rollback(db);
    assert_int_equal(find(db, &alice)->identity.count, 1);
}

/* The default version is what counts. */
static void follows_the_default_version(void **state)
{
    struct db *db = *state;
    put_policy(db, "P", ALLOW_S3);
    put_attachment(db, "AIDAALICE", "arn:aws:iam::" ACCOUNT ":policy/P");
    const struct policy *before = find(db, &alice)->identity.entries[0].policy;

    db_exec(db,
            "INSERT INTO iam_policy_version (account, policy_id, version, document, created_ms)"
            " VALUES ('" ACCOUNT "', 'ANPAP', 2, ?, 0)",
            "s", ALLOW_EC2);
    assert_ptr_equal(find(db, &alice)->identity.entries[0].policy, before);
    db_exec(db, "UPDATE iam_policy SET default_version = 2", "");
    assert_ptr_not_equal(find(db, &alice)->identity.entries[0].policy, before);
}

/* Two databases with the same ids have policies of their own, whichever is asked in between. */
static void tells_databases_apart(void **state)
{
    struct db *one = *state, *other = open_db();
    put_inline(one, "AIDAALICE", "one", ALLOW_S3);
    put_inline(other, "AIDAALICE", "other", ALLOW_EC2);
    put_inline(other, "AIDAALICE", "third", ALLOW_EC2);

    assert_true(has(&find(one, &alice)->identity, "user_alice_one"));
    assert_true(has(&find(other, &alice)->identity, "user_alice_other"));
    assert_int_equal(find(one, &alice)->identity.count, 1);
    db_close(other);
}

/* A user that is gone, or of another account, is nobody. */
static void gone_is_nobody(void **state)
{
    struct db *db = *state;
    struct call c = call_on(db);
    assert_non_null(find(db, &alice));
    assert_non_null(principal_policies_of(&c, "AROAWORKER"));
    c.account = "210987654321";
    assert_null(principal_policies_of(&c, "AROAWORKER"));
    db_exec(db, "DELETE FROM iam_entity WHERE id = 'AIDAALICE'", "");
    assert_null(find(db, &alice));
}

/* The root user and the anonymous have no policies, and that is no fault. */
static void root_has_none(void **state)
{
    struct principal root = {.type = PRINCIPAL_ACCOUNT, .account = ACCOUNT, .root = true};
    struct principal nobody = {.type = PRINCIPAL_ANONYMOUS};
    assert_int_equal(find(*state, &root)->identity.count, 0);
    assert_false(find(*state, &root)->in_session);
    assert_int_equal(find(*state, &nobody)->identity.count, 0);
}

/* A boundary is compiled beside the lists; one that is gone leaves nothing allowed. */
static void reads_the_boundary(void **state)
{
    struct db *db = *state;
    db_exec(db, "UPDATE iam_entity SET boundary = 'arn:aws:iam::aws:policy/PowerUserAccess'", "");
    assert_non_null(find(db, &alice)->boundary);
    db_exec(db, "UPDATE iam_entity SET boundary = 'arn:aws:iam::aws:policy/NoSuchPolicy'", "");
    assert_null(find(db, &alice));
}

/* Session policies belong to the session's key, by text or by ARN; the role's are its identity. */
static void reads_a_session(void **state)
{
    struct db *db = *state;
    json_t *given = json_pack("[{ss}{ss}]", "document", ALLOW_S3, "arn",
                              "arn:aws:iam::aws:policy/IAMReadOnlyAccess");
    struct session session = {.name = "s", .policies = given};
    struct principal worker = {
        .type = PRINCIPAL_ASSUMED_ROLE,
        .account = ACCOUNT,
        .entity_id = "AROAWORKER",
        .access_key_id = "ASIAONE",
        .session = &session,
    };
    put_inline(db, "AROAWORKER", "own", ALLOW_EC2);

    const struct principal_policies *p = find(db, &worker);
    assert_true(p->in_session);
    assert_int_equal(p->session.count, 2);
    assert_int_equal(p->identity.count, 1);

    session.policies = NULL; /* another session of the role, without policies */
    worker.access_key_id = "ASIATWO";
    p = find(db, &worker);
    assert_false(p->in_session);
    assert_int_equal(p->session.count, 0);
    json_decref(given);
}

/* A federated user is in a session even when it was given no policies. */
static void federated_is_in_session(void **state)
{
    struct session session = {.name = "bob"};
    struct principal bob = {
        .type = PRINCIPAL_FEDERATED_USER,
        .account = ACCOUNT,
        .entity_id = "AIDAALICE",
        .access_key_id = "ASIABOB",
        .session = &session,
    };
    const struct principal_policies *p = find(*state, &bob);
    assert_true(p->in_session);
    assert_int_equal(p->session.count, 0);
}

/* However many principals ask, memory has a ceiling. */
static void memory_has_a_ceiling(void **state)
{
    struct db *db = *state;
    struct err err;
    char id[32], text[256];

    assert_int_equal(db_begin(db, &err), 0);
    for (int i = 0; i < 5000; i++) {
        snprintf(id, sizeof(id), "AIDA%d", i);
        db_exec(db,
                "INSERT INTO iam_entity (id, account, kind, name, path, created_ms)"
                " VALUES (?1, '" ACCOUNT "', 'user', ?1, '/', 0)",
                "s", id);
        snprintf(text, sizeof(text),
                 "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:Get%d\",\"Resource\":"
                 "\"*\"}}",
                 i);
        put_inline(db, id, "p", text);
    }
    assert_int_equal(db_commit(db, &err), 0);
    for (int i = 0; i < 5000; i++) {
        struct principal who = {.type = PRINCIPAL_USER, .entity_id = id};
        snprintf(id, sizeof(id), "AIDA%d", i);
        assert_int_equal(find(db, &who)->identity.count, 1);
    }
    /* 4,096 principals at most: the memory was emptied on the way. */
    assert_true(policy_cache_bytes() < 1000UL * 10000);
}

/* Every policy of AWS's is one that our grammar takes, and has an ARN that finds it. */
static void aws_policies_compile(void **state)
{
    const struct managed_policy *aws;
    char arn[256];
    size_t count = 0;
    (void)state;

    for (; (aws = managed_policy_at(count)) != NULL; count++) {
        struct err err = {.text = ""};
        struct policy *policy =
            policy_compile(aws->document, strlen(aws->document), POLICY_MANAGED, &err);
        assert_string_equal(err.text, "");
        assert_non_null(policy);
        policy_free(policy);
        snprintf(arn, sizeof(arn), "arn:aws:iam::aws:policy%s", aws->resource);
        assert_ptr_equal(managed_policy_find(arn), aws);
    }
    assert_int_equal(count, 126);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(finds_all_of_a_user),
        TEST(counts_once),
        TEST(keeps_until_a_change),
        TEST(survives_a_rollback),
        TEST(follows_the_default_version),
        TEST(tells_databases_apart),
        TEST(gone_is_nobody),
        TEST(root_has_none),
        TEST(reads_the_boundary),
        TEST(reads_a_session),
        TEST(federated_is_in_session),
        TEST(memory_has_a_ceiling),
        TEST(aws_policies_compile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
