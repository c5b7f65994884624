/* Listings of several kinds of records: see listing.h. */
#include "services/iam/listing.h"

static json_t *of_kind(const json_t *records, const char *member)
{
    json_t *list = json_array(), *record;
    size_t i;

    json_array_foreach (records, i, record) {
        if (json_get(record, member) != NULL)
            json_append_new(list, json_incref(record));
    }
    return list;
}

int iam_lists_reply(struct call *c, const struct describe *d, const struct iam_list *lists,
                    size_t count)
{
    json_t *records;
    const char *marker;

    if (describe_run(c, d, &records, &marker) != 0)
        return -1;
    json_t *out = json_object();
    for (size_t i = 0; i < count; i++)
        json_set_new(out, lists[i].name, of_kind(records, lists[i].member));
    json_decref(records);
    json_set_str(out, "Marker", marker);
    json_set_bool(out, "IsTruncated", marker != NULL);
    return call_reply(c, out);
}
