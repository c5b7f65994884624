/* Passwords: login profiles, ChangePassword, the account's password policy. */
#include "harness.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define USER                                                                                       \
    {                                                                                              \
        .call = "iam:CreateUser", .in = "{'UserName':'alice'}"                                     \
    }
#define PROFILE                                                                                    \
    {                                                                                              \
        .call = "iam:CreateLoginProfile", .in = "{'UserName':'alice','Password':'First-Horse-1'}"  \
    }
#define KEY                                                                                        \
    {                                                                                              \
        .call = "iam:CreateAccessKey", .in = "{'UserName':'alice'}",                               \
        .save = "key=AccessKey.AccessKeyId"                                                        \
    }
#define POLICY(json)                                                                               \
    {                                                                                              \
        .call = "iam:UpdateAccountPasswordPolicy", .in = json                                      \
    }
#define CREATE(password, reason)                                                                   \
    {                                                                                              \
        .call = "iam:CreateLoginProfile", .in = "{'UserName':'alice','Password':'" password "'}",  \
        .code = "PasswordPolicyViolation", .text = reason                                          \
    }
#define CHANGE(old, new)                                                                           \
    .call = "iam:ChangePassword", .who = "$key",                                                   \
    .in = "{'OldPassword':'" old "','NewPassword':'" new "'}"

static const struct ops_test tests[] = {
    OPS_TEST("A login profile shows when it was made, never the password", USER,
             {.call = "iam:CreateLoginProfile",
              .in = "{'UserName':'alice','Password':'First-Horse-1','PasswordResetRequired':true}",
              .out = "{'LoginProfile':{'UserName':'alice','CreateDate':1767225600000,"
                     "'PasswordResetRequired':true}}",
              .sql = "SELECT count(*) FROM iam_login_profile WHERE hash LIKE 'scrypt$14$8$1$%'"
                     " AND instr(hash, 'Horse') = 0",
              .number = 1},
             {.call = "iam:GetLoginProfile",
              .in = "{'UserName':'alice'}",
              .out = "{'LoginProfile':{'UserName':'alice','CreateDate':1767225600000,"
                     "'PasswordResetRequired':true}}"}),
    OPS_TEST(
        "A user has one login profile or none", USER,
        {.call = "iam:GetLoginProfile",
         .in = "{'UserName':'alice'}",
         .code = "NoSuchEntity",
         .text = "Login Profile for User alice cannot be found."},
        {.call = "iam:UpdateLoginProfile",
         .in = "{'UserName':'alice','Password':'First-Horse-1'}",
         .code = "NoSuchEntity"},
        PROFILE,
        {.call = "iam:CreateLoginProfile",
         .in = "{'UserName':'alice','Password':'First-Horse-1'}",
         .code = "EntityAlreadyExists",
         .text = "Login Profile for user alice already exists."},
        {.call = "iam:DeleteUser",
         .in = "{'UserName':'alice'}",
         .code = "DeleteConflict",
         .text = "Cannot delete entity, must delete login profile first."},
        {.call = "iam:DeleteLoginProfile",
         .in = "{'UserName':'alice'}",
         .sql = "SELECT count(*) FROM iam_login_profile",
         .number = 0},
        {.call = "iam:DeleteLoginProfile", .in = "{'UserName':'alice'}", .code = "NoSuchEntity"},
        {.call = "iam:DeleteUser", .in = "{'UserName':'alice'}"}),
    OPS_TEST("The root user has no login profile to show",
             {.call = "iam:GetLoginProfile", .code = "NoSuchEntity"},
             {.sql = "INSERT INTO iam_account (id, name, email, created_ms)"
                     " VALUES ('123456789012', 'n', 'root@example.com', 1767225600000)",
              .number = -1},
             {.call = "iam:GetLoginProfile", .code = "ValidationError"}),
    OPS_TEST("Without a policy AWS's own rules hold", USER,
             CREATE("Ab1-", "Password should have a minimum length of 8"),
             CREATE("alllowercase", "Password should meet 2 more of the following requirements: "
                                    "Password should have at least one uppercase letter, "
                                    "Password should have at least one number, "
                                    "Password should have at least one symbol"),
             CREATE("low3rc4se", "Password should meet 1 more of the following requirements: "
                                 "Password should have at least one uppercase letter, "
                                 "Password should have at least one symbol"),
             CREATE("low3r", "Password should have a minimum length of 8, "
                             "Password should meet 1 more of the following requirements: "
                             "Password should have at least one uppercase letter, "
                             "Password should have at least one symbol"),
             {.sql = "INSERT INTO iam_account (id, name, email, created_ms)"
                     " VALUES ('123456789012', 'Training-1', 'Root1@example.com', 0)",
              .number = -1},
             CREATE("Training-1", "~*name or the e-mail address of the account"),
             CREATE("root1@EXAMPLE.com", "~*name or the e-mail address of the account"), PROFILE),
    OPS_TEST("A policy says which characters a password must have", USER,
             POLICY("{'MinimumPasswordLength':10,'RequireSymbols':true,'RequireNumbers':true,"
                    "'RequireUppercaseCharacters':true,'RequireLowercaseCharacters':true}"),
             CREATE("Short-1", "Password should have a minimum length of 10"),
             CREATE("no-capital-1", "Password should have at least one uppercase letter"),
             CREATE("NO-SMALL-1", "Password should have at least one lowercase letter"),
             CREATE("No-Number-!", "Password should have at least one number"),
             CREATE("NoSymbol12", "Password should have at least one symbol"),
             CREATE("nosymbol12", "Password should have at least one uppercase letter, "
                                  "Password should have at least one symbol"),
             PROFILE),
    OPS_TEST("A policy replaces AWS's rules: six small letters may do", USER, POLICY("{}"),
             {.call = "iam:CreateLoginProfile", .in = "{'UserName':'alice','Password':'sixsix'}"}),
    OPS_TEST("A policy is shown with its defaults, replaced as a whole, and deleted",
             {.call = "iam:GetAccountPasswordPolicy",
              .code = "NoSuchEntity",
              .text = "The Password Policy with domain name 123456789012 cannot be found."},
             POLICY("{'MaxPasswordAge':90,'PasswordReusePrevention':5,'HardExpiry':true}"),
             {.call = "iam:GetAccountPasswordPolicy",
              .out = "{'PasswordPolicy':{'MinimumPasswordLength':6,'RequireSymbols':false,"
                     "'RequireNumbers':false,'RequireUppercaseCharacters':false,"
                     "'RequireLowercaseCharacters':false,'AllowUsersToChangePassword':false,"
                     "'ExpirePasswords':true,'MaxPasswordAge':90,'PasswordReusePrevention':5,"
                     "'HardExpiry':true}}"},
             POLICY("{'MinimumPasswordLength':14}"),
             {.call = "iam:GetAccountPasswordPolicy",
              .out = "{'PasswordPolicy':{'MinimumPasswordLength':14,'ExpirePasswords':false,"
                     "'MaxPasswordAge':null,'PasswordReusePrevention':null}}"},
             {.call = "iam:GetAccountPasswordPolicy", .account = OPS_OTHER, .code = "NoSuchEntity"},
             {.call = "iam:DeleteAccountPasswordPolicy"},
             {.call = "iam:DeleteAccountPasswordPolicy", .code = "NoSuchEntity"}),
    OPS_TEST("A user changes its own password, with the old one", USER, PROFILE, KEY,
             {CHANGE("Wrong-Horse-1", "Second-Horse-2"), .code = "AccessDenied"},
             {CHANGE("First-Horse-1", "weak"), .code = "PasswordPolicyViolation"},
             {CHANGE("First-Horse-1", "Second-Horse-2")},
             {CHANGE("First-Horse-1", "Third-Horse-3"), .code = "AccessDenied"},
             {CHANGE("Second-Horse-2", "Third-Horse-3")}),
    OPS_TEST("Only a user that has a password changes it", USER, KEY,
             {CHANGE("First-Horse-1", "Second-Horse-2"), .code = "NoSuchEntity",
              .text = "Login Profile for User alice cannot be found."},
             {.call = "iam:ChangePassword",
              .in = "{'OldPassword':'First-Horse-1','NewPassword':'Second-Horse-2'}",
              .code = "InvalidUserType"}),
    OPS_TEST("A policy keeps the latest passwords from coming back, the present one included", USER,
             POLICY("{'MinimumPasswordLength':8,'PasswordReusePrevention':2}"), PROFILE, KEY,
             {CHANGE("First-Horse-1", "First-Horse-1"), .code = "PasswordPolicyViolation",
              .text = "Policy constraint violation with password reuse prevention during password "
                      "change."},
             {CHANGE("First-Horse-1", "Second-Horse-2")},
             {CHANGE("Second-Horse-2", "First-Horse-1"), .code = "PasswordPolicyViolation"},
             {CHANGE("Second-Horse-2", "Third-Horse-3")},
             {CHANGE("Third-Horse-3", "First-Horse-1")},
             {.call = "iam:UpdateLoginProfile",
              .in = "{'UserName':'alice','Password':'Third-Horse-3'}",
              .code = "PasswordPolicyViolation"}),
    OPS_TEST("UpdateLoginProfile sets a password, or only that it is to be changed", USER, PROFILE,
             KEY,
             {.call = "iam:UpdateLoginProfile",
              .in = "{'UserName':'alice','PasswordResetRequired':true}"},
             {.call = "iam:GetLoginProfile",
              .in = "{'UserName':'alice'}",
              .out = "{'LoginProfile':{'PasswordResetRequired':true}}"},
             {CHANGE("First-Horse-1", "Second-Horse-2")},
             {.call = "iam:GetLoginProfile",
              .in = "{'UserName':'alice'}",
              .out = "{'LoginProfile':{'PasswordResetRequired':false}}"},
             {.call = "iam:UpdateLoginProfile",
              .in = "{'UserName':'alice','Password':'Fourth-Horse-4'}"},
             {CHANGE("Second-Horse-2", "Fifth-Horse-5"), .code = "AccessDenied"},
             {CHANGE("Fourth-Horse-4", "Fifth-Horse-5")}),
    OPS_TEST("An account's policy may let all users change their own passwords", USER, PROFILE, KEY,
             {CHANGE("First-Horse-1", "Second-Horse-2"), .judged = true, .code = "AccessDenied"},
             POLICY("{'AllowUsersToChangePassword':true}"),
             {CHANGE("First-Horse-1", "Second-Horse-2"), .judged = true},
             {.call = "iam:GetAccountPasswordPolicy", .who = "$key", .judged = true},
             {.call = "iam:GetLoginProfile", .who = "$key", .judged = true, .code = "AccessDenied"},
             {.call = "iam:PutUserPolicy",
              .in = "{'UserName':'alice','PolicyName':'p','PolicyDocument':'{\\\"Version\\\":"
                    "\\\"2012-10-17\\\",\\\"Statement\\\":{\\\"Effect\\\":\\\"Deny\\\","
                    "\\\"Action\\\":\\\"iam:ChangePassword\\\",\\\"Resource\\\":\\\"*\\\"}}'}"},
             {CHANGE("Second-Horse-2", "Third-Horse-3"), .judged = true, .code = "AccessDenied"}),
    OPS_TEST("A new password begins a new life; the profile's date stays", USER, PROFILE,
             {.call = "iam:UpdateLoginProfile",
              .in = "{'UserName':'alice','Password':'Second-Horse-2'}",
              .advance_ms = DAY_MS,
              .sql = "SELECT changed_ms - created_ms FROM iam_login_profile",
              .number = DAY_MS},
             {.call = "iam:GetLoginProfile",
              .in = "{'UserName':'alice'}",
              .out = "{'LoginProfile':{'CreateDate':1767225600000}}"}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
