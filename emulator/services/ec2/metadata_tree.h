/* What the metadata service tells an instance: private to metadata*.c. */
#ifndef SERVICES_EC2_METADATA_TREE_H
#define SERVICES_EC2_METADATA_TREE_H

#include "services/ec2/instance.h"
#include "services/ec2/interface.h"

struct metadata {
    struct call call; /* account, region, database and arena only */
    struct instance instance;
    struct interface interfaces[INTERFACES_MAX];
    size_t interface_count;
};

/* The tree of one version: directories are objects, leaves text. Null is a leaf that costs more
 * than text: metadata_identity makes it. A directory with the member METADATA_LABEL is listed as
 * "key=label". A new reference. */
json_t *metadata_tree(struct metadata *m);
#define METADATA_LABEL "="

/* "document", "signature", "pkcs7" or "rsa2048" of dynamic/instance-identity; in the arena. NULL:
 * it could not be signed. */
const char *metadata_identity(struct metadata *m, const char *name);

#endif
