/* Asks OpenID Connect providers, for operations that wait for it (call_await_again): for their
 * keys, which go into the database, or for the thumbprint of their server. The provider says at
 * <url>/.well-known/openid-configuration where its keys are; only the registered host is asked, and
 * no guest. Calls that wait for the same share a fetch. */
#ifndef CONVERGE_ISSUER_H
#define CONVERGE_ISSUER_H

#include "converge/converge.h"

typedef void (*await_fn)(void *arg, const char *text, const struct err *err);

struct issuers;
struct issuers *issuers_new(struct converge *cv);
void issuers_free(struct issuers *s); /* takes NULL; whoever waits is not told */
/* A wish of one of oidc_provider.h's kinds; fn once, in a later turn. */
void issuers_await(struct issuers *s, const struct await *wish, await_fn fn, void *arg);

#endif
