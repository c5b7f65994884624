/*
 * The agent inside a guest. Without arguments it is the daemon that speaks with the host; the other
 * forms are what systemd's units start: "user-data" runs the instance's user data, "tell-shutdown
 * poweroff|reboot" says what the machine is about to do.
 */
#include "daemon.h"
#include "tell.h"
#include "userdata.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc == 1)
        return daemon_run();
    if (argc == 2 && strcmp(argv[1], "user-data") == 0)
        return user_data_run();
    if (argc == 3 && strcmp(argv[1], "tell-shutdown") == 0 &&
        (strcmp(argv[2], "poweroff") == 0 || strcmp(argv[2], "reboot") == 0)) {
        tell_shutdown(argv[2]);
        return 0;
    }
    fprintf(stderr, "usage: agent [user-data | tell-shutdown poweroff|reboot]\n");
    return 2;
}
