/* The pool of ready RSA keys. The loop's thread takes; the maker's thread waits until the pool has
 * room, makes a key without holding the lock and puts it in. At exit the maker is told to stop,
 * abandons the key it is at, and is joined before OpenSSL cleans up. */
#include "services/ec2/key_maker.h"

#include <openssl/crypto.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define POOL_SIZE 4
#define KEY_BITS  2048
#define NICE      10 /* guests and answers come first */

static struct {
    pthread_once_t once;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    bool running;
    atomic_bool stopping;
    EVP_PKEY *ready[POOL_SIZE];
    size_t count;
} maker = {
    .once = PTHREAD_ONCE_INIT,
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .changed = PTHREAD_COND_INITIALIZER,
};

/* OpenSSL asks between two steps of a key: 0 abandons it. */
static int go_on(EVP_PKEY_CTX *ctx)
{
    (void)ctx;
    return !atomic_load(&maker.stopping);
}

static EVP_PKEY *make_rsa(void)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
    EVP_PKEY *key = NULL;

    if (ctx == NULL)
        return NULL;
    EVP_PKEY_CTX_set_cb(ctx, go_on);
    if (EVP_PKEY_keygen_init(ctx) <= 0 || EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, KEY_BITS) <= 0 ||
        EVP_PKEY_keygen(ctx, &key) <= 0)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static bool wait_for_room(void)
{
    pthread_mutex_lock(&maker.lock);
    while (maker.count == POOL_SIZE && !atomic_load(&maker.stopping))
        pthread_cond_wait(&maker.changed, &maker.lock);
    pthread_mutex_unlock(&maker.lock);
    return !atomic_load(&maker.stopping);
}

static void put(EVP_PKEY *key)
{
    pthread_mutex_lock(&maker.lock);
    maker.ready[maker.count++] = key;
    pthread_mutex_unlock(&maker.lock);
}

static void *make_keys(void *unused)
{
    (void)unused;
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* on Linux: of this thread alone */
    while (wait_for_room()) {
        EVP_PKEY *key = make_rsa();
        if (key == NULL)
            break;
        put(key);
    }
    return NULL;
}

static void stop(void)
{
    pthread_mutex_lock(&maker.lock);
    atomic_store(&maker.stopping, true);
    pthread_cond_signal(&maker.changed);
    pthread_mutex_unlock(&maker.lock);
    pthread_join(maker.thread, NULL);
    while (maker.count > 0)
        EVP_PKEY_free(maker.ready[--maker.count]);
}

/* Signals stay the loop's. OpenSSL comes up first (which it does only for an option it has not
 * seen), so that its own exit handler is registered before ours and runs after it. */
static void start(void)
{
    sigset_t all, before;

    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    maker.running = pthread_create(&maker.thread, NULL, make_keys, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (maker.running && atexit(stop) != 0)
        stop();
}

void key_maker_start(void)
{
    pthread_once(&maker.once, start);
}

EVP_PKEY *key_maker_take_rsa(void)
{
    EVP_PKEY *key = NULL;

    pthread_mutex_lock(&maker.lock);
    if (maker.count > 0)
        key = maker.ready[--maker.count];
    pthread_cond_signal(&maker.changed);
    pthread_mutex_unlock(&maker.lock);
    return key != NULL ? key : make_rsa();
}
