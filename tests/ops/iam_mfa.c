/* Virtual MFA devices and their codes. The seed is "1234567890" four times; the codes are RFC
 * 6238's for it, by the number of the step: 58907520 is 2026-01-01T00:00:00Z. */
#include "harness.h"

#define SERIAL         "arn:aws:iam::123456789012:mfa/phone"
#define SEED           "31323334353637383930313233343536373839303132333435363738393031323334353637383930"
#define STEP_30_BEFORE "981977"
#define STEP_29_BEFORE "010503"
#define STEP_6_BEFORE  "556249"
#define STEP_5_BEFORE  "598748"
#define STEP_4_BEFORE  "466587"
#define STEP_3_BEFORE  "924246"
#define STEP_2_BEFORE  "355493"
#define STEP_BEFORE    "792066"
#define STEP_NOW       "826522"
#define STEP_AFTER     "010664"
#define STEP_2_AFTER   "783054"
#define STEP_3_AFTER   "896356"
#define STEP_MS        30000

#define USER                                                                                       \
    {                                                                                              \
        .call = "iam:CreateUser", .in = "{'UserName':'alice'}"                                     \
    }
#define DEVICE                                                                                     \
    {                                                                                              \
        .call = "iam:CreateVirtualMFADevice", .in = "{'VirtualMFADeviceName':'phone'}",            \
        .sql = "UPDATE iam_mfa_device SET seed = '" SEED "'", .number = -1                         \
    }
#define CODES(operation, first, second)                                                            \
    .call = "iam:" operation, .in = "{'UserName':'alice','SerialNumber':'" SERIAL                  \
                                    "','AuthenticationCode1':'" first                              \
                                    "','AuthenticationCode2':'" second "'}"
#define ENABLE                                                                                     \
    {                                                                                              \
        CODES("EnableMFADevice", STEP_2_BEFORE, STEP_BEFORE)                                       \
    }
#define KEY                                                                                        \
    {                                                                                              \
        .call = "iam:CreateAccessKey", .in = "{'UserName':'alice'}",                               \
        .save = "key=AccessKey.AccessKeyId"                                                        \
    }
#define TOKEN(code_)                                                                               \
    .call = "sts:GetSessionToken", .who = "$key",                                                  \
    .in = "{'SerialNumber':'" SERIAL "','TokenCode':'" code_ "'}"
#define GUESS                                                                                      \
    {                                                                                              \
        TOKEN("000000"), .code = "AccessDenied"                                                    \
    }
#define NAMED "{'UserName':'alice','SerialNumber':'" SERIAL "'}"

static const struct ops_test tests[] = {
    OPS_TEST("A device has a serial number, a seed and its QR code, shown once",
             {.call = "iam:CreateVirtualMFADevice",
              .in = "{'VirtualMFADeviceName':'phone','Path':'/crew/',"
                    "'Tags':[{'Key':'a','Value':'b'}]}",
              .out = "{'VirtualMFADevice':{'SerialNumber':"
                     "'arn:aws:iam::123456789012:mfa/crew/phone','Base32StringSeed':'~*',"
                     "'QRCodePNG':'~iVBORw0KGgo*','Tags':[{'Key':'a','Value':'b'}],'User':null}}",
              .sql = "SELECT length(seed) FROM iam_mfa_device",
              .number = 80},
             {.call = "iam:ListVirtualMFADevices",
              .out = "{'VirtualMFADevices':[{'SerialNumber':"
                     "'arn:aws:iam::123456789012:mfa/crew/phone','Base32StringSeed':null,"
                     "'QRCodePNG':null,'User':null}]}"}),
    OPS_TEST("A name is taken once in its path, whatever its case", DEVICE,
             {.call = "iam:CreateVirtualMFADevice",
              .in = "{'VirtualMFADeviceName':'PHONE'}",
              .code = "EntityAlreadyExists",
              .text = "MFADevice entity at the same path and name already exists."},
             {.call = "iam:CreateVirtualMFADevice",
              .in = "{'VirtualMFADeviceName':'phone','Path':'/other/'}"}),
    OPS_TEST("Two codes in a row enable a device, for one user", USER, DEVICE, ENABLE,
             {.call = "iam:ListMFADevices",
              .in = "{'UserName':'alice'}",
              .out = "{'MFADevices':[{'UserName':'alice','SerialNumber':'" SERIAL
                     "','EnableDate':1767225600000}]}"},
             {.call = "iam:GetMFADevice",
              .in = "{'SerialNumber':'" SERIAL "'}",
              .out = "{'SerialNumber':'" SERIAL "','UserName':'alice',"
                     "'EnableDate':1767225600000}"},
             {CODES("EnableMFADevice", STEP_BEFORE, STEP_NOW), .code = "EntityAlreadyExists"},
             {.call = "iam:CreateUser", .in = "{'UserName':'bob'}"},
             {.call = "iam:GetMFADevice",
              .in = "{'UserName':'bob','SerialNumber':'" SERIAL "'}",
              .code = "NoSuchEntity",
              .text = "MFA Device invalid for user."}),
    OPS_TEST(
        "Wrong, repeated, swapped and old codes do not enable it", USER, DEVICE,
        {CODES("EnableMFADevice", STEP_BEFORE, STEP_BEFORE), .code = "InvalidAuthenticationCode",
         .text = "Authentication code for device is not valid."},
        {CODES("EnableMFADevice", STEP_NOW, STEP_BEFORE), .code = "InvalidAuthenticationCode"},
        {CODES("EnableMFADevice", STEP_2_BEFORE, STEP_NOW), .code = "InvalidAuthenticationCode"},
        {CODES("EnableMFADevice", STEP_6_BEFORE, STEP_5_BEFORE),
         .code = "InvalidAuthenticationCode"},
        {CODES("EnableMFADevice", STEP_2_AFTER, STEP_3_AFTER), .code = "InvalidAuthenticationCode"},
        {.call = "iam:ListMFADevices", .in = "{'UserName':'alice'}", .out = "{'MFADevices':[]}"}),
    OPS_TEST("Who types slowly enables it with codes of two minutes before", USER, DEVICE,
             {CODES("EnableMFADevice", STEP_5_BEFORE, STEP_4_BEFORE)}),
    OPS_TEST("A code opens a session once, and no earlier one does after it", USER, DEVICE, ENABLE,
             KEY, {TOKEN(STEP_NOW), .out = "{'Credentials':{'SessionToken':'~*'}}"},
             {TOKEN(STEP_NOW), .code = "AccessDenied"},
             {TOKEN(STEP_BEFORE), .code = "AccessDenied"},
             {TOKEN(STEP_AFTER), .out = "{'Credentials':{'SessionToken':'~*'}}"},
             {TOKEN(STEP_NOW), .code = "AccessDenied"}),
    OPS_TEST("The codes that enabled a device open no session", USER, DEVICE, ENABLE, KEY,
             {TOKEN(STEP_BEFORE), .code = "AccessDenied"}),
    OPS_TEST("A device's clock may be one step off, not two", USER, DEVICE, ENABLE, KEY,
             {TOKEN(STEP_2_AFTER), .code = "AccessDenied"},
             {TOKEN(STEP_AFTER), .out = "{'Credentials':{'SessionToken':'~*'}}"}),
    OPS_TEST("A code counts for the device's user alone, and for its serial number", USER, DEVICE,
             ENABLE, {.call = "iam:CreateUser", .in = "{'UserName':'bob'}"},
             {.call = "iam:CreateAccessKey",
              .in = "{'UserName':'bob'}",
              .save = "key=AccessKey.AccessKeyId"},
             {TOKEN(STEP_NOW), .code = "AccessDenied", .text = "~*verify your MFA serial number*"}),
    OPS_TEST("A device whose clock is far off is brought back in step by two codes", USER, DEVICE,
             ENABLE, KEY,
             {CODES("ResyncMFADevice", STEP_30_BEFORE, STEP_29_BEFORE),
              .code = "InvalidAuthenticationCode"},
             {CODES("ResyncMFADevice", STEP_NOW, STEP_AFTER), .advance_ms = 20 * STEP_MS},
             {TOKEN(STEP_AFTER), .code = "AccessDenied"},
             {TOKEN(STEP_2_AFTER), .out = "{'Credentials':{'SessionToken':'~*'}}"}),
    OPS_TEST("A device is deactivated before it is deleted, and before its user is", USER, DEVICE,
             ENABLE,
             {.call = "iam:DeleteVirtualMFADevice",
              .in = "{'SerialNumber':'" SERIAL "'}",
              .code = "DeleteConflict",
              .text = "MFA VirtualDevice in use. Must deactivate first."},
             {.call = "iam:DeleteUser",
              .in = "{'UserName':'alice'}",
              .code = "DeleteConflict",
              .text = "Cannot delete entity, must delete MFA device first."},
             {.call = "iam:DeactivateMFADevice", .in = NAMED},
             {.call = "iam:DeactivateMFADevice",
              .in = NAMED,
              .code = "NoSuchEntity",
              .text = "MFA Device invalid for user."},
             {.call = "iam:DeleteVirtualMFADevice", .in = "{'SerialNumber':'" SERIAL "'}"},
             {.call = "iam:DeleteVirtualMFADevice",
              .in = "{'SerialNumber':'" SERIAL "'}",
              .code = "NoSuchEntity",
              .text = "VirtualMFADevice with serial number " SERIAL " doesn't exist."},
             {.call = "iam:DeleteUser", .in = "{'UserName':'alice'}"}),
    OPS_TEST("A user has at most eight devices", USER, DEVICE,
             {.sql = "INSERT INTO iam_mfa_device (account, serial, seed, user_id, created_ms)"
                     " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8)"
                     " SELECT e.account, 'sn-' || i, '', e.id, 0 FROM n, iam_entity e",
              .number = -1},
             {CODES("EnableMFADevice", STEP_2_BEFORE, STEP_BEFORE), .code = "LimitExceeded",
              .text = "Cannot exceed quota for MFADevicesPerUser: 8"}),
    OPS_TEST("Devices are listed by whether somebody has them", USER, DEVICE, ENABLE,
             {.call = "iam:CreateVirtualMFADevice", .in = "{'VirtualMFADeviceName':'spare'}"},
             {.call = "iam:ListVirtualMFADevices",
              .in = "{'AssignmentStatus':'Assigned'}",
              .out = "{'VirtualMFADevices':[{'SerialNumber':'" SERIAL
                     "','User':{'UserName':'alice'},'EnableDate':1767225600000}]}"},
             {.call = "iam:ListVirtualMFADevices",
              .in = "{'AssignmentStatus':'Unassigned'}",
              .out = "{'VirtualMFADevices':[{'SerialNumber':"
                     "'arn:aws:iam::123456789012:mfa/spare','User':null}]}"},
             {.call = "iam:ListVirtualMFADevices", .out = "{'VirtualMFADevices':[{},{}]}"},
             {.call = "iam:ListVirtualMFADevices",
              .account = OPS_OTHER,
              .out = "{'VirtualMFADevices':[]}"}),
    OPS_TEST("The root user has devices too",
             {.sql = "INSERT INTO iam_account (id, name, email, created_ms)"
                     " VALUES ('123456789012', 'n', 'root@example.com', 1767225600000)",
              .number = -1},
             DEVICE,
             {.call = "iam:EnableMFADevice",
              .in = "{'UserName':'root','SerialNumber':'" SERIAL
                    "','AuthenticationCode1':'" STEP_2_BEFORE
                    "','AuthenticationCode2':'" STEP_BEFORE "'}"},
             {.call = "iam:ListMFADevices",
              .out = "{'MFADevices':[{'UserName':'root','SerialNumber':'" SERIAL "'}]}"},
             {.call = "sts:GetSessionToken",
              .in = "{'SerialNumber':'" SERIAL "','TokenCode':'" STEP_NOW "'}",
              .out = "{'Credentials':{'SessionToken':'~*'}}"}),
    OPS_TEST("Whoever guesses codes waits, longer with each; until then no code is right", USER,
             DEVICE, ENABLE, KEY, GUESS, GUESS, GUESS, GUESS, {TOKEN(STEP_NOW)}, GUESS, GUESS,
             GUESS, GUESS, GUESS, {.sql = "SELECT failures FROM iam_mfa_device", .number = 5},
             {TOKEN(STEP_AFTER), .code = "AccessDenied"}, {TOKEN(STEP_AFTER), .advance_ms = 1000},
             {.sql = "SELECT failures FROM iam_mfa_device", .number = 0}, GUESS, GUESS, GUESS,
             GUESS, GUESS, {TOKEN("000000"), .code = "AccessDenied", .advance_ms = 1000},
             {TOKEN(STEP_2_AFTER), .code = "AccessDenied", .advance_ms = 1999},
             {.sql = "SELECT failures FROM iam_mfa_device", .number = 6},
             {TOKEN(STEP_2_AFTER), .advance_ms = 27000}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
