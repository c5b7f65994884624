/* The condition operators: how a value in the document is read and compared with one of the
 * request (IAM User Guide, "Condition operators"). Variables have a place in String, Arn and Bool
 * operators only. A value that its operator cannot read is refused as IAM does it. */
#include "base/encode.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "policy/model.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum order { LESS = 1, SAME = 2, MORE = 4 };

/* --- texts: String*, Binary*, Bool, Arn* --- */

static int compile_text(struct compiler *c, const struct comparison *op, const char *text,
                        struct operand *ret_operand)
{
    if (pattern_compile(c, text, (enum wildcards)op->how, &ret_operand->pattern) != 0)
        return -1;
    if (op->folds)
        pattern_fold(c, &ret_operand->pattern);
    return 0;
}

static enum match holds_text(const struct comparison *op, const struct operand *operand,
                             const char *text, struct facts *facts)
{
    (void)op;
    return pattern_match(&operand->pattern, text, facts);
}

static bool has_variable(struct compiler *c, const char *text)
{
    return c->variables && strstr(text, "${") != NULL;
}

static int compile_bool(struct compiler *c, const struct comparison *op, const char *text,
                        struct operand *ret_operand)
{
    if (!str_equal_ci(text, "true") && !str_equal_ci(text, "false") && !has_variable(c, text))
        return malformed_legacy(c);
    return compile_text(c, op, text, ret_operand);
}

static int compile_binary(struct compiler *c, const struct comparison *op, const char *text,
                          struct operand *ret_operand)
{
    struct compiler plain = *c;
    size_t len;
    uint8_t *bytes = base64_decode(text, strlen(text), &len);

    free(bytes);
    if (bytes == NULL)
        return malformed_legacy(c);
    plain.variables = false;
    return compile_text(&plain, op, text, ret_operand);
}

/* A wildcard or a variable may stand for any component, so only what can never match is refused. */
static int compile_arn(struct compiler *c, const struct comparison *op, const char *text,
                       struct operand *ret_operand)
{
    if (!str_starts(text, "arn:") && strpbrk(text, "*?") == NULL && !has_variable(c, text))
        return malformed_legacy(c);
    return compile_text(c, op, text, ret_operand);
}

/* --- numbers and dates --- */

/* One of the W3C's forms of ISO 8601, which may end with the month or the minute. */
static bool iso_parse(const char *text, int64_t *ret_ms)
{
    char whole[48];
    size_t len = strlen(text);
    const char *zone = len > 16 && text[10] == 'T' && strchr("Z+-", text[16]) ? text + 16 : "";

    if (len > 32 || (len != 7 && *zone == '\0'))
        return len <= 32 && time_parse_iso8601(text, ret_ms);
    if (len == 7)
        snprintf(whole, sizeof(whole), "%s-01", text);
    else
        snprintf(whole, sizeof(whole), "%.16s:00%s", text, zone);
    return time_parse_iso8601(whole, ret_ms);
}

/* A date may also be seconds since 1970. */
static bool date_parse(const char *text, double *ret_ms)
{
    double seconds;
    int64_t ms;

    if (iso_parse(text, &ms))
        *ret_ms = (double)ms;
    else if (parse_double(text, &seconds))
        *ret_ms = seconds * 1000;
    else
        return false;
    return true;
}

static int compile_number(struct compiler *c, const struct comparison *op, const char *text,
                          struct operand *ret_operand)
{
    (void)op;
    return parse_double(text, &ret_operand->number) ? 0 : malformed_legacy(c);
}

static int compile_date(struct compiler *c, const struct comparison *op, const char *text,
                        struct operand *ret_operand)
{
    (void)op;
    return date_parse(text, &ret_operand->number) ? 0 : malformed_legacy(c);
}

static enum match order_holds(const struct comparison *op, double value, double operand)
{
    int order = value < operand ? LESS : value > operand ? MORE : SAME;
    return (op->how & order) != 0 ? MATCH_YES : MATCH_NO;
}

static enum match holds_number(const struct comparison *op, const struct operand *operand,
                               const char *text, struct facts *facts)
{
    double value;

    (void)facts;
    return parse_double(text, &value) ? order_holds(op, value, operand->number) : MATCH_NO;
}

static enum match holds_date(const struct comparison *op, const struct operand *operand,
                             const char *text, struct facts *facts)
{
    double value;

    (void)facts;
    return date_parse(text, &value) ? order_holds(op, value, operand->number) : MATCH_NO;
}

/* --- addresses --- */

static bool block_parse(const char *text, struct ip_block *ret_block)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    char address[INET6_ADDRSTRLEN];
    int64_t prefix = -1;
    size_t len = strcspn(text, "/");
    bool v4 = memchr(text, ':', len) == NULL;

    if (len >= sizeof(address) || (text[len] == '/' && !parse_int64(text + len + 1, &prefix)))
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    memcpy(ret_block->address, mapped, sizeof(mapped));
    if (inet_pton(v4 ? AF_INET : AF_INET6, address, ret_block->address + (v4 ? 12 : 0)) != 1)
        return false;
    if (text[len] == '\0')
        prefix = v4 ? 32 : 128;
    if (prefix < 0 || prefix > (v4 ? 32 : 128))
        return false;
    ret_block->prefix = (unsigned)prefix + (v4 ? 96 : 0);
    return true;
}

static int compile_block(struct compiler *c, const struct comparison *op, const char *text,
                         struct operand *ret_operand)
{
    (void)op;
    return block_parse(text, &ret_operand->block) ? 0 : malformed_legacy(c);
}

static bool is_v4(const uint8_t address[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(address, mapped, sizeof(mapped)) == 0;
}

/* A block of IPv6 addresses has no IPv4 address in it, however wide it is. */
static enum match holds_block(const struct comparison *op, const struct operand *operand,
                              const char *text, struct facts *facts)
{
    const struct ip_block *block = &operand->block;
    struct ip_block value;
    unsigned whole = block->prefix / 8, bits = block->prefix % 8;

    (void)op;
    (void)facts;
    if (!block_parse(text, &value) || is_v4(value.address) != is_v4(block->address) ||
        memcmp(value.address, block->address, whole) != 0)
        return MATCH_NO;
    if (bits != 0 && (value.address[whole] ^ block->address[whole]) >> (8 - bits) != 0)
        return MATCH_NO;
    return MATCH_YES;
}

/* --- presence --- */

static int compile_null(struct compiler *c, const struct comparison *op, const char *text,
                        struct operand *ret_operand)
{
    (void)op;
    if (!str_equal_ci(text, "true") && !str_equal_ci(text, "false"))
        return malformed_legacy(c);
    ret_operand->number = str_equal_ci(text, "true");
    return 0;
}

/* --- the table --- */

#define TEXT(word, negation, wild, fold)                                                           \
    {                                                                                              \
        .name = (word), .negated = (negation), .compile = compile_text, .holds = holds_text,       \
        .how = (wild), .folds = (fold)                                                             \
    }
#define ARN(word, negation)                                                                        \
    {                                                                                              \
        .name = (word), .negated = (negation), .compile = compile_arn, .holds = holds_text,        \
        .how = WILDCARDS_ARN                                                                       \
    }
#define NUMBER(word, negation, order)                                                              \
    {                                                                                              \
        .name = (word), .negated = (negation), .compile = compile_number, .holds = holds_number,   \
        .how = (order), .cost = 1                                                                  \
    }
#define DATE(word, negation, order)                                                                \
    {                                                                                              \
        .name = (word), .negated = (negation), .compile = compile_date, .holds = holds_date,       \
        .how = (order), .cost = 3                                                                  \
    }
#define ADDRESS(word, negation)                                                                    \
    {                                                                                              \
        .name = (word), .negated = (negation), .compile = compile_block, .holds = holds_block,     \
        .cost = 2                                                                                  \
    }

static const struct comparison comparisons[] = {
    TEXT("StringEquals", false, WILDCARDS_NONE, false),
    TEXT("StringNotEquals", true, WILDCARDS_NONE, false),
    TEXT("StringEqualsIgnoreCase", false, WILDCARDS_NONE, true),
    TEXT("StringNotEqualsIgnoreCase", true, WILDCARDS_NONE, true),
    TEXT("StringLike", false, WILDCARDS_TEXT, false),
    TEXT("StringNotLike", true, WILDCARDS_TEXT, false),
    NUMBER("NumericEquals", false, SAME),
    NUMBER("NumericNotEquals", true, SAME),
    NUMBER("NumericLessThan", false, LESS),
    NUMBER("NumericLessThanEquals", false, LESS | SAME),
    NUMBER("NumericGreaterThan", false, MORE),
    NUMBER("NumericGreaterThanEquals", false, MORE | SAME),
    DATE("DateEquals", false, SAME),
    DATE("DateNotEquals", true, SAME),
    DATE("DateLessThan", false, LESS),
    DATE("DateLessThanEquals", false, LESS | SAME),
    DATE("DateGreaterThan", false, MORE),
    DATE("DateGreaterThanEquals", false, MORE | SAME),
    {.name = "Bool", .compile = compile_bool, .holds = holds_text, .folds = true},
    {.name = "BinaryEquals", .compile = compile_binary, .holds = holds_text},
    ADDRESS("IpAddress", false),
    ADDRESS("NotIpAddress", true),
    ARN("ArnEquals", false),
    ARN("ArnLike", false),
    ARN("ArnNotEquals", true),
    ARN("ArnNotLike", true),
    {.name = "Null", .compile = compile_null},
};

const struct comparison *comparison_find(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(comparisons); i++)
        if (strlen(comparisons[i].name) == len && strncmp(comparisons[i].name, name, len) == 0)
            return &comparisons[i];
    return NULL;
}
