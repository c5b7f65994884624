/* jansson, and the few helpers we add. A function that returns json_t * returns a new reference; a
 * borrowed one is const json_t *. json_object_set_new and friends steal. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 64

json_t *json_parse(const char *bytes, size_t len,
                   struct err *err);     /* depth-limited, any value; NULL with err set */
char *json_to_text(const json_t *value); /* compact, heap */
const char *json_str(const json_t *object, const char *key); /* NULL when absent or not a string */
const char *json_str_or(const json_t *object, const char *key, const char *fallback);
int64_t json_int_or(const json_t *object, const char *key, int64_t fallback);
bool json_bool_or(const json_t *object, const char *key, bool fallback);
const json_t *json_get(const json_t *object, const char *key); /* NULL when absent */
/* Set a member only when the value is there (text not NULL): absent members stay absent keys. */
void json_set_str(json_t *object, const char *key, const char *text);
void json_set_int(json_t *object, const char *key, int64_t value);
void json_set_bool(json_t *object, const char *key, bool value);
void json_set_new(json_t *object, const char *key,
                  json_t *value); /* steals; aborts on our own misuse */
void json_append_new(json_t *array, json_t *value);
json_t *json_text_new(const char *text); /* aborts if not UTF-8: validate outsiders' text first */

#endif
