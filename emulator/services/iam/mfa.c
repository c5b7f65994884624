/* Codes of MFA devices: see mfa.h. */
#include "services/iam/mfa.h"

#include "base/alloc.h"
#include "base/encode.h"
#include "base/text.h"
#include "services/iam/mfa_device.h"
#include "services/iam/totp.h"

#include <string.h>

bool mfa_has_device(const struct mfa_owner *owner, const char *serial)
{
    return db_exists(owner->db,
                     "SELECT 1 FROM iam_mfa_device WHERE account = ?1 AND user_id = ?2"
                     " AND (?3 IS NULL OR serial = ?3)",
                     "sss", owner->account, owner->user_id, serial);
}

/* The step, near `now`, that the code is of and that is later than what was taken; 0: none. */
static int64_t step_of(const struct mfa_device *device, int64_t now, const char *code)
{
    for (int64_t step = now - 1; step <= now + 1; step++)
        if (step > device->step && totp_code_is(device->seed, sizeof(device->seed), step, code))
            return step;
    return 0;
}

bool mfa_take_code(const struct mfa_owner *owner, const char *serial, const char *code)
{
    struct mfa_device device;
    char found[MFA_SERIAL_SIZE] = "";
    int64_t step = 0;
    struct rows r;

    rows_open(&r, owner->db,
              "SELECT " MFA_DEVICE_COLUMNS " FROM iam_mfa_device"
              " WHERE account = ?1 AND user_id = ?2 AND (?3 IS NULL OR serial = ?3)",
              "sss", owner->account, owner->user_id, serial);
    while (step == 0 && rows_next(&r)) {
        mfa_device_read(&r, &device);
        step = step_of(&device, owner->now_ms / TOTP_STEP_MS + device.drift_steps, code);
        str_copy(found, sizeof(found), device.serial);
    }
    rows_close(&r);
    if (step == 0)
        return false;
    db_exec(owner->db, "UPDATE iam_mfa_device SET step = ? WHERE account = ? AND serial = ?", "iss",
            step, owner->account, found);
    return true;
}
