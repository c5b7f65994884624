/* Files the generator writes. */
#ifndef GENERATE_OUTPUT_H
#define GENERATE_OUTPUT_H

#include <stddef.h>
#include <stdio.h>

struct output {
    FILE *stream; /* print here */
    char *file;
    char *text;
    size_t size;
};

void output_open(struct output *o, const char *dir, const char *name); /* o must stay in place */
/* Writes the file, whole or not at all, unless it has just this content already: make then rebuilds
 * nothing. */
void output_close(struct output *o);

#endif
