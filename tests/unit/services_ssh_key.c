/* Keys in the forms that EC2 gives, read back by the programs they are for: ssh-keygen, and
 * puttygen where it is installed. */
#include "services/ec2/key_maker.h"
#include "services/ec2/ssh_host_key.h"
#include "services/ssh_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static EVP_PKEY *rsa, *ed25519;
static char folder[] = "/tmp/ssh-key-test-XXXXXX";

static int setup(void **state)
{
    (void)state;
    rsa = key_maker_take_rsa();
    ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    return rsa == NULL || ed25519 == NULL || mkdtemp(folder) == NULL;
}

static int teardown(void **state)
{
    (void)state;
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ed25519);
    return rmdir(folder);
}

/* What the command says of a private file with this text; the file's name is its last word. */
static void ask(const char *command, const char *text, char *answer, size_t size)
{
    char *path = xasprintf("%s/key", folder);
    char *line = xasprintf("%s %s 2>&1", command, path);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
    FILE *pipe = popen(line, "r");
    assert_non_null(pipe);
    size_t len = fread(answer, 1, size - 1, pipe);
    answer[len] = '\0';
    assert_int_equal(pclose(pipe), 0);
    assert_int_equal(unlink(path), 0);
    free(line);
    free(path);
}

/* The first two words: type and key, without the comment. */
static void assert_same_key(const char *answer, const EVP_PKEY *key)
{
    char *line = ssh_key_line(key, "c");
    size_t len = strlen(line) - strlen(" c");

    assert_int_equal(strncmp(answer, line, len), 0);
    free(line);
}

/* ssh-keygen reads the private PEM and finds the same public key in it. */
static void test_pem(void **state)
{
    EVP_PKEY *keys[] = {rsa, ed25519};
    char answer[4096];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        char *text = ssh_key_private_pem(keys[i], "lab");
        ask("ssh-keygen -y -f", text, answer, sizeof(answer));
        assert_same_key(answer, keys[i]);
        ssh_key_forget(text);
    }
}

/* puttygen reads the private PPK, checks its MAC, and finds the same public key in it. */
static void test_ppk(void **state)
{
    EVP_PKEY *keys[] = {rsa, ed25519};
    char answer[4096];

    (void)state;
    if (system("command -v puttygen >/dev/null") != 0)
        skip();
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        char *text = ssh_key_private_ppk(keys[i], "lab");
        ask("puttygen -O private-openssh -o /dev/null", text, answer, sizeof(answer));
        ask("puttygen -L", text, answer, sizeof(answer));
        assert_same_key(answer, keys[i]);
        ssh_key_forget(text);
    }
}

/* The fingerprint of a made RSA key is the SHA-1 of its PKCS#8 form, as AWS tells its users to
 * check it. */
static void test_made_fingerprint(void **state)
{
    char answer[4096];
    char *text = ssh_key_private_pem(rsa, "lab"), *print = ssh_key_fingerprint_made(rsa);

    (void)state;
    ask("f() { openssl pkcs8 -in $1 -inform PEM -outform DER -topk8 -nocrypt | openssl sha1 -c; }; "
        "f",
        text, answer, sizeof(answer));
    assert_non_null(strstr(answer, print));
    ssh_key_forget(text);
    free(print);
}

/* The fingerprint of an imported RSA key is the MD5 of its public DER form. */
static void test_imported_fingerprint(void **state)
{
    char answer[4096];
    char *text = ssh_key_private_pem(rsa, "lab"), *print = ssh_key_fingerprint_imported(rsa);

    (void)state;
    ask("f() { openssl rsa -in $1 -pubout -outform DER 2>/dev/null | openssl md5 -c; }; f", text,
        answer, sizeof(answer));
    assert_non_null(strstr(answer, print));
    ssh_key_forget(text);
    free(print);
}

/* An Ed25519 fingerprint is OpenSSH's own, padded and without its prefix. */
static void test_ed25519_fingerprint(void **state)
{
    char answer[4096];
    char *text = ssh_key_private_pem(ed25519, "lab"), *print = ssh_key_fingerprint_made(ed25519);

    (void)state;
    ask("ssh-keygen -l -f", text, answer, sizeof(answer));
    print[strcspn(print, "=")] = '\0';
    assert_non_null(strstr(answer, print));
    ssh_key_forget(text);
    free(print);
}

/* A public line is read back as the same key; a truncated or foreign one is not read. */
static void test_parse(void **state)
{
    char *line = ssh_key_line(rsa, "lab");
    EVP_PKEY *back = ssh_key_parse(line, strlen(line));

    (void)state;
    assert_non_null(back);
    assert_int_equal(EVP_PKEY_eq(back, rsa), 1);
    EVP_PKEY_free(back);
    for (size_t len = 0; len < strlen(line) - strlen(" lab"); len += 7)
        assert_null(ssh_key_parse(line, len));
    assert_null(ssh_key_parse("ssh-rsa", 7));
    assert_null(ssh_key_parse("ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB", 32));
    assert_null(ssh_key_parse("---- BEGIN SSH2 PUBLIC KEY ----", 31));
    free(line);
}

/* A new machine's host keys are an Ed25519 and an ECDSA key as ssh-keygen reads them, their public
 * halves belong to them, and no two machines get the same. */
static void test_host_keys(void **state)
{
    json_t *keys = ssh_host_keys_make(), *others = ssh_host_keys_make();
    static const char *const types[] = {"ed25519", "ecdsa"};
    char answer[4096];

    (void)state;
    assert_int_equal(json_array_size(keys), ARRAY_LEN(types));
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        const json_t *key = json_array_get(keys, i);
        const char *line = json_str(key, "public");
        assert_string_equal(json_str(key, "type"), types[i]);
        ask("ssh-keygen -y -f", json_str(key, "private"), answer, sizeof(answer));
        size_t len = strcspn(answer, "\n");
        assert_true(len > 60);
        assert_int_equal(strncmp(answer, line, strcspn(answer, " ") + 60), 0);
        assert_string_not_equal(line, json_str(json_array_get(others, i), "public"));
    }
    json_decref(keys);
    json_decref(others);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_keys),
        cmocka_unit_test(test_pem),
        cmocka_unit_test(test_ppk),
        cmocka_unit_test(test_made_fingerprint),
        cmocka_unit_test(test_imported_fingerprint),
        cmocka_unit_test(test_ed25519_fingerprint),
        cmocka_unit_test(test_parse),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
