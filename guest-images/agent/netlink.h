/* Requests to the kernel's routing tables, one at a time, each acknowledged before the call
 * returns. */
#ifndef AGENT_NETLINK_H
#define AGENT_NETLINK_H

#include "err.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stddef.h>

/* A message under construction; the body and attributes follow the header. */
struct message {
    struct nlmsghdr header;
    char body[512];
};

/* Called for every part of a dump. */
typedef void (*netlink_part_fn)(struct nlmsghdr *part, void *context);

/* A socket for the calls below; close() ends it. */
int netlink_open(struct err *err) __attribute__((warn_unused_result));

/* Begins a message of a type, with flags beside NLM_F_REQUEST, and its fixed body. */
void message_init(struct message *message, int type, int flags, const void *body, size_t len);

void message_add(struct message *message, int attribute, const void *data, size_t len);
void message_add_u32(struct message *message, int attribute, unsigned value);

/* Sends and waits for the answer: 0, or the kernel's errno as a positive number. -1 with the reason
 * when the socket fails. */
int netlink_talk(int fd, struct message *message, struct err *err)
    __attribute__((warn_unused_result));

/* Sends a dump request and hands every part on. */
int netlink_dump(int fd, struct message *message, netlink_part_fn fn, void *context,
                 struct err *err) __attribute__((warn_unused_result));

#endif
