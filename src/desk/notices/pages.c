// SPDX-License-Identifier: GPL-3.0-or-later
//
// The page on which somebody says how they hear of their tickets.
#include "desk/notices/pages.h"

#include "app/say.h"
#include "desk/desk.h"
#include "desk/notices/notices.html.h"
#include "desk/people/pages.h"
#include "view/assets.h"

struct kind_words {
    const char *name;
    const char *hint;
};

static const struct kind_words KIND_WORDS[NOTICE_KINDS] = {
    {WORDS("Somebody mentions me"),
     WORDS("A colleague writes @ and your name in an internal note.")},
    {WORDS("A ticket is given to me"), WORDS("You are its assignee from now on.")},
    {WORDS("Somebody answers at my ticket"), WORDS("The requester, or anybody else, publicly.")},
    {WORDS("A colleague notes something at my ticket"), WORDS("Internally.")},
};
static const char *const MAIL_WORDS[NOTICE_MAILS] = {WORDS("At once"), WORDS("In the summary"),
                                                     WORDS("Never")};

// --- showing ------------------------------------------------------------------------------------

static void fill_choices(struct ctx *ctx, const struct notice_choices *choices,
                         struct vm_notices *vm)
{
    for (int i = 0; i < NOTICE_KINDS; i++) {
        struct vm_notice_line *line = &vm->lines[i];
        line->word = notice_kind_word((enum notice_kind)i);
        line->name = KIND_WORDS[i].name;
        line->hint = KIND_WORDS[i].hint;
        line->push = choices->push[i];
        for (int k = 0; k < NOTICE_MAILS; k++) {
            line->mails[k] =
                (struct vm_option){notice_mail_word((enum notice_mail)k),
                                   say_str(ctx, str_c(MAIL_WORDS[k])), (int)choices->mail[i] == k};
        }
    }
    for (int i = 0; i < 24; i++) {
        vm->hours[i] = (struct vm_option){str_printf(ctx->mem, "%d", i),
                                          str_printf(ctx->mem, "%02d:00", i), choices->hour == i};
    }
}

static struct str notice_of(struct ctx *ctx)
{
    struct str done = http_param(ctx->req, "done");
    return str_eq_c(done, "saved")     ? say_words(ctx, "Saved.")
           : str_eq_c(done, "tried")   ? say_words(ctx, "A message is on its way to that browser.")
           : str_eq_c(done, "added")   ? say_words(ctx, "This browser shows your news from now on.")
           : str_eq_c(done, "removed") ? say_words(ctx, "That browser shows nothing any more.")
                                       : STR("");
}

static bool show(struct ctx *ctx, const struct notice_choices *choices, struct str error,
                 struct error *err)
{
    struct vm_notices vm = {.error = error};
    struct view v;
    fill_choices(ctx, choices, &vm);
    if (!push_browsers(ctx->db, ctx->mem, ctx->actor.user, &vm.browsers, &vm.browser_count, err)) {
        return false;
    }
    vm.push_key = push_public_key(desk_of(ctx), ctx->mem);
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Notices"), "account");
    vm.layout.notice = notice_of(ctx);
    view_notices_page(&v, &vm);
    return true;
}

// GET /account/notices
bool page_notices(struct ctx *ctx, struct error *err)
{
    struct notice_choices choices;
    return notice_choices_load(ctx->db, ctx->mem, ctx->actor.user, &choices, err) &&
           show(ctx, &choices, STR(""), err);
}

// --- saving -------------------------------------------------------------------------------------

struct notices_call {
    struct ctx *ctx;
    struct notice_choices choices;
    struct push_browser browser;
};

// A mistake is shown at the page; others go into *err.
static bool refuse(struct ctx *ctx, const struct notice_choices *choices, const struct error *why,
                   struct error *err)
{
    if (why->code != ERR_INVALID) {
        *err = *why;
        return false;
    }
    ctx->resp->status = 422;
    return show(ctx, choices, say_str(ctx, str_c(why->message)), err);
}

static bool read_choices(struct ctx *ctx, struct notice_choices *ret, struct error *err)
{
    bool known = str_to_i64(http_form_trimmed(ctx->req, "hour"), &ret->hour);
    for (int i = 0; i < NOTICE_KINDS; i++) {
        const char *word = str_cstr(ctx->mem, notice_kind_word((enum notice_kind)i));
        struct str mail = http_form_trimmed(ctx->req, mem_printf(ctx->mem, "mail-%s", word));
        struct str push = http_form_trimmed(ctx->req, mem_printf(ctx->mem, "push-%s", word));
        bool found = false;
        for (int k = 0; k < NOTICE_MAILS; k++) {
            if (str_eq(mail, notice_mail_word((enum notice_mail)k))) {
                ret->mail[i] = (enum notice_mail)k;
                found = true;
            }
        }
        known = known && found;
        ret->push[i] = str_eq_c(push, "1");
    }
    return known || error_set(err, ERR_INVALID, "Please choose from what is offered.");
}

static bool save_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct notices_call *call = arg;
    return notice_choices_store(tx, call->ctx->mem, call->ctx->actor.user, &call->choices, err);
}

// POST /account/notices
bool page_notices_save(struct ctx *ctx, struct error *err)
{
    struct notices_call call = {.ctx = ctx};
    struct error why;
    if (!notice_choices_load(ctx->db, ctx->mem, ctx->actor.user, &call.choices, err)) {
        return false;
    }
    if (!read_choices(ctx, &call.choices, &why) ||
        !db_tx_run(ctx->app->db, "notices.save", save_in_tx, &call, &why)) {
        return refuse(ctx, &call.choices, &why, err);
    }
    http_redirect(ctx->resp, STR("/account/notices?done=saved"));
    return true;
}

// --- browsers -----------------------------------------------------------------------------------

static bool add_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct notices_call *call = arg;
    return push_browser_add(desk_of(call->ctx), tx, call->ctx->mem, &call->browser, err);
}

// POST /account/notices/browsers
bool page_notices_browser(struct ctx *ctx, struct error *err)
{
    struct notices_call call = {.ctx = ctx};
    struct error why;
    struct str agent = http_header(ctx->req, "User-Agent");
    call.browser = (struct push_browser){
        .user = ctx->actor.user,
        .endpoint = http_form_trimmed(ctx->req, "endpoint"),
        .public_key = http_form_trimmed(ctx->req, "public_key"),
        .auth = http_form_trimmed(ctx->req, "auth"),
        .name = account_browser_name(ctx->mem, str_none(agent) ? STR("") : agent),
        .created_at = clock_now(ctx->app->clock)};
    if (!db_tx_run(ctx->app->db, "notices.browser", add_in_tx, &call, &why)) {
        struct notice_choices choices;
        return notice_choices_load(ctx->db, ctx->mem, ctx->actor.user, &choices, err) &&
               refuse(ctx, &choices, &why, err);
    }
    http_redirect(ctx->resp, STR("/account/notices?done=added"));
    return true;
}

static bool remove_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct notices_call *call = arg;
    return push_browser_remove(tx, call->ctx->mem, call->ctx->actor.user, call->browser.id, err);
}

// POST /account/notices/browsers/{object:id}/remove
bool page_notices_browser_remove(struct ctx *ctx, struct error *err)
{
    struct notices_call call = {.ctx = ctx, .browser = {.id = ctx->path.ids[0]}};
    if (!db_tx_run(ctx->app->db, "notices.browser.remove", remove_in_tx, &call, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/account/notices?done=removed"));
    return true;
}

static bool try_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct notices_call *call = arg;
    return push_browser_try(tx, call->ctx->mem, call->ctx->actor.user, call->browser.id,
                            clock_now(call->ctx->app->clock), err);
}

// POST /account/notices/browsers/{object:id}/try
bool page_notices_browser_try(struct ctx *ctx, struct error *err)
{
    struct notices_call call = {.ctx = ctx, .browser = {.id = ctx->path.ids[0]}};
    if (!db_tx_run(ctx->app->db, "notices.browser.try", try_in_tx, &call, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/account/notices?done=tried"));
    return true;
}

// GET /worker.js: the part of the browser's code that runs without a page. Its address says how far
// it reaches, so it cannot stand below /assets.
bool page_notices_worker(struct ctx *ctx, struct error *err)
{
    const struct asset *worker = asset_find(asset_url("worker.js").text);
    if (worker == NULL) {
        return error_set(err, ERR_NOT_FOUND, "There is no such file.");
    }
    http_set_header(ctx->resp, "Content-Type", worker->type);
    http_set_header(ctx->resp, "ETag", worker->etag);
    http_set_header(ctx->resp, "Cache-Control", STR("no-cache"));
    ctx->resp->static_body = worker->plain;
    return true;
}
