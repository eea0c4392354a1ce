// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/notices/notices.h"

#include "app/config.h"
#include "base/buf.h"
#include "desk/channels/channels.h"
#include "desk/desk.h"
#include "desk/notices/notices_internal.h"
#include "desk/notices/queries.h"
#include "desk/service/calendar.h"

#define FIRST_HOUR 8
#define DIGEST_MOST 200
#define DIGEST_BYTES 200000
#define QUOTE_BYTES 600

static const char *const KINDS[NOTICE_KINDS] = {"mention", "assignment", "reply", "note"};
static const char *const MAILS[NOTICE_MAILS] = {"now", "digest", "never"};

struct str notice_kind_word(enum notice_kind kind)
{
    return str_c(KINDS[kind]);
}

struct str notice_mail_word(enum notice_mail mail)
{
    return str_c(MAILS[mail]);
}

bool notice_kind_parse(struct str word, enum notice_kind *ret)
{
    for (int i = 0; i < NOTICE_KINDS; i++) {
        if (str_eq_c(word, KINDS[i])) {
            *ret = (enum notice_kind)i;
            return true;
        }
    }
    return false;
}

// --- what people chose --------------------------------------------------------------------------

bool notice_choices_load(struct db *db, mem_ctx *ctx, struct user_id user,
                         struct notice_choices *ret, struct error *err)
{
    struct notice_choices_of_row *rows = NULL;
    struct notice_hour_of_row hour;
    size_t count = 0;
    bool set = false;
    *ret = (struct notice_choices){.mail = {NOTICE_NOW, NOTICE_NEVER, NOTICE_NEVER, NOTICE_NEVER},
                                   .push = {true, true, true, true},
                                   .hour = FIRST_HOUR};
    if (!notice_choices_of(db, ctx, user, &rows, &count, err) ||
        !notice_hour_of(db, ctx, user, &hour, &set, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        enum notice_kind kind = NOTICE_MENTION;
        if (!notice_kind_parse(rows[i].kind, &kind)) {
            continue;
        }
        for (int k = 0; k < NOTICE_MAILS; k++) {
            ret->mail[kind] =
                str_eq_c(rows[i].mail, MAILS[k]) ? (enum notice_mail)k : ret->mail[kind];
        }
        ret->push[kind] = rows[i].push;
    }
    ret->hour = set ? hour.hour : ret->hour;
    return true;
}

static struct str digest_key(mem_ctx *ctx, struct user_id user)
{
    return str_printf(ctx, "notice_digest:%lld", (long long)user.v);
}

bool notice_choices_store(struct db *tx, mem_ctx *ctx, struct user_id user,
                          const struct notice_choices *choices, struct error *err)
{
    bool digest = false;
    if (choices->hour < 0 || choices->hour > 23) {
        return error_field(err, "hour", "InvalidValue", "No day has this hour.");
    }
    for (int i = 0; i < NOTICE_KINDS; i++) {
        digest = digest || choices->mail[i] == NOTICE_DIGEST;
        if (!notice_choice_put(tx, user, str_c(KINDS[i]), str_c(MAILS[choices->mail[i]]),
                               choices->push[i], err)) {
            return false;
        }
    }
    if (!notice_hour_put(tx, user, choices->hour, err)) {
        return false;
    }
    return digest ||
           (notices_delete_of(tx, user, err) && jobs_cancel_key(tx, digest_key(ctx, user), err));
}

// --- words --------------------------------------------------------------------------------------

static const char *verb(enum notice_kind kind)
{
    static const char *const VERBS[NOTICE_KINDS] = {"mentions you", "gives you this", "answers",
                                                    "notes"};
    return VERBS[kind];
}

static struct str name_of(struct db *db, mem_ctx *ctx, struct user_id id)
{
    struct user person;
    struct error ignored;
    bool found = false;
    return id.v != 0 && user_find(db, ctx, id, &person, &found, &ignored) && found
               ? person.name
               : STR("The desk");
}

bool news_words(struct db *db, mem_ctx *ctx, const struct actor *reader, const struct news *news,
                struct told *ret, bool *ret_found, struct error *err)
{
    struct ticket ticket;
    struct ticket_comment comment;
    struct error why;
    bool said = news->comment.v != 0;
    *ret_found = false;
    if (!ticket_load(db, ctx, reader, news->ticket, &ticket, &why) ||
        (said && !comment_load(db, ctx, reader, news->comment, &comment, &why))) {
        *err = why;
        return why.code == ERR_NOT_FOUND;
    }
    if (said && comment.withdrawn) {
        return true;
    }
    if (said && comment.quoted_from >= 0) {
        comment.body = str_sub(comment.body, 0, (size_t)comment.quoted_from);
    }
    ret->title =
        str_printf(ctx, STR_FMT " %s: #%lld " STR_FMT, STR_ARG(name_of(db, ctx, news->actor)),
                   verb(news->kind), (long long)ticket.id.v, STR_ARG(ticket.subject));
    ret->quote = said ? str_utf8_clip(str_trim(comment.body), QUOTE_BYTES) : STR("");
    ret->path = said ? str_printf(ctx, "/tickets/%lld#comment-%lld", (long long)ticket.id.v,
                                  (long long)news->comment.v)
                     : str_printf(ctx, "/tickets/%lld", (long long)ticket.id.v);
    *ret_found = true;
    return true;
}

// --- telling ------------------------------------------------------------------------------------

static bool mail_now(struct desk *desk, struct db *tx, const struct ticket_applied *applied,
                     const struct user *person, const struct told *told, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct str text = str_printf(
        ctx,
        STR_FMT "%s" STR_FMT STR_FMT
                "\n\nThis was written inside the desk. Answer at the ticket: an answer to "
                "this mail does not reach it.\nWhich mails you get: " STR_FMT "/account/notices\n",
        STR_ARG(told->quote), told->quote.len > 0 ? "\n\n" : "",
        STR_ARG(desk->app->config->public_url), STR_ARG(told->path),
        STR_ARG(desk->app->config->public_url));
    struct ticket_event event = {.kind = STR("Notification"),
                                 .field = told->title,
                                 .value = text,
                                 .previous = str_printf(ctx, "%lld", (long long)person->id.v)};
    return str_empty(person->email) ||
           (channels_tell(desk, tx, person, told->title, text, err) &&
            ticket_event_add(tx, applied->outcome->after.id, applied->outcome->audit, &event, err));
}

// When the hour begins next in this zone. A zone that nobody knows is UTC.
static int64_t next_hour(mem_ctx *ctx, struct str zone, int64_t hour, int64_t now)
{
    struct calendar_interval days[7];
    struct calendar *calendar = NULL;
    struct error ignored;
    for (int i = 0; i < 7; i++) {
        int start = (i * 24 + (int)hour) * 60;
        days[i] = (struct calendar_interval){start, start + 1};
    }
    if (!calendar_new(ctx, zone, days, 7, NULL, 0, &calendar, &ignored) &&
        !calendar_new(ctx, STR("UTC"), days, 7, NULL, 0, &calendar, &ignored)) {
        return now + DAYS_MS;
    }
    return calendar_after(calendar, now, 1);
}

static bool keep_for_digest(struct db *tx, const struct news *news, const struct user *person,
                            int64_t hour, int64_t now, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct notice_insert_in in = {
        db_next_id(tx), person->id, notice_kind_word(news->kind), news->ticket, news->comment,
        news->actor,    now};
    struct job_new job = {.kind = NOTICE_DIGEST_JOB,
                          .payload = str_printf(ctx, "%lld", (long long)person->id.v),
                          .now = now,
                          .run_at = next_hour(ctx, person->time_zone, hour, now),
                          .unique_key = digest_key(ctx, person->id)};
    return notice_insert(tx, &in, err) && jobs_add(tx, &job, NULL, err);
}

bool notice_tell(struct desk *desk, struct db *tx, const struct ticket_applied *applied,
                 enum notice_kind kind, struct user_id user, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct notice_choices choices;
    struct actor reader;
    struct user person;
    struct told told;
    bool found = false;
    const struct news news = {.kind = kind,
                              .ticket = applied->outcome->after.id,
                              .comment = kind == NOTICE_ASSIGNMENT ? (struct comment_id){0}
                                                                   : applied->outcome->comment,
                              .actor = applied->actor->user};
    if (!people_load_actor(tx, ctx, user, &reader, err) ||
        !user_find(tx, ctx, user, &person, &found, err)) {
        return false;
    }
    if (!found || !actor_is_staff(&reader) ||
        !ticket_may_see(tx, &reader, &applied->outcome->after)) {
        return true;
    }
    if (!notice_choices_load(tx, ctx, user, &choices, err) ||
        (choices.push[kind] && !push_news(tx, ctx, user, &news, applied->now, err))) {
        return false;
    }
    if (choices.mail[kind] == NOTICE_DIGEST) {
        return keep_for_digest(tx, &news, &person, choices.hour, applied->now, err);
    }
    return choices.mail[kind] == NOTICE_NEVER ||
           (news_words(tx, ctx, &reader, &news, &told, &found, err) &&
            (!found || mail_now(desk, tx, applied, &person, &told, err)));
}

// --- the summary --------------------------------------------------------------------------------

struct digest {
    struct desk *desk;
    mem_ctx *ctx;
    struct user_id user;
    struct buf text;
    size_t told;
};

static bool put_lines(struct digest *d, struct db *tx, const struct actor *reader,
                      const struct notice_row *rows, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct news news = {
            .ticket = rows[i].ticket_id, .comment = rows[i].comment_id, .actor = rows[i].actor_id};
        struct told told;
        bool found = notice_kind_parse(rows[i].kind, &news.kind);
        if (found && !news_words(tx, d->ctx, reader, &news, &told, &found, err)) {
            return false;
        }
        if (!found) {
            continue;
        }
        d->told++;
        buf_put(&d->text, told.title);
        buf_put_c(&d->text, "\n");
        if (told.quote.len > 0) {
            buf_put(&d->text, str_one_line(d->ctx, told.quote, 200));
            buf_put_c(&d->text, "\n");
        }
        buf_put(&d->text, d->desk->app->config->public_url);
        buf_put(&d->text, told.path);
        buf_put_c(&d->text, "\n\n");
    }
    return true;
}

static bool digest_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct digest *d = arg;
    struct notice_row *rows = NULL;
    struct actor reader;
    struct user person;
    size_t count = 0;
    bool found = false;
    buf_init(&d->text, d->ctx, DIGEST_BYTES);
    d->told = 0;
    if (!notices_of(tx, d->ctx, d->user, DIGEST_MOST + 1, &rows, &count, err) ||
        !people_load_actor(tx, d->ctx, d->user, &reader, err) ||
        !user_find(tx, d->ctx, d->user, &person, &found, err) ||
        !put_lines(d, tx, &reader, rows, count < DIGEST_MOST ? count : DIGEST_MOST, err) ||
        !notices_delete_of(tx, d->user, err)) {
        return false;
    }
    if (count > DIGEST_MOST) {
        buf_put_c(&d->text, "There is more; it stands at your tickets.\n\n");
    }
    buf_printf(&d->text, "Which mails you get: " STR_FMT "/account/notices\n",
               STR_ARG(d->desk->app->config->public_url));
    struct str subject = d->told == 1 ? STR("One thing at your tickets")
                                      : str_printf(d->ctx, "%zu things at your tickets", d->told);
    return d->told == 0 || !found || str_empty(person.email) ||
           channels_tell(d->desk, tx, &person, subject, buf_str(&d->text), err);
}

bool notice_digest_job(void *env, mem_ctx *ctx, const struct job *job, struct error *err)
{
    struct digest d = {.desk = env, .ctx = ctx};
    if (!str_to_i64(job->payload, &d.user.v)) {
        return error_set(err, ERR_INVALID, "This is nobody's number.");
    }
    return db_tx_run(d.desk->app->db, "notices.digest", digest_in_tx, &d, err);
}

// --- hooks --------------------------------------------------------------------------------------

bool notices_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err)
{
    return notices_delete_ticket(tx, ticket, err);
}

bool notices_person_left(struct db *tx, struct user_id user, struct error *err)
{
    return push_browsers_forget(tx, user, err);
}
