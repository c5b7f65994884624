/* GetCallerIdentity: who signed the call. */
#include "call/call.h"
#include "operations.h"

int sts_get_caller_identity(struct call *c)
{
    json_t *out = json_object();
    json_set_str(out, "UserId", c->who.user_id);
    json_set_str(out, "Account", c->account);
    json_set_str(out, "Arn", c->who.arn);
    return call_reply(c, out);
}
