/* The reason why something failed, as a value: no allocation, no ownership question. */
#ifndef AGENT_ERR_H
#define AGENT_ERR_H

struct err {
    char text[256];
};

/* Notes the reason and returns -1, so that a function can end with it. */
int err_set(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
