// SPDX-License-Identifier: GPL-3.0-or-later
//
// What somebody who writes at a ticket asks for: macros by "/", colleagues by "@", Markdown made
// markup. Each is a page or a fragment of one, so that it works without scripts, too.
#include "base/fold.h"
#include "desk/desk.h"
#include "desk/rules/rules.h"
#include "desk/tickets/api.h"
#include "desk/tickets/compose.html.h"
#include "desk/tickets/pages_compose.h"
#include "desk/tickets/pages_internal.h"
#include "mail/markdown.h"
#include "mail/sanitize.h"

#define MACROS_SHOWN 200
#define MACROS_OFFERED 12
#define PEOPLE_OFFERED 8
#define STAFF_MOST 1000

// Every word of `wanted` begins a word of `text`; both folded.
static bool words_begin(struct str text, struct str wanted)
{
    struct str word;
    while (str_next(&wanted, ' ', &word)) {
        bool found = word.len == 0;
        for (size_t i = 0; i + word.len <= text.len && !found; i++) {
            unsigned char before = i == 0 ? ' ' : (unsigned char)text.ptr[i - 1];
            bool starts = before < 0x80 && !(before >= 'a' && before <= 'z');
            found = starts && str_starts(str_from(text, i), word);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static struct str wanted_words(struct ctx *ctx)
{
    struct str words = http_param(ctx->req, "q");
    return str_none(words) ? STR("") : fold_text(ctx->mem, str_utf8_clip(words, 200));
}

// --- macros -------------------------------------------------------------------------------------

static bool offer_macros(struct ctx *ctx, size_t most, struct vm_macros *vm, struct error *err)
{
    const struct rule_book *book = NULL;
    struct str wanted = wanted_words(ctx);
    if (!rules_read(desk_of(ctx)->rules, ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    vm->items = mem_array(ctx->mem, struct vm_option, most);
    for (size_t i = 0; i < book->count && vm->count < most; i++) {
        const struct rule *rule = &book->rules[i];
        if (rule->kind != RULE_MACRO || !rule->active || rule->broken ||
            !rule_may_see(rule, &ctx->actor) ||
            !words_begin(fold_text(ctx->mem, rule->title), wanted)) {
            continue;
        }
        vm->items[vm->count++] = (struct vm_option){
            .value = str_printf(ctx->mem, "%lld", (long long)rule->id.v), .label = rule->title};
    }
    return true;
}

static bool load_ticket(struct ctx *ctx, struct ticket *ret, struct error *err)
{
    struct ticket_id id = {ctx->path.ids[0]};
    return ticket_load(ctx->db, ctx->mem, &ctx->actor, id, ret, err);
}

// GET /tickets/{id}/macros?q=WORDS
bool page_ticket_macros(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct vm_macros vm = {.query = http_param(ctx->req, "q")};
    struct view v;
    if (!load_ticket(ctx, &ticket, err) ||
        !offer_macros(ctx, ctx->fragment ? MACROS_OFFERED : MACROS_SHOWN, &vm, err)) {
        return false;
    }
    vm.ticket = ticket.id;
    vm.subject = ticket.subject;
    if (!ctx->fragment && !desk_views(ctx, STR(""), &vm.layout, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm.layout, STR("Macros"), "ticket");
    if (ctx->fragment) {
        view_macro_choices(&v, &vm);
    } else {
        view_macro_page(&v, &vm);
    }
    return true;
}

// GET /tickets/{id}/macros/{macro}: for the editor; without scripts it leads to the ticket's page
// with all of it filled in.
bool page_ticket_macro(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct vm_macro vm;
    struct vm_layout layout = {0};
    struct view v;
    if (!load_ticket(ctx, &ticket, err) ||
        !compose_macro(ctx, &ticket, ctx->path.ids[1], &vm, err)) {
        return false;
    }
    if (!ctx->fragment) {
        http_redirect(ctx->resp, str_printf(ctx->mem, "/tickets/%lld?macro=%lld#composer",
                                            (long long)ticket.id.v, (long long)ctx->path.ids[1]));
        return true;
    }
    desk_page_begin(ctx, &v, &layout, STR(""), "ticket");
    view_macro_applied(&v, &vm);
    return true;
}

// --- colleagues ---------------------------------------------------------------------------------

// GET /tickets/{id}/colleagues?q=WORDS: staff, for "@".
bool page_ticket_colleagues(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct user_query query = {.roles = 1u << ROLE_LIGHT_AGENT | 1u << ROLE_AGENT |
                                        1u << ROLE_LEAD | 1u << ROLE_ADMIN,
                               .external_id = STR_NONE,
                               .limit = STAFF_MOST};
    struct user *staff = NULL;
    size_t count = 0;
    struct vm_macros vm = {0};
    struct vm_layout layout = {0};
    struct view v;
    struct str wanted = wanted_words(ctx);
    if (!load_ticket(ctx, &ticket, err) ||
        !users_list(ctx->db, ctx->mem, &ctx->actor, &query, &staff, &count, err)) {
        return false;
    }
    vm.items = mem_array(ctx->mem, struct vm_option, PEOPLE_OFFERED);
    for (size_t i = 0; i < count && vm.count < PEOPLE_OFFERED; i++) {
        if (!staff[i].suspended && staff[i].id.v != ctx->actor.user.v &&
            words_begin(fold_text(ctx->mem, staff[i].name), wanted)) {
            vm.items[vm.count++] =
                (struct vm_option){.value = staff[i].name,
                                   .label = str_none(staff[i].email) ? STR("") : staff[i].email};
        }
    }
    desk_page_begin(ctx, &v, &layout, STR(""), "ticket");
    view_colleague_choices(&v, &vm);
    return true;
}

// --- Markdown -----------------------------------------------------------------------------------

// POST /compose/markdown: what was pasted, as markup that the composer may send.
bool page_compose_markdown(struct ctx *ctx, struct error *err)
{
    struct str text = http_form(ctx->req, "text");
    struct sanitize_options options = {.links = SANITIZE_LINKS_OUTSIDE,
                                       .composer = true,
                                       .own_prefix = STR("/attachments/"),
                                       .fold_label = STR("")};
    struct sanitized clean;
    struct view v;
    if (str_none(text)) {
        return error_set(err, ERR_BAD_REQUEST, "There is no text.");
    }
    html_sanitize(ctx->mem, markdown_to_html(ctx->mem, text).markup, &options, &clean);
    view_init(&v, &ctx->resp->body, ctx->mem);
    view_pasted_markup(&v, clean.html);
    return true;
}
