/* `groundschool account`: add, list, remove, reset, root-key, root-password. While an emulator
 * runs, it is asked (it alone may write); otherwise the state folder's database is opened here. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/text.h"
#include "options.h"
#include "serve.h"
#include "services/iam/account.h"
#include "services/services.h"
#include "state.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_CEILING (4UL * 1024 * 1024)
#define TIMEOUT_S      180L

struct wish {
    const char *word; /* "add" */
    const char *id, *name, *email, *password;
    struct options options;
};

/* --- asking a running emulator --- */

static size_t collect(char *bytes, size_t size, size_t count, void *arg)
{
    struct buf *b = arg;
    buf_add(b, bytes, size * count);
    return b->overflow ? 0 : size * count;
}

struct question {
    const char *method;
    char *path; /* below /_groundschool/, heap */
    char *body; /* heap, or NULL */
};

static struct question question_of(const struct wish *w)
{
    struct question q = {.method = "POST"};
    if (str_equal(w->word, "list")) {
        q.method = "GET";
        q.path = xstrdup("accounts");
    } else if (str_equal(w->word, "add")) {
        json_t *body = json_object();
        json_set_str(body, "id", w->id);
        json_set_str(body, "name", w->name);
        json_set_str(body, "email", w->email);
        json_set_str(body, "password", w->password);
        q.path = xstrdup("accounts");
        q.body = json_to_text(body);
        json_decref(body);
    } else if (str_equal(w->word, "remove")) {
        q.method = "DELETE";
        q.path = xasprintf("accounts/%s", w->id);
    } else {
        json_t *body = json_object();
        json_set_str(body, "password", w->password);
        q.path = xasprintf("accounts/%s/%s", w->id, w->word);
        q.body = json_to_text(body);
        json_decref(body);
    }
    return q;
}

/* 0 with the answer; 1: nobody answers there; -1 with err. */
static int ask(const struct wish *w, const char *endpoint, const char *token, json_t **ret_answer,
               struct err *err)
{
    struct question q = question_of(w);
    struct buf answer;
    long status = 0;
    char *url = xasprintf("%s/_groundschool/%s", endpoint, q.path);
    char *authorization = xasprintf("Authorization: Bearer %s", token);
    struct curl_slist *headers = curl_slist_append(NULL, authorization);
    CURL *curl = curl_easy_init();
    buf_init(&answer, ANSWER_CEILING);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, q.method);
    if (str_equal(q.method, "POST"))
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, q.body != NULL ? q.body : "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    int rc = code == CURLE_OK ? 0 : code == CURLE_COULDNT_CONNECT ? 1 : -1;
    if (rc < 0)
        err_set(err, "Http", "%s does not answer: %s", endpoint, curl_easy_strerror(code));
    if (rc == 0 && (*ret_answer = json_parse(buf_text(&answer), answer.len, err)) == NULL)
        rc = -1;
    if (rc == 0 && status >= 400) {
        err_set(err, json_str_or(*ret_answer, "error", "Http"), "%s",
                json_str_or(*ret_answer, "message", "the emulator refused"));
        json_decref(*ret_answer);
        rc = -1;
    }
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    memset(authorization, 0, strlen(authorization));
    free(authorization);
    free(url);
    buf_done(&answer);
    free(q.path);
    free(q.body);
    return rc;
}

/* --- without an emulator --- */

static json_t *answer_new(const struct account *account, const struct access_key *key,
                          const char *password)
{
    json_t *answer = json_object();
    json_set_str(answer, "id", account->id);
    json_set_str(answer, "name", account->name);
    json_set_str(answer, "email", account->email);
    json_set_str(answer, "access_key_id", key != NULL ? key->id : NULL);
    json_set_str(answer, "secret_access_key", key != NULL ? key->secret : NULL);
    json_set_str(answer, "password", password);
    return answer;
}

static int work_add_account(struct account_tools t, const struct wish *w, json_t **ret_answer,
                            struct err *err)
{
    struct account_spec spec = {
        .id = w->id, .name = w->name, .email = w->email, .password = w->password};
    struct account_made made;
    if (account_create(t, &spec, &made, err) != 0)
        return -1;
    *ret_answer = answer_new(&made.account, &made.key, made.password);
    return 0;
}

/* What is done to an account that is there. Machines of the account that still run are ended when
 * the emulator starts next, since they then belong to nobody. */
static int work_on_account(struct account_tools t, const struct wish *w, json_t **ret_answer,
                           struct err *err)
{
    struct account account;
    struct access_key key;
    char password[ROOT_PASSWORD_SIZE];
    if (!account_find(t.db, w->id, &account))
        return err_set(err, "NoSuchAccount", "no account of that id");
    if (str_equal(w->word, "root-password")) {
        if (account_new_root_password(t, w->id, w->password, password, err) != 0)
            return -1;
        *ret_answer = answer_new(&account, NULL, password);
    } else if (str_equal(w->word, "root-key")) {
        account_new_root_key(t, w->id, &key);
        *ret_answer = answer_new(&account, &key, NULL);
    } else {
        (str_equal(w->word, "remove") ? account_remove : account_reset)(t, w->id);
        *ret_answer = json_object();
    }
    return 0;
}

static int work_offline(struct account_tools t, const struct wish *w, json_t **ret_answer,
                        struct err *err)
{
    if (str_equal(w->word, "add"))
        return work_add_account(t, w, ret_answer, err);
    if (!str_equal(w->word, "list"))
        return work_on_account(t, w, ret_answer, err);
    *ret_answer = json_object();
    json_set_new(*ret_answer, "accounts", account_list(t.db));
    return 0;
}

static int work_here(const struct wish *w, json_t **ret_answer, struct err *err)
{
    struct clock clock = {.fixed_ms = 0};
    struct ids ids = {.seed = 0};
    int lock = state_open(w->options.state, err), rc = -1;
    if (lock < 0)
        return -1;
    char *path = xasprintf("%s/groundschool.db", w->options.state);
    struct db *db = db_open(path, err);
    free(path);
    if (db != NULL && services_migrate(db, err) == 0 && db_begin(db, err) == 0) {
        rc = work_offline((struct account_tools){db, &clock, &ids}, w, ret_answer, err);
        if (rc == 0)
            rc = db_commit(db, err);
        else
            db_rollback(db);
    }
    db_close(db);
    close(lock);
    return rc;
}

static int carry_out(const struct wish *w, json_t **ret_answer, struct err *err)
{
    struct state_environment env;
    struct err unknown;
    int rc = 1;
    char *token = NULL;
    if (state_read_environment(w->options.state, &env, &unknown) == 0 &&
        (token = state_admin_token(w->options.state, w->options.admin_token, err)) != NULL)
        rc = ask(w, env.endpoint, token, ret_answer, err);
    free(token);
    return rc == 1 ? work_here(w, ret_answer, err) : rc;
}

/* --- the command --- */

static void print_list(const json_t *answer)
{
    size_t i;
    json_t *item;
    printf("%-12s  %-24s  %-32s  %s\n", "ACCOUNT", "NAME", "E-MAIL", "CREATED");
    json_array_foreach (json_object_get(answer, "accounts"), i, item) {
        printf("%-12s  %-24s  %-32s  %s\n", json_str_or(item, "id", ""),
               json_str_or(item, "name", ""), json_str_or(item, "email", ""),
               json_str_or(item, "created", ""));
    }
}

/* Secrets are shown this once. */
static void print_secrets(const json_t *answer)
{
    const char *password = json_str(answer, "password"), *key = json_str(answer, "access_key_id");
    if (password != NULL)
        printf("\nThe root user signs in with %s and the password %s\n",
               json_str_or(answer, "email", ""), password);
    if (key != NULL)
        printf("\nexport AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\n", key,
               json_str_or(answer, "secret_access_key", ""));
}

static void print_answer(const struct wish *w, const json_t *answer)
{
    static const struct {
        const char *word, *text;
    } said[] = {
        {"remove", "is removed, with all it owned"},
        {"reset", "is as new; its root user's key and password stay"},
        {"root-key", "has a new root access key, shown this once"},
        {"root-password", "has a new root password, shown this once"},
    };
    if (str_equal(w->word, "list"))
        print_list(answer);
    if (str_equal(w->word, "add"))
        printf("Account %s (%s, %s) is made. Its root user's password and key are shown this "
               "once:\n",
               json_str_or(answer, "id", ""), json_str_or(answer, "name", ""),
               json_str_or(answer, "email", ""));
    for (size_t i = 0; i < ARRAY_LEN(said); i++)
        if (str_equal(said[i].word, w->word))
            printf("Account %s %s.\n", w->id, said[i].text);
    print_secrets(answer);
}

static int print_usage(void)
{
    puts("Usage: groundschool account add [--name NAME] [--email ADDRESS] [--password PASSWORD]\n"
         "                                [--id 12DIGITS]\n"
         "       groundschool account list\n"
         "       groundschool account remove 12DIGITS           the account and all it owns\n"
         "       groundschool account reset 12DIGITS            as new; its root user's key and "
         "password stay\n"
         "       groundschool account root-key 12DIGITS         a new root key in place of the "
         "old\n"
         "       groundschool account root-password 12DIGITS [--password PASSWORD]\n\n"
         "Without a password one is generated. --state DIR and the other options of `serve` say "
         "which emulator\nis meant.");
    return 0;
}

/* Takes the command's own arguments out of argv; what is left are options of serve. */
static int wish_read(struct wish *w, int *argc, char **argv, struct err *err)
{
    static const char *const words[] = {"add",      "list",          "remove", "reset",
                                        "root-key", "root-password", NULL};
    bool known = false;
    int left = 0;
    for (size_t i = 0; words[i] != NULL; i++)
        known = known || str_equal(words[i], w->word);
    if (!known) {
        const char *meant = options_nearest(w->word, words);
        return err_set(err, "UnknownCommand", "there is no `account %.40s`%s%s%s", w->word,
                       meant != NULL ? "; did you mean " : "", meant != NULL ? meant : "",
                       meant != NULL ? "?" : "");
    }
    for (int i = 0; i < *argc; i++) {
        bool value_of_option =
            i > 0 && str_starts(argv[i - 1], "--") && strchr(argv[i - 1], '=') == NULL;
        const char **slot = str_equal(argv[i], "--name")       ? &w->name
                            : str_equal(argv[i], "--email")    ? &w->email
                            : str_equal(argv[i], "--id")       ? &w->id
                            : str_equal(argv[i], "--password") ? &w->password
                                                               : NULL;
        if (slot != NULL && i + 1 == *argc)
            return err_set(err, "InvalidOption", "%s needs a value", argv[i]);
        if (slot != NULL)
            *slot = argv[++i];
        else if (argv[i][0] != '-' && w->id == NULL && !value_of_option)
            w->id = argv[i];
        else
            argv[left++] = argv[i];
    }
    *argc = left;
    bool needs_id = !str_equal(w->word, "add") && !str_equal(w->word, "list");
    if (needs_id && (w->id == NULL || strlen(w->id) != 12 || strspn(w->id, "0123456789") != 12))
        return err_set(err, "InvalidOption", "`account %s` needs an account id of 12 digits",
                       w->word);
    return 0;
}

int command_account(int argc, char **argv)
{
    struct wish w = {.word = argc > 0 ? argv[0] : "--help"};
    struct err err = {.code = ""};
    json_t *answer = NULL;
    if (str_equal(w.word, "--help"))
        return print_usage();
    argc--;
    argv++;
    int rc = wish_read(&w, &argc, argv, &err);
    if (rc == 0)
        rc = options_read(&w.options, argc, argv, &err);
    if (rc == 1)
        return print_usage();
    if (rc == 0)
        rc = carry_out(&w, &answer, &err);
    if (rc == 0)
        print_answer(&w, answer);
    else
        fprintf(stderr, "groundschool: %s\n", err.text);
    json_decref(answer);
    options_done(&w.options);
    return rc == 0 ? 0 : 1;
}
