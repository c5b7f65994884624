/* Output is gathered in memory and goes to the disk only when it differs from what is there. */
#include "generate/output.h"

#include "generate/source.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void give_up(const char *file)
{
    perror(file);
    exit(1);
}

void output_open(struct output *o, const char *dir, const char *name)
{
    o->file = text("%s/%s", dir, name);
    o->stream = open_memstream(&o->text, &o->size);
    if (o->stream == NULL)
        give_up(o->file);
}

static bool is_unchanged(const struct output *o)
{
    FILE *f = fopen(o->file, "rb");
    char *there = malloc(o->size + 1);
    size_t len = 0;

    if (there == NULL)
        abort();
    if (f != NULL) {
        len = fread(there, 1, o->size + 1, f);
        fclose(f);
    }
    bool is_same = f != NULL && len == o->size && memcmp(there, o->text, len) == 0;
    free(there);
    return is_same;
}

void output_close(struct output *o)
{
    if (fclose(o->stream) != 0)
        give_up(o->file);
    if (!is_unchanged(o)) {
        char *temporary = text("%s.%ld", o->file, (long)getpid());
        FILE *f = fopen(temporary, "wb");
        if (f == NULL || fwrite(o->text, 1, o->size, f) != o->size || fclose(f) != 0 ||
            rename(temporary, o->file) != 0)
            give_up(o->file);
        free(temporary);
    }
    free(o->text);
    free(o->file);
}
