// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/service/meters.h"

static const struct {
    struct str word;
    struct str metric;
    struct str label;
} METERS[METER_COUNT] = {
    [METER_FIRST_REPLY] = {STR_INIT("first_reply_time"), STR_INIT("reply_time"),
                           STR_INIT("First reply")},
    [METER_NEXT_REPLY] = {STR_INIT("next_reply_time"), STR_INIT("reply_time"),
                          STR_INIT("Next reply")},
    [METER_PERIODIC_UPDATE] = {STR_INIT("periodic_update_time"), STR_INIT("periodic_update_time"),
                               STR_INIT("Update")},
    [METER_PAUSABLE_UPDATE] = {STR_INIT("pausable_update_time"), STR_INIT("pausable_update_time"),
                               STR_INIT("Update, unless they must answer")},
    [METER_REQUESTER_WAIT] = {STR_INIT("requester_wait_time"), STR_INIT("requester_wait_time"),
                              STR_INIT("Requester's wait")},
    [METER_AGENT_WORK] = {STR_INIT("agent_work_time"), STR_INIT("agent_work_time"),
                          STR_INIT("Work")},
    [METER_RESOLUTION] = {STR_INIT("total_resolution_time"), STR_INIT("resolution_time"),
                          STR_INIT("Solution")},
};

struct str meter_word(enum meter meter)
{
    return METERS[meter].word;
}

struct str meter_metric_word(enum meter meter)
{
    return METERS[meter].metric;
}

struct str meter_label(enum meter meter)
{
    return METERS[meter].label;
}

struct str meter_event_word(enum meter_event event)
{
    static const struct str WORDS[] = {STR_INIT("activate"), STR_INIT("pause"),
                                       STR_INIT("fulfill"),  STR_INIT("apply_sla"),
                                       STR_INIT("breach"),   STR_INIT("update_status")};
    return WORDS[event];
}

bool meter_parse(struct str word, enum meter *ret)
{
    for (int i = 0; i < METER_COUNT; i++) {
        if (str_eq(word, METERS[i].word)) {
            *ret = (enum meter)i;
            return true;
        }
    }
    return false;
}

struct str meter_due_words(mem_ctx *ctx, int64_t left_ms)
{
    int64_t size_min = (left_ms < 0 ? -left_ms : left_ms) / MINUTES_MS;
    const char *begin = left_ms < 0 ? "late by" : "due in";
    if (size_min < 120) {
        return str_printf(ctx, "%s %lld min", begin, (long long)size_min);
    }
    if (size_min < 48 * 60) {
        return str_printf(ctx, "%s %lld h", begin, (long long)(size_min / 60));
    }
    return str_printf(ctx, "%s %lld days", begin, (long long)(size_min / (24 * 60)));
}

// --- phases -------------------------------------------------------------------------------------

struct turn {
    enum meter_phase phase;
    bool fresh;  // another instance begins
};

static struct turn stay(const struct meter_clock *clock)
{
    return (struct turn){clock->phase, false};
}

static struct turn reply_turn(const struct meter_clock *clock, const struct ticket_step *step,
                              bool replied)
{
    bool first = clock->meter == METER_FIRST_REPLY;
    if (clock->phase == PHASE_RUNNING) {
        bool over = step->answered || step->status >= STATUS_SOLVED;
        return over ? (struct turn){PHASE_DONE, false} : stay(clock);
    }
    bool due = first ? clock->phase == PHASE_OFF && !replied : replied;
    bool waits = step->asked && !step->answered && step->status < STATUS_SOLVED;
    return due && waits ? (struct turn){PHASE_RUNNING, true} : stay(clock);
}

static struct turn update_turn(const struct meter_clock *clock, const struct ticket_step *step)
{
    bool runs = clock->phase == PHASE_RUNNING || clock->phase == PHASE_PAUSED;
    bool pauses = clock->meter == METER_PAUSABLE_UPDATE && step->status == STATUS_PENDING;
    if (step->status >= STATUS_SOLVED) {
        return runs ? (struct turn){PHASE_DONE, false} : stay(clock);
    }
    if (!runs && !step->answered) {
        return stay(clock);
    }
    return (struct turn){pauses ? PHASE_PAUSED : PHASE_RUNNING, step->answered};
}

static struct turn status_turn(const struct meter_clock *clock, const struct ticket_step *step)
{
    enum meter_phase phase = PHASE_RUNNING;
    if (step->status >= STATUS_SOLVED) {
        phase = clock->phase == PHASE_OFF ? PHASE_OFF : PHASE_DONE;
    } else if (clock->meter != METER_RESOLUTION && step->status == STATUS_PENDING) {
        phase = PHASE_PAUSED;
    } else if (clock->meter == METER_AGENT_WORK && step->status == STATUS_HOLD) {
        phase = PHASE_PAUSED;
    }
    return (struct turn){phase, clock->phase == PHASE_OFF && phase != PHASE_OFF};
}

static struct turn turn_of(const struct meters *m, const struct meter_clock *clock,
                           const struct ticket_step *step)
{
    switch (clock->meter) {
    case METER_FIRST_REPLY:
    case METER_NEXT_REPLY:
        return reply_turn(clock, step, m->replied);
    case METER_PERIODIC_UPDATE:
    case METER_PAUSABLE_UPDATE:
        return update_turn(clock, step);
    case METER_REQUESTER_WAIT:
    case METER_AGENT_WORK:
    case METER_RESOLUTION:
    case METER_COUNT:
        break;
    }
    return status_turn(clock, step);
}

// --- time ---------------------------------------------------------------------------------------

static int64_t open_span(const struct meters *m, int64_t from, int64_t to)
{
    return m->calendar != NULL ? calendar_between(m->calendar, from, to) : to - from;
}

int64_t meter_used(const struct meters *m, const struct meter_clock *clock, int64_t now)
{
    int64_t used = clock->business ? clock->open_ms : clock->wall_ms;
    if (clock->phase != PHASE_RUNNING || now <= clock->since) {
        return used;
    }
    return used + (clock->business ? open_span(m, clock->since, now) : now - clock->since);
}

static int64_t breach_of(const struct meters *m, const struct meter_clock *clock)
{
    int64_t left = clock->target_ms - (clock->business ? clock->open_ms : clock->wall_ms);
    if (clock->phase != PHASE_RUNNING) {
        return 0;
    }
    if (left <= 0) {
        return clock->since;
    }
    if (!clock->business || m->calendar == NULL) {
        return clock->since + left;
    }
    int64_t at = calendar_after(m->calendar, clock->since, left);
    return at == CALENDAR_NEVER ? 0 : at;
}

static void tell(const struct meters *m, const struct meter_clock *clock, enum meter_event event,
                 int64_t at)
{
    if (m->listener.tell != NULL) {
        m->listener.tell(m->listener.env, clock, event, at);
    }
}

static void breach_one(const struct meters *m, struct meter_clock *clock, int64_t now)
{
    if (clock->breach_at != 0 && !clock->breached && clock->breach_at <= now) {
        clock->breached = true;
        tell(m, clock, METER_BREACH, clock->breach_at);
    }
}

void meters_breach(struct meters *m, int64_t now)
{
    for (int i = 0; i < METER_COUNT; i++) {
        breach_one(m, &m->clocks[i], now);
    }
}

static void stop(const struct meters *m, struct meter_clock *clock, enum meter_event event,
                 int64_t at)
{
    if (clock->phase == PHASE_RUNNING && at > clock->since) {
        clock->wall_ms += at - clock->since;
        clock->open_ms += open_span(m, clock->since, at);
    }
    clock->breach_at = 0;
    clock->since = at;
    tell(m, clock, event, at);
    tell(m, clock, METER_UPDATE_STATUS, at);
}

static void step_one(const struct meters *m, struct meter_clock *clock,
                     const struct ticket_step *step)
{
    struct turn turn = turn_of(m, clock, step);
    bool ran = clock->phase == PHASE_RUNNING;
    bool held = ran || clock->phase == PHASE_PAUSED;
    breach_one(m, clock, step->at);
    if (turn.phase == clock->phase && !turn.fresh) {
        return;
    }
    if (held && (turn.fresh || turn.phase == PHASE_DONE)) {
        stop(m, clock, METER_FULFILL, step->at);
    } else if (ran && turn.phase == PHASE_PAUSED) {
        stop(m, clock, METER_PAUSE, step->at);
    }
    clock->phase = turn.phase;
    clock->since = step->at;
    if (turn.fresh) {
        clock->instance++;
        clock->wall_ms = 0;
        clock->open_ms = 0;
        clock->breached = false;
        tell(m, clock, METER_ACTIVATE, step->at);
        tell(m, clock, METER_APPLY_SLA, step->at);
        if (clock->phase == PHASE_PAUSED) {
            tell(m, clock, METER_PAUSE, step->at);
        }
    } else if (turn.phase == PHASE_RUNNING) {
        tell(m, clock, METER_ACTIVATE, step->at);
    }
    clock->breach_at = breach_of(m, clock);
}

void meters_step(struct meters *m, const struct ticket_step *step)
{
    for (int i = 0; i < METER_COUNT; i++) {
        m->clocks[i].meter = (enum meter)i;
        if (m->clocks[i].target_ms > 0) {
            step_one(m, &m->clocks[i], step);
        }
    }
    m->replied = m->replied || step->answered;
}

int64_t meters_next_breach(const struct meters *m)
{
    int64_t next = 0;
    for (int i = 0; i < METER_COUNT; i++) {
        int64_t at = m->clocks[i].breach_at;
        next = at != 0 && (next == 0 || at < next) ? at : next;
    }
    return next;
}
