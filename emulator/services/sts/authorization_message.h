/* Encoded authorization messages: why a request was refused, for those who may know. What is sealed
 * can be opened by this database alone, and for the same account. */
#ifndef SERVICES_STS_AUTHORIZATION_MESSAGE_H
#define SERVICES_STS_AUTHORIZATION_MESSAGE_H

#include "call/call.h"

/* The message as text of letters, digits, "-" and "_", in the call's arena. Writes a key when the
 * database has none yet: outside of transactions that are rolled back. */
const char *authorization_message_seal(struct call *c, const json_t *message);
/* The JSON text that was sealed, in the call's arena; NULL: it is not ours, or another account's.
 */
const char *authorization_message_open(struct call *c, const char *encoded);

#endif
