// SPDX-License-Identifier: GPL-3.0-or-later
//
// Pages that bring tickets together and apart: merging, links, splitting; and when one is due.
#include "app/say.h"
#include "desk/desk.h"
#include "desk/work/pages_internal.h"
#include "desk/work/ties.html.h"

#define CHOICES_MOST 15

static bool read_ticket_number(struct ctx *ctx, struct ticket_id *ret, struct error *err)
{
    struct str text = work_field(ctx, "other");
    struct str typed = work_field(ctx, "number");
    text = str_empty(typed) ? text : typed;
    text = str_starts(text, STR("#")) ? str_from(text, 1) : text;
    return (str_to_i64(text, &ret->v) && ret->v > 0) ||
           error_field(err, "other", "BlankValue",
                       "Say which ticket: choose one or type its "
                       "number.");
}

// The requester's other tickets that are not done, without `ticket` itself.
static bool fill_choices(struct ctx *ctx, const struct ticket *ticket, struct vm_work_page *vm,
                         struct error *err)
{
    struct ticket *list = NULL;
    size_t count = 0;
    if (!work_tickets_by(ctx, TC_REQUESTER, ticket->requester.v, true, CHOICES_MOST + 1, &list,
                         &count, err)) {
        return false;
    }
    vm->choices = mem_array(ctx->mem, struct vm_bond, count + 1);
    for (size_t i = 0; i < count && vm->choice_count < CHOICES_MOST; i++) {
        if (list[i].id.v != ticket->id.v) {
            vm->choices[vm->choice_count++] = work_line(&list[i]);
        }
    }
    return true;
}

// --- merging ------------------------------------------------------------------------------------

static bool show_merge(struct ctx *ctx, struct vm_work_page *vm, struct error *err)
{
    struct ticket ticket;
    struct view v;
    if (!work_page_begin(ctx, vm, &ticket, err) || !fill_choices(ctx, &ticket, vm, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm->layout, say_words(ctx, "Merge tickets"), "tickets");
    view_work_merge(&v, vm);
    return true;
}

// GET /tickets/{id}/merge
bool page_merge(struct ctx *ctx, struct error *err)
{
    struct vm_work_page vm = {.other = STR("")};
    return show_merge(ctx, &vm, err);
}

struct merging {
    struct ctx *ctx;
    struct ticket_merge merge;
    struct ticket_outcome outcome;
};

static bool merge_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct merging *m = arg;
    return ticket_merge(desk_tickets(m->ctx), tx, m->ctx->mem, &m->ctx->actor, &m->merge,
                        &m->outcome, err);
}

// POST /tickets/{id}/merge
bool page_merge_do(struct ctx *ctx, struct error *err)
{
    struct ticket_id self = {ctx->path.ids[0]};
    struct ticket_id other = {0};
    struct vm_work_page vm = {
        .other = work_field(ctx, "number"),
        .into_this = str_eq_c(work_field(ctx, "way"), "here"),
        .tell = str_eq_c(work_field(ctx, "tell"), "1"),
    };
    struct merging m = {.ctx = ctx};
    struct error why;
    bool ok = read_ticket_number(ctx, &other, &why);
    m.merge = (struct ticket_merge){.target = vm.into_this ? self : other,
                                    .sources = vm.into_this ? &other : &self,
                                    .source_count = 1,
                                    .target_comment = STR_NONE,
                                    .source_comment = STR_NONE,
                                    .target_public = vm.tell,
                                    .source_public = vm.tell};
    if (ok && !db_tx_run(ctx->app->db, "work.merge", merge_in_tx, &m, &why)) {
        // The page's own ticket is checked again when it is shown.
        ok = why.code == ERR_NOT_FOUND &&
             error_field(&why, "other", "InvalidValue", "There is no ticket %lld that you can see.",
                         (long long)other.v);
    }
    if (!ok) {
        return work_mistake(ctx, &why, &vm, err) && show_merge(ctx, &vm, err);
    }
    work_go(ctx, m.merge.target, "");
    return true;
}

// --- links --------------------------------------------------------------------------------------

static void fill_sides(struct ctx *ctx, struct str chosen, struct vm_work_page *vm)
{
    vm->sides = mem_array(ctx->mem, struct vm_option, BOND_SIDES);
    for (int i = 0; i < BOND_SIDES; i++) {
        struct str key = bond_side_key((enum bond_side)i);
        vm->sides[vm->side_count++] =
            (struct vm_option){key, bond_side_words((enum bond_side)i), str_eq(key, chosen)};
    }
}

static bool show_bonds(struct ctx *ctx, struct vm_work_page *vm, struct error *err)
{
    struct ticket ticket;
    struct view v;
    if (!work_page_begin(ctx, vm, &ticket, err) || !fill_choices(ctx, &ticket, vm, err)) {
        return false;
    }
    fill_sides(ctx, work_field(ctx, "side"), vm);
    desk_page_begin(ctx, &v, &vm->layout, say_words(ctx, "Linked tickets"), "tickets");
    view_work_bonds(&v, vm);
    return true;
}

// GET /tickets/{id}/links
bool page_bonds(struct ctx *ctx, struct error *err)
{
    struct vm_work_page vm = {.other = STR("")};
    return show_bonds(ctx, &vm, err);
}

struct tying {
    struct ctx *ctx;
    struct tie tie;
    int64_t bond;
};

static bool make_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct tying *t = arg;
    return bond_make(desk_of(t->ctx), tx, t->ctx->mem, &t->ctx->actor, &t->tie, err);
}

static bool undo_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct tying *t = arg;
    return bond_undo(desk_of(t->ctx), tx, t->ctx->mem, &t->ctx->actor, t->tie.ticket, t->bond, err);
}

// POST /tickets/{id}/links
bool page_bond_make(struct ctx *ctx, struct error *err)
{
    struct tying t = {.ctx = ctx, .tie.ticket = {ctx->path.ids[0]}};
    struct vm_work_page vm = {.other = work_field(ctx, "number")};
    struct error why;
    bool known = bond_side_parse(work_field(ctx, "side"), &t.tie.side) ||
                 error_set(&why, ERR_INVALID, "This kind of link is not known.");
    if (!known || !read_ticket_number(ctx, &t.tie.other, &why) ||
        !db_tx_run(ctx->app->db, "work.bond", make_in_tx, &t, &why)) {
        return work_mistake(ctx, &why, &vm, err) && show_bonds(ctx, &vm, err);
    }
    work_go(ctx, t.tie.ticket, "/links");
    return true;
}

// POST /tickets/{id}/links/{link}/remove
bool page_bond_undo(struct ctx *ctx, struct error *err)
{
    struct tying t = {.ctx = ctx, .tie.ticket = {ctx->path.ids[0]}, .bond = ctx->path.ids[1]};
    if (!db_tx_run(ctx->app->db, "work.bond.undo", undo_in_tx, &t, err)) {
        return false;
    }
    work_go(ctx, t.tie.ticket, "/links");
    return true;
}

// --- splitting ----------------------------------------------------------------------------------

static bool show_split(struct ctx *ctx, struct vm_work_page *vm, struct error *err)
{
    struct ticket ticket;
    struct ticket_comment comment;
    struct user author;
    bool found = false;
    struct view v;
    if (!work_page_begin(ctx, vm, &ticket, err) ||
        !comment_load(ctx->db, ctx->mem, &ctx->actor, (struct comment_id){ctx->path.ids[1]},
                      &comment, err) ||
        !user_find(ctx->db, ctx->mem, comment.author, &author, &found, err)) {
        return false;
    }
    if (comment.ticket.v != ticket.id.v) {
        return error_set(err, ERR_NOT_FOUND, "There is no such comment.");
    }
    vm->comment = comment.id;
    vm->author = found ? author.name : STR("");
    vm->text = comment.body;
    if (str_none(vm->title)) {
        vm->title = str_one_line(ctx->mem, comment.body, 80);
    }
    desk_page_begin(ctx, &v, &vm->layout, say_words(ctx, "A new ticket from a message"), "tickets");
    view_work_split(&v, vm);
    return true;
}

// GET /tickets/{id}/comments/{comment}/split
bool page_split(struct ctx *ctx, struct error *err)
{
    struct vm_work_page vm = {.title = STR_NONE};
    return show_split(ctx, &vm, err);
}

struct splitting {
    struct ctx *ctx;
    struct split split;
    struct ticket_id made;
};

static bool split_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct splitting *s = arg;
    return ticket_split(desk_of(s->ctx), tx, s->ctx->mem, &s->ctx->actor, &s->split, &s->made, err);
}

// POST /tickets/{id}/comments/{comment}/split
bool page_split_do(struct ctx *ctx, struct error *err)
{
    struct splitting s = {.ctx = ctx,
                          .split = {.ticket = {ctx->path.ids[0]},
                                    .comment = {ctx->path.ids[1]},
                                    .subject = work_field(ctx, "subject")}};
    struct vm_work_page vm = {.title = s.split.subject};
    struct error why;
    if (!db_tx_run(ctx->app->db, "work.split", split_in_tx, &s, &why)) {
        return work_mistake(ctx, &why, &vm, err) && show_split(ctx, &vm, err);
    }
    work_go(ctx, s.made, "");
    return true;
}

// --- due ----------------------------------------------------------------------------------------

// POST /tickets/{id}/due
bool page_due(struct ctx *ctx, struct error *err)
{
    struct ticket_change change = {.ticket = {ctx->path.ids[0]}, .set = SET_DUE};
    struct ticket_outcome outcome;
    if (!work_parse_local(ctx, work_field(ctx, "due"), &change.due_at, err) ||
        !ticket_apply_run(desk_tickets(ctx), ctx->app->db, ctx->mem, &ctx->actor, &change, &outcome,
                          err)) {
        return false;
    }
    work_go(ctx, change.ticket, "");
    return true;
}
