// SPDX-License-Identifier: GPL-3.0-or-later
//
// GET /api/v2/search, /search/count and /search/export.
#include "desk/tickets/api_search.h"

#include "desk/people/api_write.h"
#include "desk/tickets/api.h"
#include "desk/tickets/api_internal.h"

#include <stdio.h>

#define RESULTS_MOST 1000
#define EXPORT_SIZE_MOST 1000

static bool invalid(struct error *err, const char *why)
{
    (void)error_set(err, ERR_INVALID, "Invalid search: %s", why);
    (void)snprintf(err->word, sizeof err->word, "invalid");
    return false;
}

static enum ticket_column order_of(struct str name)
{
    static const struct {
        const char *name;
        enum ticket_column column;
    } NAMES[] = {
        {"created_at", TC_CREATED}, {"created", TC_CREATED},  {"priority", TC_PRIORITY},
        {"status", TC_STATUS},      {"ticket_type", TC_TYPE}, {"updated_at", TC_UPDATED},
        {"updated", TC_UPDATED},
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (!str_none(name) && str_eq_c(name, NAMES[i].name)) {
            return NAMES[i].column;
        }
    }
    return TC_UPDATED;
}

// A record that is no ticket: one of the three.
struct other {
    const struct user *user;
    const struct organization *organization;
    const struct group *group;
};

// One search under way: tickets first, then people, organisations, groups.
struct searching {
    struct ctx *ctx;
    struct search_query search;
    struct ticket_query query;
    bool no_tickets;
    int64_t ticket_count;
    struct other *others;
    size_t other_count;
};

static bool begin(struct ctx *ctx, struct searching *s, struct error *err)
{
    *s = (struct searching){.ctx = ctx};
    struct str text = http_param(ctx->req, "query");
    if (str_none(text)) {
        return invalid(err, "the parameter query is missing");
    }
    search_parse(ctx->mem, text, &s->search);
    return search_for_tickets(ctx, &s->search, &s->query, &s->no_tickets, err);
}

// The people, organisations and groups with ids beyond `after`, at most `most` of each.
static bool find_others(struct searching *s, int64_t after, size_t most, struct error *err)
{
    struct ctx *ctx = s->ctx;
    struct user *users = NULL;
    struct organization *organizations = NULL;
    struct group *groups = NULL;
    size_t user_count = 0;
    size_t organization_count = 0;
    size_t group_count = 0;
    if (!search_for_users(ctx, &s->search, (struct user_id){after}, most, &users, &user_count,
                          err) ||
        !search_for_organizations(ctx, &s->search, (struct organization_id){after}, most,
                                  &organizations, &organization_count, err) ||
        !search_for_groups(ctx, &s->search, (struct group_id){after}, most, &groups, &group_count,
                           err)) {
        return false;
    }
    size_t count = 0;
    s->others =
        mem_array(ctx->mem, struct other, user_count + organization_count + group_count + 1);
    for (size_t i = 0; i < user_count; i++) {
        s->others[count++].user = &users[i];
    }
    for (size_t i = 0; i < organization_count; i++) {
        s->others[count++].organization = &organizations[i];
    }
    for (size_t i = 0; i < group_count; i++) {
        s->others[count++].group = &groups[i];
    }
    s->other_count = count;
    return true;
}

static bool count_all(struct searching *s, struct error *err)
{
    struct ctx *ctx = s->ctx;
    if (!s->no_tickets && !tickets_count(ctx->db, ctx->mem, &ctx->actor, &s->query, INT64_MAX,
                                         &s->ticket_count, err)) {
        return false;
    }
    return find_others(s, 0, RESULTS_MOST, err);
}

static bool read_page(struct searching *s, const struct api_page *page, struct ticket **ret,
                      size_t *ret_count, struct error *err)
{
    struct ctx *ctx = s->ctx;
    struct str order = str_none(page->sort) ? s->search.order_by : page->sort;
    s->query.sort = order_of(order);
    bool ascending = s->search.ascending || str_ieq_c(http_param(ctx->req, "sort_order"), "asc");
    s->query.descending = !ascending;
    s->query.limit = page->size;
    s->query.offset = page->offset;
    return s->no_tickets || page->offset >= s->ticket_count ||
           tickets_find(ctx->db, ctx->mem, &ctx->actor, &s->query, ret, ret_count, err);
}

// What of the others stands on the page behind the tickets.
static void others_on_page(const struct searching *s, const struct api_page *page, size_t tickets,
                           size_t *ret_from, size_t *ret_count)
{
    int64_t from = page->offset > s->ticket_count ? page->offset - s->ticket_count : 0;
    size_t room = (size_t)page->size - tickets;
    *ret_from = (size_t)from < s->other_count ? (size_t)from : s->other_count;
    *ret_count = s->other_count - *ret_from < room ? s->other_count - *ret_from : room;
}

static int64_t other_id(const struct other *one)
{
    return one->user != NULL           ? one->user->id.v
           : one->organization != NULL ? one->organization->id.v
                                       : one->group->id.v;
}

static void write_other(struct ctx *ctx, struct jw *w, const struct other *one)
{
    if (one->user != NULL) {
        api_user_result_write(ctx, w, one->user);
    } else if (one->organization != NULL) {
        api_organization_result_write(ctx, w, one->organization);
    } else {
        api_group_result_write(ctx, w, one->group);
    }
}

static void write_results(struct ctx *ctx, struct jw *w, struct api_tickets *set,
                          const struct other *others, size_t other_count)
{
    set->results = true;
    jw_field_array(w, "results");
    for (size_t i = 0; i < set->count; i++) {
        api_ticket_write(ctx, w, set, &set->tickets[i]);
    }
    for (size_t i = 0; i < other_count; i++) {
        write_other(ctx, w, &others[i]);
    }
    jw_array_end(w);
    jw_field_null(w, "facets");
}

// GET /api/v2/search?query=
bool api_search(struct ctx *ctx, struct error *err)
{
    struct searching s;
    struct api_page page;
    struct api_tickets set;
    struct ticket *tickets = NULL;
    size_t count = 0;
    size_t from = 0;
    size_t others = 0;
    struct jw w;
    if (!api_page_parse(ctx, &page, err)) {
        return false;
    }
    if (page.cursor) {
        return invalid(err, "cursors are taken by search/export only");
    }
    if (page.offset >= RESULTS_MOST) {
        return invalid(err, "Requested response size was greater than Search Response Limits");
    }
    if (!begin(ctx, &s, err) || !count_all(&s, err) ||
        !read_page(&s, &page, &tickets, &count, err) ||
        !api_tickets_load(ctx, tickets, count, &set, err)) {
        return false;
    }
    others_on_page(&s, &page, count, &from, &others);
    struct api_found found = {.count = count + others,
                              .total = s.ticket_count + (int64_t)s.other_count};
    api_begin(ctx, &w);
    write_results(ctx, &w, &set, s.others + from, others);
    if (!api_ticket_sideloads_write(ctx, &w, &set, err)) {
        return false;
    }
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/search/count?query= – the one count that is a bare number.
bool api_search_count(struct ctx *ctx, struct error *err)
{
    struct searching s;
    struct jw w;
    if (!begin(ctx, &s, err) || !count_all(&s, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_i64(&w, "count", s.ticket_count + (int64_t)s.other_count);
    return api_end(ctx, &w, err);
}

static bool export_tickets(struct ctx *ctx, struct searching *s, const struct api_page *page,
                           struct error *err)
{
    struct ticket *tickets = NULL;
    size_t count = 0;
    struct api_tickets set;
    struct api_found found = {0};
    struct jw w;
    s->query.sort = TC_CREATED;
    s->query.limit = page->size + 1;
    s->query.backwards = page->backwards;
    if (page->keyed) {
        s->query.after_id.v = page->key.id;
        s->query.after_value = page->key.value;
    }
    if (!s->no_tickets &&
        !tickets_find(ctx->db, ctx->mem, &ctx->actor, &s->query, &tickets, &count, err)) {
        return false;
    }
    api_page_cut(page, tickets, sizeof *tickets, count, &found);
    if (tickets != NULL && found.count > 0) {
        found.first = (struct api_key){tickets[0].id.v, tickets[0].created_at, STR_NONE};
        const struct ticket *last = &tickets[found.count - 1];
        found.last = (struct api_key){last->id.v, last->created_at, STR_NONE};
    }
    if (!api_tickets_load(ctx, tickets, found.count, &set, err)) {
        return false;
    }
    api_begin(ctx, &w);
    write_results(ctx, &w, &set, NULL, 0);
    api_page_write(ctx, &w, page, &found);
    return api_end(ctx, &w, err);
}

static bool export_others(struct ctx *ctx, struct searching *s, const struct api_page *page,
                          struct error *err)
{
    struct api_tickets none = {0};
    struct api_found found = {0};
    struct jw w;
    if (!find_others(s, page->keyed ? page->key.id : 0, (size_t)page->size + 1, err)) {
        return false;
    }
    api_page_cut(page, s->others, sizeof *s->others, s->other_count, &found);
    if (found.count > 0) {
        found.first.id = other_id(&s->others[0]);
        found.last.id = other_id(&s->others[found.count - 1]);
    }
    api_begin(ctx, &w);
    write_results(ctx, &w, &none, s->others, found.count);
    api_page_write(ctx, &w, page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/search/export?query=&filter[type]=ticket&page[size]=
bool api_search_export(struct ctx *ctx, struct error *err)
{
    struct searching s;
    struct api_page page;
    int64_t size = 0;
    struct str type = http_param(ctx->req, "filter[type]");
    unsigned bit = search_type(type);
    if (bit == 0) {
        return invalid(err, "filter[type] must be ticket, user, organization or group");
    }
    if (!api_page_parse(ctx, &page, err) || !begin(ctx, &s, err)) {
        return false;
    }
    if (str_to_i64(str_trim(http_param(ctx->req, "page[size]")), &size) && size > page.size) {
        page.size = size > EXPORT_SIZE_MOST ? EXPORT_SIZE_MOST : size;
    }
    if (page.backwards) {
        return invalid(err, "search/export goes forward only");
    }
    page.cursor = true;
    s.search.types &= bit;
    s.no_tickets = s.no_tickets || (s.search.types & SEARCH_TICKETS) == 0;
    return bit == SEARCH_TICKETS ? export_tickets(ctx, &s, &page, err)
                                 : export_others(ctx, &s, &page, err);
}
