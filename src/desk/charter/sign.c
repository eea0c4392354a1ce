// SPDX-License-Identifier: GPL-3.0-or-later
//
// Signatures, acknowledgements, and the mails that ask for them.
#include "app/config.h"
#include "base/random.h"
#include "desk/channels/channels.h"
#include "desk/charter/charter_internal.h"
#include "desk/desk.h"

enum {
    PEOPLE_AT_ONCE = 500,
    SIGN_AGAIN_DAYS = 7,
    ACKNOWLEDGE_AGAIN_DAYS = 14,
    REVIEW_AGAIN_DAYS = 14,
    REVIEW_AHEAD_DAYS = 30
};

static int64_t in_months(int64_t now, int64_t months)
{
    struct civil day = time_civil(now);
    int64_t month = day.month - 1 + months;
    int last = 28;  // every month has it
    return time_from_civil(day.year + month / 12, (int)(month % 12) + 1,
                           day.day > last ? last : day.day, day.hour, day.minute, day.second);
}

// --- mails --------------------------------------------------------------------------------------

bool charter_tell(struct desk *desk, struct db *tx, const struct user *person,
                  const struct charter_letter *letter, struct error *err)
{
    if (str_empty(person->email)) {
        return true;
    }
    return channels_tell(desk, tx, person, letter->subject, letter->text, err) &&
           reminder_insert(tx, db_next_id(tx), str_c(letter->kind), letter->version, person->id,
                           clock_now(desk->app->clock), err);
}

struct charter_letter charter_letter_sign(const struct desk *desk, mem_ctx *ctx,
                                          const struct charter *charter)
{
    struct str url = desk->app->config->public_url;
    return (struct charter_letter){
        .kind = "sign",
        .version = charter->id,
        .subject = STR("Please sign our charter"),
        .text = str_printf(ctx,
                           "Version %lld of our charter waits for your signature. Please read it "
                           "and sign it here:\n" STR_FMT "/charter/versions/%lld\n\nOur mission "
                           "would be:\n" STR_FMT "\n",
                           (long long)charter->number, STR_ARG(url), (long long)charter->id,
                           STR_ARG(charter->fields[CHARTER_MISSION]))};
}

struct charter_letter charter_letter_acknowledge(const struct desk *desk, mem_ctx *ctx,
                                                 const struct charter *charter)
{
    struct str url = desk->app->config->public_url;
    return (struct charter_letter){
        .kind = "acknowledge",
        .version = charter->id,
        .subject = STR("Our charter: please read and acknowledge it"),
        .text = str_printf(ctx,
                           "Everybody on staff, management too, reads our charter once a year and "
                           "says that they go by it. It takes some minutes:\n" STR_FMT
                           "/charter/welcome\n\nOur mission:\n" STR_FMT "\n",
                           STR_ARG(url), STR_ARG(charter->fields[CHARTER_MISSION]))};
}

static struct charter_letter letter_review(const struct desk *desk, mem_ctx *ctx,
                                           const struct charter *charter, bool overdue)
{
    struct str url = desk->app->config->public_url;
    return (struct charter_letter){
        .kind = "review",
        .version = charter->id,
        .subject = overdue ? STR("The review of our charter is overdue")
                           : STR("Our charter is to be reviewed soon"),
        .text = str_printf(
            ctx,
            "Version %lld of our charter is to be reviewed by " STR_FMT
            ". Begin a new version from it, or sign it anew, here:\n" STR_FMT "/charter\n",
            (long long)charter->number, STR_ARG(str_sub(time_iso(ctx, charter->review_at), 0, 10)),
            STR_ARG(url))};
}

// --- people -------------------------------------------------------------------------------------

bool charter_people(struct db *db, mem_ctx *ctx, enum role least, struct user **ret,
                    size_t *ret_count, struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct user_query query = {.limit = PEOPLE_AT_ONCE};
    *ret = NULL;
    *ret_count = 0;
    for (int role = (int)least; role <= ROLE_ADMIN; role++) {
        query.roles |= 1U << role;
    }
    for (;;) {
        struct user *some = NULL;
        size_t count = 0;
        if (!users_list(db, ctx, &system, &query, &some, &count, err)) {
            return false;
        }
        *ret = mem_grow(ctx, *ret, struct user, *ret_count + count + 1);
        for (size_t i = 0; i < count; i++) {
            if (!some[i].suspended) {
                (*ret)[(*ret_count)++] = some[i];
            }
        }
        if (count < PEOPLE_AT_ONCE) {
            return true;
        }
        query.after = some[count - 1].id;
    }
}

// --- signing ------------------------------------------------------------------------------------

static bool put_in_force(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                         const struct charter *charter, struct error *err)
{
    struct user *people = NULL;
    size_t count = 0;
    int64_t now = clock_now(desk->app->clock);
    if (!version_replace(tx, now, err) ||
        !version_enforce(tx, charter->id, now, in_months(now, charter->review_months), err) ||
        !charter_people(tx, ctx, ROLE_LIGHT_AGENT, &people, &count, err) ||
        !charter_note(desk, tx, actor, "update", charter, STR("Signed by all, in force"), err)) {
        return false;
    }
    struct charter_letter letter = charter_letter_acknowledge(desk, ctx, charter);
    for (size_t i = 0; i < count; i++) {
        if (!charter_tell(desk, tx, &people[i], &letter, err)) {
            return false;
        }
    }
    return true;
}

static bool same_text(const struct charter *charter, struct str hash, struct error *err)
{
    return (!str_none(charter->hash) && str_eq(charter->hash, hash)) ||
           error_set(err, ERR_CONFLICT,
                     "This is not the text that you had before you. Please read it again.");
}

bool charter_sign(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                  int64_t id, struct str hash, struct error *err)
{
    struct charter charter;
    struct charter_signer *signers = NULL;
    size_t count = 0;
    bool named = false;
    size_t open = 0;
    int64_t changed = 0;
    if (!charter_staff_only(actor, err) || !charter_find(tx, ctx, id, &charter, err) ||
        !charter_signers(tx, ctx, actor, id, &signers, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        named = named || signers[i].user.v == actor->user.v;
        open += signers[i].signed_at == 0 ? 1 : 0;
    }
    if (!named) {
        return error_set(err, ERR_FORBIDDEN, "You are not among those who sign this version.");
    }
    if (charter.state != CHARTER_SIGNING) {
        return error_set(err, ERR_CONFLICT, "This version is not being signed.");
    }
    int64_t now = clock_now(desk->app->clock);
    if (!same_text(&charter, hash, err) ||
        !signer_sign(tx, id, actor->user, actor->name, hash, now, &changed, err)) {
        return false;
    }
    if (changed == 0) {
        return error_set(err, ERR_CONFLICT, "You have signed this version already.");
    }
    return charter_note(desk, tx, actor, "update", &charter, STR("Signed"), err) &&
           (open > 1 || put_in_force(desk, tx, ctx, actor, &charter, err));
}

bool charter_acknowledge(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                         struct str hash, struct error *err)
{
    struct charter charter;
    bool found = false;
    if (!charter_staff_only(actor, err) || !charter_in_force(tx, ctx, &charter, &found, err)) {
        return false;
    }
    if (!found || actor->user.v == 0) {
        return error_set(err, ERR_NOT_FOUND, "There is no charter in force yet.");
    }
    struct acknowledgement_insert_in in = {db_next_id(tx), charter.id,
                                           actor->user,    actor->name,
                                           charter.hash,   clock_now(desk->app->clock)};
    return same_text(&charter, hash, err) && acknowledgement_insert(tx, &in, err);
}

// --- who has ------------------------------------------------------------------------------------

static int64_t year_ago(const struct desk *desk)
{
    return clock_now(desk->app->clock) - CHARTER_YEAR_DAYS * DAYS_MS;
}

// Both lists are sorted by person.
static bool covered(struct desk *desk, struct db *db, mem_ctx *ctx, int64_t version,
                    struct charter_covered **ret, size_t *ret_count, struct error *err)
{
    struct user *people = NULL;
    struct acknowledgements_of_row *rows = NULL;
    size_t row_count = 0;
    if (!charter_people(db, ctx, ROLE_LIGHT_AGENT, &people, ret_count, err) ||
        !acknowledgements_of(db, ctx, version, &rows, &row_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct charter_covered, *ret_count + 1);
    for (size_t i = 0, k = 0; i < *ret_count; i++) {
        while (k < row_count && rows[k].user_id.v < people[i].id.v) {
            k++;
        }
        bool has = k < row_count && rows[k].user_id.v == people[i].id.v;
        int64_t at = has ? rows[k].acknowledged_at : 0;
        (*ret)[i] = (struct charter_covered){
            people[i].id, people[i].name,     people[i].role, people[i].default_group,
            at,           at > year_ago(desk)};
    }
    return true;
}

bool charter_coverage(struct desk *desk, struct db *db, mem_ctx *ctx, const struct actor *actor,
                      struct charter_covered **ret, size_t *ret_count, struct error *err)
{
    struct charter charter;
    bool found = false;
    *ret = NULL;
    *ret_count = 0;
    if (!charter_leads_only(actor, err) || !charter_in_force(db, ctx, &charter, &found, err)) {
        return false;
    }
    return !found || covered(desk, db, ctx, charter.id, ret, ret_count, err);
}

bool charter_duties(struct desk *desk, struct db *db, mem_ctx *ctx, const struct actor *actor,
                    struct charter_duty *ret, struct error *err)
{
    struct duties_of_row *rows = NULL;
    size_t count = 0;
    *ret = (struct charter_duty){.mission = desk->app->config->mission};
    if (!charter_staff_only(actor, err) || !duties_of(db, ctx, actor->user, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (str_eq_c(rows[i].state, "signing")) {
            ret->sign = rows[i].unsigned_count > 0 ? rows[i].id : 0;
            continue;
        }
        ret->in_force = true;
        ret->mission = rows[i].mission;
        ret->acknowledge = rows[i].acknowledged_at <= year_ago(desk);
        ret->overdue = rows[i].review_at.v <= clock_now(desk->app->clock);
    }
    return true;
}

// --- reminding ----------------------------------------------------------------------------------

struct reminding {
    struct desk *desk;
    struct db *tx;
    mem_ctx *ctx;
    int64_t now;
};

static bool told_since(const struct reminders_of_row *rows, size_t count, struct user_id user,
                       int64_t since)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].user_id.v == user.v) {
            return rows[i].last_at > since;
        }
    }
    return false;
}

// To each of these people whom no such mail reached for `days`.
static bool remind_each(struct reminding *r, const struct charter_letter *letter,
                        const struct user *people, size_t count, int64_t days, struct error *err)
{
    struct reminders_of_row *told = NULL;
    size_t told_count = 0;
    if (!reminders_of(r->tx, r->ctx, letter->version, str_c(letter->kind), &told, &told_count,
                      err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!told_since(told, told_count, people[i].id, r->now - days * DAYS_MS) &&
            !charter_tell(r->desk, r->tx, &people[i], letter, err)) {
            return false;
        }
    }
    return true;
}

static bool remind_signers(struct reminding *r, struct error *err)
{
    struct charter charter;
    struct signers_of_row *rows = NULL;
    size_t count = 0;
    struct user *people = NULL;
    size_t people_count = 0;
    bool found = false;
    if (!charter_in_state(r->tx, r->ctx, "signing", &charter, &found, err) ||
        (found && !signers_of(r->tx, r->ctx, charter.id, &rows, &count, err))) {
        return false;
    }
    struct user_id *open = mem_array(r->ctx, struct user_id, count + 1);
    size_t open_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].signed_at.set) {
            open[open_count++] = rows[i].user_id;
        }
    }
    if (open_count == 0) {
        return true;
    }
    struct charter_letter letter = charter_letter_sign(r->desk, r->ctx, &charter);
    return users_by_ids(r->tx, r->ctx, open, open_count, &people, &people_count, err) &&
           remind_each(r, &letter, people, people_count, SIGN_AGAIN_DAYS, err);
}

static bool remind_staff(struct reminding *r, const struct charter *charter, struct error *err)
{
    struct charter_covered *all = NULL;
    size_t count = 0;
    struct user *people = NULL;
    size_t people_count = 0;
    if (!covered(r->desk, r->tx, r->ctx, charter->id, &all, &count, err)) {
        return false;
    }
    struct user_id *missing = mem_array(r->ctx, struct user_id, count + 1);
    size_t missing_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!all[i].current) {
            missing[missing_count++] = all[i].user;
        }
    }
    struct charter_letter letter = charter_letter_acknowledge(r->desk, r->ctx, charter);
    return missing_count == 0 ||
           (users_by_ids(r->tx, r->ctx, missing, missing_count, &people, &people_count, err) &&
            remind_each(r, &letter, people, people_count, ACKNOWLEDGE_AGAIN_DAYS, err));
}

static bool remind_leads(struct reminding *r, const struct charter *charter, struct error *err)
{
    struct user *people = NULL;
    size_t count = 0;
    if (r->now < charter->review_at - REVIEW_AHEAD_DAYS * DAYS_MS) {
        return true;
    }
    struct charter_letter letter =
        letter_review(r->desk, r->ctx, charter, charter_overdue(charter, r->now));
    return charter_people(r->tx, r->ctx, ROLE_LEAD, &people, &count, err) &&
           remind_each(r, &letter, people, count, REVIEW_AGAIN_DAYS, err);
}

static bool remind_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct reminding *r = arg;
    struct charter charter;
    bool found = false;
    r->tx = tx;
    r->ctx = db_tx_ctx(tx);
    if (!remind_signers(r, err) || !charter_in_force(tx, r->ctx, &charter, &found, err)) {
        return false;
    }
    return !found || (remind_staff(r, &charter, err) && remind_leads(r, &charter, err));
}

bool charter_remind(void *env, mem_ctx *ctx, struct error *err)
{
    struct desk *desk = env;
    struct reminding r = {.desk = desk, .ctx = ctx, .now = clock_now(desk->app->clock)};
    return db_tx_run(desk->app->db, "charter.remind", remind_in_tx, &r, err);
}

// --- sample -------------------------------------------------------------------------------------

// Without mails, as all sample data; the reminders are noted, so that none follows at once.
bool charter_sample(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *lead,
                    const struct actor *staff, size_t count, struct error *err)
{
    int64_t id = 0;
    struct charter charter;
    int64_t signed_now = 0;
    int64_t now = clock_now(desk->app->clock);
    if (!charter_begin(desk, tx, ctx, lead, CHARTER_FROM_EXAMPLE, &id, err) ||
        !charter_find(tx, ctx, id, &charter, err)) {
        return false;
    }
    struct str text = charter_text(ctx, &charter);
    struct str hash = hash_hex(ctx, hash_sha256(text));
    if (!version_open(tx, id, text, hash, charter.review_months, now, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct actor *one = &staff[i];
        bool leads = one->role >= ROLE_LEAD;
        if (!signer_insert(tx, db_next_id(tx), id, one->user, leads ? STR("leader") : STR("staff"),
                           one->name, err) ||
            !signer_sign(tx, id, one->user, one->name, hash, now, &signed_now, err) ||
            !reminder_insert(tx, db_next_id(tx), STR("acknowledge"), id, one->user, now, err)) {
            return false;
        }
    }
    struct acknowledgement_insert_in in = {db_next_id(tx), id,   staff[0].user,
                                           staff[0].name,  hash, now};
    return version_enforce(tx, id, now, in_months(now, charter.review_months), err) &&
           acknowledgement_insert(tx, &in, err);
}
