/* The saving of a machine's devices into its folder. Part of a struct machine. */
#ifndef PLANT_SAVE_H
#define PLANT_SAVE_H

#include "plant/machine.h"

struct save {
    struct machine *machine;
    struct timer *timer; /* NULL: nothing is being saved */
    machine_reply_fn fn;
    void *arg;
};

struct save *machine_saving(struct machine *m);
/* What is shared with a file is no part of a saved or loaded state. */
void machine_ignore_shared(struct machine *m);
void save_done(struct save *s); /* with the machine: the callback will not come */

#endif
