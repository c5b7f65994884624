/* Account aliases: CreateAccountAlias, DeleteAccountAlias, ListAccountAliases. An account has one
 * at most: another takes its place. All accounts of this emulator share the names. */
#include "services/iam/account_alias.h"

#include "base/text.h"
#include "call/describe.h"
#include "operations.h"
#include "services/iam/entity.h"

#include <string.h>

bool account_alias_find(struct db *db, const char *alias, char ret_account[ACCOUNT_ID_SIZE])
{
    struct rows r;

    rows_open(&r, db, "SELECT account FROM iam_account_alias WHERE alias = ?", "s", alias);
    if (!rows_next(&r))
        return false;
    str_copy(ret_account, ACCOUNT_ID_SIZE, rows_text(&r, 0));
    rows_close(&r);
    return true;
}

static bool looks_like_account(const char *alias)
{
    return strlen(alias) == ACCOUNT_ID_SIZE - 1 &&
           strspn(alias, "0123456789") == ACCOUNT_ID_SIZE - 1;
}

/* "Creating, deleting, and listing an AWS account alias", IAM User Guide. */
int iam_create_account_alias(struct call *c)
{
    const char *alias = arg_str(c, "AccountAlias");
    char owner[ACCOUNT_ID_SIZE];

    if (looks_like_account(alias))
        return call_fail(c, "ValidationError",
                         "The specified value for accountAlias is invalid. It must not be a 12"
                         " digit number.");
    if (account_alias_find(c->db, alias, owner))
        return call_fail(c, "EntityAlreadyExists", "The account alias %s already exists.", alias);
    db_exec(c->db, "DELETE FROM iam_account_alias WHERE account = ?", "s", c->account);
    db_exec(c->db, "INSERT INTO iam_account_alias (alias, account) VALUES (?, ?)", "ss", alias,
            c->account);
    return call_reply(c, NULL);
}

int iam_delete_account_alias(struct call *c)
{
    const char *alias = arg_str(c, "AccountAlias");

    db_exec(c->db, "DELETE FROM iam_account_alias WHERE account = ? AND alias = ?", "ss",
            c->account, alias);
    if (db_changed(c->db) == 0)
        return call_fail(c, "NoSuchEntity", "The account alias %s cannot be found.", alias);
    return call_reply(c, NULL);
}

static json_t *alias_render(struct call *c, struct rows *row)
{
    (void)c;
    return json_text_new(rows_text(row, 0));
}

static const struct describe aliases = {
    IAM_PAGING,
    .sql = "SELECT alias FROM iam_account_alias WHERE account = ?1",
    .key_column = "alias",
    .render = alias_render,
};

int iam_list_account_aliases(struct call *c)
{
    return describe_reply(c, &aliases, "AccountAliases");
}
