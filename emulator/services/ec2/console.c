/* GetConsoleOutput and GetConsoleScreenshot: the answers come from the machine itself, after the
 * call. */
#include "operations.h"
#include "services/ec2/instance.h"

int ec2_get_console_output(struct call *c)
{
    struct instance instance;
    if (instance_load(c, arg_str(c, "InstanceId"), &instance) != 0)
        return -1;
    json_t *out = json_object();
    json_set_str(out, "InstanceId", instance.id);
    json_set_int(out, "Timestamp", call_now_ms(c));
    (void)call_reply(c, out);
    if (!c->site->guests || instance.state == INSTANCE_TERMINATED || instance.boots == 0)
        return 0;
    return call_await(c, "ec2/console-output", instance.id, "Output");
}

int ec2_get_console_screenshot(struct call *c)
{
    struct instance instance;
    if (instance_load(c, arg_str(c, "InstanceId"), &instance) != 0)
        return -1;
    if (instance.state != INSTANCE_RUNNING)
        return call_fail(c, "IncorrectInstanceState",
                         "The instance '%s' is not in the 'running' state.", instance.id);
    if (!c->site->guests)
        return call_fail(c, "UnsupportedOperation",
                         "There is no screen: the emulator runs with --guests none, so instances "
                         "have no machine");
    json_t *out = json_object();
    json_set_str(out, "InstanceId", instance.id);
    (void)call_reply(c, out);
    return call_await(c, "ec2/console-screenshot", instance.id, "ImageData");
}
