/* The services that have something to set up or to say about access: see services.h. Others need no
 * row. */
#include "services/services.h"

#include "base/text.h"
#include "call/describe.h"
#include "call/idempotency.h"
#include "call/tag.h"
#include "services/ec2/ec2.h"
#include "services/iam/account.h"
#include "services/sts/session.h"

const struct service_module service_modules[] = {
    {"ec2", ec2_migrations, &ec2_migration_count, ec2_prepare, &ec2_access},
    {"iam", iam_migrations, &iam_migration_count, NULL, &iam_access},
    {"sts", sts_migrations, &sts_migration_count, NULL, &sts_access},
    {"ssm", NULL, NULL, NULL, &ssm_access},
};
const size_t service_module_count = ARRAY_LEN(service_modules);

const struct service_module *service_module_find(const char *name)
{
    for (size_t i = 0; i < service_module_count; i++)
        if (str_equal(service_modules[i].name, name))
            return &service_modules[i];
    return NULL;
}

int services_migrate(struct db *db, struct err *err)
{
    if (db_migrate(db, work_migrations, work_migration_count, err) != 0 ||
        db_migrate(db, describe_migrations, describe_migration_count, err) != 0 ||
        db_migrate(db, tag_migrations, tag_migration_count, err) != 0 ||
        db_migrate(db, idempotency_migrations, idempotency_migration_count, err) != 0)
        return -1;
    for (size_t i = 0; i < service_module_count; i++)
        if (service_modules[i].migrations != NULL &&
            db_migrate(db, service_modules[i].migrations, *service_modules[i].migration_count,
                       err) != 0)
            return -1;
    return 0;
}
