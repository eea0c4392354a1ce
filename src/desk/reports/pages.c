// SPDX-License-Identifier: GPL-3.0-or-later
//
// The report as a page, its days as a table for other programs, and all of it as JSON.
#include "desk/reports/pages.h"

#include "app/api.h"
#include "app/say.h"
#include "desk/desk.h"
#include "desk/reports/reports.h"
#include "desk/reports/reports.html.h"
#include "desk/service/disruption.h"
#include "desk/service/written.h"
#include "desk/work/work.h"
#include "view/site.h"

enum { DAYS_UNLESS_SAID = 30, DAY_WIDTH = 10, HEIGHT = 100 };

// --- what is asked for --------------------------------------------------------------------------

static struct str day_text(mem_ctx *ctx, int64_t day)
{
    return str_sub(time_iso(ctx, day * DAYS_MS), 0, 10);
}

// The first and last day asked for; the last thirty unless they are said.
static bool read_days(struct ctx *ctx, int64_t today, int64_t *first, int64_t *last,
                      struct error *err)
{
    struct str from = http_param(ctx->req, "from");
    struct str to = http_param(ctx->req, "to");
    int64_t ms = 0;
    *last = today;
    if (!str_empty(to)) {
        if (to.len != 10 || !time_parse_iso(to, &ms)) {
            return error_field(err, "to", "InvalidValue", "To: a day is written 2026-11-24.");
        }
        *last = ms / DAYS_MS;
    }
    *first = *last - DAYS_UNLESS_SAID + 1;
    if (!str_empty(from)) {
        if (from.len != 10 || !time_parse_iso(from, &ms)) {
            return error_field(err, "from", "InvalidValue", "From: a day is written 2026-11-24.");
        }
        *first = ms / DAYS_MS;
    }
    return true;
}

// The span asked for in the reader's zone, by the offset of its last day.
static bool read_span(struct ctx *ctx, struct report_span *ret, struct error *err)
{
    struct view v;
    struct str group =
        http_param(ctx->req, str_starts(ctx->req->path, STR("/api/")) ? "group_id" : "group");
    int64_t now = clock_now(ctx->app->clock);
    int64_t first = 0;
    int64_t last = 0;
    view_init(&v, NULL, ctx->mem);
    v.site = ctx->app->site;
    view_reader(&v, say_locale(ctx), ctx->actor.time_zone);
    *ret = (struct report_span){.zone_offset_ms = view_zone_offset_ms(&v, now)};
    if (!read_days(ctx, (now + ret->zone_offset_ms) / DAYS_MS, &first, &last, err)) {
        return false;
    }
    ret->since = first * DAYS_MS - ret->zone_offset_ms;
    ret->until = (last + 1) * DAYS_MS - ret->zone_offset_ms;
    bool own = ctx->actor.scope == SCOPE_GROUPS && ctx->actor.group_count > 0;
    if (!str_empty(group) && !str_to_i64(group, &ret->group.v)) {
        return error_field(err, "group_id", "InvalidValue", "Group: must be a number.");
    }
    // Who sees some groups only begins with the first of them.
    ret->group = ret->group.v == 0 && own ? ctx->actor.groups[0] : ret->group;
    return true;
}

static bool make(struct ctx *ctx, struct report *ret, struct error *err)
{
    struct report_span span;
    return read_span(ctx, &span, err) &&
           report_make(desk_of(ctx), ctx->db, ctx->mem, &ctx->actor, &span, ret, err);
}

// --- the page -----------------------------------------------------------------------------------

// "1d 4h", "35m": two units are enough.
static struct str wait_words(mem_ctx *ctx, int64_t ms)
{
    int64_t unit = ms >= DAYS_MS ? HOURS_MS : MINUTES_MS;
    return span_write(ctx, ms / unit * unit);
}

static void fill_days(struct ctx *ctx, const struct report *r, struct vm_report *vm)
{
    vm->highest = 1;
    for (size_t i = 0; i < r->day_count; i++) {
        const struct report_day *day = &r->days[i];
        int64_t high = day->made > day->solved ? day->made : day->solved;
        vm->highest = high > vm->highest ? high : vm->highest;
    }
    vm->days = mem_array(ctx->mem, struct vm_report_day, r->day_count + 1);
    vm->day_count = r->day_count;
    vm->width = (int64_t)r->day_count * DAY_WIDTH;
    for (size_t i = 0; i < r->day_count; i++) {
        const struct report_day *day = &r->days[i];
        int64_t made = day->made * HEIGHT / vm->highest;
        int64_t solved = day->solved * HEIGHT / vm->highest;
        vm->days[i] = (struct vm_report_day){.day = day_text(ctx->mem, day->day),
                                             .made = day->made,
                                             .solved = day->solved,
                                             .made_x = (int64_t)i * DAY_WIDTH + 1,
                                             .made_y = HEIGHT - made,
                                             .made_height = made,
                                             .solved_x = (int64_t)i * DAY_WIDTH + 5,
                                             .solved_y = HEIGHT - solved,
                                             .solved_height = solved};
    }
}

static struct str channel_words(struct ctx *ctx, struct str channel)
{
    static const struct {
        const char *channel;
        const char *words;
    } NAMES[] = {{"web", WORDS("Pages")},       {"email", WORDS("Mail")},
                 {"api", WORDS("Programs")},    {"help_center", WORDS("Portal")},
                 {"rule", WORDS("Rules")},      {"system", WORDS("The desk itself")},
                 {"voice", WORDS("Telephone")}, {"chat", WORDS("Chat")}};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (str_eq_c(channel, NAMES[i].channel)) {
            return say_words(ctx, NAMES[i].words);
        }
    }
    return channel;
}

static void fill_costs(struct ctx *ctx, const struct report_cost *costs, size_t count,
                       struct vm_report_line **ret, size_t *ret_count)
{
    *ret = mem_array(ctx->mem, struct vm_report_line, count + 1);
    *ret_count = count;
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = (struct vm_report_line){
            str_empty(costs[i].name) ? say_words(ctx, "Without one") : costs[i].name,
            costs[i].tickets, disruption_money(ctx->mem, costs[i].cents)};
    }
}

static void fill_lines(struct ctx *ctx, const struct report *r, struct vm_report *vm)
{
    vm->channels = mem_array(ctx->mem, struct vm_report_line, r->channel_count + 1);
    for (size_t i = 0; i < r->channel_count; i++) {
        vm->channels[vm->channel_count++] = (struct vm_report_line){
            channel_words(ctx, r->channels[i].channel), r->channels[i].made, STR("")};
    }
    vm->promises = mem_array(ctx->mem, struct vm_report_line, r->promise_count + 1);
    for (size_t i = 0; i < r->promise_count; i++) {
        const struct promise_sum *p = &r->promises[i];
        int64_t percent = p->ended > 0 ? (p->ended - p->late) * 100 / p->ended : 0;
        vm->promises[vm->promise_count++] =
            (struct vm_report_line){say_str(ctx, meter_label(p->meter)), p->ended,
                                    str_printf(ctx->mem, "%lld %%", (long long)percent)};
    }
    fill_costs(ctx, r->organizations, r->organization_count, &vm->organizations,
               &vm->organization_count);
    fill_costs(ctx, r->groups, r->group_count, &vm->cost_groups, &vm->cost_group_count);
}

static bool fill_groups(struct ctx *ctx, const struct report *r, struct vm_report *vm,
                        struct error *err)
{
    struct group *groups = NULL;
    size_t count = 0;
    bool all = ctx->actor.scope == SCOPE_ALL;
    if (!groups_all(ctx->db, ctx->mem, &groups, &count, err)) {
        return false;
    }
    vm->groups = mem_array(ctx->mem, struct vm_option, count + 2);
    if (all) {
        vm->groups[vm->group_count++] =
            (struct vm_option){STR("0"), say_words(ctx, "The whole desk"), r->span.group.v == 0};
    }
    for (size_t i = 0; i < count; i++) {
        if (all || actor_in_group(&ctx->actor, groups[i].id)) {
            vm->groups[vm->group_count++] =
                (struct vm_option){str_printf(ctx->mem, "%lld", (long long)groups[i].id.v),
                                   groups[i].name, groups[i].id.v == r->span.group.v};
        }
    }
    return true;
}

static void fill_sums(struct ctx *ctx, const struct report *r, struct vm_report *vm)
{
    vm->whole = r->span.group.v == 0;
    vm->made = r->made;
    vm->solved = r->solved;
    vm->word_count = r->word.count;
    vm->word_median = wait_words(ctx->mem, r->word.median_ms);
    vm->word_most = wait_words(ctx->mem, r->word.most_ms);
    vm->solution_count = r->solution.count;
    vm->solution_median = wait_words(ctx->mem, r->solution.median_ms);
    vm->solution_most = wait_words(ctx->mem, r->solution.most_ms);
    vm->steward_tickets = r->moves.steward_tickets;
    vm->assignee_times = r->moves.assignee_times;
    vm->assignee_tickets = r->moves.assignee_tickets;
    vm->group_times = r->moves.group_times;
    vm->group_tickets = r->moves.group_tickets;
    vm->reopened = r->moves.reopened;
    vm->repeated = r->moves.repeated;
    vm->good = r->moments.good;
    vm->bad = r->moments.bad;
    vm->cost = disruption_money(ctx->mem, r->cents);
    vm->desk_time = time_words(ctx->mem, r->desk_seconds);
}

// GET /reports?from=2026-11-01&to=2026-11-24&group=7
bool page_report(struct ctx *ctx, struct error *err)
{
    struct report report;
    struct vm_report vm = {0};
    struct url_builder csv;
    struct view v;
    if (!make(ctx, &report, err) || !fill_groups(ctx, &report, &vm, err)) {
        return false;
    }
    int64_t offset = report.span.zone_offset_ms;
    vm.from = day_text(ctx->mem, (report.span.since + offset) / DAYS_MS);
    vm.to = day_text(ctx->mem, (report.span.until + offset) / DAYS_MS - 1);
    url_begin(&csv, ctx->mem, "/reports/days.csv");
    url_param(&csv, "from", vm.from);
    url_param(&csv, "to", vm.to);
    url_param(&csv, "group", str_printf(ctx->mem, "%lld", (long long)report.span.group.v));
    vm.csv = url_end(&csv);
    fill_sums(ctx, &report, &vm);
    fill_days(ctx, &report, &vm);
    fill_lines(ctx, &report, &vm);
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Reports"), "reports");
    view_report_page(&v, &vm);
    return true;
}

// GET /reports/days.csv
bool page_report_csv(struct ctx *ctx, struct error *err)
{
    struct report report;
    if (!make(ctx, &report, err)) {
        return false;
    }
    struct buf *out = &ctx->resp->body;
    buf_put_c(out, "day,requests,solved\r\n");
    for (size_t i = 0; i < report.day_count; i++) {
        const struct report_day *day = &report.days[i];
        buf_printf(out, STR_FMT ",%lld,%lld\r\n", STR_ARG(day_text(ctx->mem, day->day)),
                   (long long)day->made, (long long)day->solved);
    }
    ctx->resp->status = 200;
    http_set_header_c(ctx->resp, "Content-Type", "text/csv; charset=utf-8");
    http_set_header_c(ctx->resp, "Content-Disposition", "attachment; filename=\"days.csv\"");
    return true;
}

// --- programs -----------------------------------------------------------------------------------

static void write_wait(struct jw *w, const char *key, const struct report_wait *wait)
{
    jw_field_object(w, key);
    jw_field_i64(w, "count", wait->count);
    jw_field_i64(w, "median_seconds", wait->median_ms / SECONDS_MS);
    jw_field_i64(w, "ninth_decile_seconds", wait->most_ms / SECONDS_MS);
    jw_object_end(w);
}

static void write_costs(struct jw *w, const char *key, const struct report_cost *costs,
                        size_t count)
{
    jw_field_array(w, key);
    for (size_t i = 0; i < count; i++) {
        jw_object_begin(w);
        jw_field_str(w, "name", costs[i].name);
        jw_field_i64(w, "tickets", costs[i].tickets);
        jw_field_i64(w, "cents", costs[i].cents);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_moves(struct jw *w, const struct report_moves *m)
{
    jw_field_i64(w, "tickets_with_another_steward", m->steward_tickets);
    jw_field_i64(w, "assignee_changes", m->assignee_times);
    jw_field_i64(w, "tickets_reassigned", m->assignee_tickets);
    jw_field_i64(w, "group_changes", m->group_times);
    jw_field_i64(w, "tickets_regrouped", m->group_tickets);
    jw_field_i64(w, "reopened", m->reopened);
    jw_field_i64(w, "repeated", m->repeated);
}

static void write_whole(struct jw *w, const struct report *r)
{
    jw_field_array(w, "promises");
    for (size_t i = 0; i < r->promise_count; i++) {
        jw_object_begin(w);
        jw_field_str(w, "metric", meter_word(r->promises[i].meter));
        jw_field_i64(w, "ended", r->promises[i].ended);
        jw_field_i64(w, "late", r->promises[i].late);
        jw_object_end(w);
    }
    jw_array_end(w);
    jw_field_i64(w, "moments_good", r->moments.good);
    jw_field_i64(w, "moments_bad", r->moments.bad);
    jw_field_i64(w, "desk_seconds", r->desk_seconds);
}

// GET /api/v2/reports?from=2026-11-01&to=2026-11-24&group_id=7
bool api_report(struct ctx *ctx, struct error *err)
{
    struct report r;
    struct jw w;
    if (!make(ctx, &r, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_object(&w, "report");
    jw_field_time(&w, "since", r.span.since);
    jw_field_time(&w, "until", r.span.until);
    jw_field_id(&w, "group_id", r.span.group.v);
    jw_field_i64(&w, "requests", r.made);
    jw_field_i64(&w, "solved", r.solved);
    jw_field_array(&w, "days");
    for (size_t i = 0; i < r.day_count; i++) {
        jw_object_begin(&w);
        jw_field_str(&w, "day", day_text(ctx->mem, r.days[i].day));
        jw_field_i64(&w, "requests", r.days[i].made);
        jw_field_i64(&w, "solved", r.days[i].solved);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    jw_field_array(&w, "channels");
    for (size_t i = 0; i < r.channel_count; i++) {
        jw_object_begin(&w);
        jw_field_str(&w, "channel", r.channels[i].channel);
        jw_field_i64(&w, "requests", r.channels[i].made);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    write_wait(&w, "first_word", &r.word);
    write_wait(&w, "solution", &r.solution);
    write_moves(&w, &r.moves);
    jw_field_i64(&w, "disruption_cents", r.cents);
    write_costs(&w, "organizations", r.organizations, r.organization_count);
    write_costs(&w, "groups", r.groups, r.group_count);
    if (r.span.group.v == 0) {
        write_whole(&w, &r);
    }
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}
