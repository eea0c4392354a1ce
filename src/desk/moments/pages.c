// SPDX-License-Identifier: GPL-3.0-or-later
//
// Judging an answer by the link in a mail or the buttons of the portal, and the leads' page. A link
// that is only looked at (by a mail scanner, say) is no verdict: that takes a POST, which the page
// sends by itself where scripts run, and by one more click where they do not.
#include "desk/moments/pages.h"

#include "app/say.h"
#include "desk/desk.h"
#include "desk/moments/moments.html.h"
#include "desk/tickets/names.h"
#include "desk/tickets/pages.h"

enum { WAITING_MOST = 100, LATEST_MOST = 50, REPORT_DAYS = 30 };

struct rating {
    struct ctx *ctx;
    struct verdict verdict;
    struct moment moment;
};

static bool read_token(struct ctx *ctx, struct verdict *ret, struct error *err)
{
    return moment_token_read(ctx->mem, ctx->app->secret, ctx->path.texts[0], &ret->comment,
                             &ret->user) ||
           error_set(err, ERR_NOT_FOUND,
                     "This link is not complete. Please take the whole link from the mail.");
}

static bool fill_rate(struct ctx *ctx, const struct verdict *who, struct vm_rate *vm,
                      struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct ticket_comment comment;
    struct ticket ticket;
    struct user author;
    struct moment moment;
    bool found = false;
    vm->token = ctx->path.texts[0];
    if (!comment_load(ctx->db, ctx->mem, &system, who->comment, &comment, err) ||
        !ticket_load(ctx->db, ctx->mem, &system, comment.ticket, &ticket, err) ||
        !user_find(ctx->db, ctx->mem, comment.author, &author, &found, err)) {
        return false;
    }
    vm->subject = ticket.subject;
    vm->author = !found ? STR("") : str_empty(author.alias) ? author.name : author.alias;
    if (!moment_find(ctx->db, ctx->mem, who->comment, who->user, &moment, &vm->judged, err)) {
        return false;
    }
    vm->word = vm->judged ? moment.word : STR("");
    vm->good = vm->judged && moment.good;
    return true;
}

// GET /rate/{token}?score=good
static bool page_rate(struct ctx *ctx, struct error *err)
{
    struct verdict who = {0};
    struct vm_rate vm = {0};
    struct view v;
    if (!read_token(ctx, &who, err) || !fill_rate(ctx, &who, &vm, err)) {
        return false;
    }
    struct str score = http_param(ctx->req, "score");
    bool known = str_eq_c(score, "good") || str_eq_c(score, "bad");
    if (known && (!vm.judged || vm.good != str_eq_c(score, "good"))) {
        vm.arrived = true;
        vm.judged = false;
        vm.good = str_eq_c(score, "good");
    }
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Did it help?"), "rate");
    view_rate_page(&v, &vm);
    return true;
}

static bool judge_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct rating *rating = arg;
    return moment_judge(desk_of(rating->ctx), tx, rating->ctx->mem, &rating->verdict,
                        &rating->moment, err);
}

// POST /rate/{token}
static bool page_rate_send(struct ctx *ctx, struct error *err)
{
    struct rating rating = {.ctx = ctx};
    struct str score = http_form(ctx->req, "score");
    if (!read_token(ctx, &rating.verdict, err)) {
        return false;
    }
    if (!str_eq_c(score, "good") && !str_eq_c(score, "bad")) {
        return error_set(err, ERR_INVALID, "Please say whether the answer helped.");
    }
    rating.verdict.good = str_eq_c(score, "good");
    rating.verdict.word = http_form(ctx->req, "word");
    if (!db_tx_run(ctx->app->db, "moment.judge", judge_in_tx, &rating, err)) {
        return false;
    }
    http_redirect(ctx->resp, str_printf(ctx->mem, "/rate/" STR_FMT, STR_ARG(ctx->path.texts[0])));
    return true;
}

// --- leads --------------------------------------------------------------------------------------

static bool fill_moments(struct ctx *ctx, const struct moment *moments, size_t count,
                         struct vm_moment **ret, size_t *ret_count, struct error *err)
{
    struct names names = {0};
    struct ticket *tickets = mem_array(ctx->mem, struct ticket, count + 1);
    bool *seen = mem_array(ctx->mem, bool, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct error gone;
        seen[i] =
            ticket_load(ctx->db, ctx->mem, &ctx->actor, moments[i].ticket, &tickets[i], &gone);
        if (!seen[i] && gone.code != ERR_NOT_FOUND) {
            *err = gone;
            return false;
        }
        names_want(&names, ctx->mem, moments[i].user);
        if (seen[i]) {
            names_want(&names, ctx->mem, tickets[i].steward);
        }
    }
    if (!names_load(&names, ctx->db, ctx->mem, err)) {
        return false;
    }
    *ret = mem_array(ctx->mem, struct vm_moment, count + 1);
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!seen[i]) {
            continue;
        }
        (*ret)[(*ret_count)++] = (struct vm_moment){
            .id = moments[i].id,
            .ticket = moments[i].ticket,
            .comment = moments[i].comment,
            .subject = tickets[i].subject,
            .person = names_person(&names, moments[i].user).name,
            .steward = names_person(&names, tickets[i].steward).name,
            .good = moments[i].good,
            .word = moments[i].word,
            .at = moments[i].updated_at,
            .answered = moments[i].recovery == RECOVERY_ANSWERED,
            .waits = moments[i].recovery == RECOVERY_OPEN,
            .outcome = moments[i].outcome,
        };
    }
    return true;
}

static bool show_moments(struct ctx *ctx, struct vm_moments *vm, struct error *err)
{
    struct moment *waiting = NULL;
    struct moment *latest = NULL;
    struct moment_sum sum;
    struct view v;
    int64_t since = clock_now(ctx->app->clock) - REPORT_DAYS * DAYS_MS;
    if (!moments_waiting(ctx->db, ctx->mem, &ctx->actor, WAITING_MOST, &waiting, &vm->waiting_count,
                         err) ||
        !moments_last(ctx->db, ctx->mem, &ctx->actor, LATEST_MOST, &latest, &vm->latest_count,
                      err) ||
        !moments_sum(ctx->db, ctx->mem, &ctx->actor, since, INT64_MAX, &sum, err) ||
        !fill_moments(ctx, waiting, vm->waiting_count, &vm->waiting, &vm->waiting_count, err) ||
        !fill_moments(ctx, latest, vm->latest_count, &vm->latest, &vm->latest_count, err)) {
        return false;
    }
    vm->good = sum.good;
    vm->bad = sum.bad;
    desk_page_begin(ctx, &v, &vm->layout, say_words(ctx, "Moments"), "moments");
    view_moments_page(&v, vm);
    return true;
}

// GET /moments
static bool page_moments(struct ctx *ctx, struct error *err)
{
    struct vm_moments vm = {.error = STR("")};
    return show_moments(ctx, &vm, err);
}

// POST /moments/{moment:id}/close
static bool page_moment_close(struct ctx *ctx, struct error *err)
{
    struct moment moment;
    struct ticket ticket;
    struct error why;
    struct moment_id id = {ctx->path.ids[0]};
    struct str outcome = http_form(ctx->req, "outcome");
    // A moment is as visible as its ticket.
    if (!moment_load(ctx->db, ctx->mem, id, &moment, err) ||
        !ticket_load(ctx->db, ctx->mem, &ctx->actor, moment.ticket, &ticket, err)) {
        return false;
    }
    if (moment_recovered(desk_of(ctx), &ctx->actor, id, str_none(outcome) ? STR("") : outcome,
                         &why)) {
        http_redirect(ctx->resp, STR("/moments"));
        return true;
    }
    if (why.code != ERR_INVALID && why.code != ERR_CONFLICT) {
        *err = why;
        return false;
    }
    struct vm_moments vm = {.error = str_c(why.message)};
    ctx->resp->status = error_http_status(why.code);
    return show_moments(ctx, &vm, err);
}

const struct route *moments_routes(size_t *ret_count)
{
    static const struct route ROUTES[] = {
        {HTTP_GET, "/rate/{token}", page_rate, ROUTE_PAGE, WHO_ANYONE, RATE_PAGE, 0, false},
        {HTTP_POST, "/rate/{token}", page_rate_send, ROUTE_PAGE, WHO_ANYONE, RATE_PUBLIC_FORM,
         65536, false},
        {HTTP_GET, "/moments", page_moments, ROUTE_PAGE, WHO_LEAD, RATE_PAGE, 0, false},
        {HTTP_POST, "/moments/{moment:id}/close", page_moment_close, ROUTE_PAGE, WHO_LEAD,
         RATE_PAGE, 65536, false},
        {HTTP_GET, "/api/v2/satisfaction_ratings", api_ratings_list, ROUTE_API, WHO_STAFF, RATE_API,
         0, false},
        {HTTP_GET, "/api/v2/satisfaction_ratings/received", api_ratings_received, ROUTE_API,
         WHO_STAFF, RATE_API, 0, false},
        {HTTP_GET, "/api/v2/satisfaction_ratings/count", api_ratings_count, ROUTE_API, WHO_STAFF,
         RATE_API, 0, false},
        {HTTP_GET, "/api/v2/satisfaction_ratings/{moment:id}", api_rating_show, ROUTE_API,
         WHO_STAFF, RATE_API, 0, false},
        {HTTP_POST, "/api/v2/tickets/{ticket:id}/satisfaction_rating", api_rating_create, ROUTE_API,
         WHO_SIGNED_IN, RATE_API, 65536, false},
        {HTTP_GET, "/api/v2/satisfaction_reasons", api_rating_reasons, ROUTE_API, WHO_STAFF,
         RATE_API, 0, false},
    };
    *ret_count = sizeof ROUTES / sizeof *ROUTES;
    return ROUTES;
}
