/* What the guest's agent reads: the host's lines and identities, user data, the kernel's tables of
 * ports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base64.h"
#include "identity.h"
#include "listen.h"
#include "port.h"
#include "userdata.h"

/* RFC 4648's examples decode, white space is skipped, a missing pad is forgiven. */
static void test_base64_decodes(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},        {"Zg==", "f"},         {"Zm8=", "fo"},
        {"Zm9v", "foo"}, {"Zm9vYmE=", "fooba"}, {"Zm9v\nYmFy\n", "foobar"},
        {"Zm8", "fo"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = 99;
        char *bytes = base64_decode(rows[i][0], strlen(rows[i][0]), &len);

        assert_non_null(bytes);
        assert_string_equal(bytes, rows[i][1]);
        assert_int_equal(len, strlen(rows[i][1]));
        free(bytes);
    }
}

/* What is no base64 is refused. */
static void test_base64_refuses(void **state)
{
    static const char *const rows[] = {"Zm9vY", "Z=", "Zg=a", "Zm9v!", "#!/bin/sh", "Zg==="};
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_null(base64_decode(rows[i], strlen(rows[i]), &len));
}

/* A listening TCP port that others may reach counts; a connection, and a port on loopback alone,
 * does not. */
static void test_listening_lines(void **state)
{
    static const char any[] = "   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000";
    static const char loopback[] =
        "   1: 0100007F:0019 00000000:0000 0A 00000000:00000000 00:00000000";
    static const char connection[] = "   2: 0705 1FAC:0016 0100007F:9C40 01 00000000:00000000";
    static const char six[] = "   0: 00000000000000000000000000000000:0050 "
                              "00000000000000000000000000000000:0000 0A 00000000:00000000";
    static const char six_loopback[] = "   0: 00000000000000000000000001000000:0050 "
                                       "00000000000000000000000000000000:0000 0A 00000000:00000000";
    static const char datagrams[] = "  42: 00000000:0044 00000000:0000 07 00000000:00000000";
    unsigned short port = 0;

    (void)state;
    assert_true(listening_parse_line(any, true, &port));
    assert_int_equal(port, 22);
    assert_true(listening_parse_line(six, true, &port));
    assert_int_equal(port, 80);
    assert_true(listening_parse_line(datagrams, false, &port));
    assert_int_equal(port, 68);
    assert_false(listening_parse_line(loopback, true, &port));
    assert_false(listening_parse_line(six_loopback, true, &port));
    assert_false(listening_parse_line(connection, true, &port));
    assert_false(listening_parse_line(datagrams, true, &port));
    assert_false(listening_parse_line("  sl  local_address rem_address   st", true, &port));
}

/* The first line decides who runs user data: the agent, cloud-init, or nobody. */
static void test_user_data_kinds(void **state)
{
    (void)state;
    assert_int_equal(user_data_kind(NULL), USER_DATA_NONE);
    assert_int_equal(user_data_kind(""), USER_DATA_NONE);
    assert_int_equal(user_data_kind("#!/bin/bash\ntrue\n"), USER_DATA_SCRIPT);
    assert_int_equal(user_data_kind("#cloud-config\nruncmd: []\n"), USER_DATA_CLOUD_INIT);
    assert_int_equal(user_data_kind("#include http://x/\n"), USER_DATA_CLOUD_INIT);
    assert_int_equal(user_data_kind("content-type: multipart/mixed\n"), USER_DATA_CLOUD_INIT);
    assert_int_equal(user_data_kind("yum install -y httpd\n"), USER_DATA_UNKNOWN);
}

static json_t *sound_identity(void)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:[{s:i, s:s, s:s, s:i, s:s, s:i, s:[s]}]}",
                     "instance_id", "i-0123456789abcdef0", "hostname", "ip-172-31-5-7", "fqdn",
                     "ip-172-31-5-7.ec2.internal", "machine_id", "0123456789abcdef0123456789abcdef",
                     "user", "ec2-user", "interfaces", "device_index", 0, "mac",
                     "02:00:00:00:05:07", "address", "172.31.5.7", "prefix", 20, "gateway",
                     "172.31.0.1", "mtu", 9001, "secondary", "172.31.5.8");
}

/* A sound identity is read in full; the primary address stands first. */
static void test_identity_parses(void **state)
{
    json_t *document = sound_identity();
    struct identity identity;
    struct err err;

    (void)state;
    assert_int_equal(identity_parse(document, &identity, &err), 0);
    json_decref(document);
    assert_string_equal(identity.instance_id, "i-0123456789abcdef0");
    assert_int_equal(identity.interface_count, 1);
    assert_int_equal(identity.interfaces[0].address_count, 2);
    assert_int_equal(identity.interfaces[0].prefix, 20);
    assert_int_equal(identity.interfaces[0].mac[5], 7);
    assert_int_equal(identity.interfaces[0].mtu, 9001);
    assert_false(identity.run_user_data);
    identity_done(&identity);
    identity_done(&identity);
}

/* A member that is missing or cannot be true is refused before anything is changed, and the refusal
 * says which. */
static void test_identity_refuses(void **state)
{
    static const char *const rows[][3] = {
        {"instance_id", "\"../../etc\"", "instance_id"},
        {"hostname", "\"a b\"", "hostname"},
        {"fqdn", "null", "fqdn"},
        {"machine_id", "\"12\"", "machine_id"},
        {"user", "\"-rf\"", "user"},
        {"user", "\"root;id\"", "user"},
        {"interfaces", "[{\"mac\":\"02:00\",\"address\":\"10.0.0.1\",\"prefix\":24}]", "MAC"},
        {"interfaces", "[{\"mac\":\"02:00:00:00:00:01\",\"address\":\"10.0.0.256\",\"prefix\":24}]",
         "IPv4"},
        {"interfaces", "[{\"mac\":\"02:00:00:00:00:01\",\"address\":\"10.0.0.1\",\"prefix\":33}]",
         "prefix"},
        {"interfaces",
         "[{\"mac\":\"02:00:00:00:00:01\",\"address\":\"10.0.0.1\",\"prefix\":24,\"mtu\":1}]",
         "mtu"},
        {"interfaces", "[{\"device_index\":99,\"prefix\":24}]", "device_index"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *document = sound_identity();
        struct identity identity;
        struct err err = {.text = ""};

        json_object_set_new(document, rows[i][0], json_loads(rows[i][1], JSON_DECODE_ANY, NULL));
        assert_int_equal(identity_parse(document, &identity, &err), -1);
        assert_non_null(strstr(err.text, rows[i][2]));
        json_decref(document);
    }
}

struct heard {
    size_t count;
    size_t last_len;
    char last[64];
};

static void hear(const char *line, size_t len, void *context)
{
    struct heard *heard = context;

    heard->count++;
    heard->last_len = len;
    strncpy(heard->last, line, sizeof(heard->last) - 1);
}

static void feed(struct port *port, int fd, const char *text, struct heard *heard)
{
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    port_read(port, hear, heard);
}

/* Lines arrive whole however they were cut; empty ones are skipped; a hang-up voids what was half
 * said. */
static void test_port_lines(void **state)
{
    struct heard heard = {.count = 0};
    struct port port;
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    port_init(&port);
    port.fd = ends[0];
    feed(&port, ends[1], "{\"a\"", &heard);
    assert_int_equal(heard.count, 0);
    feed(&port, ends[1], ":1}\n\n{\"b\":2}\n{\"ha", &heard);
    assert_int_equal(heard.count, 2);
    assert_string_equal(heard.last, "{\"b\":2}");
    port_hang_up(&port);
    assert_false(port.is_heard);
    feed(&port, ends[1], "{\"c\":3}\n", &heard);
    assert_int_equal(heard.count, 3);
    assert_string_equal(heard.last, "{\"c\":3}");
    close(ends[1]);
    port_done(&port);
}

/* A line above the ceiling is dropped, and the next one is heard again. */
static void test_port_drops_long_lines(void **state)
{
    struct heard heard = {.count = 0};
    struct port port;
    char block[8192];
    int ends[2];

    (void)state;
    memset(block, 'x', sizeof(block));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    port_init(&port);
    port.fd = ends[0];
    for (size_t sent = 0; sent < PORT_LINE_MAX + sizeof(block); sent += sizeof(block)) {
        assert_int_equal(write(ends[1], block, sizeof(block)), (ssize_t)sizeof(block));
        port_read(&port, hear, &heard);
    }
    feed(&port, ends[1], "rest\n", &heard);
    assert_int_equal(heard.count, 0);
    feed(&port, ends[1], "short\n", &heard);
    assert_int_equal(heard.count, 1);
    assert_string_equal(heard.last, "short");
    close(ends[1]);
    port_done(&port);
}

/* Nothing is said to a host that has not spoken. */
static void test_port_is_silent_until_spoken_to(void **state)
{
    struct heard heard = {.count = 0};
    struct port port;
    char got[64] = "";
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    port_init(&port);
    port.fd = ends[0];
    port_send_new(&port, json_pack("{s:s}", "event", "ready"));
    assert_int_equal(read(ends[1], got, sizeof(got)), -1);
    feed(&port, ends[1], "{}\n", &heard);
    port_send_new(&port, json_pack("{s:s}", "event", "ready"));
    assert_true(read(ends[1], got, sizeof(got) - 1) > 0);
    assert_string_equal(got, "{\"event\":\"ready\"}\n");
    close(ends[1]);
    port_done(&port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64_decodes),
        cmocka_unit_test(test_base64_refuses),
        cmocka_unit_test(test_listening_lines),
        cmocka_unit_test(test_user_data_kinds),
        cmocka_unit_test(test_identity_parses),
        cmocka_unit_test(test_identity_refuses),
        cmocka_unit_test(test_port_lines),
        cmocka_unit_test(test_port_drops_long_lines),
        cmocka_unit_test(test_port_is_silent_until_spoken_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
