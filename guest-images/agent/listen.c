/*
 * The ports on which programs of this machine wait for others, from /proc/net. In the tables of TCP
 * the listening sockets come first, so reading ends at the first line of another kind, however many
 * connections there are.
 */
#include "listen.h"

#include <stdio.h>
#include <string.h>

#define STATE_UNCONNECTED 0x07
#define STATE_LISTEN      0x0a

static bool is_loopback(const char *address)
{
    if (strlen(address) == 8) /* IPv4, in the order of the processor: its first byte stands last */
        return strncmp(address + 6, "7F", 2) == 0;
    return strcmp(address, "00000000000000000000000001000000") == 0 ||
           (strncmp(address, "0000000000000000FFFF0000", 24) == 0 &&
            strncmp(address + 30, "7F", 2) == 0);
}

bool listening_parse_line(const char *line, bool is_tcp, unsigned short *ret_port)
{
    char address[33], remote[33];
    unsigned port, remote_port, state;

    if (sscanf(line, " %*u: %32[0-9A-F]:%4x %32[0-9A-F]:%4x %2x", address, &port, remote,
               &remote_port, &state) != 5)
        return false;
    if (state != (is_tcp ? STATE_LISTEN : STATE_UNCONNECTED) || remote_port != 0 || port == 0 ||
        is_loopback(address))
        return false;
    *ret_port = (unsigned short)port;
    return true;
}

static void port_set_add(struct port_set *set, unsigned short port)
{
    size_t at = 0;

    while (at < set->count && set->ports[at] < port)
        at++;
    if ((at < set->count && set->ports[at] == port) || set->count == LISTEN_MAX)
        return;
    memmove(&set->ports[at + 1], &set->ports[at], (set->count - at) * sizeof(set->ports[0]));
    set->ports[at] = port;
    set->count++;
}

static bool is_listen_line(const char *line)
{
    unsigned state;

    return sscanf(line, " %*u: %*[0-9A-F]:%*x %*[0-9A-F]:%*x %2x", &state) == 1 &&
           state == STATE_LISTEN;
}

static void table_read(const char *path, bool is_tcp, struct port_set *set)
{
    FILE *table = fopen(path, "re");
    char line[512];
    unsigned short port;

    if (table == NULL)
        return;
    if (fgets(line, sizeof(line), table) != NULL)
        while (fgets(line, sizeof(line), table) != NULL) {
            if (is_tcp && !is_listen_line(line))
                break;
            if (listening_parse_line(line, is_tcp, &port))
                port_set_add(set, port);
        }
    fclose(table);
}

void listening_read(struct listening *ret)
{
    memset(ret, 0, sizeof(*ret));
    table_read("/proc/net/tcp", true, &ret->tcp);
    table_read("/proc/net/tcp6", true, &ret->tcp);
    table_read("/proc/net/udp", false, &ret->udp);
    table_read("/proc/net/udp6", false, &ret->udp);
}

unsigned long listening_socket(unsigned short port)
{
    FILE *table = fopen("/proc/net/tcp", "re");
    unsigned long inode = 0, found = 0;
    unsigned short of_line;
    char line[512];

    if (table == NULL)
        return 0;
    while (found == 0 && fgets(line, sizeof(line), table) != NULL)
        if (listening_parse_line(line, true, &of_line) && of_line == port &&
            sscanf(line, " %*u: %*s %*s %*s %*s %*s %*s %*u %*u %lu", &inode) == 1)
            found = inode;
    fclose(table);
    return found;
}

static bool port_set_equal(const struct port_set *a, const struct port_set *b)
{
    return a->count == b->count && memcmp(a->ports, b->ports, a->count * sizeof(a->ports[0])) == 0;
}

bool listening_equal(const struct listening *a, const struct listening *b)
{
    return port_set_equal(&a->tcp, &b->tcp) && port_set_equal(&a->udp, &b->udp);
}

bool listening_has_tcp(const struct listening *listening, unsigned short port)
{
    for (size_t i = 0; i < listening->tcp.count; i++)
        if (listening->tcp.ports[i] == port)
            return true;
    return false;
}

static json_t *port_set_to_json(const struct port_set *set)
{
    json_t *list = json_array();

    for (size_t i = 0; i < set->count; i++)
        json_array_append_new(list, json_integer(set->ports[i]));
    return list;
}

json_t *listening_to_json(const struct listening *listening)
{
    return json_pack("{s:o, s:o}", "tcp", port_set_to_json(&listening->tcp), "udp",
                     port_set_to_json(&listening->udp));
}
