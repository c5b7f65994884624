/* The subcommands: each takes the arguments after its name and returns the exit status. */
#ifndef SERVE_H
#define SERVE_H

int command_serve(int argc, char **argv);
int command_env(int argc, char **argv);
int command_account(int argc, char **argv);
int command_image(int argc, char **argv);

#endif
