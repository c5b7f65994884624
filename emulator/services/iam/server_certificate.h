/* Server certificates of an account, named like other entities but with rows of their own. Their
 * private keys are kept for the load balancers that use them and shown to nobody. */
#ifndef SERVICES_IAM_SERVER_CERTIFICATE_H
#define SERVICES_IAM_SERVER_CERTIFICATE_H

#include "call/call.h"

#define SERVER_CERTIFICATES_MAX 20 /* an account: "IAM and AWS STS quotas", IAM User Guide */

struct server_certificate { /* text in the call's arena */
    const char *id, *name, *path, *arn;
    const char *body, *chain; /* PEM; chain NULL: none */
    int64_t uploaded_ms, expires_ms;
};

bool server_certificate_find(struct call *c, const char *name,
                             struct server_certificate *ret_certificate);
/* NoSuchEntity (404). */
int server_certificate_load(struct call *c, const char *name,
                            struct server_certificate *ret_certificate) MUST_CHECK;

#endif
