/* Requests to be judged: whatever they say, nobody passes who has not signed, and the judge always
 * has words for it. Input: lines: the method, the path, the query, header lines "Name: value", an
 * empty line; then the body. A request that is signed here after all passes at its own time. */
#include "wire_fuzz.h"

#include "base/encode.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "wire/sigv4.h"

#include <string.h>
#include <strings.h>

#define HEADERS_MAX 24
#define SECRET      "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

static int key_find(void *arg, const char *access_key_id, struct sigv4_credential *ret)
{
    (void)arg;
    *ret = (struct sigv4_credential){.secret = SECRET};
    return str_equal(access_key_id, "AKID") ? 0 : -1;
}

static const struct sigv4_callbacks callbacks = {.lookup = key_find};

/* Takes a line off the text; it ends where the text ends. */
static char *line_take(char **text)
{
    char *line = *text, *end = strchr(line, '\n');
    if (end != NULL)
        *end = '\0';
    *text = end != NULL ? end + 1 : line + strlen(line);
    return line;
}

static void request_read(struct wire_request *q, struct wire_header *headers, char *text)
{
    *q = (struct wire_request){.method = line_take(&text),
                               .path = line_take(&text),
                               .query = line_take(&text),
                               .headers = headers};
    while (*text != '\0' && q->header_count < HEADERS_MAX) {
        char *line = line_take(&text), *colon = strchr(line, ':');
        if (colon == NULL)
            break;
        *colon = '\0';
        headers[q->header_count++] = (struct wire_header){line, colon + 1 + strspn(colon + 1, " ")};
    }
    q->body = text;
    q->body_len = strlen(text);
}

/* Was this request signed by the owner of the secret? The fuzzer cannot have done that. */
static int judge(const struct wire_request *q, int64_t now_ms, struct arena *a)
{
    struct sigv4_verifier *v = sigv4_verifier_new(&callbacks);
    struct wire_route route;
    struct sigv4_answer answer = {.code = ""};
    struct err err;
    int result = -2;
    if (route_find(&route, q, a, &err) == 0) {
        const struct sigv4_ask ask = {.route = &route, .request = q, .now_ms = now_ms};
        result = sigv4_verify(v, &ask, a, &answer);
        MUST_HOLD(utf8_valid(answer.text, strlen(answer.text)));
        MUST_HOLD(result == 0 || (answer.code[0] != '\0' && answer.text[0] != '\0'));
    }
    sigv4_verifier_free(v);
    return result;
}

/* HTTP has no other header names than these (and some odd ones). */
static bool name_is_plain(const char *name)
{
    return name[0] != '\0' &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789-_")] == '\0';
}

/* The same request with the owner's signature on it. */
static void sign_and_judge(struct wire_request *q, struct wire_header *headers, struct arena *a)
{
    const struct sigv4_signer signer = {"AKID", SECRET, "us-east-1", "iam"};
    int64_t now_ms;
    size_t kept = 0;
    for (size_t i = 0; i < q->header_count; i++) {
        const char *name = headers[i].name;
        if (name_is_plain(name) && strncasecmp(name, "x-amz-", 6) != 0 &&
            strcasecmp(name, "Authorization") != 0 && strcasecmp(name, "Host") != 0 &&
            strcasecmp(name, "smithy-protocol") != 0)
            headers[kept++] = headers[i];
    }
    headers[kept++] = (struct wire_header){"Host", "localhost"};
    headers[kept++] = (struct wire_header){"X-Amz-Date", "20261124T054000Z"};
    q->header_count = kept;
    headers[kept].name = "Authorization";
    headers[kept].value = sigv4_sign(&signer, q, a);
    q->header_count = kept + 1;
    MUST_HOLD(time_parse_basic("20261124T054000Z", &now_ms));
    if (strstr(q->query, "X-Amz-Algorithm") == NULL && strchr(q->query, '%') == NULL) {
        int result = judge(q, now_ms, a);
        MUST_HOLD(result == 0 || result == -2);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct wire_header headers[HEADERS_MAX + 3];
    struct wire_request q;
    request_read(&q, headers, arena_strdup(a, arena_memdup(a, data, size)));
    MUST_HOLD(judge(&q, 1795498800000, a) != 0);
    sign_and_judge(&q, headers, a);
    arena_free(a);
    return 0;
}
