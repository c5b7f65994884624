/* Codes of MFA devices: see mfa.h. */
#include "services/iam/mfa.h"

#include "base/alloc.h"
#include "base/encode.h"
#include "base/text.h"
#include "services/iam/mfa_device.h"
#include "services/iam/totp.h"

#include <string.h>

#define OWNED " WHERE account = ?1 AND user_id = ?2 AND (?3 IS NULL OR serial = ?3)"

bool mfa_has_device(const struct mfa_owner *owner, const char *serial)
{
    return db_exists(owner->db, "SELECT 1 FROM iam_mfa_device" OWNED, "sss", owner->account,
                     owner->user_id, serial);
}

/* --- whoever guesses -------------------------------------------------------------------------- */

#define FREE_FAILURES 5 /* without a wait */
#define WAIT_MIN_MS   INT64_C(1000)
#define WAIT_MAX_MS   (INT64_C(900) * 1000)
#define IDLE_MS       (INT64_C(3600) * 1000) /* after so long failures are forgotten */

static int64_t wait_after(int64_t failures)
{
    int64_t wait_ms = failures < FREE_FAILURES ? 0 : WAIT_MIN_MS;

    for (int64_t i = FREE_FAILURES; i < failures && wait_ms < WAIT_MAX_MS; i++)
        wait_ms *= 2;
    return wait_ms < WAIT_MAX_MS ? wait_ms : WAIT_MAX_MS;
}

static bool must_wait(const struct mfa_owner *owner, const char *serial)
{
    bool waits = false;
    struct rows r;

    rows_open(&r, owner->db, "SELECT failures, failed_ms FROM iam_mfa_device" OWNED, "sss",
              owner->account, owner->user_id, serial);
    while (rows_next(&r))
        waits = waits || owner->now_ms < rows_int(&r, 1) + wait_after(rows_int(&r, 0));
    return waits;
}

static void note_failure(const struct mfa_owner *owner, const char *serial)
{
    db_rollback(owner->db);
    db_exec(owner->db,
            "UPDATE iam_mfa_device SET failed_ms = ?4,"
            " failures = CASE WHEN ?4 - failed_ms > ?5 THEN 1 ELSE failures + 1 END" OWNED,
            "sssii", owner->account, owner->user_id, serial, owner->now_ms, IDLE_MS);
}

/* --- codes ------------------------------------------------------------------------------------ */

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

    if (must_wait(owner, serial))
        return false;
    rows_open(&r, owner->db, "SELECT " MFA_DEVICE_COLUMNS " FROM iam_mfa_device" OWNED, "sss",
              owner->account, owner->user_id, serial);
    while (step == 0 && rows_next(&r)) {
        mfa_device_read(&r, &device);
        step = step_of(&device, owner->now_ms / TOTP_STEP_MS + device.drift_steps, code);
        str_copy(found, sizeof(found), device.serial);
    }
    rows_close(&r);
    if (step == 0) {
        note_failure(owner, serial);
        return false;
    }
    db_exec(owner->db,
            "UPDATE iam_mfa_device SET step = ?, failures = 0 WHERE account = ? AND serial = ?",
            "iss", step, owner->account, found);
    return true;
}
