/* Rows of iam_mfa_device. The seed is kept as it is, since a code can only be checked with it. */
#ifndef SERVICES_IAM_MFA_DEVICE_H
#define SERVICES_IAM_MFA_DEVICE_H

#include "call/call.h"

#include <stdint.h>

#define MFA_SERIAL_SIZE 1024
#define MFA_SEED_SIZE   40 /* bytes: 64 characters of base32 */

struct mfa_device {
    char serial[MFA_SERIAL_SIZE];
    uint8_t seed[MFA_SEED_SIZE];
    char user_id[64]; /* "": nobody's */
    int64_t enabled_ms;
    int64_t step; /* of the last code that was taken */
    int64_t drift_steps;
};

#define MFA_DEVICE_COLUMNS "serial, seed, user_id, enabled_ms, step, drift_steps"
void mfa_device_read(struct rows *r, struct mfa_device *ret_device);
/* The one that the call names by SerialNumber; NoSuchEntity (404) when absent. */
int mfa_device_load(struct call *c, struct mfa_device *ret_device) MUST_CHECK;

#endif
