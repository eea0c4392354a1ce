// SPDX-License-Identifier: GPL-3.0-or-later
//
// The one write path of tickets: load, permit, set, derive, compare, write, tell the observers.
#include "desk/tickets/apply_internal.h"

#include <string.h>

#include "base/random.h"
#include "desk/people/people.h"
#include "desk/tickets/queries.h"

static bool begin_new(struct apply *a, struct error *err)
{
    const struct ticket_change *change = a->change;
    if (change->comment == NULL) {
        return error_field(err, "base", "BlankValue",
                           "Description: cannot be blank. Say what help is needed.");
    }
    int64_t created = change->import && change->created_at != 0 ? change->created_at : a->now;
    struct user_id self = a->actor->user;
    bool has_requester = (change->set & SET_REQUESTER) != 0 && change->requester.v != 0;
    struct user_id requester = has_requester ? change->requester : self;
    if (!actor_is_staff(a->actor) && requester.v != self.v) {
        return error_set(err, ERR_FORBIDDEN, "You can ask for help in your own name only.");
    }
    if (requester.v == 0) {
        return error_field(err, "requester", "BlankValue",
                           "Requester: cannot be blank. Say who needs help.");
    }
    a->created = true;
    a->after = (struct ticket){
        .subject = STR(""),
        .status = STATUS_NEW,
        .requester = requester,
        .submitter = change->submitter.v != 0 ? change->submitter
                     : self.v != 0            ? self
                                              : requester,
        .followup_of = change->followup_of,
        .channel = channel_word(a->actor->channel),
        .recipient = change->recipient,
        .tags = STR(""),
        .excerpt = STR(""),
        .external_id = STR_NONE,
        .created_at = created,
        .updated_at = created,
        .status_updated_at = created,
    };
    return true;
}

static bool begin_existing(struct apply *a, struct error *err)
{
    const struct ticket_change *change = a->change;
    bool found = false;
    if (!ticket_load_any(a->tx, a->ctx, change->ticket, &a->before, &found, err)) {
        return false;
    }
    bool restoring = (change->set & SET_DELETED) != 0 && !change->deleted;
    // An address token or reference let a stranger's mail in: intake proved it, so it may write
    // this one comment without being able to see the ticket.
    bool let_in = change->comment != NULL && !str_none(change->comment->stranger);
    if (!found || (a->before.deleted_at != 0 && !restoring) || a->before.purged_at != 0 ||
        (!let_in && !ticket_may_see(a->tx, a->actor, &a->before))) {
        return error_set(err, ERR_NOT_FOUND, "There is no ticket %lld that you can see.",
                         (long long)change->ticket.v);
    }
    if (change->expect_version != 0 && change->expect_version != a->before.version) {
        return error_set(err, ERR_CONFLICT,
                         "Somebody else changed this ticket meanwhile. Your text was kept; look at "
                         "the new state and send it again.");
    }
    if (change->expect_stamp != 0 &&
        change->expect_stamp / SECONDS_MS < a->before.updated_at / SECONDS_MS) {
        return error_set(err, ERR_CONFLICT,
                         "Safe Update prevented the update: the ticket has "
                         "been changed since the given updated_stamp.");
    }
    bool ending = (change->set & SET_DELETED) != 0;
    if (a->before.status == STATUS_CLOSED && !ending && !change->import && change->into.v == 0) {
        (void)error_field(err, "status", "InvalidValue",
                          "Status: this ticket is closed and takes no more updates. Create a "
                          "follow-up instead.");
        err->code = ERR_GONE;
        return false;
    }
    a->after = a->before;
    return true;
}

// Fields that somebody who is not an agent may set.
static unsigned fields_allowed(const struct apply *a)
{
    if (actor_is_agent(a->actor)) {
        return ~0u;
    }
    unsigned allowed =
        a->created ? SET_SUBJECT | SET_PRIORITY | SET_TYPE | SET_REQUESTER | SET_FORM | SET_BRAND
                   : 0u;
    if (!actor_is_staff(a->actor)) {
        bool own = a->after.requester.v == a->actor->user.v;
        bool solving = a->change->status == STATUS_SOLVED || a->change->status == STATUS_OPEN;
        allowed |= own && solving && !a->created ? SET_STATUS : 0u;
    }
    return allowed;
}

static bool permit(struct apply *a, struct error *err)
{
    const struct ticket_change *change = a->change;
    if (change->import && !actor_is_admin(a->actor)) {
        return error_set(err, ERR_FORBIDDEN, "Only administrators can import tickets.");
    }
    unsigned wanted = change->set;
    bool tags = (!str_empty(change->add_tags) && !change->tags_of_fields) ||
                !str_empty(change->remove_tags);
    bool custom = change->field_count > 0 && !a->created;
    if ((wanted & ~fields_allowed(a)) != 0 || ((tags || custom) && !actor_is_agent(a->actor))) {
        return error_set(err, ERR_FORBIDDEN, "You may not change these fields of the ticket.");
    }
    if (change->comment != NULL && !ticket_may_comment(a->actor, change->comment->is_public)) {
        return error_set(err, ERR_FORBIDDEN,
                         change->comment->is_public
                             ? "You may write internal notes only, not public replies."
                             : "You may write public replies only, not internal notes.");
    }
    return true;
}

static bool check_person(struct apply *a, struct user_id id, const char *field, bool staff,
                         struct user *ret, struct error *err)
{
    bool found = false;
    if (!user_find(a->tx, a->ctx, id, ret, &found, err)) {
        return false;
    }
    // What an import brings names those who have gone since, too.
    if (!found || (!ret->active && !a->change->import)) {
        return error_field(err, field, "RecordNotFound", "%s: there is no such person.",
                           staff ? "Assignee" : "Requester");
    }
    if (staff && ret->role < ROLE_AGENT) {
        return error_field(err, field, "InvalidValue", "%s: %.*s is not an agent.",
                           strcmp(field, "steward_id") == 0 ? "Steward" : "Assignee",
                           STR_ARG(ret->name));
    }
    return true;
}

static bool set_requester(struct apply *a, struct error *err)
{
    struct user person;
    bool given = (a->change->set & SET_REQUESTER) != 0 && a->change->requester.v != 0;
    bool other = a->created || (given && a->before.requester.v != a->change->requester.v);
    if (given) {
        a->after.requester = a->change->requester;
    }
    if (!other && (a->change->set & SET_ORGANIZATION) == 0) {
        return true;
    }
    if (!check_person(a, a->after.requester, "requester", false, &person, err)) {
        return false;
    }
    if (other) {
        a->after.organization = person.organization;
    }
    if ((a->change->set & SET_ORGANIZATION) != 0) {
        a->after.organization = a->change->organization;
    }
    return true;
}

static bool set_assignment(struct apply *a, struct error *err)
{
    struct ticket *after = &a->after;
    bool group_given = (a->change->set & SET_GROUP) != 0;
    bool assignee_given = (a->change->set & SET_ASSIGNEE) != 0;
    struct user agent;
    bool member = false;
    if (group_given) {
        after->group = a->change->group;
        bool exists = after->group.v == 0;
        if (!exists && !group_exists(a->tx, after->group, &exists, err)) {
            return false;
        }
        if (!exists) {
            return error_field(err, "group", "RecordNotFound", "Group: there is no such group.");
        }
    }
    if (assignee_given) {
        after->assignee = a->change->assignee;
    }
    if (after->assignee.v == 0 || !(group_given || assignee_given)) {
        return true;
    }
    if (!check_person(a, after->assignee, "assignee", true, &agent, err)) {
        return false;
    }
    if (after->group.v == 0) {
        after->group = agent.default_group;
        return true;
    }
    if (!group_has_member(a->tx, after->group, after->assignee, &member, err)) {
        return false;
    }
    if (member || (a->change->import && assignee_given)) {
        return true;
    }
    if (assignee_given && group_given) {
        return error_field(err, "assignee", "InvalidValue",
                           "Assignee: %.*s is not in the chosen group.", STR_ARG(agent.name));
    }
    if (assignee_given) {
        after->group = agent.default_group;  // the work moves to where the person is
    } else {
        after->assignee = (struct user_id){0};
    }
    return true;
}

// Replies of the requester's side wake a sleeping ticket, unless a machine wrote them.
static bool wakes_ticket(const struct apply *a)
{
    const struct new_comment *comment = a->change->comment;
    return comment != NULL && comment->is_public && !a->change->by_machine && !a->created &&
           !actor_is_staff(a->actor) && (a->change->set & SET_STATUS) == 0;
}

static bool set_status(struct apply *a, struct error *err)
{
    struct ticket *after = &a->after;
    bool given = (a->change->set & SET_STATUS) != 0;
    if (given) {
        after->status = a->change->status;
    } else if (wakes_ticket(a) && after->status >= STATUS_PENDING) {
        after->status = STATUS_OPEN;
    }
    if (given && after->status == STATUS_NEW && !a->created && a->before.status != STATUS_NEW) {
        return error_field(err, "status", "InvalidValue",
                           "Status: a ticket that was begun cannot become new again.");
    }
    bool agent = actor_is_agent(a->actor) && a->actor->role != ROLE_SYSTEM && !a->change->import;
    if (after->status >= STATUS_SOLVED && after->assignee.v == 0 && agent && given) {
        after->assignee = a->actor->user;
        if (after->group.v == 0) {
            struct user self;
            if (!check_person(a, after->assignee, "assignee", true, &self, err)) {
                return false;
            }
            after->group = self.default_group;
        }
    }
    if (after->assignee.v != 0 && after->status == STATUS_NEW && !given) {
        after->status = STATUS_OPEN;
    }
    return true;
}

// A custom status is one of its status: who sets the status alone means that one's default. Closing
// a solved ticket keeps it.
static void set_choices(struct apply *a)
{
    const struct ticket_change *change = a->change;
    struct ticket *after = &a->after;
    bool closing = after->status == STATUS_CLOSED && a->before.status == STATUS_SOLVED;
    bool moved = after->status != a->before.status || (change->set & SET_STATUS) != 0;
    if ((change->set & SET_CUSTOM_STATUS) != 0) {
        after->custom_status = change->custom_status;
    } else if (moved && !closing) {
        after->custom_status = 0;
    }
    after->form = (change->set & SET_FORM) != 0 ? change->form : after->form;
    after->brand = (change->set & SET_BRAND) != 0 ? change->brand : after->brand;
}

static bool set_problem(struct apply *a, struct error *err)
{
    struct ticket problem;
    bool found = false;
    if ((a->change->set & SET_PROBLEM) == 0) {
        return true;
    }
    a->after.problem = a->change->problem;
    if (a->after.problem.v == 0) {
        return true;
    }
    if (!ticket_load_any(a->tx, a->ctx, a->after.problem, &problem, &found, err)) {
        return false;
    }
    if (!found || problem.type != TYPE_PROBLEM || !ticket_may_see(a->tx, a->actor, &problem)) {
        return error_field(err, "problem_id", "InvalidValue",
                           "Problem: ticket %lld is not a problem ticket.",
                           (long long)a->after.problem.v);
    }
    return true;
}

static void set_tags(struct apply *a)
{
    const struct ticket_change *change = a->change;
    if ((change->set & SET_TAGS) == 0 && str_empty(change->add_tags) &&
        str_empty(change->remove_tags)) {
        return;
    }
    struct str tags = (change->set & SET_TAGS) != 0 ? change->tags : a->after.tags;
    a->after.tags = tags_combine(a->ctx, tags, change->add_tags, change->remove_tags);
}

static void set_plain_fields(struct apply *a)
{
    const struct ticket_change *change = a->change;
    struct ticket *after = &a->after;
    if ((change->set & SET_SUBJECT) != 0) {
        after->subject = str_one_line(a->ctx, change->subject, SUBJECT_MAX_CHARS);
    }
    if ((change->set & SET_PRIORITY) != 0) {
        after->priority = change->priority;
    }
    if ((change->set & SET_TYPE) != 0) {
        after->type = change->type;
    }
    if ((change->set & SET_DUE) != 0) {
        after->due_at = change->due_at;
    }
    if ((change->set & SET_EXTERNAL_ID) != 0) {
        after->external_id = change->external_id;
    }
    if ((change->set & SET_DELETED) != 0) {
        after->deleted_at = change->deleted ? a->now : 0;
        after->deleted_by = change->deleted ? a->actor->user : (struct user_id){0};
    }
    if ((change->set & SET_MERGED) != 0) {
        after->merged_into = change->merged_into;
    }
    if (a->created && str_empty(after->subject) && !change->import) {
        after->subject = str_one_line(a->ctx, change->comment->body, 80);
    }
}

// Nobody overlooks an answer because the ticket sleeps, and nothing that is done sleeps.
static bool set_snooze(struct apply *a, struct error *err)
{
    struct ticket *after = &a->after;
    bool given = (a->change->set & SET_SNOOZE) != 0;
    if (given && a->change->snoozed_until != 0 && a->change->snoozed_until <= a->now) {
        return error_field(err, "snoozed_until", "InvalidValue",
                           "A ticket can be put off until a time to come only.");
    }
    after->snoozed_until = given ? a->change->snoozed_until : after->snoozed_until;
    bool over = after->status >= STATUS_SOLVED || after->deleted_at != 0;
    if (given && over && after->snoozed_until != 0) {
        return error_field(err, "snoozed_until", "InvalidValue",
                           "This ticket is done; there is nothing to put off.");
    }
    after->snoozed_until = over || wakes_ticket(a) ? 0 : after->snoozed_until;
    return true;
}

// What follows a ticket has that ticket's steward, whoever works on it, while they are there.
static bool follow_steward(struct apply *a, struct error *err)
{
    struct ticket former;
    struct user steward = {0};
    bool found = false;
    if (!ticket_load_any(a->tx, a->ctx, a->after.followup_of, &former, &found, err) ||
        (found && former.steward.v != 0 &&
         !user_find(a->tx, a->ctx, former.steward, &steward, &found, err))) {
        return false;
    }
    if (found && steward.active && !steward.suspended && steward.role >= ROLE_AGENT) {
        a->after.steward = former.steward;
    }
    return true;
}

static struct user_id comment_author(const struct apply *a)
{
    const struct new_comment *comment = a->change->comment;
    return comment != NULL && comment->author.v != 0 ? comment->author : a->actor->user;
}

static bool speaks_for(struct apply *a, struct user_id author, bool *ret, struct error *err)
{
    *ret = false;
    return a->room->speaks_for == NULL ||
           a->room->speaks_for(a->room->env, a->tx, a->ctx, author, a->before.steward, ret, err);
}

// Whether the text names them: the name that requesters read, or its first word.
static bool names_person(mem_ctx *ctx, struct str text, const struct user *person)
{
    struct str name = str_empty(person->alias) ? person->name : person->alias;
    struct str first;
    struct str rest;
    str_cut(str_trim(name), ' ', &first, &rest);
    return !str_empty(first) && str_find(str_lower(ctx, text), str_lower(ctx, first)) >= 0;
}

// Nobody is passed on without a word: whoever was there until now says who comes.
static bool check_handover(struct apply *a, struct error *err)
{
    const struct new_comment *comment = a->change->comment;
    struct user former;
    struct user next;
    struct user_id author = comment_author(a);
    bool found = false;
    bool deputy = false;
    if (!check_person(a, a->change->steward, "steward_id", true, &next, err) ||
        !user_find(a->tx, a->ctx, a->before.steward, &former, &found, err) ||
        !speaks_for(a, author, &deputy, err)) {
        return false;
    }
    bool gone = !found || !former.active || former.suspended || former.role < ROLE_AGENT;
    if (comment == NULL || !comment->is_public || !names_person(a->ctx, comment->body, &next)) {
        return error_field(err, "steward_id", "InvalidValue",
                           "Steward: to hand over, write to the requester who will look after "
                           "this from now on, by name, in a public comment.");
    }
    bool own = gone ? author.v == next.id.v : author.v == former.id.v || deputy;
    return own || error_field(err, "steward_id", "InvalidValue",
                              gone ? "Steward: whoever takes over introduces themself."
                                   : "Steward: the present steward introduces the next one.");
}

// A deputy's public words are the steward's.
static bool set_speaker(struct apply *a, struct error *err)
{
    const struct new_comment *comment = a->change->comment;
    struct user_id author = comment_author(a);
    struct user_id steward = a->before.steward;
    bool deputy = false;
    bool may = comment != NULL && comment->is_public && !a->change->import && steward.v != 0 &&
               author.v != steward.v && author.v != a->after.requester.v &&
               actor_is_agent(a->actor);
    if (may && !speaks_for(a, author, &deputy, err)) {
        return false;
    }
    a->speaks_for = deputy ? steward : (struct user_id){0};
    return true;
}

// The steward is whoever is assigned first, or was chosen before that, and stays; only a handover
// (SET_STEWARD) changes it.
static bool set_steward(struct apply *a, struct error *err)
{
    bool follows = a->created && a->after.followup_of.v != 0 && !a->change->import;
    bool given =
        (a->change->set & SET_STEWARD) != 0 && (a->change->steward.v != 0 || a->change->takes_back);
    bool hands_over = given && a->before.steward.v != 0 && !a->change->takes_back &&
                      !a->change->import && a->change->steward.v != a->before.steward.v;
    struct user next;
    if (hands_over && !check_handover(a, err)) {
        return false;
    }
    if (given && a->change->steward.v != 0 && a->change->steward.v != a->before.steward.v &&
        !check_person(a, a->change->steward, "steward_id", true, &next, err)) {
        return false;
    }
    if (given) {
        a->after.steward = a->change->steward;
    } else if (follows && !follow_steward(a, err)) {
        return false;
    }
    if (a->after.steward.v == 0 && !a->change->takes_back) {
        a->after.steward = a->after.assignee;
    }
    return true;
}

static bool check_comment(const struct apply *a, struct error *err)
{
    const struct new_comment *comment = a->change->comment;
    if (comment == NULL) {
        return true;
    }
    bool files = comment->file_count > 0 || comment->upload_count > 0;
    if (str_empty(str_trim(comment->body)) && !files && !a->change->import) {
        return error_field(err, "base", "BlankValue",
                           "Description: cannot be blank. Write what you want to say.");
    }
    if (comment->body.len > BODY_MAX_BYTES || comment->html.markup.len > HTML_MAX_BYTES) {
        return error_field(err, "comment", "TooLong",
                           "Comment: the text is too long (limit 1 MB). Attach it as a file.");
    }
    return true;
}

static void set_times(struct apply *a)
{
    struct ticket *after = &a->after;
    const struct ticket *before = &a->before;
    int64_t now = apply_time(a);
    after->generated_at = a->now;
    after->updated_at = now;
    if (after->status != before->status) {
        after->status_updated_at = now;
        bool was_done = !a->created && before->status >= STATUS_SOLVED;
        if (after->status >= STATUS_SOLVED && !was_done) {
            after->solved_at = a->change->solved_at != 0 ? a->change->solved_at : now;
        } else if (after->status < STATUS_SOLVED) {
            after->solved_at = 0;
        }
    }
    if (after->assignee.v != before->assignee.v && after->assignee.v != 0) {
        after->assigned_at = now;
    }
    if (a->actor->user.v != 0 && a->actor->user.v == after->requester.v) {
        after->requester_updated_at = now;
    } else if (a->actor->user.v != 0 && a->actor->user.v == after->assignee.v) {
        after->assignee_updated_at = now;
    }
}

static void set_conversation(struct apply *a)
{
    const struct new_comment *comment = a->change->comment;
    if (comment == NULL) {
        return;
    }
    struct str fresh = comment->body;
    if (comment->quoted_from > 0 && (size_t)comment->quoted_from < fresh.len) {
        fresh = str_sub(fresh, 0, (size_t)comment->quoted_from);
    }
    a->after.comment_count++;
    a->after.is_public = a->after.is_public || comment->is_public;
    a->after.excerpt = str_one_line(a->ctx, fresh, 160);
}

static bool derive(struct apply *a, struct error *err)
{
    if (!set_requester(a, err) || !set_problem(a, err) || !set_assignment(a, err) ||
        !set_status(a, err) || !check_comment(a, err)) {
        return false;
    }
    set_plain_fields(a);
    set_choices(a);
    set_tags(a);
    set_conversation(a);
    return apply_fields_derive(a, err) && set_steward(a, err) && set_speaker(a, err) &&
           set_snooze(a, err);
}

static bool notify_observers(struct apply *a, struct ticket_outcome *outcome, struct error *err)
{
    if (a->change->into.v != 0) {
        return true;
    }
    struct ticket_applied applied = {a->ctx, a->actor, a->change, outcome, a->now};
    for (size_t i = 0; i < a->room->observer_count; i++) {
        if (!a->room->observers[i].on_change(a->room->env, a->tx, &applied, err)) {
            return false;
        }
    }
    return true;
}

bool ticket_apply(const struct tickets *room, struct db *tx, mem_ctx *ctx,
                  const struct actor *actor, const struct ticket_change *change,
                  struct ticket_outcome *ret, struct error *err)
{
    struct apply *a = mem_new(ctx, struct apply);
    a->room = room;
    a->tx = tx;
    a->ctx = ctx;
    a->actor = actor;
    a->change = change;
    a->now = clock_now(room->clock);
    bool begun = change->ticket.v == 0 ? begin_new(a, err) : begin_existing(a, err);
    if (!begun || !permit(a, err) || !derive(a, err)) {
        return false;
    }
    if (!apply_compare(a, err)) {
        return false;
    }
    if (a->event_count == 0 && change->comment == NULL && !a->created && change->note_count == 0) {
        *ret = (struct ticket_outcome){.before = a->before, .after = a->before};
        return true;
    }
    set_times(a);
    if (!apply_write(a, err)) {
        return false;
    }
    struct ticket_outcome outcome = {a->before,  a->after,  a->audit,
                                     a->comment, a->fields, a->field_count};
    if (!notify_observers(a, &outcome, err)) {
        return false;
    }
    *ret = outcome;
    return true;
}

struct apply_run {
    const struct tickets *room;
    mem_ctx *ctx;
    const struct actor *actor;
    const struct ticket_change *change;
    struct ticket_outcome outcome;
};

static bool apply_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct apply_run *run = arg;
    return ticket_apply(run->room, tx, run->ctx, run->actor, run->change, &run->outcome, err);
}

bool ticket_apply_run(const struct tickets *room, struct db_store *store, mem_ctx *ctx,
                      const struct actor *actor, const struct ticket_change *change,
                      struct ticket_outcome *ret, struct error *err)
{
    struct apply_run run = {.room = room, .ctx = ctx, .actor = actor, .change = change};
    if (!db_tx_run(store, "ticket.apply", apply_in_tx, &run, err)) {
        return false;
    }
    *ret = run.outcome;
    return true;
}
