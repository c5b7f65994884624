/* Documents fetched over HTTPS, by libcurl on the loop. Every fetch has a ceiling in bytes and in
 * time, follows no redirection, uses no proxy and believes a server whose certificate is issued by
 * an authority that the system trusts, or under one of the pinned certificates. */
#ifndef LOOP_FETCH_H
#define LOOP_FETCH_H

#include "loop/loop.h"

#define FETCH_PINS_MAX 8

struct fetch_spec {
    const char *url; /* "https://..." */
    size_t ceiling;  /* bytes of the answer's body */
    int64_t timeout_ms;
    /* SHA-1 digests (40 hex digits) of certificates that are trusted when the system trusts none
     * above the server's: one of the chain that the server shows, its own included. */
    const char *pins[FETCH_PINS_MAX];
    size_t pin_count;
    bool learns; /* believes any server, and tells the digest of the last certificate that it shows,
                    as a pin, in place of the body */
    /* True: connections to the address are refused. NULL: to none. Called with fetch_start's arg.
     */
    bool (*refuses)(void *arg, const struct sockaddr *address);
};

/* err NULL: status 200 and the body (NUL-terminated). Codes of err: "Untrusted" (neither system nor
 * pins trust the certificate), "Refused" (the address), "Unreachable" (no answer, or none in time),
 * "TooLarge", "Status" (another than 200). */
typedef void (*fetch_fn)(void *arg, const char *body, size_t len, const struct err *err);

struct fetcher;
struct fetcher *fetcher_new(struct loop *l);
void fetcher_free(struct fetcher *f); /* takes NULL; what is under way is given up, unanswered */
/* fn is called once, in a later turn. The spec's text is copied. */
void fetch_start(struct fetcher *f, const struct fetch_spec *spec, fetch_fn fn, void *arg);

#endif
