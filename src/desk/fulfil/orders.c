// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/fulfil/orders.h"

#include "app/config.h"
#include "desk/channels/channels.h"
#include "desk/fulfil/fulfil_internal.h"
#include "view/put.h"
#include "view/site.h"

enum { LIST_MOST = 300, LETTER_MOST = 8 * 1024 };

static const char *const KINDS[ORDER_KINDS] = {"delivery", "repair", "duplication"};
static const char *const STATES[ORDER_STATES] = {"planned", "under_way", "done", "failed",
                                                 "cancelled"};

struct str order_kind_word(enum order_kind kind)
{
    return str_c(KINDS[kind]);
}

struct str order_state_word(enum order_state state)
{
    return str_c(STATES[state]);
}

bool order_kind_parse(struct str word, enum order_kind *ret)
{
    for (size_t i = 0; i < ORDER_KINDS; i++) {
        if (str_eq_c(word, KINDS[i])) {
            *ret = (enum order_kind)i;
            return true;
        }
    }
    return false;
}

bool order_state_parse(struct str word, enum order_state *ret)
{
    for (size_t i = 0; i < ORDER_STATES; i++) {
        if (str_eq_c(word, STATES[i])) {
            *ret = (enum order_state)i;
            return true;
        }
    }
    return false;
}

// --- words --------------------------------------------------------------------------------------

// What is said of each kind in each state.
static const char *const SAYS[ORDER_KINDS][ORDER_STATES] = {
    {WORDS("We bring it to you: {what}"), WORDS("It is on its way to you: {what}"),
     WORDS("It is with you: {what}"),
     WORDS("We could not hand it over: {what}. We write to you about another time."),
     WORDS("This was called off: {what}")},
    {WORDS("We repair it: {what}"), WORDS("It is being repaired: {what}"),
     WORDS("It is repaired: {what}"),
     WORDS("It could not be repaired: {what}. We write to you about what we can do."),
     WORDS("This was called off: {what}")},
    {WORDS("We copy it: {what}"), WORDS("It is being copied: {what}"),
     WORDS("The copies are ready: {what}"),
     WORDS("It could not be copied: {what}. We write to you about what we can do."),
     WORDS("This was called off: {what}")},
};

struct str order_words(struct view *v, const struct work_order *order)
{
    const struct view_arg what = {"what", view_value_str(order->what)};
    struct buf text;
    buf_init(&text, v->mem, LETTER_MOST);
    buf_put(&text, view_words_str(v, SAYS[order->kind][order->state], &what, 1));
    if (order->state <= ORDER_UNDER_WAY && order->from_at != 0) {
        const struct view_arg window[] = {
            {"from", view_value_str(view_time(v, order->from_at).full)},
            {"to", view_value_str(view_time(v, order->to_at).full)}};
        buf_put_c(&text, " · ");
        buf_put(&text, view_words_str(v, WORDS("between {from} and {to}"), window, 2));
    }
    if (order->state <= ORDER_UNDER_WAY && order->place.len > 0) {
        buf_put_c(&text, " · ");
        buf_put(&text, order->place);
    }
    if (order->state == ORDER_DONE && order->signed_name.len > 0) {
        const struct view_arg name = {"name", view_value_str(order->signed_name)};
        buf_put_c(&text, " · ");
        buf_put(&text, view_words_str(v, WORDS("received by {name}"), &name, 1));
    }
    return buf_str(&text);
}

// --- reading ------------------------------------------------------------------------------------

static struct work_order from_row(const struct order_row *row)
{
    struct work_order order = {.id = row->id,
                               .ticket = row->ticket_id,
                               .what = row->what,
                               .place = row->place,
                               .from_at = row->from_at.v,
                               .to_at = row->to_at.v,
                               .assignee = row->assignee_id,
                               .parts = row->parts,
                               .note = row->note,
                               .signed_name = row->signed_name,
                               .signed_at = row->signed_at.v,
                               .created_at = row->created_at};
    for (int i = 0; i < ORDER_KINDS; i++) {
        order.kind = str_eq_c(row->kind, KINDS[i]) ? (enum order_kind)i : order.kind;
    }
    for (int i = 0; i < ORDER_STATES; i++) {
        order.state = str_eq_c(row->state, STATES[i]) ? (enum order_state)i : order.state;
    }
    return order;
}

bool orders_of(struct db *db, mem_ctx *ctx, struct ticket_id ticket, struct work_order **ret,
               size_t *ret_count, struct error *err)
{
    struct order_row *rows = NULL;
    if (!orders_of_ticket(db, ctx, ticket, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct work_order, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = from_row(&rows[i]);
    }
    return true;
}

bool orders_to_do(struct db *db, mem_ctx *ctx, const struct actor *actor, struct work_order **ret,
                  size_t *ret_count, struct error *err)
{
    struct order_row *rows = NULL;
    size_t count = 0;
    *ret_count = 0;
    if (!orders_open(db, ctx, LIST_MOST, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct work_order, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct ticket ticket;
        struct error why;
        if (ticket_load(db, ctx, actor, rows[i].ticket_id, &ticket, &why)) {
            (*ret)[(*ret_count)++] = from_row(&rows[i]);
        } else if (why.code != ERR_NOT_FOUND) {
            *err = why;
            return false;
        }
    }
    return true;
}

static bool load_both(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                      struct work_order *ret, struct ticket *ret_ticket, struct error *err)
{
    struct order_row row;
    bool found = false;
    if (!order_by_id(db, ctx, id, &row, &found, err)) {
        return false;
    }
    if (!found || !actor_is_staff(actor)) {
        return error_set(err, ERR_NOT_FOUND, "There is no such work order.");
    }
    *ret = from_row(&row);
    return ticket_load(db, ctx, actor, row.ticket_id, ret_ticket, err);
}

bool order_load(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                struct work_order *ret, struct error *err)
{
    struct ticket ticket;
    return load_both(db, ctx, actor, id, ret, &ticket, err);
}

// --- changing -----------------------------------------------------------------------------------

static bool tell(const struct way *way, const struct work_order *order, struct error *err)
{
    struct user person;
    struct view v;
    struct buf nowhere;
    bool found = false;
    if (!user_find(way->tx, way->ctx, way->ticket->requester, &person, &found, err)) {
        return false;
    }
    buf_init(&nowhere, way->ctx, LETTER_MOST);
    view_init(&v, &nowhere, way->ctx);
    v.site = way->desk->site;
    v.now = way->now;
    view_reader(&v, person.locale, person.time_zone);
    struct str words = order_words(&v, order);
    const struct rule_mail mail = {
        .ticket = way->ticket,
        .person = &person,
        .subject = way->ticket->subject,
        .text =
            str_printf(way->ctx, STR_FMT "\n\n" STR_FMT "/requests/%lld\n", STR_ARG(words),
                       STR_ARG(way->desk->app->config->public_url), (long long)way->ticket->id.v),
        .now = way->now};
    channels_publish_ticket(way->tx, way->ticket->id);
    return channels_rule_mail(way->desk, way->tx, &mail, err);
}

static bool order_fits(const struct work_order *order, struct error *err)
{
    if (order->what.len == 0 || order->what.len > ORDER_LINE_MOST) {
        return error_field(err, "what", "BlankValue",
                           "Please say in a few words what it is about; the requester reads it.");
    }
    if (order->place.len > ORDER_LINE_MOST || order->parts.len > ORDER_TEXT_MOST ||
        order->note.len > ORDER_TEXT_MOST) {
        return error_field(err, "note", "TooLong", "One of these texts is too long.");
    }
    bool half = (order->from_at == 0) != (order->to_at == 0);
    return (!half && order->from_at <= order->to_at) ||
           error_field(err, "from", "InvalidValue",
                       "A window needs a beginning and an end that comes behind it.");
}

static bool may_change(const struct actor *actor, const struct ticket *ticket, struct error *err)
{
    return ticket_may_edit(actor, ticket) ||
           error_set(err, ERR_FORBIDDEN, "You may not change this ticket.");
}

static struct db_opt_i64 opt(int64_t value)
{
    return (struct db_opt_i64){.set = value != 0, .v = value};
}

static bool write_order(const struct way *way, const struct actor *actor,
                        const struct work_order *order, int64_t id, struct error *err)
{
    const struct order_insert_in add = {
        .id = id,
        .ticket_id = way->ticket->id,
        .kind = order_kind_word(order->kind),
        .what = order->what,
        .place = order->place,
        .from_at = opt(order->from_at),
        .to_at = opt(order->to_at),
        .assignee_id = order->assignee,
        .parts = order->parts,
        .note = order->note,
        .created_by = actor->user,
        .now = way->now,
    };
    const struct order_update_in change = {id,
                                           order->what,
                                           order->place,
                                           opt(order->from_at),
                                           opt(order->to_at),
                                           order->assignee,
                                           order->parts,
                                           order->note};
    return order->id == 0 ? order_insert(way->tx, &add, err) &&
                                fulfil_note_by(way, actor, "order_made", order->what, err)
                          : order_update(way->tx, &change, err);
}

bool order_store(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                 const struct work_order *order, int64_t *ret, struct error *err)
{
    struct work_order before = {.state = ORDER_PLANNED};
    struct work_order after;
    struct ticket ticket;
    struct user person;
    bool found = true;
    if (!(order->id == 0 ? ticket_load(tx, ctx, actor, order->ticket, &ticket, err)
                         : load_both(tx, ctx, actor, order->id, &before, &ticket, err)) ||
        !may_change(actor, &ticket, err) || !order_fits(order, err)) {
        return false;
    }
    if (before.state > ORDER_UNDER_WAY) {
        return error_set(err, ERR_CONFLICT, "This work order has ended.");
    }
    if (order->assignee.v != 0 && !user_find(tx, ctx, order->assignee, &person, &found, err)) {
        return false;
    }
    if (!found || (order->assignee.v != 0 && (!person.active || person.role < ROLE_AGENT))) {
        return error_field(err, "assignee", "InvalidValue", "This person is no agent.");
    }
    const struct way way = {desk, tx, ctx, &ticket, clock_now(desk->app->clock)};
    *ret = order->id == 0 ? db_next_id(tx) : order->id;
    if (!write_order(&way, actor, order, *ret, err) ||
        !order_load(tx, ctx, actor, *ret, &after, err)) {
        return false;
    }
    bool other =
        after.from_at != 0 && (after.from_at != before.from_at || after.to_at != before.to_at);
    channels_publish_ticket(tx, ticket.id);
    return !other || tell(&way, &after, err);
}

bool order_go(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
              const struct order_step *step, struct error *err)
{
    struct work_order order;
    struct ticket ticket;
    int64_t changes = 0;
    struct str name = str_trim(step->name);
    if (!load_both(tx, ctx, actor, step->id, &order, &ticket, err) ||
        !may_change(actor, &ticket, err)) {
        return false;
    }
    const struct way way = {desk, tx, ctx, &ticket, clock_now(desk->app->clock)};
    bool ends = step->state > ORDER_UNDER_WAY;
    bool fits = order.state <= ORDER_UNDER_WAY && step->state > order.state;
    if (!fits) {
        return error_set(err, ERR_CONFLICT, "This work order is somewhere else by now.");
    }
    if (name.len > ORDER_LINE_MOST) {
        return error_field(err, "name", "TooLong", "This name is too long.");
    }
    if (!order_set_state(tx, order.id, order_state_word(order.state), order_state_word(step->state),
                         opt(ends ? way.now : 0), &changes, err) ||
        (step->state == ORDER_DONE && name.len > 0 &&
         !order_sign(tx, order.id, name, way.now, err))) {
        return false;
    }
    order.state = step->state;
    order.signed_name = step->state == ORDER_DONE ? name : STR("");
    return fulfil_note_by(&way, actor, "order_state",
                          str_printf(ctx, STR_FMT ": " STR_FMT, STR_ARG(order.what),
                                     STR_ARG(order_state_word(order.state))),
                          err) &&
           tell(&way, &order, err);
}
