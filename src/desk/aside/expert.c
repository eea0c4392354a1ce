// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bringing in an expert: what they are told without anybody typing it, and how soon they answer.
#include "app/say.h"
#include "base/buf.h"
#include "desk/aside/aside_internal.h"
#include "desk/aside/queries.h"
#include "desk/service/disruption.h"
#include "view/layout.h"
#include "view/view.h"

#define WORDS_MOST 3000
#define SUMMARY_MOST 16384

struct telling {
    struct ctx *ctx;
    const struct ticket *ticket;
    struct buf *out;
};

static struct view_arg arg(const char *name, struct str value)
{
    return (struct view_arg){name, view_value_str(str_none(value) ? STR("") : value)};
}

static void line(const struct telling *t, struct str words)
{
    buf_put(t->out, words);
    buf_put_c(t->out, "\n");
}

static bool name_of(const struct telling *t, struct user_id id, struct str *ret, struct error *err)
{
    struct user user;
    bool found = false;
    if (!user_find(t->ctx->db, t->ctx->mem, id, &user, &found, err)) {
        return false;
    }
    *ret = found ? user.name : STR("");
    return true;
}

static bool tell_people(const struct telling *t, struct error *err)
{
    struct organization organization;
    struct str requester;
    struct str steward;
    bool found = false;
    if (!name_of(t, t->ticket->requester, &requester, err) ||
        !name_of(t, t->ticket->steward, &steward, err) ||
        !organization_find(t->ctx->db, t->ctx->mem, t->ticket->organization, &organization, &found,
                           err)) {
        return false;
    }
    const struct view_arg args[] = {arg("name", requester),
                                    arg("organization", found ? organization.name : STR("")),
                                    arg("steward", steward)};
    line(t, found ? say_with(t->ctx, "Asked by {name}, {organization}", args, 3)
                  : say_with(t->ctx, "Asked by {name}", args, 1));
    if (steward.len > 0) {
        line(t, say_with(t->ctx, "Steward: {steward}", args, 3));
    }
    return true;
}

static bool tell_disruption(const struct telling *t, struct error *err)
{
    static const char *const DEGREES[DEGREE_COUNT] = {
        [DEGREE_STOPPED] = WORDS("Cannot work: {count} person|Cannot work: {count} people"),
        [DEGREE_SLOWED] = WORDS("Slowed down: {count} person|Slowed down: {count} people"),
        [DEGREE_LATER] = WORDS("When we can: {count} person|When we can: {count} people"),
    };
    struct disruption d;
    bool found = false;
    if (!disruption_find(desk_of(t->ctx), t->ctx->db, t->ctx->mem, t->ticket, &d, &found, err)) {
        return false;
    }
    if (found && d.degree != DEGREE_UNSAID) {
        const struct view_arg count = {"count", view_value_i64(d.people)};
        line(t, say_with(t->ctx, DEGREES[d.degree], &count, 1));
    }
    return true;
}

// Each line behind "> ", so that mail programs show it as quoted.
static void quote(struct buf *out, struct str text)
{
    struct str rest = str_trim(str_utf8_clip(text, WORDS_MOST));
    struct str one;
    while (str_next(&rest, '\n', &one)) {
        buf_put_c(out, "> ");
        buf_put(out, str_trim(one));
        buf_put_c(out, "\n");
    }
}

static bool tell_last_words(const struct telling *t, struct error *err)
{
    struct ticket_comment *comments = NULL;
    const struct ticket_comment *last = NULL;
    size_t count = 0;
    struct str author;
    if (!ticket_comments(t->ctx->db, t->ctx->mem, &t->ctx->actor, t->ticket->id, &comments, &count,
                         err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bool shown = comments[i].is_public && !comments[i].withdrawn;
        last = shown ? &comments[i] : last;
    }
    if (last == NULL) {
        return true;
    }
    if (!name_of(t, last->author, &author, err)) {
        return false;
    }
    size_t fresh = last->quoted_from >= 0 && (size_t)last->quoted_from < last->body.len
                       ? (size_t)last->quoted_from
                       : last->body.len;
    const struct view_arg name = arg("name", author);
    line(t, STR(""));
    line(t, say_with(t->ctx, "The last words, by {name}:", &name, 1));
    quote(t->out, str_sub(last->body, 0, fresh));
    return true;
}

bool aside_summary(struct ctx *ctx, const struct ticket *ticket, struct str question,
                   struct str *ret, struct error *err)
{
    struct buf out;
    const struct telling t = {ctx, ticket, &out};
    buf_init(&out, ctx->mem, SUMMARY_MOST + question.len);
    if (question.len > 0) {
        line(&t, question);
        line(&t, STR(""));
    }
    line(&t, say_words(ctx, "What is known so far:"));
    line(&t,
         str_printf(ctx->mem, "#%lld " STR_FMT, (long long)ticket->id.v, STR_ARG(ticket->subject)));
    const struct view_arg how[] = {
        arg("status", say_words(ctx, view_status_word(ticket_status_word(ticket->status)))),
        arg("priority",
            ticket->priority == 0
                ? STR("")
                : say_words(ctx, view_priority_word(ticket_priority_word(ticket->priority))))};
    line(&t, ticket->priority == 0
                 ? say_with(ctx, "Status: {status}", how, 1)
                 : say_with(ctx, "Status: {status}, priority: {priority}", how, 2));
    if (!tell_people(&t, err) || !tell_disruption(&t, err) || !tell_last_words(&t, err)) {
        return false;
    }
    *ret = str_trim(buf_str(&out));
    return true;
}

// --- how soon they answer -----------------------------------------------------------------------

static int by_people(const void *a, const void *b)
{
    const struct aside_experts_since_row *one = a;
    const struct aside_experts_since_row *other = b;
    int order = str_cmp(one->people, other->people);
    if (order != 0) {
        return order;
    }
    int64_t took = one->answered_at.set ? one->answered_at.v - one->created_at : INT64_MAX;
    int64_t other_took =
        other->answered_at.set ? other->answered_at.v - other->created_at : INT64_MAX;
    return took < other_took ? -1 : took > other_took;
}

static int by_count(const void *a, const void *b)
{
    const struct aside_expert_row *one = a;
    const struct aside_expert_row *other = b;
    return one->asked > other->asked   ? -1
           : one->asked < other->asked ? 1
                                       : str_cmp(one->people, other->people);
}

// Rows of the same people, those answered first, in order of the time they took.
static struct aside_expert_row sum_up(const struct aside_experts_since_row *rows, size_t count)
{
    struct aside_expert_row ret = {.people = rows[0].people, .asked = (int64_t)count};
    for (size_t i = 0; i < count; i++) {
        ret.answered += rows[i].answered_at.set;
        ret.waiting += !rows[i].answered_at.set && !rows[i].closed;
    }
    if (ret.answered > 0) {
        const struct aside_experts_since_row *middle = &rows[(ret.answered - 1) / 2];
        const struct aside_experts_since_row *last = &rows[ret.answered - 1];
        ret.median_ms = middle->answered_at.v - middle->created_at;
        ret.longest_ms = last->answered_at.v - last->created_at;
    }
    return ret;
}

bool aside_experts(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t since,
                   struct aside_expert_row **ret, size_t *ret_count, struct error *err)
{
    struct aside_experts_since_row *rows = NULL;
    size_t count = 0;
    if (actor->role < ROLE_LEAD) {
        return error_set(err, ERR_FORBIDDEN, "Only leads see how soon experts answer.");
    }
    if (!aside_experts_since(db, ctx, since, ASIDE_EXPERTS_MOST, &rows, &count, err)) {
        return false;
    }
    if (count > 0) {
        qsort(rows, count, sizeof *rows, by_people);
    }
    *ret = mem_array(ctx, struct aside_expert_row, count + 1);
    *ret_count = 0;
    for (size_t begin = 0; begin < count;) {
        size_t end = begin + 1;
        while (end < count && str_eq(rows[end].people, rows[begin].people)) {
            end++;
        }
        (*ret)[(*ret_count)++] = sum_up(&rows[begin], end - begin);
        begin = end;
    }
    if (*ret_count > 0) {
        qsort(*ret, *ret_count, sizeof **ret, by_count);
    }
    return true;
}
