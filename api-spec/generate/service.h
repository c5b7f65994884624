/* One service as the generator sees it: the model, our own file beside it, and the IAM facts. */
#ifndef GENERATE_SERVICE_H
#define GENERATE_SERVICE_H

#include "generate/source.h"

struct operation {
    const char *name;
    json_t *model;
    bool implemented;
    bool readonly;
    const char *iam_action;
};

struct fault {
    const char *code;
    int status;
};

struct service {
    const char *name;
    char *identifier; /* `name` as part of a C name */
    struct source model, own;
    const char *iam_prefix;
    json_t *metadata, *shapes;
    json_t *shape_index;          /* name -> place in `shapes` */
    struct operation *operations; /* sorted by name */
    size_t operation_count, implemented_count;
    struct fault *faults; /* sorted by code */
    size_t fault_count;
};

/* `common` is api-spec/faults.json. */
void service_load(struct service *s, const char *dir, const char *name,
                  const struct source *common);

/* The place of a shape that `path` refers to; refused when there is none. */
int service_shape(const struct service *s, const char *path, const char *shape);

/* The values of an enumeration, in the order the texts show them. NULL: the shape is none, or an
 * open one. */
const json_t *service_enum(const struct service *s, const char *shape);

#endif
