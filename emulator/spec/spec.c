/* Look-ups over the generated tables. Services are a couple of dozen, so they are walked;
 * operations and faults are sorted and found by halving; a structure's members are few enough to be
 * walked. */
#include "spec/spec.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

const struct spec_service *spec_service_find(const char *name)
{
    for (size_t i = 0; i < spec_service_count; i++)
        if (strcmp(spec_services[i]->name, name) == 0)
            return spec_services[i];
    return NULL;
}

/* The newer of two; either may be NULL. API versions are dates, so their text orders them. */
static const struct spec_service *newer(const struct spec_service *a, const struct spec_service *b)
{
    if (a == NULL || b == NULL)
        return a == NULL ? b : a;
    return strcmp(a->api_version, b->api_version) < 0 ? b : a;
}

const struct spec_service *spec_service_find_signing(const char *signing_name, const char *version)
{
    const struct spec_service *found = NULL;

    for (size_t i = 0; i < spec_service_count; i++) {
        const struct spec_service *s = spec_services[i];
        if (strcmp(s->signing_name, signing_name) != 0)
            continue;
        if (version != NULL && strcmp(s->api_version, version) == 0)
            return s;
        found = newer(found, s);
    }
    return found;
}

const struct spec_service *spec_service_find_target(const char *target_prefix)
{
    for (size_t i = 0; i < spec_service_count; i++)
        if (str_equal(spec_services[i]->target_prefix, target_prefix))
            return spec_services[i];
    return NULL;
}

const struct spec_service *spec_service_find_version(const char *api_version, const char *operation)
{
    const struct spec_service *found = NULL;

    for (size_t i = 0; i < spec_service_count; i++) {
        const struct spec_service *s = spec_services[i];
        if ((s->protocols & (SPEC_EC2 | SPEC_QUERY)) == 0 ||
            strcmp(s->api_version, api_version) != 0)
            continue;
        if (operation != NULL && spec_operation_find(s, operation) != NULL)
            return s;
        found = newer(found, s);
    }
    return found;
}

/* "ec2" is the label of "ec2.eu-west-1.amazonaws.com" and, with the FIPS suffix, of
 * "ec2-fips.us-east-1...". */
static bool host_has_label(const char *host, const char *label)
{
    size_t len = strlen(label);

    if (strncasecmp(host, label, len) != 0)
        return false;
    return host[len] == '.' || strncasecmp(host + len, "-fips.", 6) == 0;
}

const struct spec_service *spec_service_find_host(const char *host)
{
    const struct spec_service *found = NULL;

    for (size_t i = 0; i < spec_service_count; i++)
        if (host_has_label(host, spec_services[i]->endpoint_prefix))
            found = newer(found, spec_services[i]);
    return found;
}

static int operation_order(const void *name, const void *operation)
{
    return strcmp(name, ((const struct spec_operation *)operation)->name);
}

const struct spec_operation *spec_operation_find(const struct spec_service *s, const char *name)
{
    return bsearch(name, s->operations, s->operation_count, sizeof(*s->operations),
                   operation_order);
}

static int action_order(const void *name, const void *action)
{
    return strcmp(name, ((const struct spec_action *)action)->name);
}

const struct spec_action *spec_action_find(const char *name)
{
    return bsearch(name, spec_actions, spec_action_count, sizeof(*spec_actions), action_order);
}

static int fault_order(const void *code, const void *fault)
{
    return strcmp(code, ((const struct spec_fault *)fault)->code);
}

const struct spec_fault *spec_fault_find(const struct spec_service *s, const char *code)
{
    return bsearch(code, s->faults, s->fault_count, sizeof(*s->faults), fault_order);
}

const struct spec_shape *spec_error_find(const struct spec_operation *op, const char *code)
{
    for (size_t i = 0; i < op->error_count; i++) {
        const struct spec_shape *shape = op->errors[i];
        if (str_equal(shape->error_code, code) || strcmp(shape->name, code) == 0)
            return shape;
    }
    return NULL;
}

const struct spec_member *spec_member_find(const struct spec_shape *shape, const char *name)
{
    if (shape->type != SPEC_STRUCTURE)
        return NULL;
    for (size_t i = 0; i < shape->member_count; i++)
        if (strcmp(shape->members[i].name, name) == 0)
            return &shape->members[i];
    return NULL;
}

bool spec_enum_has(const struct spec_shape *shape, const char *value)
{
    for (size_t i = 0; i < shape->enum_count; i++)
        if (strcmp(shape->enums[i], value) == 0)
            return true;
    return false;
}
