/* Where the statements of a document begin and end. jansson has already accepted the text, so only
 * strings and brackets need be told apart. */
#include "policy/model.h"

struct walk {
    const char *at, *end;
    size_t line, column; /* of `at`; columns count characters */
    size_t depth;        /* open brackets */
    size_t commas;       /* passed between the document's members */
};

static void advance(struct walk *w)
{
    if (*w->at == '\n') {
        w->line++;
        w->column = 1;
    } else if (((unsigned char)*w->at & 0xc0) != 0x80) {
        w->column++;
    }
    w->at++;
}

static void string_skip(struct walk *w)
{
    for (advance(w); w->at < w->end && *w->at != '"'; advance(w))
        if (*w->at == '\\' && w->at + 1 < w->end)
            advance(w);
}

/* SimulateCustomPolicy's positions are those behind the opening and behind the closing brace (the
 * answers in the AWS CLI's examples of simulate-custom-policy: 1:38 and 1:167). */
void spans_find(const char *text, size_t len, size_t member, struct policy *policy)
{
    struct walk w = {.at = text, .end = text + len, .line = 1, .column = 1};
    size_t statement = 0, inner = 0; /* the depth in which a statement's brace stands */

    for (; w.at < w.end && statement < policy->statement_count; advance(&w)) {
        char c = *w.at;
        if (c == '"') {
            string_skip(&w);
        } else if (c == ',' && w.depth == 1) {
            w.commas++;
        } else if (c == '{' || c == '[') {
            if (w.depth == 1 && w.commas == member)
                inner = c == '{' ? 1 : 2;
            if (c == '{' && inner != 0 && w.depth == inner)
                policy->statements[statement].span =
                    (struct span){.start_line = w.line, .start_column = w.column + 1};
            w.depth++;
        } else if (c == '}' || c == ']') {
            w.depth--;
            if (c == '}' && inner != 0 && w.depth == inner) {
                policy->statements[statement].span.end_line = w.line;
                policy->statements[statement++].span.end_column = w.column + 1;
            }
        }
    }
}
