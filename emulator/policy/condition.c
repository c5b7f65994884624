/* The Condition element: all its operators and all their keys must hold; the values of one key are
 * alternatives, and none of them may hold where the operator is negated (IAM User Guide,
 * "Conditions with multiple context keys or values"). */
#include "base/text.h"
#include "policy/model.h"

#include <string.h>

/* --- compiling --- */

static int operator_read(struct compiler *c, const char *name, struct condition *condition)
{
    static const char all[] = "ForAllValues:", any[] = "ForAnyValue:", exists[] = "IfExists";
    const char *at = name;

    if (str_starts(at, all)) {
        condition->quantifier = QUANTIFIER_ALL_VALUES;
        at += strlen(all);
    } else if (str_starts(at, any)) {
        condition->quantifier = QUANTIFIER_ANY_VALUE;
        at += strlen(any);
    }
    condition->if_exists = str_ends(at, exists);
    size_t len = strlen(at) - (condition->if_exists ? strlen(exists) : 0);
    condition->op = comparison_find(at, len);
    if (condition->op == NULL ||
        (condition->op->holds == NULL && (condition->if_exists || condition->quantifier != 0)))
        return malformed_syntax(c);
    return 0;
}

/* Numbers and booleans may stand without quotation marks. */
static const char *value_text(struct compiler *c, const json_t *value)
{
    if (json_is_string(value))
        return arena_strdup(c->arena, json_string_value(value));
    if (json_is_integer(value))
        return arena_printf(c->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_real(value))
        return arena_printf(c->arena, "%.17g", json_real_value(value));
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    return NULL;
}

static int operands_read(struct compiler *c, const json_t *values, struct condition *condition)
{
    bool list = json_is_array(values);
    size_t count = list ? json_array_size(values) : 1;
    struct operand *operands = arena_alloc(c->arena, (count + 1) * sizeof(*operands));

    for (size_t i = 0; i < count; i++) {
        const char *text = value_text(c, list ? json_array_get(values, i) : values);
        if (text == NULL)
            return malformed_syntax(c);
        if (condition->op->compile(c, condition->op, text, &operands[i]) != 0)
            return -1;
    }
    condition->operands = operands;
    condition->operand_count = count;
    return 0;
}

static int keys_read(struct compiler *c, const struct condition *form, json_t *keys,
                     struct condition *ret_conditions)
{
    const char *key;
    json_t *values;
    size_t at = 0;

    json_object_foreach (keys, key, values) {
        struct condition *condition = &ret_conditions[at++];
        if (strchr(key, ':') == NULL)
            return malformed_vendor(c);
        *condition = *form;
        condition->key = key_make(c->arena, key, strlen(key));
        if (operands_read(c, values, condition) != 0)
            return -1;
    }
    return 0;
}

static void sort_by_cost(struct condition *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct condition one = items[i];
        size_t at = i;
        for (; at > 0 && items[at - 1].op->cost > one.op->cost; at--)
            items[at] = items[at - 1];
        items[at] = one;
    }
}

int conditions_compile(struct compiler *c, const json_t *statement,
                       struct conditions *ret_conditions)
{
    json_t *block = json_object_get(statement, "Condition");
    const char *name;
    json_t *keys;
    size_t count = 0, at = 0;

    *ret_conditions = (struct conditions){.items = NULL};
    if (block == NULL)
        return 0;
    if (!json_is_object(block))
        return malformed_syntax(c);
    json_object_foreach (block, name, keys) {
        count += json_object_size(keys);
    }
    struct condition *items = arena_alloc(c->arena, (count + 1) * sizeof(*items));
    json_object_foreach (block, name, keys) {
        struct condition form = {.op = NULL};
        if (!json_is_object(keys))
            return malformed_syntax(c);
        if (operator_read(c, name, &form) != 0 || keys_read(c, &form, keys, &items[at]) != 0)
            return -1;
        at += json_object_size(keys);
    }
    sort_by_cost(items, count);
    *ret_conditions = (struct conditions){.items = items, .count = count};
    return 0;
}

/* --- asking --- */

/* A variable without a value makes a negated comparison fail as well. */
static bool value_holds(const struct condition *condition, const char *text, struct facts *facts)
{
    const struct comparison *op = condition->op;
    bool unresolved = false;

    for (size_t i = 0; i < condition->operand_count; i++) {
        enum match match = op->holds(op, &condition->operands[i], text, facts);
        if (match == MATCH_YES)
            return !op->negated;
        unresolved |= match == MATCH_UNRESOLVED;
    }
    return op->negated && !unresolved;
}

static bool null_holds(const struct condition *condition, bool absent)
{
    for (size_t i = 0; i < condition->operand_count; i++)
        if ((condition->operands[i].number != 0) == absent)
            return true;
    return false;
}

/* Without a quantifier a key with several values is met by any of them, and a negated operator by
 * none. */
static bool values_hold(const struct condition *condition, const struct policy_values *values,
                        struct facts *facts)
{
    bool every = condition->quantifier == QUANTIFIER_ALL_VALUES ||
                 (condition->quantifier == QUANTIFIER_NONE && condition->op->negated);

    for (size_t i = 0; i < values->count; i++)
        if (value_holds(condition, values->text[i], facts) != every)
            return !every;
    return every;
}

static bool condition_holds(const struct condition *condition, struct facts *facts)
{
    struct policy_values values;
    bool present = facts_get(facts, &condition->key, &values);

    if (condition->op->holds == NULL)
        return null_holds(condition, values.count == 0);
    if (!present && condition->if_exists)
        return true;
    return values_hold(condition, &values, facts);
}

bool conditions_hold(const struct conditions *conditions, struct facts *facts)
{
    bool hold = true;

    for (size_t i = 0; i < conditions->count && (hold || facts->every_key); i++)
        hold = condition_holds(&conditions->items[i], facts) && hold;
    return hold;
}

void conditions_keys(const struct conditions *conditions, void (*fn)(void *arg, const char *key),
                     void *arg)
{
    for (size_t i = 0; i < conditions->count; i++) {
        const struct condition *condition = &conditions->items[i];
        fn(arg, condition->key.name);
        for (size_t j = 0; j < condition->operand_count; j++)
            pattern_keys(&condition->operands[j].pattern, fn, arg);
    }
}
