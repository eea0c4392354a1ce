// SPDX-License-Identifier: GPL-3.0-or-later
//
// The steps of agreement: which of a service's steps a request goes through, who is asked at each,
// and what follows from what they say.
#include "desk/catalogue/catalogue.h"
#include "desk/channels/channels.h"
#include "desk/fulfil/fulfil_internal.h"
#include "desk/tend/tend.h"

enum { REMIND_AT_ONCE = 100 };

static const char *const GATE_WORDS[GATE_STATES] = {"waiting", "open", "yes", "no", "dropped"};
static const char *const ASK_WORDS[ASK_STATES] = {"waiting", "open", "yes", "no", "over"};

static size_t word_at(const char *const *words, size_t count, struct str word)
{
    size_t at = 0;
    while (at + 1 < count && !str_eq_c(word, words[at])) {
        at++;
    }
    return at;
}

// --- reading ------------------------------------------------------------------------------------

struct fulfil_ask fulfil_ask_of_row(const struct ask_row *row)
{
    return (struct fulfil_ask){
        .id = row->id,
        .gate = row->gate_id,
        .ticket = row->ticket_id,
        .user = row->user_id,
        .deputy = row->deputy_id,
        .state = (enum ask_state)word_at(ASK_WORDS, ASK_STATES, row->state),
        .reason = row->reason,
        .decided_by = row->decided_by,
        .decided_at = row->decided_at.v,
        .asked_at = row->asked_at.v,
        .told_at = row->told_at.v,
        .told = row->told,
    };
}

bool fulfil_gates(struct db *db, mem_ctx *ctx, struct ticket_id ticket, struct fulfil_gate **ret,
                  size_t *ret_count, struct error *err)
{
    struct gates_of_ticket_row *rows = NULL;
    struct ask_row *asks = NULL;
    size_t ask_count = 0;
    *ret_count = 0;
    if (!gates_of_ticket(db, ctx, ticket, &rows, ret_count, err) ||
        (*ret_count > 0 && !asks_of_ticket(db, ctx, ticket, &asks, &ask_count, err))) {
        return false;
    }
    *ret = mem_array(ctx, struct fulfil_gate, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        struct fulfil_gate *gate = &(*ret)[i];
        *gate = (struct fulfil_gate){
            .id = rows[i].id,
            .name = rows[i].name,
            .state = (enum gate_state)word_at(GATE_WORDS, GATE_STATES, rows[i].state),
            .created_at = rows[i].created_at,
            .closed_at = rows[i].closed_at.v,
            .asks = mem_array(ctx, struct fulfil_ask, ask_count + 1),
        };
        if (!step_kind_parse(rows[i].kind, &gate->kind)) {
            return error_internal(err, "a step of an unknown kind at ticket %lld",
                                  (long long)ticket.v);
        }
        for (size_t k = 0; k < ask_count; k++) {
            if (asks[k].gate_id == gate->id) {
                gate->asks[gate->ask_count++] = fulfil_ask_of_row(&asks[k]);
            }
        }
    }
    return true;
}

bool fulfil_asks_of(struct db *db, mem_ctx *ctx, struct user_id user, struct fulfil_ask **ret,
                    size_t *ret_count, struct error *err)
{
    struct ask_row *rows = NULL;
    if (!asks_open_of(db, ctx, user, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct fulfil_ask, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = fulfil_ask_of_row(&rows[i]);
    }
    return true;
}

// --- opening a step -----------------------------------------------------------------------------

bool fulfil_note(const struct way *way, const char *field, struct str value, struct error *err)
{
    const struct ticket_event event = {
        .kind = STR("Change"), .field = str_c(field), .value = value, .previous = STR_NONE};
    return ticket_note_event(&way->desk->tickets, way->tx, way->ticket->id, &event, err);
}

bool fulfil_note_by(const struct way *way, const struct actor *actor, const char *field,
                    struct str value, struct error *err)
{
    const struct ticket_event event = {
        .kind = STR("Change"), .field = str_c(field), .value = value, .previous = STR_NONE};
    struct audit_id audit;
    return ticket_audit_begin(&way->desk->tickets, way->tx, actor, way->ticket->id, &audit, err) &&
           ticket_event_add(way->tx, way->ticket->id, audit, &event, err);
}

// The manager of the requester takes the place of the step's people, where there is one.
static bool ask_manager(const struct way *way, const struct fulfil_gate *gate, struct error *err)
{
    struct user manager;
    bool found = false;
    if (!user_manager(way->tx, way->ctx, way->ticket->requester, &manager, &found, err)) {
        return false;
    }
    if (!found || !manager.active || manager.suspended || str_empty(manager.email)) {
        return true;
    }
    return asks_over(way->tx, gate->id, err) &&
           ask_insert(way->tx, db_next_id(way->tx), gate->id, way->ticket->id, manager.id, err);
}

static bool may_be_asked(const struct way *way, const struct user *person)
{
    return person->active && !person->suspended && person->id.v != way->ticket->requester.v;
}

// Whoever is away has a deputy who may decide, too.
static bool tell_one(const struct way *way, struct fulfil_ask *ask, struct error *err)
{
    const struct tend_book *book = NULL;
    if (!tend_read(way->desk, way->tx, way->ctx, &book, err)) {
        return false;
    }
    const struct tend_absence *absence = tend_away(book, ask->user, way->now);
    if (absence != NULL && absence->deputy.v != way->ticket->requester.v) {
        ask->deputy = absence->deputy;
    }
    return fulfil_letter_ask(way, ask, err) &&
           ask_tell(way->tx, ask->id, ask->deputy, way->now, err);
}

static bool tell_all(const struct way *way, const struct fulfil_gate *gate, struct error *err)
{
    for (size_t i = 0; i < gate->ask_count; i++) {
        struct fulfil_ask *ask = &gate->asks[i];
        struct user person;
        bool found = false;
        if (ask->state != ASK_WAITING) {
            continue;
        }
        if (!user_find(way->tx, way->ctx, ask->user, &person, &found, err)) {
            return false;
        }
        if (found && may_be_asked(way, &person) && !tell_one(way, ask, err)) {
            return false;
        }
    }
    return true;
}

static bool find_gate(const struct way *way, int64_t id, struct fulfil_gate *ret, struct error *err)
{
    struct fulfil_gate *gates = NULL;
    size_t count = 0;
    if (!fulfil_gates(way->tx, way->ctx, way->ticket->id, &gates, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (gates[i].id == id) {
            *ret = gates[i];
            return true;
        }
    }
    return error_internal(err, "step %lld is not there", (long long)id);
}

static bool open_gate(const struct way *way, const struct fulfil_gate *gate, struct error *err)
{
    struct fulfil_gate opened;
    return (gate->kind != STEP_MANAGER || ask_manager(way, gate, err)) &&
           gate_open(way->tx, gate->id, err) && find_gate(way, gate->id, &opened, err) &&
           tell_all(way, &opened, err);
}

// --- what follows from what was said ------------------------------------------------------------

static const struct fulfil_ask *find_refusal(const struct fulfil_gate *gate)
{
    for (size_t i = 0; i < gate->ask_count; i++) {
        if (gate->asks[i].state == ASK_NO_SAID) {
            return &gate->asks[i];
        }
    }
    return NULL;
}

static bool is_agreed(const struct fulfil_gate *gate)
{
    size_t yes = 0;
    size_t asked = 0;
    for (size_t i = 0; i < gate->ask_count; i++) {
        enum ask_state state = gate->asks[i].state;
        yes += state == ASK_YES_SAID ? 1 : 0;
        asked += state == ASK_YES_SAID || state == ASK_OPEN ? 1 : 0;
    }
    return yes > 0 && (gate->kind != STEP_ALL || yes == asked);
}

static bool refuse_all(const struct way *way, const struct fulfil_gate *gate,
                       const struct fulfil_ask *refusal, struct error *err)
{
    int64_t changes = 0;
    return gate_close(way->tx, gate->id, STR("no"), way->now, err) &&
           gates_drop(way->tx, way->ticket->id, way->now, &changes, err) &&
           asks_end(way->tx, way->ticket->id, err) &&
           tasks_drop(way->tx, way->ticket->id, way->now, err) &&
           fulfil_letter_end(way, refusal, err);
}

// One gate after the other, as long as they are decided. *ret_more: there is another one to look
// at.
static bool advance_one(const struct way *way, bool *ret_more, struct error *err)
{
    struct fulfil_gate *gates = NULL;
    size_t count = 0;
    *ret_more = false;
    if (!fulfil_gates(way->tx, way->ctx, way->ticket->id, &gates, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct fulfil_gate *gate = &gates[i];
        if (gate->state == GATE_WAITING) {
            return open_gate(way, gate, err);
        }
        if (gate->state == GATE_NO) {
            return true;
        }
        if (gate->state != GATE_OPEN) {
            continue;
        }
        const struct fulfil_ask *refusal = find_refusal(gate);
        if (refusal != NULL) {
            return refuse_all(way, gate, refusal, err);
        }
        if (!is_agreed(gate)) {
            return true;
        }
        *ret_more = true;
        return gate_close(way->tx, gate->id, STR("yes"), way->now, err) &&
               asks_over(way->tx, gate->id, err);
    }
    return (count == 0 || fulfil_letter_end(way, NULL, err)) && fulfil_tasks_start(way, err);
}

bool fulfil_agreed(const struct way *way, bool *ret, struct error *err)
{
    struct fulfil_counts_row row;
    *ret = false;
    if (!fulfil_counts(way->tx, way->ctx, way->ticket->id, &row, err)) {
        return false;
    }
    *ret = row.waiting == 0 && row.refused == 0;
    return true;
}

bool fulfil_advance(const struct way *way, struct error *err)
{
    bool more = true;
    while (more) {
        if (!advance_one(way, &more, err)) {
            return false;
        }
    }
    channels_publish_ticket(way->tx, way->ticket->id);
    return true;
}

// --- beginning ----------------------------------------------------------------------------------

// Left out where the number that counts was given and is not above the limit.
static bool step_applies(const struct fulfil_step *step, const struct answers *answers)
{
    const struct form *form = answers->form;
    for (size_t i = 0; step->limit_mark != 0 && i < form->field_count; i++) {
        int64_t number = 0;
        if (form->fields[i].mark == step->limit_mark && answers->shown[i] &&
            str_to_i64(answers->values[i], &number)) {
            return number > step->limit_over;
        }
    }
    return true;
}

static bool add_gate(const struct way *way, const struct fulfil_step *step, int64_t *ret,
                     struct error *err)
{
    *ret = db_next_id(way->tx);
    if (!gate_insert(way->tx, *ret, way->ticket->id, step->name, step_kind_word(step->kind),
                     way->now, err)) {
        return false;
    }
    for (size_t i = 0; i < step->people_count; i++) {
        if (!ask_insert(way->tx, db_next_id(way->tx), *ret, way->ticket->id, step->people[i],
                        err)) {
            return false;
        }
    }
    return true;
}

bool fulfil_begin(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct ticket *ticket,
                  const struct answers *answers, struct error *err)
{
    const struct way way = {desk, tx, ctx, ticket, clock_now(desk->app->clock)};
    struct fulfil_step *steps = NULL;
    size_t count = 0;
    int64_t id = 0;
    if (!fulfil_steps_load(tx, ctx, answers->service->id, &steps, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (step_applies(&steps[i], answers) && !add_gate(&way, &steps[i], &id, err)) {
            return false;
        }
    }
    return fulfil_tasks_prepare(&way, answers, err) && fulfil_advance(&way, err);
}

// --- asking one more ----------------------------------------------------------------------------

static const struct fulfil_gate *open_one(const struct fulfil_gate *gates, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (gates[i].state == GATE_OPEN) {
            return &gates[i];
        }
    }
    return NULL;
}

static bool is_asked(const struct fulfil_gate *gate, struct user_id user)
{
    for (size_t i = 0; gate != NULL && i < gate->ask_count; i++) {
        if (gate->asks[i].user.v == user.v && gate->asks[i].state == ASK_OPEN) {
            return true;
        }
    }
    return false;
}

static bool find_asked(const struct way *way, const struct fulfil_gate *gate, struct str email,
                       struct user *ret, struct error *err)
{
    bool found = false;
    email = str_trim(email);
    if (!user_by_email(way->tx, way->ctx, email, ret, &found, err)) {
        return false;
    }
    if (!found || !may_be_asked(way, ret)) {
        return error_field(err, "email", "RecordNotFound",
                           found && ret->id.v == way->ticket->requester.v
                               ? "Nobody agrees to what they ask for themselves."
                               : "There is nobody here with this address.");
    }
    return !is_asked(gate, ret->id) ||
           error_field(err, "email", "DuplicateValue", "This person is asked already.");
}

bool fulfil_ask_person(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                       struct ticket_id id, struct str email, struct error *err)
{
    struct fulfil_step step = {.name = STR(""), .kind = STEP_ONE};
    struct fulfil_gate *gates = NULL;
    struct ticket ticket;
    struct user person;
    size_t count = 0;
    if (!ticket_load(tx, ctx, actor, id, &ticket, err)) {
        return false;
    }
    const struct way way = {desk, tx, ctx, &ticket, clock_now(desk->app->clock)};
    if (!ticket_may_edit(actor, &ticket)) {
        return error_set(err, ERR_FORBIDDEN, "Only agents ask for approval.");
    }
    if (ticket.status >= STATUS_SOLVED) {
        return error_set(err, ERR_CONFLICT, "This ticket is solved: there is nothing to agree to.");
    }
    if (!fulfil_gates(tx, ctx, id, &gates, &count, err)) {
        return false;
    }
    const struct fulfil_gate *open = open_one(gates, count);
    if (!find_asked(&way, open, email, &person, err)) {
        return false;
    }
    if (open == NULL) {
        step.people = &person.id;
        step.people_count = 1;
        int64_t gate = 0;
        return add_gate(&way, &step, &gate, err) && fulfil_advance(&way, err);
    }
    struct fulfil_gate again;
    return ask_insert(tx, db_next_id(tx), open->id, id, person.id, err) &&
           find_gate(&way, open->id, &again, err) && tell_all(&way, &again, err) &&
           fulfil_advance(&way, err);
}

// --- deciding -----------------------------------------------------------------------------------

// The request as it was sent: what approvers decide about, and no other word of the ticket.
static bool first_words(struct db *db, mem_ctx *ctx, struct ticket_id ticket, struct str *ret,
                        struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct ticket_comment *comments = NULL;
    size_t count = 0;
    *ret = STR("");
    if (!ticket_comments(db, ctx, &system, ticket, &comments, &count, err)) {
        return false;
    }
    if (count > 0 && comments[0].is_public) {
        *ret = comments[0].body;
    }
    return true;
}

bool fulfil_question(struct db *db, mem_ctx *ctx, int64_t id, struct user_id reader,
                     struct fulfil_question *ret, struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct ask_row row;
    struct user person;
    bool found = false;
    bool known = false;
    *ret = (struct fulfil_question){.reader = reader, .said = STR("")};
    if (!ask_by_id(db, ctx, id, &row, &found, err) ||
        !user_find(db, ctx, reader, &person, &known, err)) {
        return false;
    }
    bool asked = found && (row.user_id.v == reader.v || row.deputy_id.v == reader.v) &&
                 !str_eq_c(row.state, "waiting");
    if (!asked || !known || !person.active || person.suspended) {
        return error_set(err, ERR_NOT_FOUND, "You are not asked about this, or not any more.");
    }
    ret->ask = fulfil_ask_of_row(&row);
    struct error gone;
    if (!ticket_load(db, ctx, &system, row.ticket_id, &ret->ticket, &gone)) {
        *err = gone;
        return false;
    }
    ret->ended = ret->ticket.status >= STATUS_SOLVED;
    return user_find(db, ctx, ret->ticket.requester, &ret->requester, &found, err) &&
           first_words(db, ctx, row.ticket_id, &ret->said, err);
}

static bool note_decision(const struct way *way, const struct fulfil_decision *decision,
                          struct error *err)
{
    struct user person;
    bool found = false;
    return user_find(way->tx, way->ctx, decision->user, &person, &found, err) &&
           fulfil_note(way, decision->yes ? "approval_given" : "approval_refused",
                       found ? person.name : STR(""), err);
}

bool fulfil_decide(struct desk *desk, struct db *tx, mem_ctx *ctx,
                   const struct fulfil_decision *decision, struct error *err)
{
    struct fulfil_question question;
    struct str reason = str_utf8_clip(str_trim(decision->reason), REASON_MOST);
    struct str state = decision->yes ? STR("yes") : STR("no");
    int64_t changes = 0;
    if (!fulfil_question(tx, ctx, decision->ask, decision->user, &question, err)) {
        return false;
    }
    const struct way way = {desk, tx, ctx, &question.ticket, clock_now(desk->app->clock)};
    if (decision->user.v == question.ticket.requester.v) {
        return error_set(err, ERR_FORBIDDEN, "Nobody agrees to what they ask for themselves.");
    }
    if (!decision->yes && reason.len == 0) {
        return error_field(err, "reason", "BlankValue", "Please say why: who asked reads it.");
    }
    bool said = question.ask.state == (decision->yes ? ASK_YES_SAID : ASK_NO_SAID);
    if (said && question.ask.decided_by.v == decision->user.v) {
        return true;
    }
    if (question.ended || question.ask.state != ASK_OPEN) {
        return error_set(err, ERR_CONFLICT, "This is decided already.");
    }
    return ask_decide(tx, decision->ask, state, decision->yes ? STR("") : reason, decision->user,
                      way.now, &changes, err) &&
           note_decision(&way, decision, err) && fulfil_advance(&way, err);
}

// --- reminding ----------------------------------------------------------------------------------

struct reminding {
    struct desk *desk;
    int64_t now;
    size_t done;
};

static bool remind_one(struct reminding *r, struct db *tx, const struct ask_row *row,
                       struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct fulfil_ask ask = fulfil_ask_of_row(row);
    struct ticket ticket;
    struct user person;
    bool found = false;
    if (!ticket_load(tx, db_tx_ctx(tx), &system, ask.ticket, &ticket, err)) {
        return err->code == ERR_NOT_FOUND && asks_end(tx, ask.ticket, err);
    }
    const struct way way = {r->desk, tx, db_tx_ctx(tx), &ticket, r->now};
    if (!user_find(tx, way.ctx, ask.user, &person, &found, err)) {
        return false;
    }
    return !found || !may_be_asked(&way, &person) ? ask_tell(tx, ask.id, ask.deputy, r->now, err)
                                                  : tell_one(&way, &ask, err);
}

static bool remind_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct reminding *r = arg;
    struct ask_row *rows = NULL;
    size_t count = 0;
    if (!asks_to_remind(tx, db_tx_ctx(tx), r->now - REMIND_AFTER_MS, REMINDERS_MOST, REMIND_AT_ONCE,
                        &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!remind_one(r, tx, &rows[i], err)) {
            return false;
        }
    }
    r->done = count;
    return true;
}

bool fulfil_remind(void *env, mem_ctx *ctx UNUSED, struct error *err)
{
    struct desk *desk = env;
    struct reminding r = {desk, clock_now(desk->app->clock), REMIND_AT_ONCE};
    while (r.done == REMIND_AT_ONCE) {
        if (!db_tx_run(desk->app->db, "fulfil.remind", remind_in_tx, &r, err)) {
            return false;
        }
    }
    return true;
}

// --- ends ---------------------------------------------------------------------------------------

bool fulfil_observe(void *env UNUSED, struct db *tx, const struct ticket_applied *applied,
                    struct error *err)
{
    const struct ticket *before = &applied->outcome->before;
    const struct ticket *after = &applied->outcome->after;
    bool ended = after->status >= STATUS_SOLVED || after->deleted_at != 0;
    bool had_ended =
        before->id.v == 0 || before->status >= STATUS_SOLVED || before->deleted_at != 0;
    int64_t changes = 0;
    if (!ended || had_ended) {
        return true;
    }
    return gates_drop(tx, after->id, applied->now, &changes, err) &&
           tasks_drop(tx, after->id, applied->now, err) &&
           (changes == 0 || asks_end(tx, after->id, err));
}

bool fulfil_person_moved(struct db *tx, struct user_id from, struct user_id to, struct error *err)
{
    return step_people_twice(tx, from, to, err) && step_people_move(tx, from, to, err) &&
           asks_twice(tx, from, to, err) && asks_move(tx, from, to, err) &&
           tasks_move_person(tx, from, to, err) && orders_move_person(tx, from, to, err);
}

bool fulfil_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err)
{
    return orders_purge(tx, ticket, err) && tasks_purge(tx, ticket, err) &&
           asks_purge(tx, ticket, err) && gates_purge(tx, ticket, err);
}
