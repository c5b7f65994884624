/* The canonical request: the one spelling of a request that both sides sign. */
#include "wire/sigv4_parts.h"

#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CANONICAL_CEILING ((size_t)1 << 20)

struct parameter {
    const char *name, *value; /* encoded */
};

/* Drops "." and "..", joins repeated slashes, keeps a trailing one; then every octet but the
 * unreserved is encoded, so that an escape in the path is itself escaped. */
static void uri_add(struct buf *out, const char *path, struct arena *a)
{
    char *kept = arena_alloc(a, strlen(path) + 2);
    size_t len = 0;
    bool is_open = true; /* the path ends in a slash so far */
    for (const char *at = path; *at != '\0';) {
        size_t part = strcspn(at, "/");
        bool is_up = part == 2 && memcmp(at, "..", 2) == 0;
        bool is_here = part == 0 || (part == 1 && *at == '.');
        if (is_up) {
            while (len > 0 && kept[--len] != '/')
                continue;
        } else if (!is_here) {
            kept[len++] = '/';
            memcpy(kept + len, at, part);
            len += part;
        }
        is_open = is_up || is_here || at[part] == '/';
        at += part + (at[part] == '/');
    }
    if (is_open)
        kept[len++] = '/';
    percent_encode(out, kept, len, true);
}

/* Text decoded once ('+' is a plus) and encoded in the one canonical way. */
static const char *recode(const char *text, size_t len, struct buf *room, struct arena *a)
{
    char *copy = arena_strndup(a, text, len);
    long decoded = percent_decode(copy, len, false);
    buf_clear(room);
    if (decoded >= 0)
        percent_encode(room, copy, (size_t)decoded, false);
    else
        percent_encode(room, text, len, false);
    return arena_strndup(a, buf_text(room), room->len);
}

static int parameter_compare(const void *left, const void *right)
{
    const struct parameter *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->value, b->value);
}

static size_t parameters_read(const char *query, struct parameter *list, struct arena *a)
{
    size_t count = 0;
    struct buf room;
    buf_init(&room, CANONICAL_CEILING);
    while (*query != '\0') {
        size_t len = strcspn(query, "&"), name_len = strcspn(query, "=&");
        const char *value = name_len < len ? query + name_len + 1 : query + len;
        if (len > 0) {
            list[count].name = recode(query, name_len, &room, a);
            list[count].value = recode(value, (size_t)(query + len - value), &room, a);
            count += strcmp(list[count].name, "X-Amz-Signature") != 0;
        }
        query += len + (query[len] == '&');
    }
    buf_done(&room);
    return count;
}

static void query_add(struct buf *out, const char *query, struct arena *a)
{
    size_t room = 1;
    for (const char *at = query; *at != '\0'; at++)
        room += *at == '&';
    struct parameter *list = arena_alloc(a, room * sizeof(*list));
    size_t count = parameters_read(query, list, a);
    qsort(list, count, sizeof(*list), parameter_compare);
    for (size_t i = 0; i < count; i++) {
        buf_add_str(out, i > 0 ? "&" : "");
        buf_add_str(out, list[i].name);
        buf_add_char(out, '=');
        buf_add_str(out, list[i].value);
    }
}

/* Trimmed, with inner runs of spaces made one. */
static void header_value_add(struct buf *out, const char *value)
{
    value += strspn(value, " \t");
    for (const char *at = value; *at != '\0';) {
        size_t word = strcspn(at, " \t");
        buf_add(out, at, word);
        at += word;
        size_t gap = strspn(at, " \t");
        at += gap;
        if (gap > 0 && *at != '\0')
            buf_add_char(out, ' ');
    }
}

static void header_add(struct buf *out, const struct wire_request *q, const char *name, size_t len)
{
    bool is_first = true;
    buf_add(out, name, len);
    buf_add_char(out, ':');
    for (size_t i = 0; i < q->header_count; i++) {
        const struct wire_header *h = &q->headers[i];
        if (strlen(h->name) != len || strncasecmp(h->name, name, len) != 0)
            continue;
        if (!is_first)
            buf_add_char(out, ',');
        is_first = false;
        header_value_add(out, h->value);
    }
    buf_add_char(out, '\n');
}

const char *sigv4_canonical_request(const struct wire_request *q, const char *signed_headers,
                                    const char *payload_hash, struct arena *a)
{
    struct buf out;
    buf_init(&out, CANONICAL_CEILING);
    buf_add_str(&out, q->method);
    buf_add_char(&out, '\n');
    uri_add(&out, q->path, a);
    buf_add_char(&out, '\n');
    query_add(&out, q->query, a);
    buf_add_char(&out, '\n');
    for (const char *at = signed_headers; *at != '\0';) {
        size_t len = strcspn(at, ";");
        header_add(&out, q, at, len);
        at += len + (at[len] == ';');
    }
    buf_add_char(&out, '\n');
    buf_add_str(&out, signed_headers);
    buf_add_char(&out, '\n');
    buf_add_str(&out, payload_hash);
    const char *text = out.overflow ? "" : arena_strndup(a, buf_text(&out), out.len);
    buf_done(&out);
    return text;
}

const char *sigv4_string_to_sign(const char *date, const char *scope, const char *canonical_request,
                                 struct arena *a)
{
    char hash[SHA256_HEX_SIZE];
    sha256_hex(canonical_request, strlen(canonical_request), hash);
    return arena_printf(a, SIGV4_ALGORITHM "\n%s\n%s\n%s", date, scope, hash);
}

/* --- signing --- */

static int name_compare(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* "host;x-amz-date": all headers of the request, once each. */
static const char *signed_headers_all(const struct wire_request *q, struct arena *a)
{
    const char **names = arena_alloc(a, (q->header_count + 1) * sizeof(*names));
    const char *joined = "";
    for (size_t i = 0; i < q->header_count; i++) {
        char *name = arena_strdup(a, q->headers[i].name);
        for (char *at = name; *at != '\0'; at++)
            *at = (char)tolower((unsigned char)*at);
        names[i] = name;
    }
    qsort(names, q->header_count, sizeof(*names), name_compare);
    for (size_t i = 0; i < q->header_count; i++) {
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            joined = arena_printf(a, "%s%s%s", joined, i > 0 ? ";" : "", names[i]);
    }
    return joined;
}

const char *sigv4_sign(const struct sigv4_signer *signer, const struct wire_request *q,
                       struct arena *a)
{
    const char *date = wire_header_find(q, "X-Amz-Date");
    const char *given_hash = wire_header_find(q, "X-Amz-Content-Sha256");
    const char *names = signed_headers_all(q, a);
    char hash[SHA256_HEX_SIZE], signature[SHA256_HEX_SIZE];
    uint8_t key[SHA256_SIZE];
    struct sigv4_scope scope = {.access_key_id = signer->access_key_id,
                                .date = arena_strndup(a, date, strcspn(date, "T")),
                                .region = signer->region,
                                .service = signer->service};
    const char *scope_text =
        arena_printf(a, "%s/%s/%s/" SIGV4_TERMINATOR, scope.date, scope.region, scope.service);

    sha256_hex(q->body, q->body_len, hash);
    const char *canonical =
        sigv4_canonical_request(q, names, given_hash != NULL ? given_hash : hash, a);
    sigv4_key_derive(signer->secret, &scope, key);
    sigv4_signature(key, sigv4_string_to_sign(date, scope_text, canonical, a), signature);
    explicit_bzero(key, sizeof(key));
    return arena_printf(a, SIGV4_ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                        signer->access_key_id, scope_text, names, signature);
}
