/* The describe engine: see describe.h. A run reads what the call asks for (ids, filters, page),
 * lets SQL leave out what it can, then walks the records in key order, renders each, judges it and
 * stops when the page is full. */
#include "call/describe.h"

#include "base/buf.h"
#include "call/filter.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NARROWED_MAX  8 /* filters that SQL applies: bounds the number of different statements */
#define ID_LISTS_MAX  (1 + DESCRIBE_MORE_IDS_MAX)
#define STATEMENT_MAX 16384

const struct describe_paging describe_paging_marker = {
    .limit = "MaxItems",
    .token = "Marker",
    .next = "Marker",
    .truncated = "IsTruncated",
    .foreign_code = "ValidationError",
    .foreign_text = "Invalid Marker",
};
static const struct describe_paging paging_next_token = {
    .limit = "MaxResults",
    .token = "NextToken",
    .next = "NextToken",
    .foreign_code = "InvalidPaginationToken",
    .foreign_text = "The specified pagination token is not valid or is expired",
};

static const struct describe_paging *paging_of(const struct describe *d)
{
    return d->paging != NULL ? d->paging : &paging_next_token;
}

struct id_list {
    struct describe_ids spec;
    const json_t *ids;
    json_t *seen; /* an object whose keys are the ids found; in the call's arena */
};

struct run {
    struct call *c;
    const struct describe *d;
    struct id_list lists[ID_LISTS_MAX]; /* those the call gives */
    size_t list_count;
    struct filter *filters;
    size_t filter_count;
    int64_t limit;    /* 0: no limit */
    json_t *after;    /* the key after which the page begins, or NULL */
    json_t *records;  /* the page */
    json_t *last_key; /* of the page's last record */
    bool more;        /* a record stands after the page */
};

static void forget(void *value)
{
    json_decref(value);
}

/* The arena drops the reference with the call. */
static json_t *keep(struct call *c, json_t *value)
{
    arena_defer(c->arena, forget, value);
    return value;
}

/* --- what the call asks for ------------------------------------------------------------------- */

static int read_list(struct run *r, struct describe_ids spec)
{
    const json_t *ids = spec.member != NULL ? arg_get(r->c, spec.member) : NULL;
    size_t i;
    json_t *id;

    if (json_array_size(ids) == 0)
        return 0;
    json_array_foreach (ids, i, id) {
        if (spec.check != NULL && spec.check(r->c, json_string_value(id)) != 0)
            return -1;
    }
    assert(r->list_count < ID_LISTS_MAX);
    r->lists[r->list_count++] = (struct id_list){
        .spec = spec,
        .ids = ids,
        .seen = keep(r->c, json_object()),
    };
    return 0;
}

static int read_lists(struct run *r)
{
    const struct describe *d = r->d;
    struct describe_ids first = {d->ids_member, d->id_path, d->id_column, d->id_check,
                                 d->id_missing};

    if (read_list(r, first) != 0)
        return -1;
    for (size_t i = 0; i < d->more_ids_count; i++)
        if (read_list(r, d->more_ids[i]) != 0)
            return -1;
    return 0;
}

static int refuse_page_with_ids(struct run *r)
{
    const char *word = r->d->ids_word;

    if (word == NULL) {
        char *lower = call_printf(r->c, "%s", r->lists[0].spec.member);
        lower[0] = (char)(lower[0] | 0x20);
        word = lower;
    }
    return call_fail(r->c, "InvalidParameterCombination",
                     "The parameter %s cannot be used with the parameter maxResults", word);
}

static int read_limit(struct run *r)
{
    const struct describe *d = r->d;

    r->limit = d->page_default;
    const char *member = paging_of(d)->limit;
    if (d->page_max == 0 || !arg_has(r->c, member))
        return 0;
    r->limit = arg_int_or(r->c, member, 0);
    if (r->list_count > 0 && !d->page_with_ids)
        return refuse_page_with_ids(r);
    if (r->limit < d->page_min)
        return call_fail(r->c, "InvalidParameterValue",
                         "Value ( %" PRId64 " ) for parameter maxResults is invalid."
                         " Expecting a value greater than %d.",
                         r->limit, d->page_min);
    if (r->limit > d->page_max)
        return call_fail(r->c, "InvalidParameterValue",
                         "Value ( %" PRId64 " ) for parameter maxResults is invalid."
                         " Expecting a value smaller than %d.",
                         r->limit, d->page_max);
    return 0;
}

static int read_token(struct run *r)
{
    const struct describe_paging *p = paging_of(r->d);
    const char *token = call_accepts(r->c, p->token) ? arg_str_or(r->c, p->token, "") : "";

    if (*token == '\0')
        return 0;
    const char *key = page_token_read(r->c, token);
    if (key != NULL)
        r->after = json_parse(key, strlen(key), NULL);
    if (r->after == NULL)
        return call_fail(r->c, p->foreign_code, "%s", p->foreign_text);
    keep(r->c, r->after);
    return 0;
}

/* --- judging records -------------------------------------------------------------------------- */

/* Without lists every record is wanted; otherwise those that any list names. */
static bool is_wanted(struct run *r, const json_t *record)
{
    bool named = r->list_count == 0;

    for (size_t i = 0; i < r->list_count; i++) {
        struct id_list *list = &r->lists[i];
        const char *id = record_text(record, list->spec.path);
        size_t at;
        json_t *want;
        json_array_foreach (list->ids, at, want) {
            if (id == NULL || strcmp(json_string_value(want), id) != 0)
                continue;
            json_set_bool(list->seen, id, true);
            named = true;
        }
    }
    return named;
}

/* Takes the record; false when the page is full and another record stands behind it. */
static bool judge(struct run *r, json_t *record, json_t *key)
{
    bool shown = record != NULL && is_wanted(r, record) &&
                 filter_matches(r->d, r->filters, r->filter_count, record);

    if (shown && r->limit > 0 && json_array_size(r->records) == (size_t)r->limit) {
        r->more = true;
        shown = false;
    }
    if (shown) {
        json_object_del(record, DESCRIBE_HIDDEN);
        json_append_new(r->records, record);
        json_decref(r->last_key);
        r->last_key = key;
    } else {
        json_decref(record);
        json_decref(key);
    }
    return !r->more;
}

/* --- records from memory ---------------------------------------------------------------------- */

static void walk_memory(struct run *r)
{
    size_t index = 0;
    json_t *record;

    if (r->after != NULL)
        index = (size_t)json_integer_value(r->after) + 1;
    while ((record = r->d->nth(r->c, index)) != NULL) {
        if (!judge(r, json_is_null(record) ? NULL : record, json_integer((json_int_t)index)))
            return;
        index++;
    }
}

/* --- records from SQL: `?3` is one JSON object that holds every narrowing value --------------- */

static void narrow_ids(struct run *r, struct buf *sql, json_t *values)
{
    for (size_t i = 0; i < r->list_count; i++) {
        if (r->lists[i].spec.column == NULL)
            return;
    }
    for (size_t i = 0; i < r->list_count; i++) {
        buf_addf(sql, "%s%s IN (SELECT value FROM json_each(?3, '$.i%zu'))",
                 i == 0 ? " AND (" : " OR ", r->lists[i].spec.column, i);
        json_set_new(values, call_printf(r->c, "i%zu", i), json_deep_copy(r->lists[i].ids));
    }
    if (r->list_count > 0)
        buf_add_str(sql, ")");
}

/* A tag filter with wildcards still asks SQL for the records that have the key at all. */
static void narrow_tag(struct run *r, struct filter *f, struct buf *sql, size_t at)
{
    buf_addf(sql, " AND %s IN (SELECT resource FROM tag WHERE account = ?1 AND region = ?2",
             r->d->id_column);
    if (f->kind == FILTER_TAG)
        buf_addf(sql, " AND key = json_extract(?3, '$.k%zu')", at);
    if (f->literal)
        buf_addf(sql, " AND %s IN (SELECT value FROM json_each(?3, '$.f%zu'))",
                 f->kind == FILTER_TAG_KEY ? "key" : "value", at);
    buf_add_str(sql, ")");
    f->answered = f->literal;
}

static void narrow_filters(struct run *r, struct buf *sql, json_t *values)
{
    size_t narrowed = 0;

    for (size_t i = 0; i < r->filter_count && narrowed < NARROWED_MAX; i++) {
        struct filter *f = &r->filters[i];
        if (f->kind == FILTER_PATH && (!f->literal || f->spec->column == NULL))
            continue;
        if (f->kind != FILTER_PATH &&
            (r->d->id_column == NULL || (f->kind != FILTER_TAG && !f->literal)))
            continue;
        size_t at = narrowed++;
        json_set_new(values, call_printf(r->c, "f%zu", at), json_deep_copy(f->values));
        json_set_str(values, call_printf(r->c, "k%zu", at), f->tag_key);
        if (f->kind != FILTER_PATH) {
            narrow_tag(r, f, sql, at);
            continue;
        }
        buf_addf(sql, " AND %s IN (SELECT value FROM json_each(?3, '$.f%zu'))", f->spec->column,
                 at);
        f->answered = true;
    }
}

static json_t *row_key(struct rows *row, bool is_number)
{
    return is_number ? json_integer(rows_int(row, 0)) : json_text_new(rows_text(row, 0));
}

static const char *build_statement(struct run *r, json_t *values)
{
    struct buf sql;

    buf_init(&sql, STATEMENT_MAX);
    buf_add_str(&sql, r->d->sql);
    if (r->list_count > 0)
        narrow_ids(r, &sql, values);
    else
        narrow_filters(r, &sql, values);
    if (r->after != NULL) {
        buf_addf(&sql, " AND %s > json_extract(?3, '$.after')", r->d->key_column);
        json_set_new(values, "after", json_incref(r->after));
    }
    /* ?3 must stand in every statement, since it is always bound. */
    buf_addf(&sql, " AND ?3 IS NOT NULL ORDER BY %s", r->d->key_column);
    const char *text = arena_strdup(r->c->arena, buf_text(&sql));
    buf_done(&sql);
    return text;
}

static void walk_sql(struct run *r)
{
    struct call *c = r->c;
    json_t *values = keep(c, json_object());
    const char *sql = build_statement(r, values);
    struct rows row;

    if (r->d->sql_argument != NULL)
        rows_open(&row, c->db, sql, "ssjs", c->account, c->region, values, r->d->sql_argument);
    else
        rows_open(&row, c->db, sql, "ssj", c->account, c->region, values);
    while (rows_next(&row)) {
        json_t *key = row_key(&row, r->d->key_is_number);
        if (!judge(r, r->d->render(c, &row), key))
            break;
    }
    rows_close(&row);
}

/* --- the run ---------------------------------------------------------------------------------- */

static int check_missing(struct run *r)
{
    for (size_t i = 0; i < r->list_count; i++) {
        const struct id_list *list = &r->lists[i];
        json_t *missing = keep(r->c, json_array()), *id;
        size_t at;
        json_array_foreach (list->ids, at, id) {
            if (json_get(list->seen, json_string_value(id)) == NULL)
                json_append_new(missing, json_incref(id));
        }
        if (json_array_size(missing) > 0 && list->spec.missing != NULL &&
            list->spec.missing(r->c, missing) != 0)
            return -1;
    }
    return 0;
}

static const char *next_token(struct run *r)
{
    if (!r->more)
        return NULL;
    char *key = json_to_text(r->last_key);
    const char *token = page_token_make(r->c, key);
    free(key);
    return token;
}

int describe_run(struct call *c, const struct describe *d, json_t **ret_records,
                 const char **ret_next_token)
{
    struct run r = {.c = c, .d = d};

    if (read_lists(&r) != 0 || read_limit(&r) != 0 || read_token(&r) != 0 ||
        filter_read(c, d, &r.filters, &r.filter_count) != 0)
        return -1;
    r.records = json_array();
    if (d->nth != NULL)
        walk_memory(&r);
    else
        walk_sql(&r);
    int rc = call_failed(c) || check_missing(&r) != 0 ? -1 : 0;
    if (rc == 0) {
        *ret_next_token = next_token(&r);
        *ret_records = json_incref(r.records);
    }
    json_decref(r.last_key);
    json_decref(r.records);
    return rc;
}

int describe_reply(struct call *c, const struct describe *d, const char *list_member)
{
    json_t *records;
    const char *token;

    if (describe_run(c, d, &records, &token) != 0)
        return -1;
    json_t *out = json_object();
    json_set_new(out, list_member, records);
    const struct describe_paging *p = paging_of(d);
    json_set_str(out, p->next, token);
    if (p->truncated != NULL)
        json_set_bool(out, p->truncated, token != NULL);
    return call_reply(c, out);
}

bool describe_matches(struct call *c, const struct describe *d, const json_t *record)
{
    struct filter *filters;
    size_t count;

    return filter_read(c, d, &filters, &count) == 0 && filter_matches(d, filters, count, record);
}
