/* An intrusive doubly linked list. The head is a node of its own; an empty head points at itself.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include "base/alloc.h"

#include <stdbool.h>

struct list {
    struct list *next, *prev;
};

static inline void list_init(struct list *head)
{
    head->next = head->prev = head;
}
static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}
static inline void list_append(struct list *head, struct list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}
/* Safe to call again: the node points at itself afterwards. */
static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = node->prev = node;
}
#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_foreach(it, head)        for (struct list *it = (head)->next; it != (head); it = it->next)
/* The body may remove `it`. */
#define list_foreach_safe(it, head)                                                                \
    for (struct list *it = (head)->next, *it##_next = it->next; it != (head);                      \
         it = it##_next, it##_next = it->next)

#endif
