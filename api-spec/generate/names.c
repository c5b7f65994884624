/* From the names of the models to names and literals in C. */
#include "generate/names.h"

#include "generate/source.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

char *name_identifier(const char *service)
{
    char *name = text("%s", service);

    for (char *c = name; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c))
            *c = '_';
    return name;
}

/* A word starts at a capital after a small letter or digit, and at the last capital of a run that
 * goes on in small letters, unless what goes on is only the plural s of an acronym. */
static bool starts_word(const char *camel, size_t i)
{
    const char *at = camel + i;

    if (i == 0 || !isupper((unsigned char)at[0]))
        return false;
    if (!isupper((unsigned char)at[-1]))
        return true;
    if (!islower((unsigned char)at[1]))
        return false;
    return !(at[1] == 's' && !islower((unsigned char)at[2]));
}

char *name_snake(const char *camel)
{
    size_t used = 0;
    char *name = malloc(2 * strlen(camel) + 1);

    if (name == NULL)
        abort();
    for (size_t i = 0; camel[i] != '\0'; i++) {
        if (starts_word(camel, i))
            name[used++] = '_';
        name[used++] = (char)tolower((unsigned char)camel[i]);
    }
    name[used] = '\0';
    return name;
}

void name_literal(FILE *out, const char *value)
{
    if (value == NULL) {
        fputs("NULL", out);
        return;
    }
    fputc('"', out);
    for (const unsigned char *c = (const unsigned char *)value; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\' || *c == '?')
            fprintf(out, "\\%c", *c);
        else if (*c < 0x20 || *c >= 0x7f)
            fprintf(out, "\\%03o", *c);
        else
            fputc(*c, out);
    }
    fputc('"', out);
}
