/* Events that other processes of this program tell the daemon, one datagram each, in the form the
 * host gets. */
#include "tell.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void tell(const char *event)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return;
    snprintf(to.sun_path, sizeof(to.sun_path), "%s", TELL_SOCKET);
    (void)sendto(fd, event, strlen(event), 0, (const struct sockaddr *)&to, sizeof(to));
    close(fd);
}

void tell_user_data(const char *state, int exit_code)
{
    char event[TELL_MAX];

    if (strcmp(state, "running") == 0)
        snprintf(event, sizeof(event), "{\"event\":\"user-data\",\"state\":\"running\"}");
    else
        snprintf(event, sizeof(event), "{\"event\":\"user-data\",\"state\":\"%s\",\"exit\":%d}",
                 state, exit_code);
    tell(event);
}

void tell_shutdown(const char *kind)
{
    char event[TELL_MAX];

    snprintf(event, sizeof(event), "{\"event\":\"shutdown\",\"kind\":\"%s\"}", kind);
    tell(event);
}
