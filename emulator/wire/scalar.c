/* Scalars as text and back. */
#include "wire/scalar.h"

#include "base/encode.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_MS INT64_C(-62135596800000) /* 0001-01-01T00:00:00Z */
#define LAST_MS  INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

bool shape_is_scalar(const struct spec_shape *shape)
{
    return shape->type != SPEC_STRUCTURE && shape->type != SPEC_LIST && shape->type != SPEC_MAP;
}

enum spec_time scalar_time(const struct spec_member *member, enum spec_time fallback)
{
    if (member->time != SPEC_TIME_DEFAULT)
        return (enum spec_time)member->time;
    if (member->shape->time != SPEC_TIME_DEFAULT)
        return (enum spec_time)member->shape->time;
    return fallback;
}

bool scalar_integer_fits(const struct spec_shape *shape, int64_t value)
{
    return shape->type == SPEC_LONG || (value >= INT32_MIN && value <= INT32_MAX);
}

json_t *scalar_real_new(double value)
{
    if (isnan(value))
        return json_string_nocheck("NaN");
    if (isinf(value))
        return json_string_nocheck(value > 0 ? "Infinity" : "-Infinity");
    return json_real(value);
}

double scalar_real(const json_t *value)
{
    const char *text = json_string_value(value);
    if (text == NULL)
        return json_number_value(value);
    if (strcmp(text, "NaN") == 0)
        return NAN;
    return text[0] == '-' ? -INFINITY : INFINITY;
}

static bool reads_back(double value, bool is_float, int precision)
{
    char text[SCALAR_SIZE];
    snprintf(text, sizeof(text), "%.*g", precision, value);
    double back = strtod(text, NULL);
    if (is_float)
        return !((float)back < (float)value || (float)back > (float)value);
    return !(back < value || back > value);
}

void scalar_format_real(double value, bool is_float, char out[SCALAR_SIZE])
{
    if (isnan(value) || isinf(value)) {
        snprintf(out, SCALAR_SIZE, "%s",
                 isnan(value) ? "NaN"
                 : value > 0  ? "Infinity"
                              : "-Infinity");
        return;
    }
    int precision = is_float ? 6 : 15, enough = is_float ? 9 : 17;
    while (precision < enough && !reads_back(value, is_float, precision))
        precision++;
    int len = snprintf(out, SCALAR_SIZE, "%.*g", precision, value);
    if (strpbrk(out, ".e") == NULL)
        snprintf(out + len, SCALAR_SIZE - (size_t)len, ".0");
}

bool scalar_seconds_to_ms(double seconds, int64_t *ret_ms)
{
    double ms = round(seconds * 1000.0);
    if (isnan(ms) || ms < (double)FIRST_MS || ms > (double)LAST_MS)
        return false;
    *ret_ms = (int64_t)ms;
    return true;
}

void scalar_format_epoch(int64_t ms, char out[SCALAR_SIZE])
{
    const char *sign = ms < 0 ? "-" : "";
    uint64_t size = ms < 0 ? (uint64_t)-ms : (uint64_t)ms;
    if (size % 1000 == 0)
        snprintf(out, SCALAR_SIZE, "%s%" PRIu64, sign, size / 1000);
    else
        snprintf(out, SCALAR_SIZE, "%s%" PRIu64 ".%03u", sign, size / 1000,
                 (unsigned)(size % 1000));
}

static json_t *integer_parse(const struct spec_shape *shape, const char *text)
{
    int64_t value;
    if (!parse_int64(text, &value) || !scalar_integer_fits(shape, value))
        return NULL;
    return json_integer(value);
}

static json_t *real_parse(const char *text)
{
    double value;
    if (strcmp(text, "NaN") == 0 || strcmp(text, "Infinity") == 0 || strcmp(text, "-Infinity") == 0)
        return json_string_nocheck(text);
    if (!parse_double(text, &value) || isnan(value) || isinf(value))
        return NULL;
    return json_real(value);
}

static json_t *boolean_parse(const char *text)
{
    if (str_equal_ci(text, "true") || strcmp(text, "1") == 0)
        return json_true();
    if (str_equal_ci(text, "false") || strcmp(text, "0") == 0)
        return json_false();
    return NULL;
}

static json_t *time_parse(const char *text)
{
    int64_t ms;
    double seconds;
    if (time_parse_iso8601(text, &ms) || time_parse_rfc822(text, &ms))
        return ms >= FIRST_MS && ms <= LAST_MS ? json_integer(ms) : NULL;
    if (parse_double(text, &seconds) && scalar_seconds_to_ms(seconds, &ms))
        return json_integer(ms);
    return NULL;
}

static json_t *blob_parse(const char *text)
{
    size_t len;
    uint8_t *bytes = base64_decode(text, strlen(text), &len);
    if (bytes == NULL)
        return NULL;
    free(bytes);
    return json_string_nocheck(text);
}

json_t *scalar_parse(const struct spec_shape *shape, const char *text)
{
    switch ((enum spec_type)shape->type) {
    case SPEC_STRING:
        return json_string_nocheck(text);
    case SPEC_INTEGER:
    case SPEC_LONG:
        return integer_parse(shape, text);
    case SPEC_FLOAT:
    case SPEC_DOUBLE:
        return real_parse(text);
    case SPEC_BOOLEAN:
        return boolean_parse(text);
    case SPEC_TIMESTAMP:
        return time_parse(text);
    case SPEC_BLOB:
        return blob_parse(text);
    case SPEC_STRUCTURE:
    case SPEC_LIST:
    case SPEC_MAP:
        break;
    }
    return NULL;
}

const char *scalar_expected(const struct spec_shape *shape)
{
    switch ((enum spec_type)shape->type) {
    case SPEC_STRING:
        return "a string";
    case SPEC_INTEGER:
    case SPEC_LONG:
        return "an integer";
    case SPEC_FLOAT:
    case SPEC_DOUBLE:
        return "a number";
    case SPEC_BOOLEAN:
        return "true or false";
    case SPEC_TIMESTAMP:
        return "an ISO 8601 timestamp";
    case SPEC_BLOB:
        return "Base64";
    case SPEC_STRUCTURE:
        return "a structure";
    case SPEC_LIST:
        return "a list";
    case SPEC_MAP:
        return "a map";
    }
    return "another type";
}

static void time_format(enum spec_time time, int64_t ms, char out[SCALAR_SIZE])
{
    _Static_assert(SCALAR_SIZE >= TIME_SIZE, "a time fits");
    if (time == SPEC_TIME_RFC822)
        time_format_rfc822(ms, out);
    else if (time == SPEC_TIME_UNIX)
        scalar_format_epoch(ms, out);
    else
        time_format_iso8601_ms(ms, out);
}

const char *scalar_text(const struct spec_shape *shape, enum spec_time time, const json_t *value,
                        char room[SCALAR_SIZE])
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    if (shape->type == SPEC_TIMESTAMP)
        time_format(time, json_integer_value(value), room);
    else if (json_is_integer(value))
        snprintf(room, SCALAR_SIZE, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        scalar_format_real(json_number_value(value), shape->type == SPEC_FLOAT, room);
    return room;
}
