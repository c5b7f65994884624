/* Careful reading of XML: see xml.h. */
#include "base/xml.h"

#include "base/text.h"

#include <ctype.h>
#include <libxml/parser.h>
#include <string.h>

/* A DTD ends the reading before anything in it is looked at. */
static void refuse_dtd(void *ctx, const xmlChar *name, const xmlChar *id, const xmlChar *system)
{
    (void)name;
    (void)id;
    (void)system;
    xmlStopParser(ctx);
}

static bool is_ended(const xmlParserCtxt *ctxt)
{
    return ctxt->wellFormed == 0 || ctxt->disableSAX != 0;
}

xmlDoc *xml_parse(const char *bytes, size_t len)
{
    xmlParserCtxt *ctxt = len <= INT_MAX ? xmlNewParserCtxt() : NULL;

    if (ctxt == NULL)
        return NULL;
    ctxt->sax->internalSubset = refuse_dtd;
    ctxt->sax->comment = NULL;
    xmlDoc *doc = xmlCtxtReadMemory(ctxt, bytes, (int)len, NULL, NULL,
                                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (doc != NULL && (is_ended(ctxt) || xmlDocGetRootElement(doc) == NULL)) {
        xmlFreeDoc(doc);
        doc = NULL;
    }
    xmlFreeParserCtxt(ctxt);
    return doc;
}

bool xml_is(const xmlNode *node, const char *ns, const char *name)
{
    return node != NULL && node->type == XML_ELEMENT_NODE && node->ns != NULL &&
           str_equal((const char *)node->ns->href, ns) && str_equal((const char *)node->name, name);
}

xmlNode *xml_child(const xmlNode *parent, const char *ns, const char *name, const xmlNode *after)
{
    xmlNode *at = after != NULL ? after->next : parent != NULL ? parent->children : NULL;

    while (at != NULL && !xml_is(at, ns, name))
        at = at->next;
    return at;
}

size_t xml_child_count(const xmlNode *parent, const char *ns, const char *name)
{
    size_t count = 0;

    for (const xmlNode *at = NULL; (at = xml_child(parent, ns, name, at)) != NULL;)
        count++;
    return count;
}

static const char *take_text(struct arena *a, xmlChar *text)
{
    const char *from = (const char *)text;
    size_t len;

    if (text == NULL)
        return NULL;
    while (isspace((unsigned char)*from))
        from++;
    len = strlen(from);
    while (len > 0 && isspace((unsigned char)from[len - 1]))
        len--;
    const char *copy = arena_strndup(a, from, len);
    xmlFree(text);
    return copy;
}

const char *xml_attribute(struct arena *a, const xmlNode *node, const char *name)
{
    return node != NULL ? take_text(a, xmlGetNoNsProp(node, (const xmlChar *)name)) : NULL;
}

const char *xml_text(struct arena *a, const xmlNode *node)
{
    const char *text = node != NULL ? take_text(a, xmlNodeGetContent(node)) : NULL;

    return text != NULL ? text : "";
}
