// SPDX-License-Identifier: GPL-3.0-or-later
//
// The clocks of tickets: kept by each change, fired when their time is over, made anew from the
// ticket's history when what is owed is something else.
#include "desk/channels/channels.h"
#include "desk/desk.h"
#include "desk/people/people.h"
#include "desk/service/queries.h"
#include "desk/service/service_internal.h"

enum { FIRE_BATCH = 200, RENEW_BATCH = 50 };

// One ticket's clocks being worked on.
struct keeping {
    struct desk *desk;
    struct db *tx;
    mem_ctx *ctx;
    const struct service_book *book;
    const struct ticket *ticket;
    const struct policy *policy;      // that counts now, or NULL
    const struct schedule *schedule;  // or NULL
    int64_t now;
    struct meters meters;
    struct meter_clock before[METER_COUNT];
    int64_t known[METER_COUNT];  // instances whose history is written already
    bool failed;                 // a listener's row could not be written
    struct error *err;
};

// --- what counts --------------------------------------------------------------------------------

static int64_t target_count_of(const struct policy *policy, enum ticket_priority priority)
{
    int64_t count = 0;
    for (size_t i = 0; i < policy->target_count; i++) {
        count += policy->targets[i].priority == priority ? 1 : 0;
    }
    return count;
}

// The first policy that matches, and owes something to this priority.
static bool choose(struct keeping *k, const struct actor *actor, struct error *err)
{
    struct rule_facts facts = {
        .db = k->tx, .ctx = k->ctx, .ticket = k->ticket, .actor = actor, .now = k->now};
    k->policy = NULL;
    k->schedule = schedule_of_group(k->book, k->ticket->group);
    for (size_t i = 0; i < k->book->policy_count; i++) {
        const struct policy *one = &k->book->policies[i];
        bool matches = false;
        if (one->broken) {
            continue;
        }
        if (!conditions_match(&facts, &one->conditions, &matches, err)) {
            return false;
        }
        if (matches) {
            k->policy = target_count_of(one, k->ticket->priority) > 0 ? one : NULL;
            return true;
        }
    }
    return true;
}

static void set_targets(struct keeping *k)
{
    for (int i = 0; i < METER_COUNT; i++) {
        k->meters.clocks[i] = (struct meter_clock){.meter = (enum meter)i};
    }
    for (size_t i = 0; i < k->policy->target_count; i++) {
        const struct policy_target *one = &k->policy->targets[i];
        if (one->priority == k->ticket->priority) {
            k->meters.clocks[one->meter].target_ms = one->target_ms;
            k->meters.clocks[one->meter].business = one->business;
        }
    }
}

// --- history ------------------------------------------------------------------------------------

static void note_event(void *env, const struct meter_clock *clock, enum meter_event event,
                       int64_t at)
{
    struct keeping *k = env;
    // What was written before a policy changed stays as it was.
    if (k->failed || clock->instance < k->known[clock->meter]) {
        return;
    }
    bool owed = event == METER_APPLY_SLA;
    bool sums = event == METER_UPDATE_STATUS;
    bool first = clock->meter == METER_FIRST_REPLY;
    struct metric_event_insert_in in = {
        .id = db_next_id(k->tx),
        .ticket_id = k->ticket->id,
        .metric = (int64_t)clock->meter,
        // Both replies are one metric, and the first reply its first instance.
        .instance = clock->meter == METER_NEXT_REPLY ? clock->instance + 1
                    : first                          ? 1
                                                     : clock->instance,
        .kind = (int64_t)event,
        .at = at,
        .noted_at = k->now,
        .policy_id = owed ? k->policy->id : (struct policy_id){0},
        .policy_title = owed ? k->policy->rule.title : STR_NONE,
        .target_ms = {owed, clock->target_ms},
        .business = {owed, clock->business},
        .calendar_ms = {sums, clock->wall_ms},
        .business_ms = {sums, clock->open_ms},
    };
    k->failed = !metric_event_insert(k->tx, &in, k->err);
}

// --- rows ---------------------------------------------------------------------------------------

static struct meter_clock clock_of_row(const struct sla_clocks_of_row *row)
{
    return (struct meter_clock){
        .meter = (enum meter)row->metric,
        .instance = row->instance,
        .phase = (enum meter_phase)row->phase,
        .since = row->since,
        .wall_ms = row->wall_ms,
        .open_ms = row->open_ms,
        .target_ms = row->target_ms,
        .business = row->business,
        .breach_at = row->breach_at.v,
        .breached = row->breached,
    };
}

static bool read_clocks(struct keeping *k, struct error *err)
{
    struct sla_clocks_of_row *rows = NULL;
    size_t count = 0;
    if (!sla_clocks_of(k->tx, k->ctx, &k->ticket->id.v, 1, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (rows[i].metric >= 0 && rows[i].metric < METER_COUNT) {
            k->before[rows[i].metric] = clock_of_row(&rows[i]);
        }
    }
    return true;
}

static bool same_clock(const struct meter_clock *a, const struct meter_clock *b)
{
    return a->instance == b->instance && a->phase == b->phase && a->since == b->since &&
           a->wall_ms == b->wall_ms && a->open_ms == b->open_ms && a->target_ms == b->target_ms &&
           a->business == b->business && a->breach_at == b->breach_at && a->breached == b->breached;
}

static bool write_clock(struct keeping *k, const struct meter_clock *c, struct error *err)
{
    bool ahead = c->breach_at != 0 && !c->breached;
    return sla_clock_write(k->tx,
                           &(struct sla_clock_write_in){
                               .ticket_id = k->ticket->id,
                               .metric = (int64_t)c->meter,
                               .instance = c->instance,
                               .phase = (int64_t)c->phase,
                               .since = c->since,
                               .wall_ms = c->wall_ms,
                               .open_ms = c->open_ms,
                               .target_ms = c->target_ms,
                               .business = c->business,
                               .breach_at = {c->breach_at != 0, c->breach_at},
                               .breached = c->breached,
                               .fire_at = {ahead, c->breach_at},
                           },
                           err);
}

static bool write_clocks(struct keeping *k, struct error *err)
{
    for (int i = 0; i < METER_COUNT; i++) {
        const struct meter_clock *now = &k->meters.clocks[i];
        const struct meter_clock *was = &k->before[i];
        bool is = now->target_ms > 0 && now->phase != PHASE_OFF;
        if (is && !same_clock(now, was) && !write_clock(k, now, err)) {
            return false;
        }
        if (!is && was->target_ms > 0 && !sla_clock_remove(k->tx, k->ticket->id, (int64_t)i, err)) {
            return false;
        }
    }
    return true;
}

static bool write_all(struct keeping *k, bool standing, struct error *err)
{
    if (k->failed) {
        *err = *k->err;
        return false;
    }
    int64_t next = meters_next_breach(&k->meters);
    if (!write_clocks(k, err)) {
        return false;
    }
    if (next != k->ticket->breach_at && !ticket_breach_note(k->tx, k->ticket->id, next, err)) {
        return false;
    }
    if (k->policy == NULL) {
        return sla_ticket_remove(k->tx, k->ticket->id, err);
    }
    struct schedule_id schedule = {k->schedule == NULL ? 0 : k->schedule->id.v};
    return standing || sla_ticket_write(k->tx,
                                        &(struct sla_ticket_write_in){
                                            .ticket_id = k->ticket->id,
                                            .policy_id = k->policy->id,
                                            .priority = (int64_t)k->ticket->priority,
                                            .schedule_id = schedule,
                                            .replied = k->meters.replied,
                                            .changed_at = k->policy->updated_at,
                                        },
                                        err);
}

// --- keeping ------------------------------------------------------------------------------------

// All of the ticket's life again. Of instances that are known only the target is news.
static bool live_again(struct keeping *k, struct error *err)
{
    struct ticket_step *steps = NULL;
    size_t count = 0;
    if (!ticket_steps(k->tx, k->ctx, k->ticket, &steps, &count, err)) {
        return false;
    }
    set_targets(k);
    k->meters.replied = false;
    for (int i = 0; i < METER_COUNT; i++) {
        k->known[i] = k->before[i].target_ms > 0 ? INT64_MAX : 0;
    }
    for (size_t i = 0; i < count; i++) {
        meters_step(&k->meters, &steps[i]);
    }
    meters_breach(&k->meters, k->now);
    for (int i = 0; i < METER_COUNT; i++) {
        struct meter_clock *c = &k->meters.clocks[i];
        const struct meter_clock *was = &k->before[i];
        k->known[i] = 0;
        if (was->target_ms == 0 || c->target_ms == 0) {
            continue;
        }
        if (was->instance == c->instance && was->phase == c->phase &&
            (was->target_ms != c->target_ms || was->business != c->business)) {
            note_event(k, c, METER_APPLY_SLA, k->now);
        }
        if (c->breached && !was->breached) {
            note_event(k, c, METER_BREACH, c->breach_at != 0 ? c->breach_at : k->now);
        }
        // What the very change did that led here.
        if (c->phase != was->phase || c->instance != was->instance) {
            bool ends = c->phase == PHASE_DONE;
            note_event(k, c,
                       ends                       ? METER_FULFILL
                       : c->phase == PHASE_PAUSED ? METER_PAUSE
                                                  : METER_ACTIVATE,
                       k->now);
        }
    }
    return true;
}

static struct keeping keep_begin(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                 const struct ticket *ticket, struct error *err)
{
    return (struct keeping){.desk = desk,
                            .tx = tx,
                            .ctx = ctx,
                            .ticket = ticket,
                            .now = clock_now(desk->app->clock),
                            .err = err};
}

static void use_schedule(struct keeping *k)
{
    k->meters.calendar = k->schedule == NULL ? NULL : k->schedule->calendar;
    k->meters.listener.tell = note_event;
    k->meters.listener.env = k;
}

static bool role_of_author(const struct ticket_applied *applied, struct db *tx,
                           struct user_id author, enum role *ret, struct error *err)
{
    struct user user;
    bool found = false;
    if (author.v == applied->actor->user.v) {
        *ret = applied->actor->role;
        return true;
    }
    if (!user_find(tx, applied->ctx, author, &user, &found, err)) {
        return false;
    }
    *ret = found ? user.role : ROLE_END_USER;
    return true;
}

static bool step_of(const struct ticket_applied *applied, struct db *tx, struct ticket_step *ret,
                    struct error *err)
{
    const struct ticket_outcome *o = applied->outcome;
    const struct new_comment *comment = applied->change->comment;
    *ret = (struct ticket_step){
        .at = applied->now,
        .created = o->before.id.v == 0,
        .status = o->after.deleted_at != 0 ? STATUS_CLOSED : o->after.status,
    };
    if (comment == NULL || !comment->is_public) {
        return true;
    }
    struct user_id author = comment->author.v != 0 ? comment->author : applied->actor->user;
    enum role role = ROLE_END_USER;
    if (!role_of_author(applied, tx, author, &role, err)) {
        return false;
    }
    bool answer = ticket_words_answer(&o->after, author, role);
    ret->answered = answer && !ret->created;
    ret->asked = !answer;
    return true;
}

// Whether what was owed is owed still, so that the clocks only need the latest step.
static bool still_owed(const struct keeping *k, const struct sla_ticket_read_row *row)
{
    int64_t schedule = k->schedule == NULL ? 0 : k->schedule->id.v;
    return k->policy != NULL && k->policy->id.v == row->policy_id.v &&
           k->policy->updated_at == row->changed_at &&
           (int64_t)k->ticket->priority == row->priority && schedule == row->schedule_id.v;
}

static bool advance(struct keeping *k, const struct ticket_applied *applied, bool known,
                    const struct sla_ticket_read_row *row, struct error *err)
{
    struct ticket_step step;
    bool creating = applied->outcome->before.id.v == 0;
    bool standing = known && still_owed(k, row);
    use_schedule(k);
    if (k->policy == NULL) {
        return write_all(k, false, err);
    }
    if (!creating && !standing) {
        return live_again(k, err) && write_all(k, false, err);
    }
    if (!step_of(applied, k->tx, &step, err)) {
        return false;
    }
    set_targets(k);
    for (int i = 0; i < METER_COUNT && standing; i++) {
        if (k->before[i].target_ms > 0) {
            k->meters.clocks[i] = k->before[i];
        }
    }
    k->meters.replied = standing && row->replied;
    meters_step(&k->meters, &step);
    return write_all(k, standing && row->replied == k->meters.replied, err);
}

bool service_observe(void *env, struct db *tx, const struct ticket_applied *applied,
                     struct error *err)
{
    struct desk *desk = env;
    struct ticket_outcome *outcome = applied->outcome;
    struct sla_ticket_read_row row = {0};
    bool known = false;
    if (applied->change->import || outcome->audit.v == 0) {
        return true;
    }
    struct keeping k = keep_begin(desk, tx, applied->ctx, &outcome->after, err);
    k.now = applied->now;
    if (!service_read(desk->service, tx, applied->ctx, &k.book, err)) {
        return false;
    }
    if (k.book->policy_count == 0 && outcome->after.breach_at == 0) {
        return true;
    }
    if (outcome->before.id.v != 0) {
        if (!sla_ticket_read(tx, applied->ctx, outcome->after.id, &row, &known, err)) {
            return false;
        }
    }
    if (!choose(&k, applied->actor, err)) {
        return false;
    }
    if (!known && k.policy == NULL) {
        return true;
    }
    if ((known && !read_clocks(&k, err)) || !advance(&k, applied, known, &row, err)) {
        return false;
    }
    outcome->after.breach_at = meters_next_breach(&k.meters);
    return true;
}

// --- anew ---------------------------------------------------------------------------------------

static bool renew_one(struct keeping *k, struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct sla_ticket_read_row row;
    bool known = false;
    if (!service_read(k->desk->service, k->tx, k->ctx, &k->book, err) ||
        !sla_ticket_read(k->tx, k->ctx, k->ticket->id, &row, &known, err) ||
        (known && (!choose(k, &system, err) || !read_clocks(k, err)))) {
        return false;
    }
    use_schedule(k);
    return !known || ((k->policy == NULL || live_again(k, err)) && write_all(k, false, err));
}

struct renewing {
    struct desk *desk;
    struct schedule_id schedule;
    struct ticket_id after;
    bool more;
};

static bool renew_tx(struct db *tx, void *arg, struct error *err)
{
    struct renewing *r = arg;
    mem_ctx *ctx = db_tx_ctx(tx);
    struct sla_tickets_of_schedule_row *rows = NULL;
    struct actor system = actor_system(CHANNEL_SYSTEM);
    size_t count = 0;
    struct ticket_id last = r->after;
    if (!sla_tickets_of_schedule(tx, ctx, r->schedule, r->after, RENEW_BATCH, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct ticket ticket;
        struct error gone;
        last = rows[i].ticket_id;
        if (!ticket_load(tx, ctx, &system, rows[i].ticket_id, &ticket, &gone)) {
            if (gone.code == ERR_NOT_FOUND) {
                continue;
            }
            *err = gone;
            return false;
        }
        struct keeping k = keep_begin(r->desk, tx, ctx, &ticket, err);
        if (!renew_one(&k, err)) {
            return false;
        }
    }
    r->more = count == RENEW_BATCH;
    r->after = last;
    return true;
}

bool service_renew_job(void *env, mem_ctx *ctx, const struct job *job, struct error *err)
{
    struct renewing r = {.desk = env, .more = true};
    (void)ctx;
    if (!str_to_i64(job->payload, &r.schedule.v)) {
        return error_set(err, ERR_INVALID, "The job names no schedule.");
    }
    while (r.more) {
        struct renewing turn = r;  // a transaction may run twice
        if (!db_tx_run(r.desk->app->db, "service.renew", renew_tx, &turn, err)) {
            return false;
        }
        r = turn;
    }
    return true;
}

// --- time is over -------------------------------------------------------------------------------

struct firing {
    struct desk *desk;
    int64_t now;
    size_t count;
};

static bool fire_tx(struct db *tx, void *arg, struct error *err)
{
    struct firing *f = arg;
    struct sla_clocks_over_row *rows = NULL;
    if (!sla_clocks_over(tx, db_tx_ctx(tx), f->now, FIRE_BATCH, &rows, &f->count, err)) {
        return false;
    }
    for (size_t i = 0; i < f->count; i++) {
        enum meter meter = (enum meter)rows[i].metric;
        struct metric_event_insert_in in = {
            .id = db_next_id(tx),
            .ticket_id = rows[i].ticket_id,
            .metric = rows[i].metric,
            .instance = rows[i].instance + (meter == METER_NEXT_REPLY ? 1 : 0),
            .kind = METER_BREACH,
            .at = rows[i].breach_at.v,
            .noted_at = f->now,
            .policy_title = STR_NONE,
        };
        if (!metric_event_insert(tx, &in, err) ||
            !sla_clock_fired(tx, rows[i].ticket_id, rows[i].metric, err)) {
            return false;
        }
        channels_publish_ticket(tx, rows[i].ticket_id);
    }
    return true;
}

bool service_fire(void *env, mem_ctx *ctx, struct error *err)
{
    struct desk *desk = env;
    struct firing f = {.desk = desk, .now = clock_now(desk->app->clock), .count = FIRE_BATCH};
    (void)ctx;
    while (f.count == FIRE_BATCH) {
        if (!db_tx_run(desk->app->db, "service.fire", fire_tx, &f, err)) {
            return false;
        }
    }
    return true;
}

// --- reading ------------------------------------------------------------------------------------

bool ticket_clocks(struct desk *desk, struct db *db, mem_ctx *ctx, const struct ticket *tickets,
                   size_t count, struct ticket_clock **ret, size_t *ret_count, struct error *err)
{
    struct sla_clocks_of_row *rows = NULL;
    int64_t now = clock_now(desk->app->clock);
    int64_t *ids = mem_array(ctx, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = tickets[i].id.v;
    }
    *ret_count = 0;
    if (!sla_clocks_of(db, ctx, ids, count, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct ticket_clock, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        struct meter_clock clock = clock_of_row(&rows[i]);
        int64_t rest = clock.target_ms - (clock.business ? clock.open_ms : clock.wall_ms);
        (*ret)[i] = (struct ticket_clock){rows[i].ticket_id, clock,
                                          clock.breach_at != 0 ? clock.breach_at - now : rest};
    }
    return true;
}

static void records_from(mem_ctx *ctx, const struct metric_row *rows, size_t count,
                         struct metric_record **ret)
{
    *ret = mem_array(ctx, struct metric_record, count + 1);
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = (struct metric_record){
            .id = rows[i].id,
            .ticket = rows[i].ticket_id,
            .meter = (enum meter)rows[i].metric,
            .instance = rows[i].instance,
            .event = (enum meter_event)rows[i].kind,
            .at = rows[i].at,
            .noted_at = rows[i].noted_at,
            .policy = rows[i].policy_id,
            .policy_title = rows[i].policy_title,
            .target_ms = rows[i].target_ms.v,
            .business = rows[i].business.v != 0,
            .calendar_ms = rows[i].calendar_ms.v,
            .business_ms = rows[i].business_ms.v,
        };
    }
}

bool metric_records(struct db *db, mem_ctx *ctx, const struct metric_range *range,
                    struct metric_record **ret, size_t *ret_count, struct error *err)
{
    struct metric_row *rows = NULL;
    if (!metric_events_noted(db, ctx, range->after_at, range->after_id, range->before, range->limit,
                             &rows, ret_count, err)) {
        return false;
    }
    records_from(ctx, rows, *ret_count, ret);
    return true;
}

bool metric_records_of(struct db *db, mem_ctx *ctx, const struct ticket *tickets, size_t count,
                       struct metric_record **ret, size_t *ret_count, struct error *err)
{
    struct metric_row *rows = NULL;
    int64_t *ids = mem_array(ctx, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = tickets[i].id.v;
    }
    if (!metric_events_of(db, ctx, ids, count, &rows, ret_count, err)) {
        return false;
    }
    records_from(ctx, rows, *ret_count, ret);
    return true;
}

// --- sums ---------------------------------------------------------------------------------------

bool promise_sums(struct db *db, mem_ctx *ctx, int64_t since, int64_t until,
                  struct promise_sum **ret, size_t *ret_count, struct error *err)
{
    struct promises_of_span_row *rows = NULL;
    if (!promises_of_span(db, ctx, since, until, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct promise_sum, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct promise_sum){(enum meter)rows[i].metric, rows[i].kept, rows[i].late};
    }
    return true;
}
