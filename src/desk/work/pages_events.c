// SPDX-License-Identifier: GPL-3.0-or-later
//
// The room's events as the conversation tells them, behind their author's name.
#include "desk/work/pages_internal.h"

enum value_kind { VALUE_PLAIN, VALUE_TIME, VALUE_SPAN };

// What is said of a value that was set, and of one that was taken away; "%s" is the value.
static const struct event_words {
    const char *field;
    enum value_kind kind;
    struct str set;
    struct str gone;
} EVENTS[] = {
    {"links", VALUE_PLAIN, STR_INIT("linked this ticket: "), STR_INIT("removed the link: ")},
    {"reply_planned", VALUE_TIME, STR_INIT("planned a reply for "),
     STR_INIT("took back the reply planned for ")},
    {"time_spent", VALUE_SPAN, STR_INIT("recorded "), STR_INIT("took off the time of ")},
    {"call_time", VALUE_SPAN, STR_INIT("recorded a call of "), STR_INIT("took off the call of ")},
    {"snoozed_until", VALUE_TIME, STR_INIT("put this ticket off until "),
     STR_INIT("woke this ticket, put off until ")},
    {"split_from", VALUE_PLAIN, STR_INIT("made this ticket of a message in #"), STR_INIT("")},
    {"split_into", VALUE_PLAIN, STR_INIT("made of one of the messages ticket #"), STR_INIT("")},
};

static struct str value_words(struct ctx *ctx, enum value_kind kind, struct str value)
{
    int64_t seconds = 0;
    if (kind == VALUE_TIME) {
        return work_time_words(ctx, value);
    }
    return kind == VALUE_SPAN && str_to_i64(value, &seconds) ? time_words(ctx->mem, seconds)
                                                             : value;
}

struct str work_event_words(struct ctx *ctx, const struct ticket_event *event)
{
    bool gone = str_none(event->value);
    for (size_t i = 0; str_eq_c(event->kind, "Change") && i < sizeof EVENTS / sizeof *EVENTS; i++) {
        const struct event_words *one = &EVENTS[i];
        if (str_eq_c(event->field, one->field)) {
            struct str value = value_words(ctx, one->kind, gone ? event->previous : event->value);
            return str_printf(ctx->mem, STR_FMT STR_FMT, STR_ARG(gone ? one->gone : one->set),
                              STR_ARG(value));
        }
    }
    return STR_NONE;
}
