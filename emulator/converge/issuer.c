/* Keys of identity providers: see issuer.h. Two documents one after the other: the configuration,
 * which names the provider and its key set, then the key set, which is kept. */
#include "converge/issuer.h"

#include "base/log.h"
#include "base/text.h"
#include "converge/internal.h"
#include "loop/fetch.h"
#include "services/iam/iam.h"
#include "services/sts/jwt.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define SCHEME         "https://"
#define CEILING        (256UL * 1024)
#define TIMEOUT_MS     5000
#define FETCHES_MAX    16  /* at once */
#define WAITERS_MAX    256 /* for one provider */
#define URL_LENGTH_MAX 2048

struct issuers {
    struct converge *cv;
    struct fetcher *fetcher;
    struct hash *running; /* what is asked for -> struct issuer */
    struct list refused;  /* struct waiter: told in the next turn */
    struct timer *refuse;
};

struct waiter {
    struct list node;
    await_fn fn;
    void *arg;
};

struct issuer {
    struct issuers *all;
    char *what; /* the provider's ARN; "thumbprint of <url>" */
    char *account;
    char *url;               /* without the scheme */
    struct fetch_spec fetch; /* all but the URL */
    struct list waiters;
    size_t waiter_count;
};

static const struct err no_key = {
    "InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider,  "
                            "please reference AssumeRoleWithWebIdentity documentation for "
                            "requirements"};
static const struct err unreachable = {
    "IDPCommunicationError", "The identity provider could not be reached. Retry the request."};
static const struct err untrusted = {
    "InvalidIdentityToken",
    "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"};

/* --- whoever waits ---------------------------------------------------------------------------- */

static void waiter_add(struct list *list, await_fn fn, void *arg)
{
    struct waiter *w = xcalloc(1, sizeof(*w));

    w->fn = fn;
    w->arg = arg;
    list_append(list, &w->node);
}

static void waiters_tell(struct list *list, const char *text, const struct err *err)
{
    list_foreach_safe (it, list) {
        struct waiter *w = list_entry(it, struct waiter, node);
        list_remove(it);
        w->fn(w->arg, text, err);
        free(w);
    }
}

static void waiters_free(struct list *list)
{
    list_foreach_safe (it, list)
        free(list_entry(it, struct waiter, node));
    list_init(list);
}

/* --- one provider ----------------------------------------------------------------------------- */

static void issuer_free(void *value)
{
    struct issuer *i = value;

    waiters_free(&i->waiters);
    for (size_t pin = 0; pin < i->fetch.pin_count; pin++)
        free((char *)(uintptr_t)i->fetch.pins[pin]);
    free(i->what);
    free(i->account);
    free(i->url);
    free(i);
}

/* err NULL: the keys are there, or `text` is the thumbprint. */
static void issuer_end(struct issuer *i, const char *text, const struct err *err)
{
    (void)hash_remove(i->all->running, i->what);
    waiters_tell(&i->waiters, text, err);
    issuer_free(i);
}

/* The log says more than AWS does. */
static void issuer_fail(struct issuer *i, const struct err *why, const struct err *answer)
{
    log_info("%s: %s: %s", i->what, why->code, why->text);
    issuer_end(i, "", answer);
}

static const struct err *answer_of(const struct err *err)
{
    if (str_equal(err->code, "Untrusted"))
        return &untrusted;
    if (str_equal(err->code, "Unreachable") || str_equal(err->code, "Refused"))
        return &unreachable;
    return &no_key;
}

static struct call *issuer_begin(struct issuer *i)
{
    struct scope scope = {i->account, i->all->cv->config.site->default_region};

    return converge_begin(i->all->cv, scope);
}

/* --- addresses -------------------------------------------------------------------------------- */

/* Guests have addresses of the public pool; link-local ones belong to whatever this host runs on,
 * "this network" and multicast to nobody. */
static bool refuses_ipv4(const struct issuer *i, uint32_t address)
{
    static const struct cidr never[] = {{0x00000000, 8}, {0xa9fe0000, 16}, {0xe0000000, 3}};

    for (size_t n = 0; n < ARRAY_LEN(never); n++)
        if (cidr_contains(never[n], address))
            return true;
    return cidr_contains(i->all->cv->config.site->public_pool, address);
}

static bool refuses(void *arg, const struct sockaddr *address)
{
    const struct issuer *i = arg;
    struct in6_addr six;
    struct in_addr four;

    if (address->sa_family == AF_INET) {
        memcpy(&four, (const char *)address + offsetof(struct sockaddr_in, sin_addr), sizeof(four));
        return refuses_ipv4(i, ntohl(four.s_addr));
    }
    if (address->sa_family != AF_INET6)
        return true;
    memcpy(&six, (const char *)address + offsetof(struct sockaddr_in6, sin6_addr), sizeof(six));
    if (IN6_IS_ADDR_V4MAPPED(&six)) {
        memcpy(&four, &six.s6_addr[12], sizeof(four));
        return refuses_ipv4(i, ntohl(four.s_addr));
    }
    return IN6_IS_ADDR_LINKLOCAL(&six) || IN6_IS_ADDR_MULTICAST(&six) ||
           IN6_IS_ADDR_UNSPECIFIED(&six);
}

/* --- the two documents ------------------------------------------------------------------------ */

static void on_keys(void *arg, const char *body, size_t len, const struct err *err)
{
    static const struct err malformed = {"Malformed", "the key set is none"};
    struct issuer *i = arg;
    struct err reason;
    struct oidc_provider p;

    if (err != NULL) {
        issuer_fail(i, err, answer_of(err));
        return;
    }
    json_t *keys = json_parse(body, len, &reason);
    if (!jwt_keys_valid(keys)) {
        json_decref(keys);
        issuer_fail(i, &malformed, &no_key);
        return;
    }
    struct call *c = issuer_begin(i);
    if (oidc_provider_find(c, i->what, &p))
        oidc_keys_put(c, &p, keys);
    bool kept = converge_end(c);
    json_decref(keys);
    issuer_end(i, "", kept ? NULL : &no_key);
}

/* Both begin with a host; whatever port and path follow. */
static bool same_host(const char *a, const char *b)
{
    size_t a_len = strcspn(a, ":/"), b_len = strcspn(b, ":/");

    return a_len == b_len && strncasecmp(a, b, a_len) == 0;
}

/* The key set's URL of a configuration that speaks of this provider; NULL. */
static const char *keys_url(const struct issuer *i, const json_t *configuration)
{
    const char *issuer = json_str_or(configuration, "issuer", "");
    const char *url = json_str_or(configuration, "jwks_uri", "");

    return str_starts(issuer, SCHEME) && str_equal(issuer + strlen(SCHEME), i->url) &&
                   strlen(url) <= URL_LENGTH_MAX && str_starts(url, SCHEME) &&
                   same_host(url + strlen(SCHEME), i->url)
               ? url
               : NULL;
}

static void on_configuration(void *arg, const char *body, size_t len, const struct err *err)
{
    static const struct err malformed = {
        "Malformed", "the configuration is none of this issuer with keys on its host"};
    struct issuer *i = arg;
    struct err reason;

    if (err != NULL) {
        issuer_fail(i, err, answer_of(err));
        return;
    }
    json_t *configuration = json_parse(body, len, &reason);
    struct fetch_spec spec = i->fetch;
    spec.url = keys_url(i, configuration);
    if (spec.url != NULL)
        fetch_start(i->all->fetcher, &spec, on_keys, i);
    else
        issuer_fail(i, &malformed, &no_key);
    json_decref(configuration);
}

/* "https://<url>/.well-known/openid-configuration" */
static void ask_configuration(struct issuer *i, fetch_fn fn)
{
    size_t len = strlen(i->url);
    bool slash = len > 0 && i->url[len - 1] == '/';
    char *url = xasprintf(SCHEME "%s%s.well-known/openid-configuration", i->url, slash ? "" : "/");
    struct fetch_spec spec = i->fetch;

    spec.url = url;
    fetch_start(i->all->fetcher, &spec, fn, i);
    free(url);
}

/* A server that cannot be reached has no thumbprint. */
static void on_thumbprint(void *arg, const char *body, size_t len, const struct err *err)
{
    struct issuer *i = arg;

    (void)len;
    if (err != NULL)
        log_info("%s: %s: %s", i->what, err->code, err->text);
    issuer_end(i, err == NULL ? body : "", NULL);
}

/* --- asking ----------------------------------------------------------------------------------- */

/* `what` is stolen. */
static struct issuer *issuer_new(struct issuers *s, char *what, const char *url)
{
    struct issuer *i = xcalloc(1, sizeof(*i));

    *i = (struct issuer){
        .all = s,
        .what = what,
        .url = xstrdup(url),
        .fetch = {.ceiling = CEILING, .timeout_ms = TIMEOUT_MS, .refuses = refuses},
    };
    list_init(&i->waiters);
    (void)hash_put(s->running, what, i);
    return i;
}

static struct issuer *start_keys(struct issuers *s, const char *arn)
{
    struct scope scope = {"", s->cv->config.site->default_region};
    struct issuer *i = NULL;
    struct oidc_provider p;
    const json_t *pin;
    size_t n;

    struct call *c = converge_begin(s->cv, scope);
    if (oidc_provider_find(c, arn, &p)) {
        i = issuer_new(s, xstrdup(arn), p.url);
        i->account = xstrdup(p.account);
        json_array_foreach (p.thumbprints, n, pin)
            if (i->fetch.pin_count < FETCH_PINS_MAX)
                i->fetch.pins[i->fetch.pin_count++] = xstrdup(json_string_value(pin));
        ask_configuration(i, on_configuration);
    }
    (void)converge_end(c);
    return i;
}

static struct issuer *start_thumbprint(struct issuers *s, const char *what, const char *url)
{
    struct issuer *i = issuer_new(s, xstrdup(what), url);

    i->fetch.learns = true;
    ask_configuration(i, on_thumbprint);
    return i;
}

static void refuse_all(void *arg)
{
    struct issuers *s = arg;

    waiters_tell(&s->refused, "", &unreachable);
}

void issuers_await(struct issuers *s, const struct await *wish, await_fn fn, void *arg)
{
    bool keys = str_equal(wish->kind, OIDC_KEYS_AWAIT);
    char *what = keys ? xstrdup(wish->subject) : xasprintf("thumbprint of %s", wish->subject);
    struct issuer *i = hash_get(s->running, what);

    if (i == NULL && hash_count(s->running) < FETCHES_MAX)
        i = keys ? start_keys(s, what) : start_thumbprint(s, what, wish->subject);
    free(what);
    if (i != NULL && i->waiter_count < WAITERS_MAX) {
        i->waiter_count++;
        waiter_add(&i->waiters, fn, arg);
        return;
    }
    waiter_add(&s->refused, fn, arg);
    timer_start(s->refuse, 0, 0);
}

struct issuers *issuers_new(struct converge *cv)
{
    struct issuers *s = xcalloc(1, sizeof(*s));

    s->cv = cv;
    s->fetcher = fetcher_new(cv->config.loop);
    s->running = hash_new();
    s->refuse = timer_new(cv->config.loop, refuse_all, s);
    list_init(&s->refused);
    return s;
}

void issuers_free(struct issuers *s)
{
    if (s == NULL)
        return;
    fetcher_free(s->fetcher);
    hash_free(s->running, issuer_free);
    waiters_free(&s->refused);
    timer_free(s->refuse);
    free(s);
}
