/* The composition root: options -> state -> store -> servers -> converge -> loop, and back in
 * reverse. The only file that knows everything. */
#include "serve.h"

#include "base/log.h"
#include "base/text.h"
#include "base/version.h"
#include "converge/converge.h"
#include "gateway/gateway.h"
#include "http/certificate.h"
#include "http/http.h"
#include "options.h"
#include "services/ec2/image.h"
#include "services/endpoint.h"
#include "services/iam/account.h"
#include "services/iam/principal_policies.h"
#include "services/services.h"
#include "state.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define BODY_CEILING       (1024UL * 1024)
#define GUEST_BODY_CEILING (16UL * 1024)
#define CONNECTIONS        2000
#define IDLE_S             75
#define BUDGET_SHARE       0.8 /* of the host's memory, when --memory-budget is auto */

struct program {
    struct options options;
    struct loop *loop;
    struct clock clock;
    struct ids ids;
    struct site site;
    struct plant plant;
    struct db *db;
    struct gateway *gateway;
    struct http_server *api, *guests;
    struct http_server *guests_api; /* NULL: machines have no way to the API */
    struct certificate certificate; /* of guests_api */
    struct converge *converge;
    char *admin_token, *packages, *templates;
    int lock_fd;
    int closing; /* servers that are still open */
};

/* --- hooks --- */

static void committed(void *arg)
{
    struct program *p = arg;
    converge_wake(p->converge);
}

static void await(void *arg, const struct await *what,
                  void (*fn)(void *, const char *, const struct err *), void *fn_arg)
{
    struct program *p = arg;
    converge_await(p->converge, what, fn, fn_arg);
}

static void quiesce(void *arg, const char *account, void (*fn)(void *), void *fn_arg)
{
    struct program *p = arg;
    converge_quiesce(p->converge, account, fn, fn_arg);
}

static void guest_connected(void *arg, const char *service, const char *interface_id, int fd)
{
    struct program *p = arg;
    struct err err;
    char channel[128];
    snprintf(channel, sizeof(channel), "%s:%s", service, interface_id);
    struct http_server *server = str_equal(service, "api") ? p->guests_api : p->guests;
    if (http_add_connection(server, fd, channel, &err) != 0)
        log_debug("%s: %s", channel, err.text);
}

/* --- opening --- */

static int64_t memory_budget(const struct options *o)
{
    struct sysinfo info;
    if (o->memory_budget_mib > 0 || sysinfo(&info) != 0)
        return o->memory_budget_mib;
    double bytes = (double)info.totalram * info.mem_unit * BUDGET_SHARE;
    return (int64_t)(bytes / (1024 * 1024));
}

/* Each guest takes a handful of descriptors, and each of its open connections one more. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int open_store(struct program *p, struct err *err)
{
    p->lock_fd = state_open(p->options.state, err);
    if (p->lock_fd < 0)
        return -1;
    char *path = xasprintf("%s/groundschool.db", p->options.state);
    p->db = db_open(path, err);
    free(path);
    if (p->db == NULL || services_migrate(p->db, err) != 0)
        return -1;
    p->admin_token = state_admin_token(p->options.state, p->options.admin_token, err);
    return p->admin_token != NULL ? 0 : -1;
}

static void fill_site(struct program *p)
{
    p->site = (struct site){
        .guests = p->options.guests,
        .memory_budget_mib = memory_budget(&p->options),
        .public_pool = p->options.public_pool,
        .images = image_catalog_new(p->options.images),
        .default_region = p->options.region,
    };
    p->plant = (struct plant){
        .loop = p->loop,
        .accel = plant_accel(p->options.accel),
        .qemu = "qemu-system-x86_64",
        .qemu_img = "qemu-img",
    };
    p->packages = xasprintf("%s/repo", p->options.images);
    p->templates = xasprintf("%s/templates", p->options.images);
}

static int open_gateway(struct program *p, struct account_made *ret_first, struct err *err)
{
    struct gateway_config config = {
        .loop = p->loop,
        .db = p->db,
        .clock = &p->clock,
        .ids = &p->ids,
        .site = &p->site,
        .admin_token = p->admin_token,
        .packages_folder = p->packages,
        .request_rate = p->options.request_rate,
        .first_account = {p->options.account, p->options.root_key_id, p->options.root_key_secret},
        .hooks = {committed, await, quiesce, p},
    };
    p->gateway = gateway_new(&config);
    return gateway_first_account(p->gateway, ret_first, err);
}

/* Machines speak to the API over TLS, as their programs expect. The authority that they trust is
 * made with the image; images of before have none. */
static int open_guests_api(struct program *p, const struct http_config *guests, struct err *err)
{
    struct http_config config = *guests;
    char *folder = xasprintf("%s/authority", p->options.images), *hosts = endpoint_hosts();
    int rc = certificate_issue(folder, hosts, clock_now_ms(&p->clock), &p->certificate, err);
    free(hosts);
    free(folder);
    if (rc != 0) {
        log_info("guests cannot call the API: %s", err->text);
        return 0;
    }
    config.body_ceiling = BODY_CEILING;
    config.tls_key = p->certificate.key;
    config.tls_chain = p->certificate.chain;
    p->guests_api = http_server_open(p->loop, &config, err);
    return p->guests_api != NULL ? 0 : -1;
}

static int open_servers(struct program *p, struct err *err)
{
    struct http_config api = {
        .address = p->options.listen,
        .address_len = p->options.listen_len,
        .body_ceiling = BODY_CEILING,
        .connection_limit = CONNECTIONS,
        .timeout_s = IDLE_S,
        .handler = gateway_handle,
        .arg = p->gateway,
    };
    struct http_config guests = {
        .body_ceiling = GUEST_BODY_CEILING,
        .connection_limit = CONNECTIONS,
        .timeout_s = IDLE_S,
        .handler = gateway_handle_guest,
        .arg = p->gateway,
    };
    p->api = http_server_open(p->loop, &api, err);
    if (p->api == NULL)
        return -1;
    p->guests = http_server_open(p->loop, &guests, err);
    if (p->guests == NULL)
        return -1;
    return p->site.guests ? open_guests_api(p, &guests, err) : 0;
}

static int open_converge(struct program *p, struct err *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct converge_config config = {
        .loop = p->loop,
        .db = p->db,
        .clock = &p->clock,
        .ids = &p->ids,
        .site = &p->site,
        .plant = p->site.guests ? &p->plant : NULL,
        .state_folder = p->options.state,
        .templates_folder = p->options.warm ? p->templates : NULL,
        .allow_internet = p->options.allow_internet,
        .serves_api = p->guests_api != NULL,
        .boots_at_once = cores > 0 ? (int)cores : 1,
        .guest_connected = guest_connected,
        .arg = p,
    };
    p->converge = converge_new(&config, err);
    return p->converge != NULL ? 0 : -1;
}

/* --- what a person reads --- */

/* What the export lines name as the endpoint: an address one can connect to. */
static void endpoint_text(const struct program *p, char *out, size_t size)
{
    const char *colon = strrchr(p->options.listen_text, ':');
    int len = colon != NULL ? (int)(colon - p->options.listen_text) : 0;
    char host[64];
    snprintf(host, sizeof(host), "%.*s", len, p->options.listen_text);
    bool local = len == 0 || str_equal(host, "0.0.0.0") || str_equal(host, "127.0.0.1") ||
                 str_equal(host, "[::]");
    snprintf(out, size, "http://%s:%d", local ? "localhost" : host, http_server_port(p->api));
}

static int write_environment(struct program *p, struct state_environment *env, struct err *err)
{
    struct access_key key;
    json_t *accounts = account_list(p->db);
    const char *first = json_str(json_array_get(accounts, 0), "id");
    *env = (struct state_environment){.region = ""};
    if (first != NULL && account_root_key(p->db, first, &key)) {
        str_copy(env->access_key_id, sizeof(env->access_key_id), key.id);
        str_copy(env->secret, sizeof(env->secret), key.secret);
    }
    json_decref(accounts);
    str_copy(env->region, sizeof(env->region), p->options.region);
    endpoint_text(p, env->endpoint, sizeof(env->endpoint));
    return state_write_environment(p->options.state, env, err);
}

static void print_guests(const struct program *p)
{
    if (!p->site.guests) {
        puts("Machines:  none (--guests none): a control plane only. Instances walk through their\n"
             "           states, but nothing boots and there is nothing to log in to.");
        return;
    }
    printf("Machines:  QEMU with %s, up to %lld MiB of memory in all\n",
           p->plant.accel == ACCEL_KVM ? "KVM" : "software emulation (no KVM here)",
           (long long)p->site.memory_budget_mib);
    printf("Images:    %zu in %s%s\n", image_count(p->site.images), p->options.images,
           image_count(p->site.images) == 0 ? "; make the stock one with: groundschool image build"
                                            : "");
}

/* The secrets are shown once, at first start; `groundschool env` prints the lines again to whoever
 * may read the state folder. */
static void print_welcome(const struct program *p, const struct state_environment *env,
                          const struct account_made *first)
{
    printf("Groundschool %s serves AWS at %s\n\nState:     %s\n", GROUNDSCHOOL_VERSION,
           env->endpoint, p->options.state);
    print_guests(p);
    if (first->account.id[0] != '\0')
        printf("Root user: %s, password %s (shown this once)\n", first->account.email,
               first->password);
    puts("\nTell your AWS CLI and SDKs where to go:\n");
    if (first->account.id[0] != '\0')
        state_print_environment(env);
    else
        printf("eval \"$(groundschool env --state %s)\"\n", p->options.state);
    printf(
        "\nAn AWS CLI older than 2.13 does not know AWS_ENDPOINT_URL; give it the endpoint "
        "itself:\n\n"
        "alias aws='aws --endpoint-url %s'\n\n"
        "First commands:\n\n"
        "aws ec2 create-key-pair --key-name lab --query KeyMaterial --output text > lab.pem; chmod "
        "400 lab.pem\n"
        "aws ec2 authorize-security-group-ingress --group-name default --protocol tcp --port 22 "
        "--cidr 0.0.0.0/0\n"
        "aws ec2 run-instances --instance-type t2.micro --key-name lab \\\n"
        "    --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2\n"
        "aws ec2 describe-instances --query "
        "'Reservations[].Instances[].[InstanceId,State.Name,PublicIpAddress]'\n"
        "ssh -i lab.pem ec2-user@<PublicIpAddress>\n\n",
        env->endpoint);
    fflush(stdout);
}

/* --- closing --- */

static void server_closed(void *arg)
{
    struct program *p = arg;
    p->closing--;
}

static void close_all(struct program *p)
{
    struct http_server *servers[] = {p->api, p->guests, p->guests_api};
    for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
        if (servers[i] == NULL)
            continue;
        p->closing++;
        http_server_close(servers[i], server_closed, p);
    }
    while (p->closing > 0)
        (void)loop_step(p->loop, 100);
    converge_close(p->converge);
    while (loop_step(p->loop, 100))
        continue;
    converge_free(p->converge);
    gateway_free(p->gateway);
    principal_policies_forget();
    image_catalog_free(p->site.images);
    db_close(p->db);
    loop_free(p->loop);
    free(p->admin_token);
    free(p->packages);
    free(p->templates);
    certificate_done(&p->certificate);
    if (p->lock_fd >= 0)
        close(p->lock_fd);
    options_done(&p->options);
}

static void on_signal(void *arg, int signum)
{
    struct program *p = arg;
    log_info("signal %d: closing. Machines keep running, and are taken over at the next start",
             signum);
    loop_stop(p->loop);
}

static int open_all(struct program *p, struct err *err)
{
    struct state_environment env;
    struct account_made first;
    if (open_store(p, err) != 0)
        return -1;
    fill_site(p);
    if (open_gateway(p, &first, err) != 0 || open_servers(p, err) != 0 ||
        open_converge(p, err) != 0 || write_environment(p, &env, err) != 0)
        return -1;
    print_welcome(p, &env, &first);
    memset(&env, 0, sizeof(env));
    memset(&first, 0, sizeof(first));
    return 0;
}

int command_serve(int argc, char **argv)
{
    struct program p = {.lock_fd = -1};
    struct err err = {.code = ""};
    int rc = options_read(&p.options, argc, argv, &err);
    if (rc != 0) {
        if (rc < 0)
            fprintf(stderr, "groundschool: %s\n", err.text);
        options_done(&p.options);
        return rc < 0 ? 2 : 0;
    }
    umask(077);
    log_set_level(p.options.log_level);
    raise_descriptor_limit();
    p.loop = loop_new();
    loop_on_signal(p.loop, on_signal, &p);
    rc = open_all(&p, &err);
    if (rc == 0)
        loop_run(p.loop);
    else
        fprintf(stderr, "groundschool: %s\n", err.text);
    close_all(&p);
    return rc == 0 ? 0 : 1;
}
