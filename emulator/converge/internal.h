/* What converge's files share. */
#ifndef CONVERGE_INTERNAL_H
#define CONVERGE_INTERNAL_H

#include "base/hash.h"
#include "base/list.h"
#include "converge/converge.h"
#include "converge/issuer.h"
#include "converge/template.h"
#include "loop/plan.h"
#include "plant/disk.h"
#include "plant/net/net.h"
#include "services/ec2/instance.h"

struct converge {
    struct converge_config config;
    struct net *net;     /* NULL without guests */
    struct hash *guests; /* instance id -> struct guest */
    struct list queue;   /* guests waiting for their turn to boot */
    int booting;
    int64_t work_seen;           /* the last work row picked up */
    struct templates *templates; /* NULL: every instance boots cold */
    struct issuers *issuers;
    struct timer *pump;
    struct timer *sweep;
    struct list quiesces; /* struct quiesce */
    char *instances_folder, *volumes_folder, *services_folder;
};

/* A transaction of converge's own, as a call without a request. */
struct call *converge_begin(struct converge *cv, struct scope scope);
bool converge_end(struct call *c); /* commits (rolls back on a fault, which is logged) and frees;
                                      false: nothing was written */

/* --- guest.c: the machine of one instance
 * ------------------------------------------------------------- */
struct guest {
    struct converge *cv;
    char id[ID_SIZE];
    char account[16], region[32];
    struct machine *machine;
    struct plan *boot;
    struct list queued; /* in converge.queue */
    bool in_queue, holds_turn;
    bool undoing;        /* the boot plan takes back what it did */
    bool disk_under_way; /* its end will be told */
    bool doomed;         /* its rows are about to be removed: reset, or the account's end */
    bool removing;       /* its files are being removed */
    bool stop_asked;
    bool plugged;
    bool force;             /* stop without asking the guest */
    struct timer *deadline; /* of a stop, or of a boot's turn */
    /* --- boot.c --- */
    struct arena *arena; /* of the boot under way */
    struct call *call;
    struct machine_spec spec;
    size_t disk_next;
    /* --- warm.c --- */
    bool no_warm;         /* it was tried, and did not work */
    bool wants_identity;  /* as soon as its agent answers */
    const char *template; /* the folder of the template it goes on from; NULL: it boots cold */
    size_t disk_total, nic_total, plugs_left;
    int64_t root_gib;
};
static inline struct scope guest_scope(const struct guest *g)
{
    return (struct scope){.account = g->account, .region = g->region};
}
void guest_doom(struct guest *g); /* ends it without touching its row; it frees itself */
struct guest *guest_get(struct converge *cv, struct scope scope,
                        const char *id); /* made when new */
void guest_tick(struct guest *g);        /* looks at the row and does what is next */
void guest_force(struct guest *g);
void guest_reboot(struct guest *g);
void guest_adopt(struct guest *g);                  /* at start */
void guest_let_go(struct guest *g);                 /* the program ends: the machine lives on */
void guest_booted(struct guest *g, bool has_agent); /* the boot plan is done */
void guest_boot_failed(struct guest *g, const char *text); /* and undone */
void guest_give_turn(struct guest *g); /* it need not hold up other boots any more */
void queue_run(struct converge *cv);
char *guest_folder(const struct guest *g);
char *volume_path(const struct converge *cv, const char *volume_id);
extern const struct machine_events guest_events;

/* --- boot.c
 * ------------------------------------------------------------------------------------------- */
void boot_start(struct guest *g);
void boot_machine_answers(struct guest *g); /* the monitor is connected */
void boot_machine_ended(struct guest *g);
int guest_plug(struct guest *g,
               struct err *err); /* ports, groups and cables of a machine that runs */
struct machine_board boot_board(struct call *c, const struct instance *i);
/* The spec of the instance's machine, in the arena. */
int boot_spec(struct guest *g, struct call *c, struct machine_spec *ret_spec, struct err *err);

/* --- warm.c
 * ------------------------------------------------------------------------------------------- */
void warm_choose(struct guest *g); /* after boot_spec: finds its template, or wishes for one */
void warm_trim(struct guest *g);
bool warm_agent_answers(struct guest *g);                 /* false: not a warm boot */
bool warm_failed(struct guest *g, const struct err *err); /* true: it is to boot again, cold */
enum step_result warm_step_plug(struct plan *p, void *arg, struct err *err);
enum step_result warm_step_identity(struct plan *p, void *arg, struct err *err);

/* --- identity.c: what the agent is told
 * ----------------------------------------------------------------- */
json_t *identity_make(struct guest *g); /* NULL: the instance is gone */

/* --- network.c
 * ------------------------------------------------------------------------------------------ */
int network_open(struct converge *cv, struct err *err);
int network_port_set(struct converge *cv, struct call *c, const char *interface_id,
                     struct err *err);
void network_group_set(struct converge *cv, const char *group_id);
void network_port_refresh(struct converge *cv, struct scope scope, const char *interface_id);
void network_listening(struct converge *cv, const char *instance_id, const json_t *event);

/* --- await.c, sweep.c
 * ------------------------------------------------------------------------------------ */
void sweep_start(
    struct converge *cv); /* once at start: what belongs to nobody; then every minute */
void quiesce_check(struct converge *cv); /* a guest is gone */

#endif
