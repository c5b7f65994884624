/* The generated tables say what the models say, and every look-up finds what it should. The models
 * are read again here, from api-spec/ of the directory the test runs in. */
#include "base/alloc.h"
#include "base/hash.h"
#include "base/text.h"
#include "spec/pattern.h"
#include "spec/spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct walk {
    json_t *shapes;    /* of the model */
    struct hash *seen; /* shape name -> spec_shape */
};

static json_t *model_load(const char *service)
{
    char file[256];
    json_t *model;

    snprintf(file, sizeof(file), "api-spec/models/%s.json", service);
    model = json_load_file(file, 0, NULL);
    if (model == NULL)
        fail_msg("%s cannot be read", file);
    return model;
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void assert_same_text(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        assert_true(a == b);
    else
        assert_string_equal(a, b);
}

static bool is_required(const json_t *shape, const char *name)
{
    size_t i;
    json_t *value;

    json_array_foreach (json_object_get(shape, "required"), i, value) {
        if (strcmp(json_string_value(value), name) == 0)
            return true;
    }
    return false;
}

static void walk_shape(struct walk *w, const struct spec_shape *shape, const char *name);

static void walk_member(struct walk *w, const struct spec_member *member, const json_t *model)
{
    assert_same_text(member->wire_name, text_of(model, "locationName"));
    assert_same_text(member->query_name, text_of(model, "queryName"));
    assert_int_equal(member->location == SPEC_IN_BODY, text_of(model, "location") == NULL);
    assert_int_equal((member->flags & SPEC_IDEMPOTENCY_TOKEN) != 0,
                     json_is_true(json_object_get(model, "idempotencyToken")));
    walk_shape(w, member->shape, text_of(model, "shape"));
}

static void walk_members(struct walk *w, const struct spec_shape *shape, json_t *model)
{
    static const char *const elements[] = {"member", "key", "value"};
    size_t at = 0;
    const char *name;
    json_t *member;

    json_object_foreach (json_object_get(model, "members"), name, member) {
        assert_true(at < shape->member_count);
        assert_string_equal(shape->members[at].name, name);
        assert_int_equal((shape->members[at].flags & SPEC_REQUIRED) != 0, is_required(model, name));
        assert_ptr_equal(spec_member_find(shape, name), &shape->members[at]);
        walk_member(w, &shape->members[at++], member);
    }
    for (size_t i = 0; i < ARRAY_LEN(elements); i++)
        if ((member = json_object_get(model, elements[i])) != NULL)
            walk_member(w, &shape->members[at++], member);
    assert_int_equal(at, shape->member_count);
}

static void walk_limits(const struct spec_shape *shape, const json_t *model)
{
    assert_int_equal(shape->has_min, json_object_get(model, "min") != NULL);
    assert_int_equal(shape->has_max, json_object_get(model, "max") != NULL);
    if (shape->has_min)
        assert_true(shape->min == json_number_value(json_object_get(model, "min")));
    if (shape->has_max)
        assert_true(shape->max == json_number_value(json_object_get(model, "max")));
}

/* Enumerations whose values our own data decides: see enumerations_of_ours. */
static bool is_open(const char *shape)
{
    return strcmp(shape, "InstanceType") == 0 || strcmp(shape, "PolicySourceType") == 0;
}

static void walk_shape(struct walk *w, const struct spec_shape *shape, const char *name)
{
    json_t *model = json_object_get(w->shapes, name);
    const struct spec_shape *seen = hash_get(w->seen, name);
    size_t i;
    json_t *value;

    assert_string_equal(shape->name, name);
    if (seen != NULL) {
        assert_ptr_equal(seen, shape);
        return;
    }
    hash_put(w->seen, name, (void *)(uintptr_t)shape); /* only compared, never written through */
    assert_same_text(shape->pattern, text_of(model, "pattern"));
    if (!is_open(name)) {
        assert_int_equal(shape->enum_count, json_array_size(json_object_get(model, "enum")));
        json_array_foreach (json_object_get(model, "enum"), i, value)
            assert_true(spec_enum_has(shape, json_string_value(value)));
    }
    assert_false(spec_enum_has(shape, "no-such-value"));
    assert_int_equal((shape->flags & SPEC_SENSITIVE) != 0,
                     json_is_true(json_object_get(model, "sensitive")));
    assert_int_equal((shape->flags & SPEC_EXCEPTION) != 0,
                     json_is_true(json_object_get(model, "exception")));
    assert_same_text(shape->error_code, text_of(json_object_get(model, "error"), "code"));
    assert_int_equal(shape->error_status, json_integer_value(json_object_get(
                                              json_object_get(model, "error"), "httpStatusCode")));
    walk_limits(shape, model);
    walk_members(w, shape, model);
}

static void walk_operation(struct walk *w, const struct spec_operation *op, const json_t *model)
{
    const json_t *input = json_object_get(model, "input");
    const json_t *output = json_object_get(model, "output");
    size_t i;
    json_t *error;

    assert_string_equal(op->method, text_of(json_object_get(model, "http"), "method"));
    assert_string_equal(op->uri, text_of(json_object_get(model, "http"), "requestUri"));
    assert_int_equal(op->input != NULL, input != NULL);
    assert_int_equal(op->output != NULL, output != NULL);
    assert_same_text(op->result_wrapper, text_of(output, "resultWrapper"));
    assert_non_null(strchr(op->iam_action, ':'));
    if (input != NULL && op->input != NULL)
        walk_shape(w, op->input, text_of(input, "shape"));
    if (output != NULL && op->output != NULL)
        walk_shape(w, op->output, text_of(output, "shape"));
    assert_int_equal(op->error_count, json_array_size(json_object_get(model, "errors")));
    json_array_foreach (json_object_get(model, "errors"), i, error)
        walk_shape(w, op->errors[i], text_of(error, "shape"));
}

/* Every operation of every model is there, with every member, trait and limit the model gives it,
 * and the look-up by name finds it; what the model does not have is not found. */
static void tables_say_what_models_say(void **state)
{
    (void)state;
    size_t operations = 0;

    for (size_t i = 0; i < spec_service_count; i++) {
        const struct spec_service *s = spec_services[i];
        json_t *model = model_load(s->name);
        struct walk w = {.shapes = json_object_get(model, "shapes"), .seen = hash_new()};
        const char *name;
        json_t *op;

        json_object_foreach (json_object_get(model, "operations"), name, op) {
            const struct spec_operation *found = spec_operation_find(s, name);
            assert_non_null(found);
            assert_string_equal(found->name, name);
            walk_operation(&w, found, op);
            operations++;
        }
        assert_int_equal(s->operation_count,
                         json_object_size(json_object_get(model, "operations")));
        assert_null(spec_operation_find(s, "NoSuchOperation"));
        assert_null(spec_operation_find(s, ""));
        hash_free(w.seen, NULL);
        json_decref(model);
    }
    assert_int_equal(spec_service_count, 22);
    assert_int_equal(operations, 1662);
}

/* A shape may contain itself, directly and through a list: Cost Explorer's filter expressions. */
static void shapes_may_contain_themselves(void **state)
{
    (void)state;
    const struct spec_service *ce = spec_service_find("ce");
    const struct spec_operation *op = spec_operation_find(ce, "GetCostAndUsage");
    const struct spec_shape *filter = spec_member_find(op->input, "Filter")->shape;

    assert_ptr_equal(spec_member_find(filter, "Not")->shape, filter);
    assert_ptr_equal(spec_member_find(filter, "Or")->shape->members[0].shape, filter);
}

/* Services are sorted and found by name. */
static void services_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < spec_service_count; i++) {
        assert_ptr_equal(spec_service_find(spec_services[i]->name), spec_services[i]);
        if (i > 0)
            assert_true(strcmp(spec_services[i - 1]->name, spec_services[i]->name) < 0);
    }
    assert_null(spec_service_find("s3"));
    assert_null(spec_service_find(""));
}

/* The signing name leads to the service; where two share one the API version decides, and without
 * it the newest. */
static void services_by_signing_name(void **state)
{
    (void)state;
    static const struct {
        const char *signing, *version, *service;
    } cases[] = {
        {"ec2", NULL, "ec2"},
        {"ec2", "2016-11-15", "ec2"},
        {"ec2", "2014-10-01", "ec2"},
        {"monitoring", NULL, "cloudwatch"},
        {"tagging", NULL, "resourcegroupstaggingapi"},
        {"elasticloadbalancing", "2012-06-01", "elb"},
        {"elasticloadbalancing", "2015-12-01", "elbv2"},
        {"elasticloadbalancing", NULL, "elbv2"},
        {"cloudwatch", NULL, NULL},
        {"s3", NULL, NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct spec_service *s =
            spec_service_find_signing(cases[i].signing, cases[i].version);
        assert_same_text(s == NULL ? NULL : s->name, cases[i].service);
    }
    for (size_t i = 0; i < spec_service_count; i++)
        assert_ptr_equal(spec_service_find_signing(spec_services[i]->signing_name,
                                                   spec_services[i]->api_version),
                         spec_services[i]);
}

/* The prefix of X-Amz-Target leads to every service that has one, and no other text does. */
static void services_by_target(void **state)
{
    (void)state;
    for (size_t i = 0; i < spec_service_count; i++)
        if (spec_services[i]->target_prefix != NULL)
            assert_ptr_equal(spec_service_find_target(spec_services[i]->target_prefix),
                             spec_services[i]);
    assert_null(spec_service_find_target("DynamoDB_20120810"));
    assert_null(spec_service_find_target(""));
}

/* The API version leads to the services that speak query or ec2, whether the operation is known or
 * not. */
static void services_by_version(void **state)
{
    (void)state;
    for (size_t i = 0; i < spec_service_count; i++) {
        const struct spec_service *s = spec_services[i];
        if ((s->protocols & (SPEC_QUERY | SPEC_EC2)) == 0)
            continue;
        for (size_t n = 0; n < s->operation_count; n++)
            assert_ptr_equal(spec_service_find_version(s->api_version, s->operations[n].name), s);
        assert_ptr_equal(spec_service_find_version(s->api_version, NULL), s);
        assert_ptr_equal(spec_service_find_version(s->api_version, "NoSuchOperation"), s);
    }
    assert_null(spec_service_find_version("2014-11-06", "GetParameter"));
    assert_null(spec_service_find_version("1999-01-01", NULL));
}

/* The first label of the host name leads to the service, in any case, with a FIPS suffix, in any
 * domain. */
static void services_by_host(void **state)
{
    (void)state;
    static const struct {
        const char *host, *service;
    } cases[] = {
        {"ec2.eu-west-1.amazonaws.com", "ec2"},
        {"EC2.us-east-1.amazonaws.com", "ec2"},
        {"ec2-fips.us-east-1.amazonaws.com", "ec2"},
        {"iam.amazonaws.com", "iam"},
        {"monitoring.us-east-1.amazonaws.com:4566", "cloudwatch"},
        {"ec2-instance-connect.us-east-1.amazonaws.com", "ec2-instance-connect"},
        {"api.pricing.us-east-1.amazonaws.com", "pricing"},
        {"elasticloadbalancing.us-east-1.amazonaws.com", "elbv2"},
        {"ec2", NULL},
        {"127.0.0.1:4566", NULL},
        {"localhost", NULL},
        {"", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct spec_service *s = spec_service_find_host(cases[i].host);
        assert_same_text(s == NULL ? NULL : s->name, cases[i].service);
    }
}

/* A service's faults are its exceptions, by both of their names, what its protocols have in common,
 * and its own. */
static void faults(void **state)
{
    (void)state;
    static const struct {
        const char *service, *code;
        int status;
    } cases[] = {
        {"ec2", "AuthFailure", 401},
        {"ec2", "UnauthorizedOperation", 403},
        {"ec2", "OptInRequired", 403},
        {"ec2", "DryRunOperation", 412},
        {"ec2", "InternalError", 500},
        {"ec2", "InsufficientInstanceCapacity", 500},
        {"ec2", "RequestLimitExceeded", 503},
        {"ec2", "Unavailable", 503},
        {"ec2", "InvalidInstanceID.NotFound", 400},
        {"ec2", "InvalidInstanceID.Malformed", 400},
        {"ec2", "InvalidGroup.Duplicate", 400},
        {"iam", "NoSuchEntity", 404},
        {"iam", "NoSuchEntityException", 404},
        {"iam", "EntityAlreadyExists", 409},
        {"iam", "AccessDenied", 403},
        {"iam", "ValidationError", 400},
        {"sts", "ExpiredTokenException", 400},
        {"sts", "InvalidClientTokenId", 403},
        {"ssm", "ParameterNotFound", 400},
        {"ssm", "InternalServerError", 500},
        {"ssm", "ValidationException", 400},
        {"ssm", "AccessDeniedException", 400},
        {"cloudwatch", "ResourceNotFound", 404},
        {"cloudwatch", "InvalidParameterValue", 400},
        {"ebs", "AccessDeniedException", 403},
        {"ebs", "InternalServerException", 500},
        {"ec2", "NoSuchEntity", 0},
        {"iam", "NoSuchFault", 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct spec_fault *fault =
            spec_fault_find(spec_service_find(cases[i].service), cases[i].code);
        if (cases[i].status == 0)
            assert_null(fault);
        else
            assert_int_equal(fault == NULL ? 0 : fault->status, cases[i].status);
    }
    for (size_t i = 0; i < spec_service_count; i++)
        for (size_t n = 1; n < spec_services[i]->fault_count; n++)
            assert_true(
                strcmp(spec_services[i]->faults[n - 1].code, spec_services[i]->faults[n].code) < 0);
}

/* An operation's exception is found by its code and by its shape's name; another operation's is
 * not. */
static void errors_of_an_operation(void **state)
{
    (void)state;
    const struct spec_service *iam = spec_service_find("iam");
    const struct spec_operation *op = spec_operation_find(iam, "CreateUser");

    assert_string_equal(spec_error_find(op, "EntityAlreadyExists")->name,
                        "EntityAlreadyExistsException");
    assert_string_equal(spec_error_find(op, "EntityAlreadyExistsException")->name,
                        "EntityAlreadyExistsException");
    assert_null(spec_error_find(op, "DeleteConflict"));
}

/* Our own words on operations: the action IAM asks for, whether it only reads, whether a signature
 * is expected. */
static void own_words(void **state)
{
    (void)state;
    static const struct {
        const char *service, *operation, *action;
        bool readonly, unsigned_request;
    } cases[] = {
        {"ec2", "RunInstances", "ec2:RunInstances", false, false},
        {"ec2", "DescribeInstances", "ec2:DescribeInstances", true, false},
        {"cloudwatch", "PutMetricData", "cloudwatch:PutMetricData", false, false},
        {"elbv2", "CreateListener", "elasticloadbalancing:CreateListener", false, false},
        {"resourcegroupstaggingapi", "GetResources", "tag:GetResources", true, false},
        {"budgets", "CreateBudget", "budgets:ModifyBudget", false, false},
        {"budgets", "DescribeBudgets", "budgets:ViewBudget", true, false},
        {"sns", "PublishBatch", "sns:Publish", false, false},
        {"sts", "AssumeRoleWithSAML", "sts:AssumeRoleWithSAML", false, true},
        {"sts", "GetCallerIdentity", "sts:GetCallerIdentity", true, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct spec_operation *op =
            spec_operation_find(spec_service_find(cases[i].service), cases[i].operation);
        assert_string_equal(op->iam_action, cases[i].action);
        assert_int_equal(op->readonly, cases[i].readonly);
        assert_int_equal(op->unsigned_request, cases[i].unsigned_request);
    }
}

/* CloudWatch's alarm states stand in the order AWS's texts show them, which is not the model's.
 * EC2's instance types are open: the catalogue of types decides, not the model. */
static void enumerations_of_ours(void **state)
{
    (void)state;
    const struct spec_operation *op =
        spec_operation_find(spec_service_find("cloudwatch"), "SetAlarmState");
    const struct spec_shape *shape = spec_member_find(op->input, "StateValue")->shape;

    assert_string_equal(shape->enums[0], "INSUFFICIENT_DATA");
    assert_string_equal(shape->enums[1], "ALARM");
    assert_string_equal(shape->enums[2], "OK");
    op = spec_operation_find(spec_service_find("ec2"), "RunInstances");
    assert_int_equal(spec_member_find(op->input, "InstanceType")->shape->enum_count, 0);
}

/* Every pattern of every model is one that the matcher takes. */
static void patterns_compile(void **state)
{
    (void)state;
    size_t count = 0;

    for (size_t i = 0; i < spec_service_count; i++) {
        json_t *model = model_load(spec_services[i]->name);
        const char *name;
        json_t *shape;
        json_object_foreach (json_object_get(model, "shapes"), name, shape) {
            const char *pattern = text_of(shape, "pattern");
            if (pattern == NULL)
                continue;
            pattern_matches(pattern, "", 0);
            count++;
        }
        json_decref(model);
    }
    assert_int_equal(count, 434);
}

/* Patterns are Java's and match the whole text: \u escapes with surrogate pairs, \p{Print}, a
 * hyphen behind a class, ASCII \w and \d, a dot that stops at line ends; hopeless patterns give up
 * instead of hanging. */
static void patterns_are_java(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool matches;
    } cases[] = {
        {"[a-z]+", "abc", true},
        {"[a-z]+", "abc1", false},
        {"a|ab", "ab", true},
        {"^[a-z]+$", "abc\n", false},
        {"[\\w+=,.@-]+", "a_b@c", true},
        {"[\\w+=,.@-]+", "\xc3\xa9", false},
        {"\\d+", "\xd9\xa1", false},
        {"[\\p{L}\\p{Z}]+", "\xc3\xa9 x", true},
        {"\\p{Print}+", "a b~", true},
        {"\\p{Print}+", "a\tb", false},
        {"[\\p{all}]*", "any\nthing \xf0\x9f\x98\x80", true},
        {"[\\w-_]*", "a-b_c", true},
        {"[\\w-_]*", "a.b", false},
        {"[\\u0020-\\u007E]+", "plain", true},
        {"[\\u0020-\\u007E]+", "t\xc3\xa9", false},
        {"[\\uD800\\uDC00-\\uDBFF\\uDFFF]+", "\xf0\x9f\x98\x80", true},
        {"[\\uD800\\uDC00-\\uDBFF\\uDFFF]+", "x", false},
        {".*", "a\nb", false},
        {".*", "a\rb", false},
        {"^.{1,100000}$", "x", true},
        {"^.{1,100000}$", "", false},
        {"(a+)+b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (pattern_matches(cases[i].pattern, cases[i].text, strlen(cases[i].text)) !=
            cases[i].matches)
            fail_msg("%s and \"%s\"", cases[i].pattern, cases[i].text);
}

static void walk_keys(const char *const *keys, size_t count, const json_t *model)
{
    assert_int_equal(count, json_array_size(model));
    for (size_t i = 0; i < count; i++)
        assert_string_equal(keys[i], json_string_value(json_array_get(model, i)));
}

static void walk_action(const char *name, const json_t *model, const json_t *types)
{
    const struct spec_action *action = spec_action_find(name);
    const json_t *resources = json_object_get(model, "resources");

    if (action == NULL)
        fail_msg("%s is not found", name);
    assert_string_equal(action->name, name);
    walk_keys(action->keys, action->key_count, json_object_get(model, "keys"));
    assert_int_equal(action->resource_count, json_array_size(resources));
    for (size_t i = 0; i < action->resource_count; i++) {
        const struct spec_action_resource *r = &action->resources[i];
        const json_t *resource = json_array_get(resources, i);
        const json_t *type = json_object_get(types, r->type->name);
        assert_string_equal(r->type->name, text_of(resource, "type"));
        assert_string_equal(r->type->arn, text_of(type, "arn"));
        assert_int_equal(r->required, json_object_get(resource, "required") != NULL);
        walk_keys(r->keys, r->key_count, json_object_get(resource, "keys"));
        walk_keys(r->type->keys, r->type->key_count, json_object_get(type, "keys"));
    }
}

/* IAM's actions, their resource types and condition keys are those of the facts. */
static void actions_say_what_iam_says(void **state)
{
    static const char *const prefixes[] = {"ec2", "iam", "sts", "ssm", "elasticloadbalancing"};
    const char *name;
    json_t *model;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        char text[256];
        snprintf(text, sizeof(text), "api-spec/iam/%s.json", prefixes[i]);
        json_t *facts = json_load_file(text, 0, NULL);
        assert_non_null(facts);
        json_object_foreach (json_object_get(facts, "actions"), name, model) {
            snprintf(text, sizeof(text), "%s:%s", prefixes[i], name);
            walk_action(text, model, json_object_get(facts, "resources"));
        }
        json_decref(facts);
    }
    assert_null(spec_action_find("ec2:NoSuchAction"));
    assert_int_equal(spec_action_find("ec2:CreateTags")->access,
                     SPEC_ACCESS_TAGGING | SPEC_ACCESS_WRITE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_say_what_models_say),
        cmocka_unit_test(shapes_may_contain_themselves),
        cmocka_unit_test(actions_say_what_iam_says),
        cmocka_unit_test(services_by_name),
        cmocka_unit_test(services_by_signing_name),
        cmocka_unit_test(services_by_target),
        cmocka_unit_test(services_by_version),
        cmocka_unit_test(services_by_host),
        cmocka_unit_test(faults),
        cmocka_unit_test(errors_of_an_operation),
        cmocka_unit_test(own_words),
        cmocka_unit_test(enumerations_of_ours),
        cmocka_unit_test(patterns_compile),
        cmocka_unit_test(patterns_are_java),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
