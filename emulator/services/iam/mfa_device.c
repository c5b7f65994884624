/* MFA devices: CreateVirtualMFADevice, EnableMFADevice, DeactivateMFADevice, ResyncMFADevice,
 * DeleteVirtualMFADevice, GetMFADevice, ListMFADevices, ListVirtualMFADevices. */
#include "services/iam/mfa_device.h"

#include "base/encode.h"
#include "base/text.h"
#include "call/tag.h"
#include "operations.h"
#include "services/iam/qr_code.h"
#include "services/iam/totp.h"
#include "services/iam/user.h"

#include <stdlib.h>
#include <string.h>

#define DEVICES_PER_USER 8
#define SEED_TEXT_SIZE   (MFA_SEED_SIZE * 8 / 5 + 1)

/* How far, in steps, the second of two codes may be from the emulator's clock. Within `usual` the
 * clock is taken as right: people are slow to type. */
struct reach {
    int64_t before, after;
};
static const struct reach usual = {4, 1}, enabling = {4, 2}, resyncing = {40, 40};

/* --- rows ------------------------------------------------------------------------------------- */

void mfa_device_read(struct rows *r, struct mfa_device *ret_device)
{
    const char *seed = rows_text(r, 1), *user_id = rows_text(r, 2);

    *ret_device = (struct mfa_device){
        .enabled_ms = rows_int(r, 3),
        .step = rows_int(r, 4),
        .drift_steps = rows_int(r, 5),
    };
    str_copy(ret_device->serial, sizeof(ret_device->serial), rows_text(r, 0));
    str_copy(ret_device->user_id, sizeof(ret_device->user_id), user_id != NULL ? user_id : "");
    if (strlen(seed) == 2 * sizeof(ret_device->seed))
        hex_decode(seed, 2 * sizeof(ret_device->seed), ret_device->seed);
}

/* Names are unique whatever their case, ARNs are compared with it. */
int mfa_device_load(struct call *c, struct mfa_device *ret_device)
{
    const char *serial = arg_str(c, "SerialNumber");
    struct rows r;

    rows_open(&r, c->db,
              "SELECT " MFA_DEVICE_COLUMNS " FROM iam_mfa_device"
              " WHERE account = ? AND serial = ? COLLATE BINARY",
              "ss", c->account, serial);
    if (!rows_next(&r))
        return call_fail(c, "NoSuchEntity", "VirtualMFADevice with serial number %s doesn't exist.",
                         serial);
    mfa_device_read(&r, ret_device);
    rows_close(&r);
    return 0;
}

/* The root user names itself "root", unless there is a user of that name. */
static int owner_load(struct call *c, struct iam_entity *ret_user)
{
    const char *name = arg_str(c, "UserName");

    if (c->who.root && str_equal(name, "root") && !iam_entity_find(c, &iam_user, name, ret_user))
        return iam_user_root(c, ret_user);
    return iam_user_of_call(c, ret_user);
}

/* A device that the user has. */
static int owned_load(struct call *c, struct mfa_device *ret_device)
{
    struct iam_entity user = {.id = NULL};

    if (owner_load(c, &user) != 0 || mfa_device_load(c, ret_device) != 0)
        return -1;
    if (!str_equal(ret_device->user_id, user.id))
        return call_fail(c, "NoSuchEntity", "MFA Device invalid for user.");
    return 0;
}

/* --- CreateVirtualMFADevice ------------------------------------------------------------------- */

static json_t *blob_new(const void *bytes, size_t len)
{
    char *text = base64_encode(bytes, len);
    json_t *blob = json_text_new(text);

    free(text);
    return blob;
}

/* The image is of "otpauth://totp/<name>@<account>?secret=<seed>": CreateVirtualMFADevice, IAM API
 * Reference. */
static int reply_made(struct call *c, const char *serial, const char *seed)
{
    const char *url = call_printf(c, "otpauth://totp/%s@%s?secret=%s",
                                  arg_str(c, "VirtualMFADeviceName"), c->account, seed);
    struct buf png;
    json_t *shown = json_object();

    buf_init(&png, QR_CODE_PNG_MAX);
    if (!qr_code_png(url, &png)) {
        buf_done(&png);
        json_decref(shown);
        return call_fail_internal(c, "libqrencode could not draw a code");
    }
    json_set_str(shown, "SerialNumber", serial);
    json_set_new(shown, "Base32StringSeed", blob_new(seed, strlen(seed)));
    json_set_new(shown, "QRCodePNG", blob_new(png.data, png.len));
    if (arg_has(c, "Tags"))
        json_set_new(shown, "Tags", tag_list(c, serial));
    buf_done(&png);
    return call_reply(c, json_pack("{so}", "VirtualMFADevice", shown));
}

int iam_create_virtual_mfa_device(struct call *c)
{
    const char *serial =
        iam_arn(c, "mfa", arg_str_or(c, "Path", "/"), arg_str(c, "VirtualMFADeviceName"));
    const json_t *tags = arg_get(c, "Tags");
    uint8_t seed[MFA_SEED_SIZE];
    char hex[2 * MFA_SEED_SIZE + 1], text[SEED_TEXT_SIZE];

    if (strlen(serial) >= MFA_SERIAL_SIZE)
        return call_fail(c, "InvalidInput", "The name of the virtual MFA device is too long.");
    if (db_exists(c->db, "SELECT 1 FROM iam_mfa_device WHERE account = ? AND serial = ?", "ss",
                  c->account, serial))
        return call_fail(c, "EntityAlreadyExists",
                         "MFADevice entity at the same path and name already exists.");
    random_bytes(c->ids, seed, sizeof(seed));
    hex_encode(seed, sizeof(seed), hex);
    totp_base32(seed, sizeof(seed), text);
    db_exec(c->db,
            "INSERT INTO iam_mfa_device (account, serial, seed, created_ms) VALUES (?, ?, ?, ?)",
            "sssi", c->account, serial, hex, iam_now_ms(c));
    if (tags != NULL && tag_put(c, "mfa", serial, tags) != 0)
        return -1;
    return reply_made(c, serial, text);
}

/* --- EnableMFADevice, ResyncMFADevice --------------------------------------------------------- */

/* Two codes in a row, of steps that no code was taken from: which way the device's clock is off. */
static int codes_take(struct call *c, struct mfa_device *device, const struct reach *reach)
{
    const char *first = arg_str(c, "AuthenticationCode1");
    const char *second = arg_str(c, "AuthenticationCode2");
    int64_t now = call_now_ms(c) / TOTP_STEP_MS;

    for (int64_t step = now - reach->before; step <= now + reach->after; step++) {
        if (step - 1 <= device->step ||
            !totp_code_is(device->seed, sizeof(device->seed), step - 1, first) ||
            !totp_code_is(device->seed, sizeof(device->seed), step, second))
            continue;
        bool right = step >= now - usual.before && step <= now + usual.after;
        device->step = step;
        device->drift_steps = right ? 0 : step - now;
        return 0;
    }
    return call_fail(c, "InvalidAuthenticationCode",
                     "Authentication code for device is not valid.");
}

static int device_write(struct call *c, const struct mfa_device *device)
{
    db_exec(c->db,
            "UPDATE iam_mfa_device SET user_id = ?, enabled_ms = ?, step = ?, drift_steps = ?"
            " WHERE account = ? AND serial = ?",
            "siiiss", device->user_id, device->enabled_ms, device->step, device->drift_steps,
            c->account, device->serial);
    return call_reply(c, NULL);
}

int iam_enable_mfa_device(struct call *c)
{
    struct iam_entity user = {.id = NULL};
    struct mfa_device device = {.serial = ""};

    if (owner_load(c, &user) != 0 || mfa_device_load(c, &device) != 0)
        return -1;
    if (device.user_id[0] != '\0')
        return call_fail(c, "EntityAlreadyExists", "MFA Device is already in use.");
    if (db_int(c->db, 0, "SELECT count(*) FROM iam_mfa_device WHERE account = ? AND user_id = ?",
               "ss", c->account, user.id) >= DEVICES_PER_USER)
        return call_fail(c, "LimitExceeded", "Cannot exceed quota for MFADevicesPerUser: %d",
                         DEVICES_PER_USER);
    if (codes_take(c, &device, &enabling) != 0)
        return -1;
    str_copy(device.user_id, sizeof(device.user_id), user.id);
    device.enabled_ms = iam_now_ms(c);
    return device_write(c, &device);
}

int iam_resync_mfa_device(struct call *c)
{
    struct mfa_device device = {.serial = ""};

    if (owned_load(c, &device) != 0 || codes_take(c, &device, &resyncing) != 0)
        return -1;
    return device_write(c, &device);
}

/* --- DeactivateMFADevice, DeleteVirtualMFADevice ---------------------------------------------- */

int iam_deactivate_mfa_device(struct call *c)
{
    struct mfa_device device = {.serial = ""};

    if (owned_load(c, &device) != 0)
        return -1;
    db_exec(
        c->db,
        "UPDATE iam_mfa_device SET user_id = NULL, enabled_ms = 0, drift_steps = 0, failures = 0"
        " WHERE account = ? AND serial = ?",
        "ss", c->account, device.serial);
    return call_reply(c, NULL);
}

int iam_delete_virtual_mfa_device(struct call *c)
{
    struct mfa_device device = {.serial = ""};

    if (mfa_device_load(c, &device) != 0)
        return -1;
    if (device.user_id[0] != '\0')
        return call_fail(c, "DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.");
    db_exec(c->db, "DELETE FROM iam_mfa_device WHERE account = ? AND serial = ?", "ss", c->account,
            device.serial);
    tag_remove_all(c, device.serial);
    return call_reply(c, NULL);
}

/* --- GetMFADevice, ListMFADevices, ListVirtualMFADevices -------------------------------------- */

int iam_get_mfa_device(struct call *c)
{
    struct iam_entity user = {.id = NULL};
    struct mfa_device device = {.serial = ""};
    json_t *out;

    if ((arg_has(c, "UserName") ? owned_load(c, &device) : mfa_device_load(c, &device)) != 0)
        return -1;
    out = json_object();
    json_set_str(out, "SerialNumber", device.serial);
    if (device.user_id[0] != '\0') {
        if (iam_user_by_id(c, device.user_id, &user))
            json_set_str(out, "UserName", user.name);
        json_set_int(out, "EnableDate", device.enabled_ms);
    }
    return call_reply(c, out);
}

static json_t *device_render(struct call *c, struct rows *row)
{
    struct iam_entity user;
    json_t *out = json_object();

    json_set_str(out, "SerialNumber", rows_text(row, 0));
    if (iam_user_by_id(c, rows_text(row, 1), &user))
        json_set_str(out, "UserName", user.name);
    json_set_int(out, "EnableDate", rows_int(row, 2));
    return out;
}

int iam_list_mfa_devices(struct call *c)
{
    struct iam_entity user = {.id = NULL};

    if (owner_load(c, &user) != 0)
        return -1;
    struct describe devices = {
        IAM_PAGING,
        .sql = "SELECT serial, user_id, enabled_ms FROM iam_mfa_device"
               " WHERE account = ?1 AND user_id = ?4",
        .sql_argument = user.id,
        .key_column = "serial",
        .render = device_render,
    };
    return describe_reply(c, &devices, "MFADevices");
}

static json_t *virtual_device_render(struct call *c, struct rows *row)
{
    const char *status = arg_str_or(c, "AssignmentStatus", "Any"), *owner = rows_text(row, 1);
    struct iam_entity user;

    if ((str_equal(status, "Assigned") && owner == NULL) ||
        (str_equal(status, "Unassigned") && owner != NULL))
        return NULL;
    json_t *out = json_object();
    json_set_str(out, "SerialNumber", rows_text(row, 0));
    if (owner == NULL)
        return out;
    if (iam_user_by_id(c, owner, &user))
        json_set_new(out, "User", iam_user_to_json(c, &user, USER_LISTED));
    json_set_int(out, "EnableDate", rows_int(row, 2));
    return out;
}

static const struct describe virtual_devices = {
    IAM_PAGING,
    .sql = "SELECT serial, user_id, enabled_ms FROM iam_mfa_device WHERE account = ?1",
    .key_column = "serial",
    .render = virtual_device_render,
};

int iam_list_virtual_mfa_devices(struct call *c)
{
    return describe_reply(c, &virtual_devices, "VirtualMFADevices");
}
