/* Whole small files: read at once, replaced at once. */
#ifndef AGENT_FILE_H
#define AGENT_FILE_H

#include "err.h"

#include <stddef.h>
#include <sys/types.h>

/* A ceiling for every file that is read whole. */
#define FILE_MAX ((size_t)1 << 20)

/* What a file holds, with a NUL added; the caller frees it. NULL if it cannot be read or is larger
 * than FILE_MAX. */
char *file_read(const char *path, size_t *ret_len);

/* Replaces a file so that a reader sees the old or the new content, never a part. */
int file_write(const char *path, const void *data, size_t len, mode_t mode, struct err *err)
    __attribute__((warn_unused_result));

/* The same for text. */
int file_write_text(const char *path, const char *text, mode_t mode, struct err *err)
    __attribute__((warn_unused_result));

/* Puts a value into an existing file of the kernel (/proc, /sys). */
int file_put(const char *path, const char *text, struct err *err)
    __attribute__((warn_unused_result));

/* Makes a folder and those above it. */
int file_make_folders(const char *path, mode_t mode, struct err *err)
    __attribute__((warn_unused_result));

#endif
