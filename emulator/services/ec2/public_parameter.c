/* The public Systems Manager parameters that speak of EC2: newest images, regions and zones. */
#include "base/text.h"
#include "base/timefmt.h"
#include "services/ec2/ec2.h"
#include "services/ec2/image.h"
#include "services/ec2/region.h"

#include <stdlib.h>
#include <string.h>

#define REGIONS "/aws/service/global-infrastructure/regions"
#define ZONES   "/aws/service/global-infrastructure/availability-zones"

struct list {
    struct call *c;
    struct ec2_parameter *items;
    size_t count, capacity;
};

static void add(struct list *l, const struct ec2_parameter *parameter)
{
    if (l->count == l->capacity) {
        struct ec2_parameter *old = l->items;
        l->capacity = l->capacity * 2 + 64;
        l->items = arena_alloc(l->c->arena, l->capacity * sizeof(*l->items));
        if (l->count > 0)
            memcpy(l->items, old, l->count * sizeof(*old));
    }
    l->items[l->count++] = *parameter;
}

/* Facts of the infrastructure change with a release of the program only: their date stands still.
 */
static void add_fact(struct list *l, const char *name, const char *value)
{
    struct ec2_parameter p = {.name = name, .value = value, .data_type = "text"};
    (void)time_parse_iso8601("2026-01-01", &p.modified_ms);
    add(l, &p);
}

static void add_regions(struct list *l)
{
    for (size_t i = 0; i < region_count(); i++) {
        const struct region *r = region_at(i);
        const char *base = call_printf(l->c, REGIONS "/%s", r->name);
        add_fact(l, base, r->name);
        add_fact(l, call_printf(l->c, "%s/longName", base), r->long_name);
        add_fact(l, call_printf(l->c, "%s/domain", base), "amazonaws.com");
        add_fact(l, call_printf(l->c, "%s/partition", base), "aws");
        for (size_t z = 0; z < region_zone_count(r); z++) {
            const char *id = region_zone(r, z)->id;
            add_fact(l, call_printf(l->c, "%s/availability-zones/%s", base, id), id);
            add_fact(l, call_printf(l->c, ZONES "/%s", id), id);
            add_fact(l, call_printf(l->c, ZONES "/%s/parent-region", id), r->name);
        }
    }
    add_fact(l, "/aws/service/global-infrastructure/current-region", l->c->region);
}

/* Of images that claim the same name the newest has it, as image_of_ssm_parameter decides. */
static void add_images(struct list *l)
{
    const struct image_catalog *catalog = l->c->site->images;
    for (size_t i = 0; i < image_count(catalog); i++) {
        const struct image *image = image_at(catalog, i);
        for (size_t n = 0; n < json_array_size(image->ssm_parameters); n++) {
            const char *name = json_string_value(json_array_get(image->ssm_parameters, n));
            struct ec2_parameter p = {name, image->id, "aws:ec2:image", 0};
            (void)time_parse_iso8601(image->creation_date, &p.modified_ms);
            if (name != NULL && str_equal(image_of_ssm_parameter(catalog, name), image->id))
                add(l, &p);
        }
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct ec2_parameter *)a)->name, ((const struct ec2_parameter *)b)->name);
}

size_t ec2_public_parameters(struct call *c, const struct ec2_parameter **ret_list)
{
    struct list l = {.c = c};
    if (c->site->images != NULL)
        image_catalog_refresh(c->site->images);
    add_images(&l);
    add_regions(&l);
    qsort(l.items, l.count, sizeof(*l.items), by_name);
    *ret_list = l.items;
    return l.count;
}
