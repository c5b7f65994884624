/* The ports on which programs of this machine wait for others. */
#ifndef AGENT_LISTEN_H
#define AGENT_LISTEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define LISTEN_MAX 256

struct port_set {
    unsigned short ports[LISTEN_MAX]; /* ascending, each once */
    size_t count;
};

struct listening {
    struct port_set tcp;
    struct port_set udp;
};

/* Reads the kernel's tables. Ports that only the loopback interface reaches are left out. */
void listening_read(struct listening *ret);

bool listening_equal(const struct listening *a, const struct listening *b);
bool listening_has_tcp(const struct listening *listening, unsigned short port);

/* The inode of a socket that waits on an IPv4 TCP port; 0: none. */
unsigned long listening_socket(unsigned short port);

/* {"tcp":[..],"udp":[..]}, a new reference. */
json_t *listening_to_json(const struct listening *listening);

/* Reads one line of /proc/net/tcp, tcp6, udp or udp6. Says whether it is a listening port that
 * others may reach. */
bool listening_parse_line(const char *line, bool is_tcp, unsigned short *ret_port);

#endif
