/* Events that other processes of this program tell the daemon, which passes them on to the host. */
#ifndef AGENT_TELL_H
#define AGENT_TELL_H

#define TELL_SOCKET "/run/groundschool/agent.sock"
#define TELL_MAX    512

/* Lost without a word when no daemon listens. */
void tell_user_data(const char *state, int exit_code);
void tell_shutdown(const char *kind);

#endif
