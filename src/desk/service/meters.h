// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is measured at a ticket, and the machine that measures it: pure computation. A ticket's life
// is a row of steps; each metric is a clock that steps start, pause and stop. Feeding all steps at
// once and feeding them as they happen gives the same, so that clocks are kept incrementally and
// can be made anew from the ticket's history when a policy, a priority or a schedule is another
// one.
//
//   first reply       from the requester's first words to the first public answer of staff
//   next reply        from the first unanswered words of the requester to the next answer
//   periodic update   from each public answer to the next, until it is solved
//   pausable update   the same, but not while waiting for the requester (pending)
//   requester wait    new, open and on hold; paused while pending
//   agent work        new and open; paused while pending and on hold
//   total resolution  from creation to the solution, without a pause
//
// Solving ends all of them; reopening lets the last three run on with what they had used, without
// the time in which everybody thought it was done.
#ifndef STEWARD_DESK_SERVICE_METERS_H
#define STEWARD_DESK_SERVICE_METERS_H

#include "desk/service/calendar.h"
#include "desk/tickets/tickets.h"

enum meter {
    METER_FIRST_REPLY,
    METER_NEXT_REPLY,
    METER_PERIODIC_UPDATE,
    METER_PAUSABLE_UPDATE,
    METER_REQUESTER_WAIT,
    METER_AGENT_WORK,
    METER_RESOLUTION,
    METER_COUNT
};

enum meter_phase { PHASE_OFF, PHASE_RUNNING, PHASE_PAUSED, PHASE_DONE };

enum meter_event {
    METER_ACTIVATE,
    METER_PAUSE,
    METER_FULFILL,
    METER_APPLY_SLA,
    METER_BREACH,
    METER_UPDATE_STATUS
};

// The API's words: of policies, and of events (both replies are one metric there).
struct str meter_word(enum meter meter);
struct str meter_metric_word(enum meter meter);
struct str meter_event_word(enum meter_event event);
MUST_CHECK bool meter_parse(struct str word, enum meter *ret);
struct str meter_label(enum meter meter);  // for people
// "due in 42 min", "late by 3 h".
struct str meter_due_words(mem_ctx *ctx, int64_t left_ms);
#define METER_SOON_MS HOURS_MS  // less is marked

struct meter_clock {
    enum meter meter;
    int64_t instance;
    enum meter_phase phase;
    int64_t since;    // of the phase
    int64_t wall_ms;  // used before `since`, every hour counted
    int64_t open_ms;  // the same in working hours
    // What is owed.
    int64_t target_ms;
    bool business;
    int64_t breach_at;  // 0 unless it runs
    bool breached;      // this instance
};

// Told of each thing that happens to a clock, in order; `clock` is as it is after that.
struct meter_listener {
    void (*tell)(void *env, const struct meter_clock *clock, enum meter_event event, int64_t at);
    void *env;
};

// The life of a ticket's clocks. `calendar` NULL: every hour counts.
struct meters {
    struct meter_clock clocks[METER_COUNT];  // target_ms 0: not measured
    const struct calendar *calendar;
    bool replied;  // staff answered once
    struct meter_listener listener;
};

// Takes one step; those before it have been taken.
void meters_step(struct meters *meters, const struct ticket_step *step);
// Marks clocks whose time was over by `now`, and tells so.
void meters_breach(struct meters *meters, int64_t now);
// Used until `now`, in the clock's hours.
int64_t meter_used(const struct meters *meters, const struct meter_clock *clock, int64_t now);
// When the next of them runs out (or did); 0 when none runs.
int64_t meters_next_breach(const struct meters *meters);

#endif
