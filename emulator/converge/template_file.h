/* Templates as files: what they are made of, whether they still are, and which go when there are
 * too many. Private to converge/template*.c. */
#ifndef CONVERGE_TEMPLATE_FILE_H
#define CONVERGE_TEMPLATE_FILE_H

#include "converge/template.h"

/* "disk-61e397761b2c-1x1024", how its folders' names begin; heap. */
char *template_name(const struct template_shape *shape);
/* What a template of this shape is made of: files by path, size and time, QEMU, accelerator and
 * format. New reference. */
json_t *template_recipe(const struct plant *plant, const struct template_shape *shape);
/* Writes manifest.json into the folder; `recipe` is borrowed. */
int template_write(const char *folder, const json_t *recipe, struct err *err) MUST_CHECK;
/* The folder "<name>-..." of a whole template of this recipe whose files nobody has changed, heap;
 * NULL: there is none. */
char *template_look_up(const char *templates_folder, const char *name, const json_t *recipe);
/* Notes that it is used now. */
void template_touch(const char *folder);
/* Takes away what makes it a template; its disk stays. */
void template_discard(const char *folder);
/* Discards those used longest ago until all take at most `bytes`. */
void template_evict(const char *templates_folder, int64_t bytes);

#endif
