/* The generator: what it refuses, and what it writes. Every test runs the generator that make has
 * built, on a small api-spec of its own in a temporary folder. */
#include "base/alloc.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct bench {
    char dir[64];
    char generator[PATH_MAX];
    json_t *model, *own, *facts, *faults; /* of the service "toy-service" */
    char *messages;                       /* of the last run */
};

static const char model_text[] =
    "{\"metadata\": {\"apiVersion\": \"2020-01-01\", \"endpointPrefix\": \"toy\", \"protocol\": "
    "\"query\","
    "  \"protocols\": [\"query\"], \"serviceId\": \"Toy\", \"xmlNamespace\": \"https://toy/\"},"
    " \"operations\": {"
    "  \"ListMFADevices\": {\"name\": \"ListMFADevices\", \"http\": {\"method\": \"POST\", "
    "\"requestUri\": \"/\"},"
    "   \"input\": {\"shape\": \"Tree\"}, \"errors\": [{\"shape\": \"GoneException\"}]},"
    "  \"GetThing\": {\"name\": \"GetThing\", \"http\": {\"method\": \"POST\", \"requestUri\": "
    "\"/\"}}},"
    " \"shapes\": {"
    "  \"Color\": {\"type\": \"string\", \"enum\": [\"red\", \"blue\"], \"pattern\": "
    "\"a\\\\?\\\"b??c\"},"
    "  \"GoneException\": {\"type\": \"structure\", \"members\": {}, \"exception\": true,"
    "   \"error\": {\"code\": \"Gone\", \"httpStatusCode\": 410}},"
    "  \"Tree\": {\"type\": \"structure\", \"required\": [\"Color\"],"
    "   \"members\": {\"Color\": {\"shape\": \"Color\"}, \"Branches\": {\"shape\": \"Trees\"}}},"
    "  \"Trees\": {\"type\": \"list\", \"member\": {\"shape\": \"Tree\"}}}}";

static json_t *json_of(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);

    assert_non_null(value);
    return value;
}

static int setup(void **state)
{
    struct bench *b = xcalloc(1, sizeof(*b));
    char self[PATH_MAX] = "";

    strcpy(b->dir, "/tmp/generate-XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
    snprintf(b->generator, sizeof(b->generator), "%s/../generate", dirname(self));
    b->model = json_of(model_text);
    b->own = json_of("{\"iam_prefix\": \"toy\", \"operations\": [\"ListMFADevices\"]}");
    b->facts = json_of("{\"actions\": {\"ListMFADevices\": {\"access\": \"List\"},"
                       " \"GetThing\": {\"access\": \"Write\"}}}");
    b->faults = json_of("{\"query\": {\"ValidationError\": 400}}");
    *state = b;
    return 0;
}

static void run_shell(const char *command)
{
    assert_int_equal(system(command), 0);
}

static int teardown(void **state)
{
    struct bench *b = *state;
    char *command = xasprintf("rm -r %s", b->dir);

    run_shell(command);
    free(command);
    json_decref(b->model);
    json_decref(b->own);
    json_decref(b->facts);
    json_decref(b->faults);
    free(b->messages);
    free(b);
    return 0;
}

static void write_json(const struct bench *b, const char *name, const json_t *value)
{
    char *file = xasprintf("%s/%s", b->dir, name);

    assert_int_equal(json_dump_file(value, file, 0), 0);
    free(file);
}

static char *read_file(const struct bench *b, const char *name)
{
    char *file = xasprintf("%s/%s", b->dir, name);
    FILE *f = fopen(file, "r");
    struct buf text;
    char piece[4096];
    size_t len;

    assert_non_null(f);
    buf_init(&text, 1 << 20);
    while ((len = fread(piece, 1, sizeof(piece), f)) > 0)
        buf_add(&text, piece, len);
    fclose(f);
    free(file);
    return buf_take(&text);
}

/* Writes the api-spec of the bench and runs the generator over it; its exit status. */
static int generate(struct bench *b)
{
    static const char *const folders[] = {"models", "services", "iam", "out"};
    char *command;
    int status;

    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        char *folder = xasprintf("%s/%s", b->dir, folders[i]);
        assert_true(mkdir(folder, 0700) == 0 || errno == EEXIST);
        free(folder);
    }
    write_json(b, "models/toy-service.json", b->model);
    write_json(b, "services/toy-service.json", b->own);
    write_json(b, "iam/toy.json", b->facts);
    write_json(b, "faults.json", b->faults);
    command = xasprintf("%s %s %s/out %s/coverage.md 2>%s/messages", b->generator, b->dir, b->dir,
                        b->dir, b->dir);
    status = system(command);
    free(command);
    free(b->messages);
    b->messages = read_file(b, "messages");
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void assert_contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void assert_refused(struct bench *b, const char *place, const char *why)
{
    assert_int_equal(generate(b), 1);
    assert_contains(b->messages, place);
    assert_contains(b->messages, why);
}

static json_t *at(json_t *root, const char *const path[])
{
    for (; *path != NULL; path++) {
        root = json_object_get(root, *path);
        assert_non_null(root);
    }
    return root;
}

#define AT(root, ...) at(root, (const char *const[]){__VA_ARGS__, NULL})

/* The bench's own api-spec is accepted, so that every refusal below has but one cause. */
static void accepts_a_sound_model(void **state)
{
    assert_int_equal(generate(*state), 0);
}

/* A word the generator does not know stops the build, wherever it stands, with file and path. */
static void refuses_unknown_words(void **state)
{
    static const struct {
        const char *const path[4];
        const char *place;
    } cases[] = {
        {{NULL}, "models/toy-service.json: (root): "},
        {{"metadata", NULL}, "models/toy-service.json: metadata: "},
        {{"operations", "GetThing", NULL}, "models/toy-service.json: operations.GetThing: "},
        {{"operations", "GetThing", "http", NULL}, "operations.GetThing.http: "},
        {{"operations", "ListMFADevices", "input", NULL}, "operations.ListMFADevices.input: "},
        {{"shapes", "Color", NULL}, "shapes.Color: "},
        {{"shapes", "Trees", "member", NULL}, "shapes.Trees.member: "},
        {{"shapes", "GoneException", "error", NULL}, "shapes.GoneException.error: "},
    };
    struct bench *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_t *object = at(b->model, cases[i].path);
        json_object_set_new(object, "novelty", json_true());
        assert_refused(b, cases[i].place, "unknown trait 'novelty'");
        json_object_del(object, "novelty");
    }
    json_object_set_new(AT(b->model, "shapes", "Tree", "members", "Color"), "novelty", json_true());
    assert_refused(b, "shapes.Tree.members.Color: ", "unknown trait 'novelty'");
}

/* A trait belongs to some types of shape only: a pattern on a list is unknown. */
static void refuses_misplaced_words(void **state)
{
    struct bench *b = *state;

    json_object_set_new(AT(b->model, "shapes", "Trees"), "pattern", json_string("x"));
    assert_refused(b, "shapes.Trees: ", "unknown trait 'pattern'");
}

/* So does a shape type it does not know, a trait whose value is of another type, and a value
 * outside a trait's own vocabulary. */
static void refuses_unknown_values(void **state)
{
    struct bench *b = *state;
    json_t *color = AT(b->model, "shapes", "Color");

    json_object_set_new(color, "type", json_string("document"));
    assert_refused(b, "shapes.Color: ", "unknown shape type 'document'");
    json_object_set_new(color, "type", json_string("string"));
    json_object_set_new(color, "max", json_string("many"));
    assert_refused(b, "shapes.Color: ", "trait 'max' has a value of an unknown type");
    json_object_del(color, "max");
    json_object_set_new(AT(b->model, "shapes", "Tree", "members", "Color"), "location",
                        json_string("trailer"));
    assert_refused(b, "shapes.Tree.members.Color: ", "unknown word 'trailer'");
    json_object_del(AT(b->model, "shapes", "Tree", "members", "Color"), "location");
    json_array_append_new(AT(b->model, "metadata", "protocols"), json_string("soap"));
    assert_refused(b, "metadata.protocols: ", "unknown word 'soap'");
}

/* References must lead somewhere: shapes, required members, the payload. */
static void refuses_dangling_references(void **state)
{
    struct bench *b = *state;
    json_t *tree = AT(b->model, "shapes", "Tree");

    json_object_set_new(AT(b->model, "shapes", "Trees", "member"), "shape", json_string("Bush"));
    assert_refused(b, "shapes.Trees.member: ", "no shape 'Bush'");
    json_object_set_new(AT(b->model, "shapes", "Trees", "member"), "shape", json_string("Tree"));
    json_array_append_new(json_object_get(tree, "required"), json_string("Root"));
    assert_refused(b, "shapes.Tree: ", "a required member is not there");
    json_array_remove(json_object_get(tree, "required"), 1);
    json_object_set_new(tree, "payload", json_string("Root"));
    assert_refused(b, "shapes.Tree: ", "no member 'Root'");
}

/* Our own file names only operations and enumerations of the model, each once, and only keys that
 * mean something. */
static void refuses_a_wrong_own_file(void **state)
{
    struct bench *b = *state;
    json_t *operations = json_object_get(b->own, "operations");

    json_array_append_new(operations, json_string("FlyThing"));
    assert_refused(b, "services/toy-service.json: operations: ", "'FlyThing' is no operation");
    json_array_set_new(operations, 1, json_string("ListMFADevices"));
    assert_refused(b, "operations: ", "'ListMFADevices' stands there twice");
    json_array_remove(operations, 1);
    json_object_set_new(b->own, "operation", json_array());
    assert_refused(b, "services/toy-service.json: (root): ", "unknown key 'operation'");
    json_object_del(b->own, "operation");
    json_object_set_new(b->own, "open_enums", json_pack("[s]", "Tree"));
    assert_refused(b, "open_enums: ", "'Tree' is no enumeration");
    json_object_del(b->own, "open_enums");
    json_object_set_new(b->own, "enum_order", json_pack("{s[s]}", "Color", "red"));
    assert_refused(b, "enum_order: ", "'Color' has other values in the model");
    json_object_del(b->own, "enum_order");
    json_object_set_new(b->own, "faults", json_pack("{si}", "Fine", 200));
    assert_refused(b, "faults: ", "'Fine' has no HTTP status of an error");
    json_object_del(b->own, "faults");
    json_object_del(b->own, "iam_prefix");
    assert_refused(b, "services/toy-service.json: (root): ", "'iam_prefix' is missing");
}

/* An operation must have an action that IAM knows, or one that our own file gives it. */
static void refuses_unknown_actions(void **state)
{
    struct bench *b = *state;

    json_object_del(json_object_get(b->facts, "actions"), "GetThing");
    assert_refused(b, "iam_actions: ", "IAM knows no action 'toy:GetThing'");
    json_object_set_new(b->own, "iam_actions", json_pack("{ss}", "GetThing", "toy:ListMFADevices"));
    assert_int_equal(generate(b), 0);
}

/* IAM's facts of an action: what it does, to which types of resources, with which condition keys.
 */
static void writes_actions(void **state)
{
    struct bench *b = *state;
    json_t *actions = json_object_get(b->facts, "actions");
    char *table;

    json_object_set_new(actions, "GetThing",
                        json_of("{\"access\": \"Tagging, Write\", \"keys\": [\"toy:Color\"],"
                                " \"resources\": [{\"type\": \"thing\", \"required\": 1}]}"));
    assert_refused(b, "toy:GetThing: ", "no resource type 'thing'");
    json_object_set_new(b->facts, "resources",
                        json_of("{\"thing\": {\"arn\": \"arn:${Partition}:toy:::thing/${Id}\"}}"));
    assert_int_equal(generate(b), 0);
    table = read_file(b, "out/spec_actions.c");
    assert_contains(table, "{.name = \"toy:GetThing\", .access = SPEC_ACCESS_TAGGING | "
                           "SPEC_ACCESS_WRITE, .keys = &keys[0], .key_count = 1, .resources = "
                           "&resources[0], .resource_count = 1}");
    assert_contains(table, "{.type = &toy_types[0], .required = true}");
    assert_contains(table, "{.name = \"thing\", .arn = \"arn:${Partition}:toy:::thing/${Id}\"}");
    free(table);
    json_object_set_new(actions, "GetThing", json_pack("{ss}", "access", "Look"));
    assert_refused(b, "toy:GetThing: ", "unknown access level 'Look'");
}

/* A handler is called after service and operation in snake case, runs of capitals kept together;
 * only listed operations have one. */
static void names_handlers(void **state)
{
    static const struct {
        const char *operation, *handler;
    } cases[] = {
        {"ListMFADevices", "toy_service_list_mfa_devices"},
        {"GetParametersByPath", "toy_service_get_parameters_by_path"},
        {"DescribeDBInstances", "toy_service_describe_db_instances"},
        {"AssumeRoleWithSAML", "toy_service_assume_role_with_saml"},
        {"ListResourceARNs", "toy_service_list_resource_arns"},
        {"GetEC2InstanceCosts", "toy_service_get_ec2_instance_costs"},
        {"DescribeVpcs", "toy_service_describe_vpcs"},
    };
    struct bench *b = *state;
    char *handlers;

    json_object_clear(json_object_get(b->model, "operations"));
    json_array_clear(json_object_get(b->own, "operations"));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_object_set_new(json_object_get(b->model, "operations"), cases[i].operation,
                            json_pack("{sss{ssss}}", "name", cases[i].operation, "http", "method",
                                      "POST", "requestUri", "/"));
        json_object_set_new(json_object_get(b->facts, "actions"), cases[i].operation,
                            json_pack("{ss}", "access", "Read"));
        json_array_append_new(json_object_get(b->own, "operations"),
                              json_string(cases[i].operation));
    }
    json_array_remove(json_object_get(b->own, "operations"), ARRAY_LEN(cases) - 1);
    assert_int_equal(generate(b), 0);
    handlers = read_file(b, "out/handlers.c");
    for (size_t i = 0; i + 1 < ARRAY_LEN(cases); i++)
        assert_contains(handlers, cases[i].handler);
    assert_null(strstr(handlers, cases[ARRAY_LEN(cases) - 1].handler));
    free(handlers);
}

/* What it writes is C that a compiler takes with every warning on: strings escaped, shapes in
 * circles, a service without enumerations or errors. */
static void writes_sound_c(void **state)
{
    struct bench *b = *state;
    char *command =
        xasprintf("for f in %s/out/spec_*.c; do gcc -std=gnu11 -Iemulator -Wall -Wextra "
                  "-Wpedantic -Wconversion -Werror -c -o /dev/null $f || exit 1; done",
                  b->dir);

    assert_int_equal(generate(b), 0);
    run_shell(command);
    json_object_del(AT(b->model, "shapes", "Color"), "enum");
    json_object_del(AT(b->model, "operations", "ListMFADevices"), "errors");
    assert_int_equal(generate(b), 0);
    run_shell(command);
    free(command);
}

/* The coverage page counts what is implemented and what is known. */
static void writes_coverage(void **state)
{
    struct bench *b = *state;
    char *page;

    assert_int_equal(generate(b), 0);
    page = read_file(b, "coverage.md");
    assert_contains(page, "| toy-service | 1 | 2 |");
    assert_contains(page, "| **all 1** | **1** | **2** |");
    assert_contains(page, "* ListMFADevices");
    free(page);
}

static struct stat stat_of(const struct bench *b, const char *name)
{
    char *file = xasprintf("%s/%s", b->dir, name);
    struct stat st;

    assert_int_equal(stat(file, &st), 0);
    free(file);
    return st;
}

/* A file whose content does not change is not touched, so that nothing is compiled again. */
static void leaves_unchanged_files(void **state)
{
    struct bench *b = *state;
    struct stat table, coverage;

    assert_int_equal(generate(b), 0);
    table = stat_of(b, "out/spec_toy_service.c");
    coverage = stat_of(b, "coverage.md");
    json_object_set_new(AT(b->model, "shapes", "Color"), "max", json_integer(9));
    assert_int_equal(generate(b), 0);
    assert_true(stat_of(b, "out/spec_toy_service.c").st_ino != table.st_ino);
    assert_true(stat_of(b, "coverage.md").st_ino == coverage.st_ino);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(accepts_a_sound_model, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_unknown_words, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_misplaced_words, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_unknown_values, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_dangling_references, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_a_wrong_own_file, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_unknown_actions, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_actions, setup, teardown),
        cmocka_unit_test_setup_teardown(names_handlers, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_sound_c, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_coverage, setup, teardown),
        cmocka_unit_test_setup_teardown(leaves_unchanged_files, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
