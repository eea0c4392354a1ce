// SPDX-License-Identifier: GPL-3.0-or-later
//
// The mails of agreement, in the language of who reads them.
#include "app/config.h"
#include "desk/catalogue/catalogue.h"
#include "desk/channels/channels.h"
#include "desk/fulfil/fulfil_internal.h"
#include "view/put.h"
#include "view/view.h"

enum { LETTER_MOST = 64 * 1024, SAID_MOST = 8 * 1024 };

static struct view *reader_view(const struct way *way, const struct user *person)
{
    struct view *v = mem_new(way->ctx, struct view);
    struct buf *nowhere = mem_new(way->ctx, struct buf);
    buf_init(nowhere, way->ctx, LETTER_MOST);
    view_init(v, nowhere, way->ctx);
    v->site = way->desk->site;
    view_reader(v, person->locale, person->time_zone);
    return v;
}

static struct str with(struct view *v, const char *words, struct str name, struct str other)
{
    const struct view_arg args[] = {{"name", view_value_str(name)},
                                    {"other", view_value_str(other)}};
    return view_words_str(v, words, args, 2);
}

// What was asked for, as the requester wrote it.
static bool request_text(const struct way *way, struct str *ret, struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct ticket_comment *comments = NULL;
    size_t count = 0;
    *ret = STR("");
    if (!ticket_comments(way->tx, way->ctx, &system, way->ticket->id, &comments, &count, err)) {
        return false;
    }
    if (count > 0 && comments[0].is_public) {
        *ret = str_utf8_clip(comments[0].body, SAID_MOST);
    }
    return true;
}

struct asking {
    const struct fulfil_ask *ask;
    struct user requester;
    struct user asked;
    struct str said;
};

static bool ask_one(const struct way *way, const struct asking *asking, const struct user *to,
                    struct error *err)
{
    struct view *v = reader_view(way, to);
    const struct fulfil_ask *ask = asking->ask;
    struct str token = fulfil_token(way->ctx, way->desk->app->secret, ask->id, to->id);
    struct str subject = with(v,
                              ask->told == 0 ? WORDS("Do you agree? {name}: {other}")
                                             : WORDS("Reminder: do you agree? {name}: {other}"),
                              asking->requester.name, way->ticket->subject);
    struct buf text;
    buf_init(&text, way->ctx, LETTER_MOST);
    buf_put(&text, with(v, WORDS("{name} asks for this and needs your agreement."),
                        asking->requester.name, STR("")));
    buf_put_c(&text, "\n");
    if (to->id.v != asking->asked.id.v) {
        buf_put(&text, with(v, WORDS("You can decide because {name} is away."), asking->asked.name,
                            STR("")));
        buf_put_c(&text, "\n");
    }
    buf_put_c(&text, "\n");
    buf_put(&text, way->ticket->subject);
    buf_put_c(&text, "\n\n");
    buf_put(&text, asking->said);
    buf_put_c(&text, "\n\n");
    buf_put(&text, tr(v, WORDS("Agree or refuse here, without signing in:")));
    buf_put_c(&text, "\n");
    buf_put(&text, way->desk->app->config->public_url);
    buf_put_c(&text, "/approve/");
    buf_put(&text, token);
    buf_put_c(&text, "\n");
    return str_empty(to->email) ||
           channels_tell(way->desk, way->tx, to, subject, buf_str(&text), err);
}

bool fulfil_letter_ask(const struct way *way, const struct fulfil_ask *ask, struct error *err)
{
    struct asking asking = {.ask = ask};
    struct user deputy;
    bool found = false;
    bool covered = false;
    if (!user_find(way->tx, way->ctx, way->ticket->requester, &asking.requester, &found, err) ||
        !user_find(way->tx, way->ctx, ask->user, &asking.asked, &found, err) ||
        !user_find(way->tx, way->ctx, ask->deputy, &deputy, &covered, err) ||
        !request_text(way, &asking.said, err)) {
        return false;
    }
    covered = covered && deputy.active && !deputy.suspended;
    return ask_one(way, &asking, &asking.asked, err) &&
           (!covered || ask_one(way, &asking, &deputy, err));
}

bool fulfil_letter_end(const struct way *way, const struct fulfil_ask *refusal, struct error *err)
{
    struct user requester;
    struct user decider = {.name = STR("")};
    struct buf text;
    bool found = false;
    if (!user_find(way->tx, way->ctx, way->ticket->requester, &requester, &found, err) ||
        (refusal != NULL &&
         !user_find(way->tx, way->ctx, refusal->decided_by, &decider, &found, err))) {
        return false;
    }
    struct view *v = reader_view(way, &requester);
    struct str subject =
        with(v, refusal == NULL ? WORDS("Agreed: {name}") : WORDS("Not agreed: {name}"),
             way->ticket->subject, STR(""));
    buf_init(&text, way->ctx, LETTER_MOST);
    if (refusal == NULL) {
        buf_put(&text, tr(v, WORDS("Everybody who had to agree did. We go on with it now.")));
    } else {
        buf_put(&text,
                with(v, WORDS("{name} did not agree, and says why:"), decider.name, STR("")));
        buf_put_c(&text, "\n\n");
        buf_put(&text, refusal->reason);
        buf_put_c(&text, "\n\n");
        buf_put(&text, tr(v, WORDS("If you see it differently, just answer this mail: a person "
                                   "reads it.")));
    }
    buf_put_c(&text, "\n\n");
    buf_put(&text, way->desk->app->config->public_url);
    buf_put(&text, str_printf(way->ctx, "/requests/%lld\n", (long long)way->ticket->id.v));
    const struct rule_mail mail = {.ticket = way->ticket,
                                   .person = &requester,
                                   .subject = subject,
                                   .text = buf_str(&text),
                                   .now = way->now};
    return channels_rule_mail(way->desk, way->tx, &mail, err);
}
