/* What the metadata service tells an instance: private to metadata*.c. */
#ifndef SERVICES_EC2_METADATA_TREE_H
#define SERVICES_EC2_METADATA_TREE_H

#include "services/ec2/instance.h"
#include "services/ec2/interface.h"
#include "services/ec2/profile_association.h"

struct metadata {
    struct call call; /* account, region, database and arena only */
    struct instance instance;
    struct interface interfaces[INTERFACES_MAX];
    size_t interface_count;
    bool has_profile;
    struct profile_association profile;
    const char *delivery; /* which version of the service is asked: "1.0" or "2.0" */
};

/* The tree of one version: directories are objects, leaves text. Null is a leaf that costs more
 * than text: metadata_identity makes it. True is a role's credentials: metadata_credentials makes
 * them. A directory with the member METADATA_LABEL is listed as
 * "key=label". A new reference. */
json_t *metadata_tree(struct metadata *m);
#define METADATA_LABEL "="

/* "document", "signature", "pkcs7" or "rsa2048" of dynamic/instance-identity; in the arena. NULL:
 * it could not be signed. */
const char *metadata_identity(struct metadata *m, const char *name);

/* iam/: "info" and "security-credentials"; a new reference. NULL: the instance has no profile. */
json_t *metadata_iam_tree(struct metadata *m);
/* The credentials of the role of the instance's profile, in the arena: made when there are none
 * that are good for long enough. NULL: they could not be written. */
const char *metadata_credentials(struct metadata *m);

#endif
