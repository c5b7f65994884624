/* MFA devices and their codes. A code is taken once: neither it nor an earlier one is taken again.
 * A device's clock may be a step off, more after ResyncMFADevice. */
#ifndef SERVICES_IAM_MFA_H
#define SERVICES_IAM_MFA_H

#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

struct mfa_owner {
    struct db *db;
    int64_t now_ms;
    const char *account;
    const char *user_id; /* AIDA...; of the root user its account */
};

/* Whether the owner has that device; `serial` NULL: any. */
bool mfa_has_device(const struct mfa_owner *owner, const char *serial);
/* Whether `code` is what the owner's device shows; then it is used up. `serial` NULL: any of the
 * owner's devices. After some wrong codes in a row no code is right until a while has passed,
 * longer with each, as at the sign-in. A wrong code ends the transaction: it is rolled back, and
 * the failure remembered outside it. */
bool mfa_take_code(const struct mfa_owner *owner, const char *serial, const char *code);

#endif
