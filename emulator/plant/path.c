/* Paths for processes that run in another directory than we do. */
#include "plant/path.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <unistd.h>

char *path_absolute(const char *path)
{
    char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);
    char *whole = cwd != NULL ? xasprintf("%s/%s", cwd, path) : xstrdup(path);

    free(cwd);
    return whole;
}
