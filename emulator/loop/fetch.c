/* libcurl's multi interface on the loop: it names the descriptors and the time it waits for, we
 * tell it when they come, and ask which transfers are done. A transfer that is done is told in a
 * turn of its own, so that its callback may start another. */
#include "loop/fetch.h"

#include "base/list.h"
#include "base/text.h"
#include "base/version.h"
#include "loop/fetch_trust.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <unistd.h>

struct fetcher {
    struct loop *loop;
    CURLM *multi;
    struct timer *timer; /* libcurl's */
    struct timer *tell;
    struct list running; /* struct fetch */
    struct list done;
};

struct fetch {
    struct list node; /* in fetcher.running, then in fetcher.done */
    struct fetcher *fetcher;
    CURL *curl;
    struct buf body;
    struct fetch_trust trust;
    bool (*refuses)(void *arg, const struct sockaddr *address);
    bool refused;
    fetch_fn fn;
    void *arg;
    struct err err;
    bool failed;
};

static void fetch_free(struct fetch *x)
{
    list_remove(&x->node);
    (void)curl_multi_remove_handle(x->fetcher->multi, x->curl);
    curl_easy_cleanup(x->curl);
    buf_done(&x->body);
    free(x);
}

/* --- how it ended ----------------------------------------------------------------------------- */

static void judge_end(struct fetch *x, CURLcode code)
{
    long status = 0;

    (void)curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
    x->failed = true;
    if (x->trust.learned[0] != '\0') {
        buf_clear(&x->body);
        buf_add_str(&x->body, x->trust.learned);
        x->failed = false;
    } else if (x->trust.untrusted)
        err_set(&x->err, "Untrusted", "the certificate is not trusted");
    else if (x->refused)
        err_set(&x->err, "Refused", "the address may not be reached");
    else if (x->body.overflow)
        err_set(&x->err, "TooLarge", "more than %zu bytes", x->body.ceiling);
    else if (code != CURLE_OK)
        err_set(&x->err, "Unreachable", "%s", curl_easy_strerror(code));
    else if (status != 200)
        err_set(&x->err, "Status", "status %ld", status);
    else
        x->failed = false;
}

static void collect_done(struct fetcher *f)
{
    int left = 0;

    for (CURLMsg *m; (m = curl_multi_info_read(f->multi, &left)) != NULL;) {
        struct fetch *x = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&x);
        judge_end(x, m->data.result);
        list_remove(&x->node);
        list_append(&f->done, &x->node);
    }
    if (!list_empty(&f->done))
        timer_start(f->tell, 0, 0);
}

static void tell_done(void *arg)
{
    struct fetcher *f = arg;

    list_foreach_safe (it, &f->done) {
        struct fetch *x = list_entry(it, struct fetch, node);
        if (x->failed)
            x->fn(x->arg, NULL, 0, &x->err);
        else
            x->fn(x->arg, buf_text(&x->body), x->body.len, NULL);
        fetch_free(x);
    }
}

/* --- libcurl's sockets and time --------------------------------------------------------------- */

struct watch_arg {
    struct fetcher *fetcher;
    curl_socket_t fd;
    struct poller *poller;
};

static void on_socket(void *arg, int events, struct err *err)
{
    const struct watch_arg *w = arg;
    struct fetcher *f = w->fetcher;
    int running, what = 0;

    if (events & POLLER_READ)
        what |= CURL_CSELECT_IN;
    if (events & POLLER_WRITE)
        what |= CURL_CSELECT_OUT;
    if (err != NULL)
        what |= CURL_CSELECT_ERR;
    (void)curl_multi_socket_action(f->multi, w->fd, what, &running);
    collect_done(f);
}

static int watch_socket(CURL *curl, curl_socket_t fd, int what, void *fetcher, void *known)
{
    struct fetcher *f = fetcher;
    struct watch_arg *w = known;

    (void)curl;
    if (what == CURL_POLL_REMOVE) {
        if (w != NULL)
            poller_free(w->poller);
        free(w);
        return 0;
    }
    if (w == NULL) {
        w = xcalloc(1, sizeof(*w));
        *w = (struct watch_arg){.fetcher = f, .fd = fd};
        w->poller = poller_new(f->loop, fd, on_socket, w);
        (void)curl_multi_assign(f->multi, fd, w);
    }
    poller_set(w->poller, ((what & CURL_POLL_IN) ? POLLER_READ : 0) |
                              ((what & CURL_POLL_OUT) ? POLLER_WRITE : 0));
    return 0;
}

static void on_timeout(void *arg)
{
    struct fetcher *f = arg;
    int running;

    (void)curl_multi_socket_action(f->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect_done(f);
}

static int set_timeout(CURLM *multi, long ms, void *fetcher)
{
    struct fetcher *f = fetcher;

    (void)multi;
    if (ms < 0)
        timer_stop(f->timer);
    else
        timer_start(f->timer, ms, 0);
    return 0;
}

struct fetcher *fetcher_new(struct loop *l)
{
    struct fetcher *f = xcalloc(1, sizeof(*f));

    f->loop = l;
    f->timer = timer_new(l, on_timeout, f);
    f->tell = timer_new(l, tell_done, f);
    list_init(&f->running);
    list_init(&f->done);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (f->multi = curl_multi_init()) == NULL)
        abort(); /* memory is out */
    curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
    curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, set_timeout);
    curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
    return f;
}

void fetcher_free(struct fetcher *f)
{
    if (f == NULL)
        return;
    list_foreach_safe (it, &f->running)
        fetch_free(list_entry(it, struct fetch, node));
    list_foreach_safe (it, &f->done)
        fetch_free(list_entry(it, struct fetch, node));
    curl_multi_cleanup(f->multi);
    timer_free(f->timer);
    timer_free(f->tell);
    curl_global_cleanup();
    free(f);
}

/* --- one fetch -------------------------------------------------------------------------------- */

static size_t on_body(char *bytes, size_t size, size_t count, void *fetch)
{
    struct fetch *x = fetch;

    buf_add(&x->body, bytes, size * count);
    return x->body.overflow ? 0 : size * count;
}

static CURLcode on_tls(CURL *curl, void *ssl_ctx, void *fetch)
{
    struct fetch *x = fetch;

    (void)curl;
    fetch_trust_install(ssl_ctx, &x->trust);
    return CURLE_OK;
}

static curl_socket_t on_open(void *fetch, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct fetch *x = fetch;

    (void)purpose;
    if (x->refuses != NULL && x->refuses(x->arg, &address->addr)) {
        x->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void set_options(struct fetch *x, const struct fetch_spec *spec)
{
    CURL *curl = x->curl;

    curl_easy_setopt(curl, CURLOPT_URL, spec->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "groundschool/" GROUNDSCHOOL_VERSION);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)spec->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, x);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, on_tls);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, x);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, x);
}

void fetch_start(struct fetcher *f, const struct fetch_spec *spec, fetch_fn fn, void *arg)
{
    struct fetch *x = xcalloc(1, sizeof(*x));

    x->fetcher = f;
    x->fn = fn;
    x->arg = arg;
    x->refuses = spec->refuses;
    buf_init(&x->body, spec->ceiling);
    for (size_t i = 0; i < spec->pin_count && i < FETCH_PINS_MAX; i++)
        if (str_copy(x->trust.pins[x->trust.pin_count], sizeof(x->trust.pins[0]), spec->pins[i]))
            x->trust.pin_count++;
    x->trust.learns = spec->learns;
    list_append(&f->running, &x->node);
    x->curl = curl_easy_init();
    if (x->curl == NULL)
        abort(); /* memory is out */
    set_options(x, spec);
    if (curl_multi_add_handle(f->multi, x->curl) != CURLM_OK)
        abort(); /* our own mistake */
}
