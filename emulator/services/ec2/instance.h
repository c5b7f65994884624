/* Instances: the record of a machine, its states, and what converge needs to make it true. */
#ifndef SERVICES_EC2_INSTANCE_H
#define SERVICES_EC2_INSTANCE_H

#include "call/call.h"

enum instance_state {
    INSTANCE_PENDING,
    INSTANCE_RUNNING,
    INSTANCE_SHUTTING_DOWN,
    INSTANCE_TERMINATED,
    INSTANCE_STOPPING,
    INSTANCE_STOPPED,
    INSTANCE_STATE_COUNT,
};
const char *instance_state_name(enum instance_state state); /* "shutting-down" */
int instance_state_code(enum instance_state state);         /* 32 */
bool instance_state_parse(const char *name, enum instance_state *ret_state);

struct instance { /* text in the call's arena */
    const char *id;
    const char *reservation_id;
    int64_t launch_index;
    const char *image_id, *type, *key_name;
    const char *subnet_id, *vpc_id, *zone;
    enum instance_state state;
    const char *reason;      /* StateTransitionReason, "" none */
    const char *reason_code; /* StateReason, NULL: none */
    const char *reason_text;
    int64_t launched_ms, changed_ms;
    int64_t memory_mib;
    int64_t ready_ms; /* when agent and sshd first answered since the last start; 0: not yet */
    int64_t boots;    /* how often it was started */
    bool terminates_on_shutdown;
    bool no_stop, no_termination;
    const char *user_data;  /* base64, NULL: none */
    const char *public_key; /* OpenSSH line of the key pair as it was at launch, NULL: none */
    json_t *doc;            /* static part of the rendering; freed with the arena */
};

/* The columns instance_read takes, in its order. */
#define INSTANCE_COLUMNS                                                                           \
    "id, reservation_id, launch_index, image_id, type, key_name, subnet_id, vpc_id, zone, state,"  \
    " reason, reason_code, reason_text, launched_ms, changed_ms, memory_mib, ready_ms, boots,"     \
    " shutdown_behavior, no_stop, no_termination, user_data, doc, public_key"
void instance_read(struct call *c, struct rows *r, struct instance *ret_instance);
bool instance_find(struct call *c, const char *id, struct instance *ret_instance);
/* As instance_find, but sets InvalidInstanceID.Malformed or .NotFound. */
int instance_load(struct call *c, const char *id, struct instance *ret_instance) MUST_CHECK;

struct state_reason {
    const char *transition;  /* "User initiated (2026-11-24 05:22:58 GMT)", or NULL */
    const char *code, *text; /* StateReason, or NULL */
};
/* Moves to `state` when the table of transitions allows it; false otherwise (nothing is written).
 */
bool instance_move(struct call *c, struct instance *instance, enum instance_state state,
                   const struct state_reason *why);
const char *instance_user_initiated(struct call *c);
void instance_set_ready(struct call *c, const char *id, int64_t ready_ms); /* 0: not (any more) */
void instance_count_boot(struct call *c, const char *id);
/* The machine is gone for good: volumes and interfaces go or stay as asked; ids of deleted volumes
 * are appended to ret_volumes. */
void instance_release(struct call *c, const struct instance *instance, json_t *ret_volumes);
/* Removes records terminated before `before_ms`, of all accounts. */
void instance_forget_terminated(struct db *db, int64_t before_ms);
int64_t instance_memory_in_use(
    struct db *db); /* MiB of all machines that run or are to run, all accounts */
/* InsufficientInstanceCapacity, saying what this machine has, unless `memory_mib` more fit. */
int instance_check_capacity(struct call *c, const char *type, int64_t memory_mib) MUST_CHECK;

json_t *instance_to_json(struct call *c, const struct instance *instance); /* Instance */
json_t *instance_state_to_json(enum instance_state state);                 /* InstanceState */
json_t *instance_change_to_json(const char *id, enum instance_state before,
                                enum instance_state now);
/* Every instance named by InstanceIds, in order, each once: all must exist. -1 with the fault set.
 */
int instance_load_all(struct call *c, struct instance **ret_list, size_t *ret_count) MUST_CHECK;

#endif
