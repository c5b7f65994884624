/* Policy documents: see document.h. The stored text is the caller's, byte for byte. */
#include "services/iam/document.h"

#include "base/encode.h"

#include <string.h>

#define ENCODED_MAX (3UL * 131072)

int iam_document_check(struct call *c, const char *text, enum policy_kind kind)
{
    struct err err = {.code = ""};
    struct policy *policy = policy_compile(text, strlen(text), kind, &err);

    if (policy == NULL)
        return call_fail(c, err.code, "%s", err.text);
    policy_free(policy);
    return 0;
}

size_t iam_document_size(const char *text)
{
    size_t size = 0;

    for (const char *p = text; *p != '\0'; p++) {
        bool continues = ((unsigned char)*p & 0xc0) == 0x80; /* of a UTF-8 character */
        size += strchr(" \t\r\n", *p) == NULL && !continues;
    }
    return size;
}

const char *iam_document_encoded(struct call *c, const char *text)
{
    struct buf out;

    buf_init(&out, ENCODED_MAX);
    percent_encode(&out, text, strlen(text), false);
    const char *encoded = arena_strdup(c->arena, buf_text(&out));
    buf_done(&out);
    return encoded;
}
