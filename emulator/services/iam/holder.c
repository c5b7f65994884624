/* Users, groups and roles as holders of policies: see holder.h. */
#include "services/iam/holder.h"

#include "services/iam/role.h"

/* Sizes: "IAM and AWS STS quotas" of the IAM User Guide. */
const struct iam_holder iam_holder_user = {
    .kind = &iam_user,
    .member = "UserName",
    .quota = "PoliciesPerUser",
    .inline_max = 2048,
    .customer = "User",
};
const struct iam_holder iam_holder_group = {
    .kind = &iam_group,
    .member = "GroupName",
    .quota = "PoliciesPerGroup",
    .inline_max = 5120,
    .customer = "Group",
};
const struct iam_holder iam_holder_role = {
    .kind = &iam_role,
    .member = "RoleName",
    .quota = "PoliciesPerRole",
    .inline_max = 10240,
    .customer = "Customer Role",
};

int iam_holder_load(struct call *c, const struct iam_holder *h, struct iam_entity *ret_entity)
{
    return iam_entity_load(c, h->kind, arg_str(c, h->member), ret_entity);
}

int iam_holder_load_own(struct call *c, const struct iam_holder *h, struct iam_entity *ret_entity)
{
    struct iam_role_row role;

    if (h != &iam_holder_role)
        return iam_holder_load(c, h, ret_entity);
    if (iam_role_load_own(c, arg_str(c, h->member), &role) != 0)
        return -1;
    *ret_entity = role.entity;
    return 0;
}
