/* Requests to the kernel's routing tables over a netlink socket. */
#include "netlink.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int netlink_open(struct err *err)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    if (fd < 0)
        return err_set(err, "cannot open a netlink socket: %s", strerror(errno));
    return fd;
}

void message_init(struct message *message, int type, int flags, const void *body, size_t len)
{
    memset(message, 0, sizeof(*message));
    message->header.nlmsg_len = (unsigned)NLMSG_LENGTH(len);
    message->header.nlmsg_type = (unsigned short)type;
    message->header.nlmsg_flags = (unsigned short)(NLM_F_REQUEST | flags);
    memcpy(message->body, body, len);
}

void message_add(struct message *message, int attribute, const void *data, size_t len)
{
    size_t at = NLMSG_ALIGN(message->header.nlmsg_len);
    struct rtattr head = {
        .rta_len = (unsigned short)RTA_LENGTH(len),
        .rta_type = (unsigned short)attribute,
    };

    memcpy((char *)message + at, &head, sizeof(head));
    memcpy((char *)message + at + RTA_LENGTH(0), data, len);
    message->header.nlmsg_len = (unsigned)(at + RTA_LENGTH(len));
}

void message_add_u32(struct message *message, int attribute, unsigned value)
{
    message_add(message, attribute, &value, sizeof(value));
}

static int send_message(int fd, struct message *message, struct err *err)
{
    if (send(fd, message, message->header.nlmsg_len, 0) < 0)
        return err_set(err, "cannot send to the kernel: %s", strerror(errno));
    return 0;
}

int netlink_talk(int fd, struct message *message, struct err *err)
{
    union {
        struct nlmsghdr header;
        char bytes[1024];
    } answer;
    ssize_t len;

    message->header.nlmsg_flags |= NLM_F_ACK;
    if (send_message(fd, message, err) != 0)
        return -1;
    do
        len = recv(fd, &answer, sizeof(answer), 0);
    while (len < 0 && errno == EINTR);
    if (len < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) ||
        answer.header.nlmsg_type != NLMSG_ERROR)
        return err_set(err, "no answer from the kernel");

    struct nlmsgerr result;

    memcpy(&result, NLMSG_DATA(&answer.header), sizeof(result));
    return -result.error;
}

int netlink_dump(int fd, struct message *message, netlink_part_fn fn, void *context,
                 struct err *err)
{
    static union {
        struct nlmsghdr header;
        char bytes[32768];
    } answer;

    message->header.nlmsg_flags |= NLM_F_DUMP;
    if (send_message(fd, message, err) != 0)
        return -1;
    while (true) {
        ssize_t got = recv(fd, &answer, sizeof(answer), 0);
        struct nlmsghdr *part = &answer.header;

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return err_set(err, "no answer from the kernel");
        for (unsigned len = (unsigned)got; NLMSG_OK(part, len); part = NLMSG_NEXT(part, len)) {
            if (part->nlmsg_type == NLMSG_DONE)
                return 0;
            if (part->nlmsg_type == NLMSG_ERROR)
                return err_set(err, "the kernel refused to list");
            fn(part, context);
        }
    }
}
