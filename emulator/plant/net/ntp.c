/* The time of this host for machines that ask at 169.254.169.123 (SNTP, RFC 4330). */
#include "base/clock.h"
#include "plant/net/answer.h"
#include "plant/net/port.h"
#include "plant/net/router.h"

#include <string.h>

enum { NTP_PORT = 123, NTP_SIZE = 48, NTP_CLIENT = 3, NTP_SERVER = 4, NTP_STRATUM = 3 };
enum {
    AT_POLL = 2,
    AT_PRECISION = 3,
    AT_DISPERSION = 8,
    AT_REFERENCE_ID = 12,
    AT_REFERENCE = 16,
    AT_ORIGIN = 24,
    AT_RECEIVED = 32,
    AT_SENT = 40
};
#define NTP_TO_UNIX_S 2208988800u /* from 1900 to 1970 */

static void put_time(uint8_t *at, int64_t unix_ms)
{
    put32(at, (uint32_t)(unix_ms / 1000) + NTP_TO_UNIX_S);
    put32(at + 4, (uint32_t)(((uint64_t)(unix_ms % 1000) << 32) / 1000));
}

bool answer_ntp(struct port *p, const struct packet *k)
{
    const uint8_t *ask = k->body + UDP_SIZE;
    uint8_t *frame = p->net->scratch;
    uint8_t *reply = frame + FRAME_UDP_BODY;
    struct clock clock = {.fixed_ms = 0};
    int64_t now_ms;
    struct endpoints ends = {
        .src_mac = p->gateway_mac,
        .dst_mac = p->spec.mac,
        .src = NTP_LINK_LOCAL,
        .dst = k->src,
        .sport = NTP_PORT,
        .dport = k->sport,
    };

    if (k->dst != NTP_LINK_LOCAL)
        return false;
    if (k->proto != NET_UDP || k->later_fragment || k->dport != NTP_PORT ||
        k->body_len < UDP_SIZE + NTP_SIZE || (ask[0] & 7) != NTP_CLIENT)
        return true;
    now_ms = clock_now_ms(&clock);
    memset(reply, 0, NTP_SIZE);
    reply[0] = (uint8_t)((ask[0] & 0x38) | NTP_SERVER);
    reply[1] = NTP_STRATUM;
    reply[AT_POLL] = ask[AT_POLL];
    reply[AT_PRECISION] = (uint8_t)-10; /* about a millisecond */
    put32(reply + AT_DISPERSION, 0x10000 / 100);
    put32(reply + AT_REFERENCE_ID, NTP_LINK_LOCAL);
    put_time(reply + AT_REFERENCE, now_ms);
    memcpy(reply + AT_ORIGIN, ask + AT_SENT, 8);
    put_time(reply + AT_RECEIVED, now_ms);
    put_time(reply + AT_SENT, now_ms);
    router_to_machine(p, frame, frame_finish_udp(frame, &ends, NTP_SIZE));
    return true;
}
