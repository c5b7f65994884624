/* Looks an operation's function up in the generated table. */
#include "call/handlers.h"

operation_fn handler_find(const struct spec_service *s, const struct spec_operation *op)
{
    for (size_t i = 0; i < spec_service_count; i++)
        if (service_handlers[i].service == s)
            return service_handlers[i].handlers[op - s->operations];
    return NULL;
}
