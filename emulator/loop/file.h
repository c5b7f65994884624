/* Files without blocking the loop. */
#ifndef LOOP_FILE_H
#define LOOP_FILE_H

#include "loop/loop.h"

/* Reads at most `ceiling` bytes (the last ones when `tail`). bytes is NULL when err is set; valid
 * during the callback only. */
typedef void (*file_read_fn)(void *arg, const char *bytes, size_t len, struct err *err);
void file_read(struct loop *l, const char *path, size_t ceiling, bool tail, file_read_fn fn,
               void *arg);
/* Removes a folder and all in it on a worker thread; a missing one is no error. fn may be NULL. */
void folder_remove(struct loop *l, const char *path, void (*fn)(void *arg, struct err *err),
                   void *arg);
/* Runs `work` on a worker thread, then `done` on the loop. `work` touches nothing but `arg`. */
void loop_work(struct loop *l, void (*work)(void *arg), void (*done)(void *arg), void *arg);

#endif
