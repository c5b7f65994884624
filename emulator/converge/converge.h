/* Makes the plant match the store: picks up work rows, boots, stops and ends machines, keeps the
 * network's groups and ports as the rows say, and at start finds again what a crash left. The
 * gateway and converge meet in the store alone. */
#ifndef CONVERGE_CONVERGE_H
#define CONVERGE_CONVERGE_H

#include "call/call.h"
#include "loop/loop.h"
#include "plant/machine.h"

struct converge_config {
    struct loop *loop;
    struct db *db;
    const struct clock *clock;
    struct ids *ids;
    const struct site *site;
    struct plant *plant;          /* NULL when site->guests is false */
    const char *state_folder;     /* instances/ and volumes/ are made in it */
    const char *templates_folder; /* NULL: every instance boots cold */
    bool allow_internet;
    bool serves_api;   /* machines reach the API at its endpoints' names */
    int boots_at_once; /* how many machines may boot at the same time */
    /* A guest connected to a service: "metadata", "packages" or "api"; the descriptor is the
     * callee's. */
    void (*guest_connected)(void *arg, const char *service, const char *interface_id, int fd);
    void *arg;
};

struct converge;
/* Adopts what still runs, removes what belongs to nobody, and takes up work rows where they were
 * left. */
struct converge *converge_new(const struct converge_config *config, struct err *err);
void converge_wake(struct converge *cv); /* rows were committed */
/* Fulfils an await (gateway.h); fn once. */
void converge_await(struct converge *cv, const struct await *what,
                    void (*fn)(void *arg, const char *text, const struct err *err), void *arg);
/* Ends the machines of an account (NULL: of all) and forgets them; then fn. Their rows are the
 * caller's to remove. */
void converge_quiesce(struct converge *cv, const char *account, void (*fn)(void *arg), void *arg);
/* Lets go of machines, which live on. Takes NULL. What was begun (a disk, a folder being removed)
 * is told in later turns: run the loop empty before converge_free. */
void converge_close(struct converge *cv);
void converge_free(struct converge *cv); /* takes NULL */

#endif
