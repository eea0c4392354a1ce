// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/lend/lend.h"

#include "app/config.h"
#include "base/clock.h"
#include "desk/channels/channels.h"
#include "desk/desk.h"
#include "desk/lend/queries.h"
#include "view/put.h"

enum { MAIL_MOST = 8 * 1024, DUE_AT_ONCE = 500 };

// --- days ---------------------------------------------------------------------------------------

int64_t lend_day(int64_t ms)
{
    return ms / DAYS_MS;
}

struct str lend_day_text(mem_ctx *ctx, int64_t day)
{
    return str_sub(time_iso(ctx, day * DAYS_MS), 0, 10);
}

bool lend_day_parse(struct str text, int64_t *ret)
{
    int64_t ms = 0;
    if (text.len != 10 || !time_parse_iso(text, &ms) || ms < 0) {
        return false;
    }
    *ret = lend_day(ms);
    return true;
}

static int64_t last_day(const struct loan *loan, int64_t today)
{
    return loan->state == LOAN_OUT && loan->to_day < today ? today : loan->to_day;
}

bool loan_takes(const struct loan *loan, int64_t day, int64_t today)
{
    bool live = loan->state == LOAN_BOOKED || loan->state == LOAN_OUT;
    return live && loan->from_day <= day && day <= last_day(loan, today);
}

// --- reading ------------------------------------------------------------------------------------

static struct lend_item item_of(const struct lend_item_row *row)
{
    return (struct lend_item){row->id,    row->name,      row->kind,      row->label,
                              row->place, row->days_most, row->condition, row->is_open};
}

static struct loan loan_of(const struct lend_loan_row *row)
{
    static const char *const STATES[LOAN_STATES] = {"booked", "out", "back", "cancelled"};
    struct loan loan = {.id = row->id,
                        .item = row->item_id,
                        .user = row->user_id,
                        .from_day = row->from_day,
                        .to_day = row->to_day,
                        .condition_out = row->condition_out,
                        .condition_back = row->condition_back,
                        .out_at = row->out_at.v,
                        .back_at = row->back_at.v};
    for (int i = 0; i < LOAN_STATES; i++) {
        loan.state = str_eq_c(row->state, STATES[i]) ? (enum loan_state)i : loan.state;
    }
    return loan;
}

static void loans_of_rows(mem_ctx *ctx, const struct lend_loan_row *rows, size_t count,
                          struct loan **ret)
{
    *ret = mem_array(ctx, struct loan, count + 1);
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = loan_of(&rows[i]);
    }
}

bool lend_items(struct db *db, mem_ctx *ctx, const struct actor *actor, struct lend_item **ret,
                size_t *ret_count, struct error *err)
{
    struct lend_item_row *rows = NULL;
    size_t count = 0;
    *ret_count = 0;
    if (!lend_items_all(db, ctx, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct lend_item, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].is_open || actor_is_staff(actor)) {
            (*ret)[(*ret_count)++] = item_of(&rows[i]);
        }
    }
    return true;
}

bool lend_item_load(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                    struct lend_item *ret, struct error *err)
{
    struct lend_item_row row;
    bool found = false;
    if (!lend_item_by_id(db, ctx, id, &row, &found, err)) {
        return false;
    }
    if (!found || (!row.is_open && !actor_is_staff(actor))) {
        return error_set(err, ERR_NOT_FOUND, "We do not lend this, or not any more.");
    }
    *ret = item_of(&row);
    return true;
}

bool loans_live(struct db *db, mem_ctx *ctx, struct loan **ret, size_t *ret_count,
                struct error *err)
{
    struct lend_loan_row *rows = NULL;
    if (!lend_loans_live(db, ctx, &rows, ret_count, err)) {
        return false;
    }
    loans_of_rows(ctx, rows, *ret_count, ret);
    return true;
}

bool loans_of_item(struct db *db, mem_ctx *ctx, int64_t item, struct loan **ret, size_t *ret_count,
                   struct error *err)
{
    struct lend_loan_row *rows = NULL;
    if (!lend_loans_of_item(db, ctx, item, &rows, ret_count, err)) {
        return false;
    }
    loans_of_rows(ctx, rows, *ret_count, ret);
    return true;
}

bool loans_history(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t item,
                   struct loan **ret, size_t *ret_count, struct error *err)
{
    struct lend_loan_row *rows = NULL;
    if (!actor_is_staff(actor)) {
        return error_set(err, ERR_FORBIDDEN, "Only staff see who borrowed what.");
    }
    if (!lend_history_of_item(db, ctx, item, &rows, ret_count, err)) {
        return false;
    }
    loans_of_rows(ctx, rows, *ret_count, ret);
    return true;
}

bool loans_of_person(struct db *db, mem_ctx *ctx, struct user_id user, struct loan **ret,
                     size_t *ret_count, struct error *err)
{
    struct lend_loan_row *rows = NULL;
    if (!lend_loans_of_person(db, ctx, user, &rows, ret_count, err)) {
        return false;
    }
    loans_of_rows(ctx, rows, *ret_count, ret);
    return true;
}

// --- mails --------------------------------------------------------------------------------------

struct loan_letter {
    struct desk *desk;
    struct db *tx;
    mem_ctx *ctx;
    const struct lend_item *item;
    const struct loan *loan;
};

// To the borrower, in their language: the subject, what it is about, where and when.
static bool tell(const struct loan_letter *letter, const char *subject, const char *words,
                 struct error *err)
{
    struct user person;
    bool found = false;
    if (!user_find(letter->tx, letter->ctx, letter->loan->user, &person, &found, err)) {
        return false;
    }
    if (!found || !person.active || person.suspended || str_empty(person.email)) {
        return true;
    }
    struct view v;
    struct buf nowhere;
    struct buf text;
    buf_init(&nowhere, letter->ctx, MAIL_MOST);
    buf_init(&text, letter->ctx, MAIL_MOST);
    view_init(&v, &nowhere, letter->ctx);
    v.site = letter->desk->site;
    view_reader(&v, person.locale, person.time_zone);
    const struct view_arg args[] = {
        {"name", view_value_str(letter->item->name)},
        {"from", view_value_str(lend_day_text(letter->ctx, letter->loan->from_day))},
        {"to", view_value_str(lend_day_text(letter->ctx, letter->loan->to_day))},
        {"place", view_value_str(letter->item->place)}};
    buf_put(&text, view_words_str(&v, words, args, 4));
    if (letter->item->place.len > 0) {
        buf_put_c(&text, "\n");
        buf_put(&text, view_words_str(&v, WORDS("Where: {place}"), &args[3], 1));
    }
    buf_put_c(&text, "\n\n");
    buf_put(&text, letter->desk->app->config->public_url);
    buf_put_c(&text, "/loans\n");
    return channels_tell(letter->desk, letter->tx, &person, view_words_str(&v, subject, args, 4),
                         buf_str(&text), err);
}

// --- booking ------------------------------------------------------------------------------------

static bool days_fit(const struct lend_item *item, const struct booking *booking, int64_t today,
                     struct error *err)
{
    // Whoever is behind the world's clock may still mean today.
    if (booking->from_day < today - 1) {
        return error_field(err, "from", "InvalidValue", "The first day is over already.");
    }
    if (booking->to_day < booking->from_day) {
        return error_field(err, "to", "InvalidValue", "The last day comes before the first one.");
    }
    if (booking->to_day > today + LEND_AHEAD_DAYS) {
        return error_field(err, "to", "InvalidValue", "This is too far ahead.");
    }
    return booking->to_day - booking->from_day < item->days_most ||
           error_field(err, "to", "InvalidValue", "This is lent for %lld days at most.",
                       (long long)item->days_most);
}

static bool days_free(struct db *tx, mem_ctx *ctx, const struct booking *booking, int64_t today,
                      struct error *err)
{
    struct loan *loans = NULL;
    size_t count = 0;
    if (!loans_of_item(tx, ctx, booking->item, &loans, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (loans[i].from_day <= booking->to_day &&
            booking->from_day <= last_day(&loans[i], today)) {
            return error_set(err, ERR_CONFLICT,
                             "Somebody else has it on one of these days. Please look at the "
                             "calendar again.");
        }
    }
    return true;
}

bool lend_book(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
               const struct booking *booking, int64_t *ret, struct error *err)
{
    struct lend_item item;
    int64_t now = clock_now(desk->app->clock);
    if (actor->user.v == 0 || (booking->user.v != actor->user.v && !actor_is_agent(actor))) {
        return error_set(err, ERR_FORBIDDEN, "You can borrow for yourself only.");
    }
    if (!lend_item_load(tx, ctx, actor, booking->item, &item, err)) {
        return false;
    }
    if (!item.open) {
        return error_set(err, ERR_CONFLICT, "This cannot be borrowed now.");
    }
    if (!days_fit(&item, booking, lend_day(now), err) ||
        !days_free(tx, ctx, booking, lend_day(now), err)) {
        return false;
    }
    *ret = db_next_id(tx);
    const struct lend_loan_insert_in in = {
        *ret, item.id, booking->user, booking->from_day, booking->to_day, now};
    const struct loan loan = {
        .user = booking->user, .from_day = booking->from_day, .to_day = booking->to_day};
    const struct loan_letter letter = {desk, tx, ctx, &item, &loan};
    return lend_loan_insert(tx, &in, err) &&
           tell(&letter, WORDS("Booked for you: {name}"),
                WORDS("{name} is yours from {from} to {to}. Please pick it up on the first day, "
                      "and bring it back on the last."),
                err);
}

static bool load_loan(struct db *tx, mem_ctx *ctx, const struct actor *actor, int64_t id,
                      struct loan *ret, struct error *err)
{
    struct lend_loan_row row;
    bool found = false;
    if (!lend_loan_by_id(tx, ctx, id, &row, &found, err)) {
        return false;
    }
    bool own = found && actor->user.v != 0 && row.user_id.v == actor->user.v;
    if (!found || (!own && !actor_is_agent(actor))) {
        return error_set(err, ERR_NOT_FOUND, "There is no such loan.");
    }
    *ret = loan_of(&row);
    return true;
}

static bool once(int64_t changes, struct error *err)
{
    return changes == 1 ||
           error_set(err, ERR_CONFLICT, "Somebody has been quicker: please look at it again.");
}

bool lend_cancel(struct db *tx, mem_ctx *ctx, const struct actor *actor, int64_t id,
                 struct error *err)
{
    struct loan loan;
    int64_t changes = 0;
    return load_loan(tx, ctx, actor, id, &loan, err) && lend_loan_cancel(tx, id, &changes, err) &&
           once(changes, err);
}

// --- handing out and taking back ----------------------------------------------------------------

static bool agents_only(const struct actor *actor, struct error *err)
{
    return actor_is_agent(actor) ||
           error_set(err, ERR_FORBIDDEN, "Only agents hand things out and take them back.");
}

static bool is_in_hand(struct db *tx, mem_ctx *ctx, const struct loan *loan, bool *ret,
                       struct error *err)
{
    struct loan *others = NULL;
    size_t count = 0;
    *ret = false;
    if (!loans_of_item(tx, ctx, loan->item, &others, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        *ret = *ret || others[i].state == LOAN_OUT;
    }
    return true;
}

bool lend_hand_out(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                   int64_t id, struct str condition, struct error *err)
{
    struct loan loan;
    bool out = false;
    int64_t changes = 0;
    condition = str_utf8_clip(str_trim(condition), LEND_TEXT_MOST);
    if (!agents_only(actor, err) || !load_loan(tx, ctx, actor, id, &loan, err) ||
        !is_in_hand(tx, ctx, &loan, &out, err)) {
        return false;
    }
    if (out) {
        return error_set(err, ERR_CONFLICT, "It is not back from the loan before.");
    }
    return lend_loan_out(tx, id, condition, actor->user, clock_now(desk->app->clock), &changes,
                         err) &&
           once(changes, err) &&
           (condition.len == 0 || lend_item_seen(tx, loan.item, condition, err));
}

bool lend_take_back(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                    int64_t id, struct str condition, struct error *err)
{
    struct loan loan;
    int64_t changes = 0;
    condition = str_utf8_clip(str_trim(condition), LEND_TEXT_MOST);
    return agents_only(actor, err) && load_loan(tx, ctx, actor, id, &loan, err) &&
           lend_loan_back(tx, id, condition, actor->user, clock_now(desk->app->clock), &changes,
                          err) &&
           once(changes, err) &&
           (condition.len == 0 || lend_item_seen(tx, loan.item, condition, err));
}

// --- reminding ----------------------------------------------------------------------------------

struct reminding {
    struct desk *desk;
    int64_t today;
};

static bool remind_one(const struct reminding *r, struct db *tx, const struct lend_loan_row *row,
                       struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    const struct loan loan = loan_of(row);
    struct lend_item item;
    if (!lend_item_load(tx, db_tx_ctx(tx), &system, loan.item, &item, err)) {
        return false;
    }
    const struct loan_letter letter = {r->desk, tx, db_tx_ctx(tx), &item, &loan};
    bool late = loan.to_day < r->today;
    return tell(&letter,
                late ? WORDS("Please bring it back: {name}") : WORDS("Please remember: {name}"),
                late ? WORDS("{name} was to be back on {to}. Others wait for it.")
                     : WORDS("{name} is to be back on {to}."),
                err) &&
           lend_loan_told(tx, loan.id, r->today, err);
}

static bool remind_in_tx(struct db *tx, void *arg, struct error *err)
{
    const struct reminding *r = arg;
    struct lend_loan_row *rows = NULL;
    size_t count = 0;
    if (!lend_expire(tx, r->today, err) ||
        !lend_due(tx, db_tx_ctx(tx), r->today + 1, r->today, LEND_MAILS_MOST, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count && i < DUE_AT_ONCE; i++) {
        if (!remind_one(r, tx, &rows[i], err)) {
            return false;
        }
    }
    return true;
}

bool lend_remind(void *env, mem_ctx *ctx UNUSED, struct error *err)
{
    struct desk *desk = env;
    struct reminding r = {desk, lend_day(clock_now(desk->app->clock))};
    return db_tx_run(desk->app->db, "lend.remind", remind_in_tx, &r, err);
}

// --- arranging ----------------------------------------------------------------------------------

static bool item_fits(const struct lend_item *item, struct error *err)
{
    if (item->name.len == 0 || item->name.len > LEND_NAME_MOST) {
        return error_field(err, "name", "BlankValue", "Please give it a short name.");
    }
    if (item->kind.len == 0 || item->kind.len > LEND_NAME_MOST) {
        return error_field(err, "kind", "BlankValue", "Please say what kind of thing it is.");
    }
    if (item->label.len > LEND_NAME_MOST || item->place.len > LEND_NAME_MOST ||
        item->condition.len > LEND_TEXT_MOST) {
        return error_field(err, "condition", "TooLong", "One of these texts is too long.");
    }
    return (item->days_most >= 1 && item->days_most <= LEND_DAYS_MOST) ||
           error_field(err, "days", "InvalidValue", "The longest loan is from 1 to %d days.",
                       LEND_DAYS_MOST);
}

bool lend_item_store(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                     const struct lend_item *item, int64_t *ret, struct error *err)
{
    struct lend_item before;
    if (actor->role < ROLE_LEAD) {
        return error_set(err, ERR_FORBIDDEN, "Only leads and administrators say what is lent.");
    }
    if (!item_fits(item, err) ||
        (item->id != 0 && !lend_item_load(tx, ctx, actor, item->id, &before, err))) {
        return false;
    }
    *ret = item->id == 0 ? db_next_id(tx) : item->id;
    const struct lend_item_insert_in add = {
        *ret,        item->name,      item->kind,      item->label,
        item->place, item->days_most, item->condition, clock_now(desk->app->clock)};
    const struct lend_item_update_in change = {
        *ret,        item->name,      item->kind,      item->label,
        item->place, item->days_most, item->condition, item->open};
    return item->id == 0 ? lend_item_insert(tx, &add, err) : lend_item_update(tx, &change, err);
}

bool lend_person_moved(struct db *tx, struct user_id from, struct user_id to, struct error *err)
{
    return lend_move_person(tx, from, to, err) && stock_move_person(tx, from, to, err);
}
