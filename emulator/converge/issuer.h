/* Fetches the keys of OpenID Connect providers into the database, for operations that wait for them
 * (call_await_again). The provider says at <url>/.well-known/openid-configuration where its keys
 * are; only the registered host is asked, and nothing that guests answer. Calls that wait for one
 * provider share a fetch. */
#ifndef CONVERGE_ISSUER_H
#define CONVERGE_ISSUER_H

#include "converge/converge.h"

typedef void (*await_fn)(void *arg, const char *text, const struct err *err);

struct issuers;
struct issuers *issuers_new(struct converge *cv);
void issuers_free(struct issuers *s); /* takes NULL; whoever waits is not told */
/* fn once, in a later turn: err NULL when the keys are there. */
void issuers_await(struct issuers *s, const char *provider_arn, await_fn fn, void *arg);

#endif
