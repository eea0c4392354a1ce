// SPDX-License-Identifier: GPL-3.0-or-later
//
// Pages of working hours.
#include "app/say.h"
#include "desk/desk.h"
#include "desk/rules/term_form.h"
#include "desk/service/api.h"
#include "desk/service/pages.h"
#include "desk/service/service.html.h"
#include "desk/service/written.h"

static const struct {
    const char *name;
    const char *field;
    int day;  // as calendars count: Sunday is 0
} DAYS[7] = {
    {WORDS("Monday"), "monday", 1},       {WORDS("Tuesday"), "tuesday", 2},
    {WORDS("Wednesday"), "wednesday", 3}, {WORDS("Thursday"), "thursday", 4},
    {WORDS("Friday"), "friday", 5},       {WORDS("Saturday"), "saturday", 6},
    {WORDS("Sunday"), "sunday", 0},
};

static struct str group_names(mem_ctx *ctx, const struct schedule *s,
                              const struct rule_names *names)
{
    struct buf out;
    buf_init(&out, ctx, 8192);
    for (size_t i = 0; i < s->group_count; i++) {
        for (size_t k = 0; k < names->group_count; k++) {
            if (names->groups[k].id.v == s->groups[i].v) {
                buf_put_c(&out, out.len > 0 ? ", " : "");
                buf_put(&out, names->groups[k].name);
            }
        }
    }
    return buf_str(&out);
}

// GET /admin/hours
bool page_hours(struct ctx *ctx, struct error *err)
{
    const struct service_book *book = NULL;
    struct rule_names names;
    struct vm_hours_list vm = {0};
    struct view v;
    if (!service_read(desk_of(ctx)->service, ctx->db, ctx->mem, &book, err) ||
        !rule_names_load(ctx->db, ctx->mem, &names, err)) {
        return false;
    }
    vm.lines = mem_array(ctx->mem, struct vm_hours_line, book->schedule_count + 1);
    for (size_t i = 0; i < book->schedule_count; i++) {
        const struct schedule *s = &book->schedules[i];
        vm.lines[vm.count++] = (struct vm_hours_line){.id = s->id,
                                                      .name = s->name,
                                                      .time_zone = s->time_zone,
                                                      .groups = group_names(ctx->mem, s, &names),
                                                      .free_days = (int64_t)s->holiday_count,
                                                      .everybody = i == 0};
    }
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Working hours"), "admin");
    view_service_hours(&v, &vm);
    return true;
}

// --- the form -----------------------------------------------------------------------------------

static bool has_group(const struct schedule *s, struct group_id group)
{
    for (size_t i = 0; i < s->group_count; i++) {
        if (s->groups[i].v == group.v) {
            return true;
        }
    }
    return false;
}

// Shows the form; hours and free days as they were typed where they were.
static bool show(struct ctx *ctx, const struct schedule *s, struct vm_hours_form *vm,
                 struct error *err)
{
    struct rule_names names;
    struct url_builder link;
    struct view v;
    if (!rule_names_load(ctx->db, ctx->mem, &names, err)) {
        return false;
    }
    url_begin(&link, ctx->mem, "/admin/hours");
    vm->is_new = s->id.v == 0;
    if (!vm->is_new) {
        url_segment_i64(&link, s->id.v);
    }
    vm->action = url_end(&link);
    vm->name = s->name;
    vm->time_zone = s->time_zone;
    for (size_t i = 0; i < 7; i++) {
        vm->days[i].name = say_words(ctx, DAYS[i].name);
        vm->days[i].field = str_c(DAYS[i].field);
    }
    for (size_t i = 0; i < names.group_count; i++) {
        struct group_id id = names.groups[i].id;
        vm_choice_add(ctx->mem, &vm->groups, str_printf(ctx->mem, "%lld", (long long)id.v),
                      names.groups[i].name, has_group(s, id));
    }
    desk_page_begin(ctx, &v, &vm->layout, vm->is_new ? say_words(ctx, "New hours") : s->name,
                    "admin");
    view_service_hours_form(&v, vm);
    return true;
}

static void write_out(mem_ctx *ctx, const struct schedule *s, struct vm_hours_form *vm)
{
    struct buf lines;
    buf_init(&lines, ctx, 1 << 20);
    for (size_t i = 0; i < 7; i++) {
        vm->days[i].hours = hours_write(ctx, s->intervals, s->interval_count, DAYS[i].day);
    }
    for (size_t i = 0; i < s->holiday_count; i++) {
        buf_put(&lines, free_days_write(ctx, s->holidays[i].name, s->holidays[i].days));
    }
    vm->free_days = buf_str(&lines);
}

// GET /admin/hours/new
bool page_hours_new(struct ctx *ctx, struct error *err)
{
    static const struct calendar_interval WEEK[] = {
        {1980, 2460}, {3420, 3900}, {4860, 5340}, {6300, 6780}, {7740, 8220}};
    struct vm_hours_form vm = {.error = STR("")};
    struct schedule schedule = {.name = STR(""),
                                .time_zone = str_empty(ctx->actor.time_zone) ? STR("UTC")
                                                                             : ctx->actor.time_zone,
                                .intervals = WEEK,
                                .interval_count = 5};
    write_out(ctx->mem, &schedule, &vm);
    return show(ctx, &schedule, &vm, err);
}

static bool load(struct ctx *ctx, struct schedule *ret, struct error *err)
{
    const struct service_book *book = NULL;
    if (!service_read(desk_of(ctx)->service, ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    const struct schedule *found = schedule_in_book(book, (struct schedule_id){ctx->path.ids[0]});
    if (found == NULL) {
        return error_set(err, ERR_NOT_FOUND, "There are no such working hours.");
    }
    *ret = *found;
    return true;
}

// GET /admin/hours/{schedule:id}
bool page_hours_edit(struct ctx *ctx, struct error *err)
{
    struct vm_hours_form vm = {.error = STR("")};
    struct schedule schedule;
    if (!load(ctx, &schedule, err)) {
        return false;
    }
    write_out(ctx->mem, &schedule, &vm);
    return show(ctx, &schedule, &vm, err);
}

// --- what it sends ------------------------------------------------------------------------------

static void read_groups(struct ctx *ctx, struct schedule *ret)
{
    struct group_id *groups = mem_array(ctx->mem, struct group_id, ctx->req->form.count + 1);
    ret->group_count = 0;
    for (size_t i = 0; i < ctx->req->form.count; i++) {
        int64_t id = 0;
        if (str_eq_c(ctx->req->form.items[i].name, "group") &&
            str_to_i64(ctx->req->form.items[i].value, &id)) {
            groups[ret->group_count++].v = id;
        }
    }
    ret->groups = groups;
}

static bool read_hours(struct ctx *ctx, struct schedule *ret, struct error *err)
{
    struct calendar_interval *list = mem_array(ctx->mem, struct calendar_interval, HOURS_MOST);
    size_t count = 0;
    for (size_t i = 0; i < 7; i++) {
        if (!hours_read(http_form_text(ctx->req, DAYS[i].field), DAYS[i].day, list, &count, err)) {
            return false;
        }
    }
    ret->intervals = list;
    ret->interval_count = count;
    return true;
}

static bool read_free_days(struct ctx *ctx, struct schedule *ret, struct error *err)
{
    struct free_days *days = NULL;
    size_t count = 0;
    if (!free_days_read(ctx->mem, http_form_text(ctx->req, "free_days"), &days, &count, err)) {
        return false;
    }
    struct schedule_holiday *list = mem_array(ctx->mem, struct schedule_holiday, count + 1);
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct schedule_holiday){.name = days[i].name, .days = days[i].days};
    }
    ret->holidays = list;
    ret->holiday_count = count;
    return true;
}

struct hours_write {
    struct ctx *ctx;
    struct schedule schedule;
    bool remove;
};

static bool write_tx(struct db *tx, void *arg, struct error *err)
{
    struct hours_write *w = arg;
    struct schedule again = w->schedule;  // a transaction may run twice
    struct desk *desk = desk_of(w->ctx);
    return w->remove ? schedule_delete(desk, tx, w->ctx->mem, &w->ctx->actor, again.id, err)
                     : schedule_store(desk, tx, w->ctx->mem, &w->ctx->actor, &again, err);
}

static bool save(struct ctx *ctx, struct schedule *schedule, struct error *err)
{
    struct vm_hours_form vm = {.error = STR("")};
    struct error why;
    schedule->name = http_form_trimmed(ctx->req, "name");
    schedule->time_zone = http_form_trimmed(ctx->req, "time_zone");
    read_groups(ctx, schedule);
    struct hours_write w = {.ctx = ctx, .schedule = *schedule};
    if (read_hours(ctx, &w.schedule, &why) && read_free_days(ctx, &w.schedule, &why) &&
        db_tx_run(ctx->app->db, "page.hours", write_tx, &w, &why)) {
        http_redirect(ctx->resp, STR("/admin/hours"));
        return true;
    }
    for (size_t i = 0; i < 7; i++) {
        vm.days[i].hours = http_form_text(ctx->req, DAYS[i].field);
    }
    vm.free_days = http_form_text(ctx->req, "free_days");
    return say_mistake(ctx, &why, &vm.error, err) && show(ctx, schedule, &vm, err);
}

// POST /admin/hours
bool page_hours_create(struct ctx *ctx, struct error *err)
{
    struct schedule schedule = {0};
    return save(ctx, &schedule, err);
}

// POST /admin/hours/{schedule:id} do=save|delete
bool page_hours_save(struct ctx *ctx, struct error *err)
{
    struct hours_write w = {.ctx = ctx, .remove = true};
    if (!load(ctx, &w.schedule, err)) {
        return false;
    }
    if (!str_eq_c(http_form(ctx->req, "do"), "delete")) {
        return save(ctx, &w.schedule, err);
    }
    if (!db_tx_run(ctx->app->db, "page.hours", write_tx, &w, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/admin/hours"));
    return true;
}
