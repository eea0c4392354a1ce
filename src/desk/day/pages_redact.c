// SPDX-License-Identifier: GPL-3.0-or-later
//
// Making words and files of a message unreadable.
#include "app/say.h"
#include "blob/blob.h"
#include "desk/day/pages_internal.h"
#include "desk/day/redact.html.h"
#include "desk/desk.h"
#include "desk/tickets/names.h"
#include "desk/tickets/pages_views.h"

#define WORDS_MOST 40

struct redacting {
    struct ctx *ctx;
    struct ticket ticket;
    struct ticket_comment comment;
    struct str words;  // one a line
    bool everywhere;   // in all messages of the ticket
    struct new_file empty;
};

// The message of the path, for agents.
static bool load(struct redacting *r, struct error *err)
{
    struct ctx *ctx = r->ctx;
    struct ticket_id ticket = {ctx->path.ids[0]};
    struct comment_id comment = {ctx->path.ids[1]};
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, ticket, &r->ticket, err) ||
        !comment_load(ctx->db, ctx->mem, &ctx->actor, comment, &r->comment, err)) {
        return false;
    }
    return r->comment.ticket.v == ticket.v ||
           error_set(err, ERR_NOT_FOUND, "There is no such comment.");
}

static bool fill_files(struct redacting *r, struct vm_redact *vm, struct error *err)
{
    struct attachment *all = NULL;
    size_t count = 0;
    if (!ticket_attachments(r->ctx->db, r->ctx->mem, r->ticket.id, &all, &count, err)) {
        return false;
    }
    vm->files = mem_array(r->ctx->mem, struct attachment, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (all[i].comment.v == r->comment.id.v && all[i].size > 0) {
            vm->files[vm->file_count++] = all[i];
        }
    }
    return true;
}

static bool show(struct redacting *r, struct str error, struct error *err)
{
    struct ctx *ctx = r->ctx;
    struct names names = {0};
    struct view v;
    struct vm_redact vm = {.id = r->ticket.id,
                           .subject = r->ticket.subject,
                           .comment = r->comment.id,
                           .text = r->comment.body,
                           .as_mail = r->comment.mail.v != 0,
                           .words = r->words,
                           .everywhere = r->everywhere,
                           .error = error};
    names_want(&names, ctx->mem, r->comment.author);
    if (!names_load(&names, ctx->db, ctx->mem, err) || !fill_files(r, &vm, err) ||
        !desk_views(ctx, STR(""), &vm.layout, err)) {
        return false;
    }
    vm.author = names_person(&names, r->comment.author);
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Make unreadable"), "tickets");
    view_day_redact(&v, &vm);
    return true;
}

// GET /tickets/{id}/comments/{id}/redact
bool page_day_redact(struct ctx *ctx, struct error *err)
{
    struct redacting r = {.ctx = ctx, .words = STR("")};
    return load(&r, err) && show(&r, STR(""), err);
}

// The words in every message that has them; INVALID when none does.
static bool redact_everywhere(struct redacting *r, struct db *tx, struct str words,
                              struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct ticket_comment *comments = NULL;
    size_t count = 0;
    size_t done = 0;
    if (!ticket_comments(tx, ctx, &r->ctx->actor, r->ticket.id, &comments, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct comment_place place = {.ticket = r->ticket.id, .comment = comments[i].id};
        bool here = str_find(comments[i].body, words) >= 0 ||
                    (i == 0 && str_find(r->ticket.subject, words) >= 0);
        if (here &&
            !comment_redact(desk_tickets(r->ctx), tx, ctx, &r->ctx->actor, &place, words, err)) {
            return false;
        }
        done += here ? 1 : 0;
    }
    return done > 0 || error_field(err, "text", "InvalidValue",
                                   "These words are in no message of this ticket: %.*s",
                                   STR_ARG(str_utf8_clip(words, 80)));
}

static bool redact_words(struct redacting *r, struct db *tx, size_t *ret_done, struct error *err)
{
    const struct comment_place here = {.ticket = r->ticket.id, .comment = r->comment.id};
    struct str rest = r->words;
    struct str line;
    while (str_next(&rest, '\n', &line)) {
        struct str words = str_trim(line);
        if (words.len == 0) {
            continue;
        }
        if (++*ret_done > WORDS_MOST) {
            return error_set(err, ERR_INVALID, "These are too many words at once.");
        }
        if (!(r->everywhere ? redact_everywhere(r, tx, words, err)
                            : comment_redact(desk_tickets(r->ctx), tx, db_tx_ctx(tx),
                                             &r->ctx->actor, &here, words, err))) {
            return false;
        }
    }
    return true;
}

static bool redact_files(struct redacting *r, struct db *tx, size_t *ret_done, struct error *err)
{
    const struct http_pairs *form = &r->ctx->req->form;
    for (size_t i = 0; i < form->count; i++) {
        struct comment_place place = {.ticket = r->ticket.id, .comment = r->comment.id};
        if (!str_eq_c(form->items[i].name, "file") ||
            !str_to_i64(form->items[i].value, &place.file.v)) {
            continue;
        }
        ++*ret_done;
        if (!attachment_redact(desk_tickets(r->ctx), tx, db_tx_ctx(tx), &r->ctx->actor, &place,
                               &r->empty, err)) {
            return false;
        }
    }
    return true;
}

static bool redact_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct redacting *r = arg;
    size_t done = 0;
    return redact_words(r, tx, &done, err) && redact_files(r, tx, &done, err) &&
           (done > 0 ||
            error_set(err, ERR_INVALID, "Say which words, or choose a file. Nothing was changed."));
}

// POST /tickets/{id}/comments/{id}/redact words=LINES file=ID everywhere=1
bool page_day_redact_do(struct ctx *ctx, struct error *err)
{
    struct redacting r = {.ctx = ctx,
                          .words = day_field(ctx, "words"),
                          .everywhere = str_eq_c(day_field(ctx, "everywhere"), "1")};
    struct hash hash;
    struct error why;
    if (!load(&r, err) || !blob_put_bytes(ctx->app->blobs, STR(""), &hash, err)) {
        return false;
    }
    r.empty = (struct new_file){.hash = hash_hex(ctx->mem, hash),
                                .file_name = STR("redacted.txt"),
                                .content_type = STR("text/plain")};
    if (db_tx_run(ctx->app->db, "day.redact", redact_in_tx, &r, &why)) {
        http_redirect(ctx->resp, str_printf(ctx->mem, "/tickets/%lld#comment-%lld",
                                            (long long)r.ticket.id.v, (long long)r.comment.id.v));
        return true;
    }
    if (why.code != ERR_INVALID) {
        *err = why;
        return false;
    }
    ctx->resp->status = 422;
    return show(&r, say_str(ctx, str_dup(ctx->mem, str_c(why.message))), err);
}
