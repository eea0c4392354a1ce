// SPDX-License-Identifier: GPL-3.0-or-later
//
// The fulfil room: what happens between asking for a service and having it. First the steps of
// agreement, one after the other: at each of them people are asked by a mail whose link needs no
// signing in, who is away is covered by their deputy (desk/tend), who does not answer is reminded.
// A request keeps the steps that its service had when it came. Nobody agrees to what they ask for
// themselves.
//
// What a requester reads of it is made in pages_request.c: people by the name that requesters know,
// and what they decided; never what staff call the steps.
#ifndef STEWARD_DESK_FULFIL_FULFIL_H
#define STEWARD_DESK_FULFIL_FULFIL_H

#include "desk/people/people.h"
#include "desk/tickets/tickets.h"

struct desk;
struct answers;

enum {
    STEPS_MOST = 20,
    STEP_NAME_MOST = 120,
    STEP_PEOPLE_MOST = 20,
    REASON_MOST = 2000,  // bytes
    REMINDERS_MOST = 10,
};
#define REMIND_AFTER_MS (2 * DAYS_MS)
#define FULFIL_REMIND_MS HOURS_MS

// --- what services need -------------------------------------------------------------------------

enum step_kind { STEP_ONE, STEP_ALL, STEP_MANAGER, STEP_KINDS };
struct str step_kind_word(enum step_kind kind);  // one, all, manager
MUST_CHECK bool step_kind_parse(struct str word, enum step_kind *ret);

struct fulfil_step {
    int64_t id;
    struct object_id service;
    struct str name;  // for staff
    enum step_kind kind;
    const struct user_id *people;  // of STEP_MANAGER: who decides where there is no manager
    size_t people_count;
    int64_t limit_mark;  // a number of the form, or 0: always asked
    int64_t limit_over;  // asked when the answer is above it, or is none
};

// In their order. For administrators.
MUST_CHECK bool fulfil_steps(struct db *db, mem_ctx *ctx, const struct actor *actor,
                             struct object_id service, struct fulfil_step **ret, size_t *ret_count,
                             struct error *err);
// A new one without id, at the end. INVALID without a name, for people who are not here, for nobody
// but the manager kind, and for a limit of a question that is no number.
MUST_CHECK bool fulfil_step_store(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                                  const struct fulfil_step *step, struct error *err);
MUST_CHECK bool fulfil_step_move(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                                 struct object_id service, int64_t id, bool up, struct error *err);
MUST_CHECK bool fulfil_step_remove(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                                   struct object_id service, int64_t id, struct error *err);

// --- a request's way ----------------------------------------------------------------------------

enum gate_state { GATE_WAITING, GATE_OPEN, GATE_YES, GATE_NO, GATE_DROPPED, GATE_STATES };
enum ask_state { ASK_WAITING, ASK_OPEN, ASK_YES_SAID, ASK_NO_SAID, ASK_OVER, ASK_STATES };

struct fulfil_ask {
    int64_t id;
    int64_t gate;
    struct ticket_id ticket;
    struct user_id user;
    struct user_id deputy;  // none: nobody stands in
    enum ask_state state;
    struct str reason;
    struct user_id decided_by;
    int64_t decided_at;  // 0: not yet, as the next two
    int64_t asked_at;
    int64_t told_at;
    int64_t told;  // mails
};

struct fulfil_gate {
    int64_t id;
    struct str name;
    enum step_kind kind;
    enum gate_state state;
    int64_t created_at;
    int64_t closed_at;
    struct fulfil_ask *asks;
    size_t ask_count;
};

// A request for a service was made: its steps begin.
MUST_CHECK bool fulfil_begin(struct desk *desk, struct db *tx, mem_ctx *ctx,
                             const struct ticket *ticket, const struct answers *answers,
                             struct error *err);
// Of a ticket that the caller may see. Steps in their order.
MUST_CHECK bool fulfil_gates(struct db *db, mem_ctx *ctx, struct ticket_id ticket,
                             struct fulfil_gate **ret, size_t *ret_count, struct error *err);
// Agents ask one more person: at the step that is open (of which any answer then counts, unless all
// are needed), else at a new one at the end. INVALID for nobody, the requester, or who was asked
// there already; CONFLICT when the ticket is solved.
MUST_CHECK bool fulfil_ask_person(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                  const struct actor *actor, struct ticket_id ticket,
                                  struct str email, struct error *err);

// --- tasks --------------------------------------------------------------------------------------

enum { PLANS_MOST = 60, STAGES_MOST = 20, TASK_NAME_MOST = 200, TASK_NOTE_MOST = 2000 };

// A task that each request of a service gets.
struct fulfil_plan {
    int64_t id;
    struct object_id service;
    int64_t stage;  // from 1; those of one stage run side by side
    struct str name;
    struct group_id group;  // none: any agent
    int64_t when_mark;      // only where that answer is so; 0: always
    struct str when_value;
};
// In their order. Administrators, as the next two. INVALID for no name, stage, group or question.
MUST_CHECK bool fulfil_plans(struct db *db, mem_ctx *ctx, const struct actor *actor,
                             struct object_id service, struct fulfil_plan **ret, size_t *ret_count,
                             struct error *err);
MUST_CHECK bool fulfil_plan_add(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                                const struct fulfil_plan *plan, struct error *err);
MUST_CHECK bool fulfil_plan_remove(struct db *tx, const struct actor *actor,
                                   struct object_id service, int64_t id, struct error *err);

enum task_state { TASK_WAITING, TASK_OPEN, TASK_DONE, TASK_SKIPPED, TASK_STATES };
struct fulfil_task {
    int64_t id;
    struct ticket_id ticket;
    int64_t stage;
    struct str name;
    struct group_id group;
    struct user_id assignee;  // who has taken it, or none
    enum task_state state;
    struct str note;
    struct user_id done_by;
    int64_t opened_at;  // 0: not yet
    int64_t done_at;
};
// Of a ticket that the caller may see, in their order. For staff.
MUST_CHECK bool fulfil_tasks(struct db *db, mem_ctx *ctx, struct ticket_id ticket,
                             struct fulfil_task **ret, size_t *ret_count, struct error *err);
// What this agent may do now: what they took, and what nobody has taken of their groups and of no
// group. Of no group only where they may see the ticket.
MUST_CHECK bool fulfil_tasks_for(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                 struct fulfil_task **ret, size_t *ret_count, struct error *err);
// Agents who see the ticket, or are in the task's group, or took it. NOT_FOUND for all others.
enum task_act { TASK_TAKE, TASK_GIVE_BACK, TASK_DO, TASK_SKIP, TASK_REOPEN };
struct fulfil_act {
    int64_t id;
    enum task_act act;
    struct str note;
};
MUST_CHECK bool fulfil_task_act(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                const struct actor *actor, const struct fulfil_act *act,
                                struct fulfil_task *ret, struct error *err);
// One more, which begins at once unless the request waits for agreement. Agents who may change the
// ticket.
struct new_task {
    struct ticket_id ticket;
    struct str name;
    struct group_id group;
};
MUST_CHECK bool fulfil_task_add(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                const struct actor *actor, const struct new_task *task,
                                struct error *err);

// --- deciding -----------------------------------------------------------------------------------

// What a link to decide carries: who may, about what. A keyed hash (HMAC-SHA-256 cut to 128 bits)
// under the desk's secret; whoever holds it may look at what is asked and decide, and nothing else.
struct str fulfil_token(mem_ctx *ctx, struct str secret, int64_t ask, struct user_id user);
MUST_CHECK bool fulfil_token_read(mem_ctx *ctx, struct str secret, struct str token,
                                  int64_t *ret_ask, struct user_id *ret_user);

// What one person is asked. NOT_FOUND for who is not (or no longer) asked there.
struct fulfil_question {
    struct fulfil_ask ask;
    struct user_id reader;  // the person asked, or their deputy
    struct ticket ticket;
    struct user requester;
    struct str said;  // the request, as it was sent
    bool ended;       // solved or gone: nothing is left to decide
};
MUST_CHECK bool fulfil_question(struct db *db, mem_ctx *ctx, int64_t ask, struct user_id reader,
                                struct fulfil_question *ret, struct error *err);
// What waits for this person, as themselves and as a deputy.
MUST_CHECK bool fulfil_asks_of(struct db *db, mem_ctx *ctx, struct user_id user,
                               struct fulfil_ask **ret, size_t *ret_count, struct error *err);

// The caller has made sure that it is this person who decides. A refusal needs a reason: INVALID
// without. FORBIDDEN for who asks themselves by now. CONFLICT when it is decided already or the
// request has ended; deciding the same again is no mistake.
struct fulfil_decision {
    int64_t ask;
    struct user_id user;
    bool yes;
    struct str reason;
};
MUST_CHECK bool fulfil_decide(struct desk *desk, struct db *tx, mem_ctx *ctx,
                              const struct fulfil_decision *decision, struct error *err);

// Timer: reminds who has not decided for two days, at most ten times.
bool fulfil_remind(void *desk, mem_ctx *ctx, struct error *err);
// Observer of tickets: what is solved or deleted asks nobody any more.
bool fulfil_observe(void *desk, struct db *tx, const struct ticket_applied *applied,
                    struct error *err);

// --- ends ---------------------------------------------------------------------------------------

MUST_CHECK bool fulfil_person_moved(struct db *tx, struct user_id from, struct user_id to,
                                    struct error *err);
MUST_CHECK bool fulfil_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err);

#endif
