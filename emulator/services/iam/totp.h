/* Time-based one-time passwords as MFA devices show them: RFC 6238 with SHA-1, steps of 30 seconds
 * and six digits. */
#ifndef SERVICES_IAM_TOTP_H
#define SERVICES_IAM_TOTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOTP_STEP_MS   30000
#define TOTP_CODE_SIZE 7 /* six digits and NUL */

void totp_code(const uint8_t *seed, size_t len, int64_t step, char ret_code[TOTP_CODE_SIZE]);
bool totp_code_is(const uint8_t *seed, size_t len, int64_t step,
                  const char *code); /* in constant time */
/* Base32 of RFC 4648 without padding; len is a multiple of 5. `out` has len * 8 / 5 characters and
 * NUL. */
void totp_base32(const uint8_t *bytes, size_t len, char *out);

#endif
