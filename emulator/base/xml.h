/* XML from outside, by libxml2: documents without a DTD, hence without entities of their own, and
 * the few questions about elements that SAML needs. Nothing is ever read from files or the network
 * for a document. Elements are named by namespace and local name. */
#ifndef BASE_XML_H
#define BASE_XML_H

#include "base/alloc.h"

#include <libxml/tree.h>
#include <stdbool.h>

/* NULL: not well-formed, with a DTD, or nested more than libxml2 takes (256 levels). The caller has
 * checked the length; frees with xmlFreeDoc. Comments are left out. */
xmlDoc *xml_parse(const char *bytes, size_t len);
bool xml_is(const xmlNode *node, const char *ns, const char *name);
/* The first child element of that name behind `after` (NULL: of all); NULL: none. */
xmlNode *xml_child(const xmlNode *parent, const char *ns, const char *name, const xmlNode *after);
size_t xml_child_count(const xmlNode *parent, const char *ns, const char *name);
/* Text of an attribute without namespace, in the arena; NULL: absent. */
const char *xml_attribute(struct arena *a, const xmlNode *node, const char *name);
/* All text inside, white space around it taken away, in the arena; "" for NULL. */
const char *xml_text(struct arena *a, const xmlNode *node);

#endif
