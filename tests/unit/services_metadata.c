/* The metadata service, asked as a guest asks it: an instance's rows in memory, requests, answers.
 */
#include "base/encode.h"
#include "base/text.h"
#include "services/ec2/metadata.h"
#include "services/iam/policy_cache.h"
#include "services/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#define NOW_MS 1767225600000 /* 2026-01-01T00:00:00Z */
#define ONE    "eni-0000000000000000a"
#define OTHER  "eni-0000000000000000b"
#define MAC    "02:00:00:00:00:01"
#define META   "/latest/meta-data/"

static struct db *db;
static struct clock clock_now;
static struct ids ids;
static struct site site;
static struct arena *arena;
static struct metadata_answer answer; /* the last one */

static const char rows_sql[] =
    "INSERT INTO ec2_vpc (account, region, id, cidr, is_default, dhcp_options_id) VALUES"
    " ('123456789012', 'ap-northeast-2', 'vpc-1', '172.31.0.0/16', 1, 'dopt-1')";
static const char subnet_sql[] = "INSERT INTO ec2_subnet (account, region, id, vpc_id, zone, cidr, "
                                 "is_default, map_public) VALUES"
                                 " ('123456789012', 'ap-northeast-2', 'subnet-1', 'vpc-1', "
                                 "'ap-northeast-2a', '172.31.0.0/20', 1, 1)";
static const char group_sql[] =
    "INSERT INTO ec2_security_group (account, region, id, vpc_id, name, description) VALUES"
    " ('123456789012', 'ap-northeast-2', ?, 'vpc-1', ?, '')";
static const char instance_sql[] =
    "INSERT INTO ec2_instance (account, region, id, reservation_id, launch_index, image_id, type, "
    "key_name,"
    " public_key, subnet_id, vpc_id, zone, state, state_code, launched_ms, changed_ms, memory_mib,"
    " shutdown_behavior, no_stop, no_termination, user_data, doc) VALUES ('123456789012',"
    " 'ap-northeast-2', ?, 'r-1', 2, 'ami-1', 't2.micro', 'lab', 'ssh-rsa AAAA lab', 'subnet-1',"
    " 'vpc-1', 'ap-northeast-2a', 'running', 16, ?, ?, 1024, 'stop', 0, 0, ?, ?)";
static const char interface_sql[] =
    "INSERT INTO ec2_network_interface (account, region, id, subnet_id, vpc_id, zone, address, mac,"
    " public_address, wants_public, instance_id, attachment_id, device_index, "
    "delete_on_termination,"
    " attached_ms, status, description, source_dest_check) VALUES ('123456789012',"
    " 'ap-northeast-2', ?, 'subnet-1', 'vpc-1', 'ap-northeast-2a', ?, ?, ?, 1, ?,"
    " 'eni-attach-1', 0, 1, 0, 'in-use', '', 1)";
static const char volume_sql[] = "INSERT INTO ec2_volume (account, region, id, zone, size_gib, "
                                 "type, encrypted, state, created_ms,"
                                 " instance_id, device) VALUES ('123456789012', 'ap-northeast-2', "
                                 "?, 'ap-northeast-2a', 8, 'gp2',"
                                 " 0, 'in-use', 0, 'i-one', ?)";

static void set_options(const char *id, const char *tokens, const char *endpoint, const char *tags)
{
    json_t *doc = json_pack("{ssss s{ssssss}}", "Architecture", "x86_64", "RootDeviceName",
                            "/dev/xvda", "MetadataOptions", "HttpTokens", tokens, "HttpEndpoint",
                            endpoint, "InstanceMetadataTags", tags);
    db_exec(db, "UPDATE ec2_instance SET doc = ? WHERE id = ?", "js", doc, id);
    json_decref(doc);
}

static void add_rows(void)
{
    db_exec(db, rows_sql, "");
    db_exec(db, subnet_sql, "");
    db_exec(db, group_sql, "ss", "sg-1", "web");
    db_exec(db, group_sql, "ss", "sg-2", "ssh");
    db_exec(db, instance_sql, "siiss", "i-one", (int64_t)NOW_MS, (int64_t)NOW_MS,
            "IyEvYmluL3NoAA==", "{}");
    db_exec(db, instance_sql, "siiss", "i-two", (int64_t)NOW_MS, (int64_t)NOW_MS, NULL, "{}");
    db_exec(db, interface_sql, "sssss", ONE, "172.31.5.7", MAC, "127.43.1.2", "i-one");
    db_exec(db, interface_sql, "sssss", OTHER, "172.31.5.8", "02:00:00:00:00:02", NULL, "i-two");
    db_exec(db,
            "INSERT INTO ec2_network_interface_group (interface_id, position, group_id) VALUES"
            " ('" ONE "', 0, 'sg-1'), ('" ONE "', 1, 'sg-2')",
            "");
    db_exec(db, volume_sql, "ss", "vol-1", "/dev/xvda");
    db_exec(db, volume_sql, "ss", "vol-2", "/dev/sdf");
    set_options("i-one", "optional", "enabled", "disabled");
    set_options("i-two", "optional", "enabled", "disabled");
}

static int setup(void **state)
{
    struct err err;
    (void)state;
    clock_now = (struct clock){.fixed_ms = NOW_MS};
    ids = (struct ids){.seed = 1};
    arena = arena_new();
    db = db_open(":memory:", &err);
    if (db == NULL || services_migrate(db, &err) != 0)
        return -1;
    add_rows();
    return db_failed(db) ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_done(&answer.body);
    policy_cache_clear();
    db_close(db);
    arena_free(arena);
    return 0;
}

static int ask_with(struct metadata_ask ask)
{
    ask.db = db;
    ask.clock = &clock_now;
    ask.ids = &ids;
    ask.arena = arena;
    ask.site = &site;
    if (ask.interface_id == NULL)
        ask.interface_id = ONE;
    if (ask.method == NULL)
        ask.method = "GET";
    buf_done(&answer.body);
    metadata_answer(&ask, &answer);
    return answer.status;
}

static int ask(const char *path)
{
    return ask_with((struct metadata_ask){.path = path});
}

static int put(const char *ttl)
{
    return ask_with(
        (struct metadata_ask){.method = "PUT", .path = "/latest/api/token", .token_ttl = ttl});
}

static const char *token(const char *ttl)
{
    assert_int_equal(put(ttl), 200);
    return arena_strdup(arena, buf_text(&answer.body));
}

static void expect(const char *path, const char *text)
{
    assert_int_equal(ask(path), 200);
    assert_string_equal(buf_text(&answer.body), text);
}

/* --- tokens ------------------------------------------------------------------------------------
 */

/* A token is given for 1 to 21600 seconds, whatever else the request says wrong is refused. */
static void test_token_request(void **state)
{
    (void)state;
    assert_int_equal(put("21600"), 200);
    assert_string_equal(answer.token_ttl, "21600");
    assert_string_equal(answer.content_type, "text/plain");
    assert_int_equal(answer.body.len, 56);
    assert_int_equal(put("1"), 200);
    assert_int_equal(put("0"), 400);
    assert_int_equal(put("21601"), 400);
    assert_int_equal(put("soon"), 400);
    assert_int_equal(put(NULL), 400);
    assert_int_equal(ask_with((struct metadata_ask){.method = "PUT",
                                                    .path = "/latest/api/token",
                                                    .token_ttl = "60",
                                                    .forwarded = "10.0.0.1"}),
                     403);
}

/* Other methods, and other places for a PUT, are refused. */
static void test_methods(void **state)
{
    (void)state;
    assert_int_equal(ask_with((struct metadata_ask){.method = "POST", .path = META}), 405);
    assert_int_equal(ask_with((struct metadata_ask){.method = "PUT", .path = META}), 405);
    assert_int_equal(ask("/latest/api/token"), 405);
    assert_int_equal(ask_with((struct metadata_ask){.method = "HEAD", .path = META}), 200);
}

/* Where tokens are required a request without one is refused; a bad one is refused everywhere. */
static void test_token_use(void **state)
{
    (void)state;
    const char *good = token("60");
    struct metadata_ask with = {.path = META "instance-id", .token = good};
    assert_int_equal(ask_with(with), 200);
    assert_string_equal(answer.token_ttl, "60");
    with.token = "AAAA";
    assert_int_equal(ask_with(with), 401);
    with.token = "";
    assert_int_equal(ask_with(with), 401);
    set_options("i-one", "required", "enabled", "disabled");
    assert_int_equal(ask(META "instance-id"), 401);
    assert_int_equal(ask("/"), 401);
    with.token = good;
    assert_int_equal(ask_with(with), 200);
}

/* A token ends with its time, and one changed character makes it worthless. */
static void test_token_expiry(void **state)
{
    (void)state;
    const char *good = token("60");
    struct metadata_ask with = {.path = META, .token = good};
    char *forged = arena_strdup(arena, good);
    forged[3] = forged[3] == 'A' ? 'B' : 'A';
    with.token = forged;
    assert_int_equal(ask_with(with), 401);
    with.token = good;
    clock_advance(&clock_now, 59999);
    assert_int_equal(ask_with(with), 200);
    clock_advance(&clock_now, 1);
    assert_int_equal(ask_with(with), 401);
}

/* A token is good for the instance that asked for it only, and needs nothing but the database. */
static void test_token_owner(void **state)
{
    (void)state;
    struct metadata_ask with = {.path = META, .token = token("60"), .interface_id = OTHER};
    assert_int_equal(ask_with(with), 401);
    with.interface_id = ONE;
    ids.seed = 99; /* as after a restart */
    assert_int_equal(ask_with(with), 200);
}

/* The service of an instance may be switched off. */
static void test_endpoint(void **state)
{
    (void)state;
    set_options("i-one", "optional", "disabled", "disabled");
    assert_int_equal(ask(META), 403);
    assert_int_equal(put("60"), 403);
}

/* --- the tree ----------------------------------------------------------------------------------
 */

/* The root lists versions; every one of them has the tree; what is not there gets AWS's page. */
static void test_versions(void **state)
{
    (void)state;
    assert_int_equal(ask("/"), 200);
    assert_true(str_starts(buf_text(&answer.body), "1.0\n2007-01-19\n"));
    assert_true(str_ends(buf_text(&answer.body), "\n2021-07-15\nlatest"));
    expect("/latest", "dynamic\nmeta-data\nuser-data");
    expect("/1.0/meta-data/instance-id", "i-one");
    expect("/2009-04-04//meta-data/instance-id?x=1", "i-one");
    assert_int_equal(ask("/2030-01-01/meta-data/"), 404);
    assert_int_equal(ask(META "nope"), 404);
    assert_int_equal(ask(META "instance-id/more"), 404);
    assert_string_equal(answer.content_type, "text/html");
    assert_non_null(strstr(buf_text(&answer.body), "<title>404 - Not Found</title>"));
}

/* Directories end in a slash, the list has no newline at its end. */
static void test_listing(void **state)
{
    (void)state;
    expect(META, "ami-id\nami-launch-index\nami-manifest-path\nblock-device-mapping/\nevents/\n"
                 "hibernation/\nhostname\nidentity-credentials/\ninstance-action\ninstance-id\n"
                 "instance-life-cycle\ninstance-type\nlocal-hostname\nlocal-ipv4\nmac\nmetrics/\n"
                 "network/\nplacement/\nprofile\npublic-hostname\npublic-ipv4\npublic-keys/\n"
                 "reservation-id\nsecurity-groups\nservices/\nsystem");
    expect(META "public-keys/", "0=lab");
    expect(META "public-keys/0/", "openssh-key");
    expect(META "public-keys/0/openssh-key", "ssh-rsa AAAA lab\n");
    assert_int_equal(ask(META "public-keys/0/="), 404);
    expect(META "block-device-mapping/", "ami\nebs1\nroot");
    expect(META "network/interfaces/macs/", MAC "/");
}

/* Leaves say what DescribeInstances says. */
static void test_leaves(void **state)
{
    (void)state;
    expect(META "ami-launch-index", "2");
    expect(META "hostname", "ip-172-31-5-7.ap-northeast-2.compute.internal");
    expect(META "public-hostname", "ec2-127-43-1-2.ap-northeast-2.compute.amazonaws.com");
    expect(META "public-ipv4", "127.43.1.2");
    expect(META "placement/availability-zone-id", "apne2-az1");
    expect(META "placement/region", "ap-northeast-2");
    expect(META "security-groups", "web\nssh");
    expect(META "block-device-mapping/root", "/dev/xvda");
    expect(META "block-device-mapping/ebs1", "sdf");
    expect(META "services/domain", "amazonaws.com");
    expect(META "system", "xen");
    expect(META "events/maintenance/scheduled", "[]");
}

/* Every interface tells its addresses, groups and networks. */
static void test_interface(void **state)
{
    (void)state;
#define CARD META "network/interfaces/macs/" MAC "/"
    expect(CARD,
           "device-number\ninterface-id\nipv4-associations/\nlocal-hostname\nlocal-ipv4s\nmac\n"
           "owner-id\npublic-hostname\npublic-ipv4s\nsecurity-group-ids\nsecurity-groups\n"
           "subnet-id\nsubnet-ipv4-cidr-block\nvpc-id\nvpc-ipv4-cidr-block\n"
           "vpc-ipv4-cidr-blocks");
    expect(CARD "ipv4-associations/127.43.1.2", "172.31.5.7");
    expect(CARD "security-group-ids", "sg-1\nsg-2");
    expect(CARD "subnet-ipv4-cidr-block", "172.31.0.0/20");
    expect(CARD "vpc-ipv4-cidr-blocks", "172.31.0.0/16");
}

/* An instance without public address and user data has no such entries. */
static void test_absent(void **state)
{
    (void)state;
    struct metadata_ask other = {.interface_id = OTHER, .path = META "public-ipv4"};
    assert_int_equal(ask_with(other), 404);
    other.path = "/latest/user-data";
    assert_int_equal(ask_with(other), 404);
    other.path = "/latest/";
    assert_int_equal(ask_with(other), 200);
    assert_string_equal(buf_text(&answer.body), "dynamic\nmeta-data");
    other.interface_id = "eni-nobody";
    assert_int_equal(ask_with(other), 404);
}

/* User data comes as the bytes it was given. */
static void test_user_data(void **state)
{
    (void)state;
    assert_int_equal(ask("/latest/user-data"), 200);
    assert_string_equal(answer.content_type, "application/octet-stream");
    assert_int_equal(answer.body.len, 10);
    assert_memory_equal(answer.body.data, "#!/bin/sh\0", 10);
}

/* Tags are there when the instance's options say so; a name with a space is asked for escaped. */
static void test_tags(void **state)
{
    (void)state;
    db_exec(db,
            "INSERT INTO tag (account, region, resource, type, key, value) VALUES"
            " ('123456789012', 'ap-northeast-2', 'i-one', 'instance', 'My name', 'web 1')",
            "");
    assert_false(db_failed(db));
    assert_int_equal(ask(META "tags/instance/"), 404);
    set_options("i-one", "optional", "enabled", "enabled");
    expect(META "tags/", "instance/");
    expect(META "tags/instance", "My name");
    expect(META "tags/instance/My%20name", "web 1");
}

/* --- the identity document ---------------------------------------------------------------------
 */

/* The document is JSON that names instance, account and place. */
static void test_document(void **state)
{
    (void)state;
    assert_int_equal(ask("/latest/dynamic/instance-identity/document"), 200);
    json_t *d = json_parse(buf_text(&answer.body), answer.body.len, NULL);
    assert_non_null(d);
    assert_string_equal(json_str(d, "instanceId"), "i-one");
    assert_string_equal(json_str(d, "accountId"), "123456789012");
    assert_string_equal(json_str(d, "privateIp"), "172.31.5.7");
    assert_string_equal(json_str(d, "pendingTime"), "2026-01-01T00:00:00Z");
    assert_true(json_is_null(json_object_get(d, "kernelId")));
    json_decref(d);
    expect("/latest/dynamic/instance-identity/", "document\npkcs7\nrsa2048\nsignature");
}

static PKCS7 *read_pkcs7(const char *path)
{
    assert_int_equal(ask(path), 200);
    char *pem =
        xasprintf("-----BEGIN PKCS7-----\n%s\n-----END PKCS7-----\n", buf_text(&answer.body));
    BIO *in = BIO_new_mem_buf(pem, -1);
    PKCS7 *p7 = PEM_read_bio_PKCS7(in, NULL, NULL, NULL);
    BIO_free(in);
    free(pem);
    assert_non_null(p7);
    return p7;
}

/* The PKCS #7 answers hold the document, signed with the certificate that they carry. */
static void test_pkcs7(void **state)
{
    (void)state;
    char text[4096];
    assert_int_equal(ask("/latest/dynamic/instance-identity/document"), 200);
    const char *document = arena_strdup(arena, buf_text(&answer.body));
    PKCS7 *p7 = read_pkcs7("/latest/dynamic/instance-identity/rsa2048");
    BIO *out = BIO_new(BIO_s_mem());
    assert_int_equal(PKCS7_verify(p7, NULL, NULL, NULL, out, PKCS7_NOVERIFY), 1);
    int len = BIO_read(out, text, sizeof(text) - 1);
    assert_true(len > 0);
    text[len] = '\0';
    assert_string_equal(text, document);
    BIO_free(out);
    PKCS7_free(p7);
}

/* The plain signature is that of the same key, which stays the same. */
static void test_signature(void **state)
{
    (void)state;
    PKCS7 *p7 = read_pkcs7("/latest/dynamic/instance-identity/pkcs7");
    EVP_PKEY *key = X509_get_pubkey(sk_X509_value(p7->d.sign->cert, 0));
    assert_int_equal(ask("/latest/dynamic/instance-identity/document"), 200);
    const char *document = arena_strdup(arena, buf_text(&answer.body));
    assert_int_equal(ask("/latest/dynamic/instance-identity/signature"), 200);
    char flat[1024];
    size_t len = 0, at = 0;
    for (const char *p = buf_text(&answer.body); *p != '\0'; p++)
        if (*p != '\n')
            flat[at++] = *p;
    uint8_t *signature = base64_decode(flat, at, &len);
    assert_non_null(signature);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(
        EVP_DigestVerify(ctx, signature, len, (const unsigned char *)document, strlen(document)),
        1);
    EVP_MD_CTX_free(ctx);
    free(signature);
    EVP_PKEY_free(key);
    PKCS7_free(p7);
}

/* --- the role ----------------------------------------------------------------------------------
 */

#define IAM  META "iam/"
#define ROLE IAM "security-credentials/web"
#define TRUST(who)                                                                                 \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"              \
    "{\"Service\":\"" who "\"},\"Action\":\"sts:AssumeRole\"}]}"

static void add_role(const char *id, const char *name, const char *trust)
{
    db_exec(db,
            "INSERT INTO iam_entity (id, account, kind, name, path, created_ms) VALUES"
            " (?, '123456789012', 'role', ?, '/', 0)",
            "ss", id, name);
    db_exec(db,
            "INSERT INTO iam_role (id, account, trust, max_session_s) VALUES (?, '123456789012',"
            " ?, 3600)",
            "ss", id, trust);
}

static void hold_role(const char *role_id)
{
    db_exec(db,
            "INSERT OR REPLACE INTO iam_profile_role (account, profile_id, role_id) VALUES"
            " ('123456789012', 'AIPA1', ?)",
            "s", role_id);
}

static void add_profile(void)
{
    db_exec(db,
            "INSERT INTO iam_entity (id, account, kind, name, path, created_ms) VALUES"
            " ('AIPA1', '123456789012', 'instance-profile', 'web', '/', 0)",
            "");
    db_exec(db,
            "INSERT INTO ec2_profile_association (account, region, id, instance_id, profile_arn,"
            " profile_id, created_ms) VALUES ('123456789012', 'ap-northeast-2', 'iip-assoc-1',"
            " 'i-one', 'arn:aws:iam::123456789012:instance-profile/web', 'AIPA1', 0)",
            "");
    add_role("AROA1", "web", TRUST("ec2.amazonaws.com"));
    hold_role("AROA1");
}

/* The answer as JSON; the caller's to drop. */
static json_t *ask_json(struct metadata_ask with)
{
    assert_int_equal(ask_with(with), 200);
    json_t *value = json_parse(buf_text(&answer.body), answer.body.len, NULL);
    assert_non_null(value);
    return value;
}

static void expect_member(const char *path, const char *member, const char *text)
{
    json_t *value = ask_json((struct metadata_ask){.path = path});
    assert_string_equal(json_str(value, member), text);
    json_decref(value);
}

/* Without a profile there is no iam/; with one it names the profile and its role. */
static void test_profile(void **state)
{
    (void)state;
    assert_int_equal(ask(IAM), 404);
    assert_int_equal(ask(IAM "security-credentials/"), 404);
    add_profile();
    expect(IAM, "info\nsecurity-credentials/");
    expect(IAM "security-credentials/", "web");
    expect_member(IAM "info", "Code", "Success");
    expect_member(IAM "info", "InstanceProfileArn",
                  "arn:aws:iam::123456789012:instance-profile/web");
    expect_member(IAM "info", "InstanceProfileId", "AIPA1");
    assert_int_equal(ask(IAM "security-credentials/other"), 404);
}

/* The credentials last six hours and are a session of the role, named like the instance. */
static void test_credentials(void **state)
{
    (void)state;
    add_profile();
    json_t *c = ask_json((struct metadata_ask){.path = ROLE});
    assert_string_equal(json_str(c, "Code"), "Success");
    assert_string_equal(json_str(c, "Type"), "AWS-HMAC");
    assert_string_equal(json_str(c, "LastUpdated"), "2026-01-01T00:00:00Z");
    assert_string_equal(json_str(c, "Expiration"), "2026-01-01T06:00:00Z");
    assert_true(str_starts(json_str(c, "AccessKeyId"), "ASIA"));
    assert_int_equal(strlen(json_str(c, "SecretAccessKey")), 40);
    assert_true(
        db_exists(db,
                  "SELECT 1 FROM sts_session WHERE id = ? AND secret = ? AND entity_id = 'AROA1'"
                  " AND type = 'AssumedRole' AND json_extract(doc, '$.name') = 'i-one'"
                  " AND json_extract(doc, '$.instance_id') = 'i-one'",
                  "ss", json_str(c, "AccessKeyId"), json_str(c, "SecretAccessKey")));
    json_decref(c);
}

/* Conditions may ask where the credentials came from, and by which version of the service. */
static void test_credential_facts(void **state)
{
    (void)state;
    add_profile();
    const char *v2 = token("60");
    json_decref(ask_json((struct metadata_ask){.path = ROLE}));
    json_decref(ask_json((struct metadata_ask){.path = ROLE, .token = v2}));
    assert_int_equal(
        db_int(db, 0,
               "SELECT count(*) FROM sts_session WHERE json_extract(doc,"
               " '$.facts.\"ec2:SourceInstanceARN\"') ="
               " 'arn:aws:ec2:ap-northeast-2:123456789012:instance/i-one' AND json_extract(doc,"
               " '$.facts.\"aws:Ec2InstanceSourceVpc\"') = 'vpc-1' AND json_extract(doc,"
               " '$.facts.\"aws:Ec2InstanceSourcePrivateIPv4\"') = '172.31.5.7'",
               ""),
        2);
    for (int version = 1; version <= 2; version++)
        assert_true(db_exists(db,
                              "SELECT 1 FROM sts_session WHERE json_extract(doc,"
                              " '$.facts.\"ec2:RoleDelivery\"') = ?",
                              "s", version == 1 ? "1.0" : "2.0"));
}

static const char *key_id(void)
{
    json_t *c = ask_json((struct metadata_ask){.path = ROLE});
    const char *id = arena_strdup(arena, json_str(c, "AccessKeyId"));
    json_decref(c);
    return id;
}

/* Every question gets the same credentials, until new ones are made, long before the old ones end.
 */
static void test_credentials_rotate(void **state)
{
    (void)state;
    add_profile();
    const char *first = key_id();
    clock_advance(&clock_now, 4 * 3600000);
    assert_string_equal(key_id(), first);
    clock_advance(&clock_now, 3600000);
    assert_string_not_equal(key_id(), first);
    expect_member(ROLE, "Expiration", "2026-01-01T11:00:00Z");
    assert_true(db_exists(db, "SELECT 1 FROM sts_session WHERE id = ?", "s", first));
}

/* Another role in the profile shows at once, and a name that is used again is another role. */
static void test_role_changes(void **state)
{
    (void)state;
    add_profile();
    const char *first = key_id();
    add_role("AROA2", "db", TRUST("ec2.amazonaws.com"));
    hold_role("AROA2");
    expect(IAM "security-credentials/", "db");
    assert_int_equal(ask(ROLE), 404);
    db_exec(db, "DELETE FROM iam_entity WHERE id = 'AROA1'", "");
    db_exec(db, "UPDATE iam_entity SET name = 'web' WHERE id = 'AROA2'", "");
    assert_string_not_equal(key_id(), first);
}

/* A profile without a role gives no credentials; one that was deleted says so. */
static void test_profile_is_gone(void **state)
{
    (void)state;
    add_profile();
    db_exec(db, "DELETE FROM iam_profile_role", "");
    expect(IAM, "info");
    expect_member(IAM "info", "Code", "Success");
    db_exec(db, "DELETE FROM iam_entity WHERE id = 'AIPA1'", "");
    expect_member(IAM "info", "Code", "InstanceProfileNotFound");
    assert_int_equal(ask(IAM "security-credentials/"), 404);
}

/* A role that does not trust EC2 gives no credentials, and says why. */
static void test_role_must_trust(void **state)
{
    (void)state;
    add_profile();
    db_exec(db, "UPDATE iam_role SET trust = ?", "s", TRUST("lambda.amazonaws.com"));
    expect_member(ROLE, "Code", "AssumeRoleUnauthorizedAccess");
    assert_int_equal(db_int(db, 0, "SELECT count(*) FROM sts_session", ""), 0);
    db_exec(db, "UPDATE iam_role SET trust = ?", "s", TRUST("ec2.amazonaws.com"));
    expect_member(ROLE, "Code", "Success");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_token_request),
        TEST(test_methods),
        TEST(test_token_use),
        TEST(test_token_expiry),
        TEST(test_token_owner),
        TEST(test_endpoint),
        TEST(test_versions),
        TEST(test_listing),
        TEST(test_leaves),
        TEST(test_interface),
        TEST(test_absent),
        TEST(test_user_data),
        TEST(test_tags),
        TEST(test_document),
        TEST(test_pkcs7),
        TEST(test_signature),
        TEST(test_profile),
        TEST(test_credentials),
        TEST(test_credential_facts),
        TEST(test_credentials_rotate),
        TEST(test_role_changes),
        TEST(test_profile_is_gone),
        TEST(test_role_must_trust),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
