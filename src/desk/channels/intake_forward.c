// SPDX-License-Identifier: GPL-3.0-or-later
//
// An agent forwards a person's mail to the desk: the request is the person's, not the agent's. A
// sender's address proves little, so this gives nobody more than writing in that person's name
// would: the request comes from an end user, and what the agent wrote stays internal.
#include "desk/channels/intake_internal.h"
#include "desk/channels/mailbox.h"
#include "desk/desk.h"
#include "mail/address.h"
#include "mail/quote.h"

static struct str domain_of(struct str address)
{
    return address_domain(str_trim(address));
}

// A mail server that checked found that the sender's domain did not send this. Anybody can write
// that it did, so only the bad news counts.
static bool is_disowned(const struct mail_message *m)
{
    static const char *const VERDICTS[] = {"dmarc=fail", "spf=fail", "dkim=fail"};
    for (size_t i = 0; i < m->headers.count; i++) {
        if (!str_ieq_c(m->headers.items[i].name, "Authentication-Results")) {
            continue;
        }
        for (size_t k = 0; k < sizeof VERDICTS / sizeof *VERDICTS; k++) {
            if (str_ifind(m->headers.items[i].value, str_c(VERDICTS[k])) >= 0) {
                return true;
            }
        }
    }
    return false;
}

// An agent with a verified address, who wrote it by hand, from the domain that the envelope names.
static bool is_by_agent(const struct ingest *in)
{
    const struct mail_message *m = in->message;
    struct str envelope = in->letter->envelope_from;
    bool one = m->from.count == 1 && address_same(m->from.items[0].address, in->person.email);
    bool same_domain = envelope.len == 0
                           ? in->letter->inbox.v != 0
                           : str_ieq(domain_of(envelope), domain_of(in->person.email));
    return in->person.role >= ROLE_AGENT && in->person.verified && in->person.active &&
           !in->person.suspended && one && same_domain && !in->verdict.no_answer &&
           !in->verdict.auto_generated && !is_disowned(m);
}

static void fill_comment(struct ingest *in)
{
    struct str text = str_trim(in->forward.text);
    in->forwarded = in->comment;
    if (in->forward.remark.len == 0 && in->forward.text.len == 0) {
        return;
    }
    if (text.len == 0) {
        text = STR("(The forwarded mail has no text.)");
    }
    // The markup has the agent's words in it.
    in->forwarded.html = (struct html){STR_NONE};
    in->forwarded.remote_images = 0;
    in->forwarded.body = text;
    struct mail_fold fold = mail_fold_text(in->ctx, text);
    in->forwarded.quoted_from = fold.quoted.len > 0 ? fold.quoted.ptr - text.ptr : -1;
}

bool intake_forwarded(struct ingest *in, struct error *err)
{
    const struct mail_address *from = &in->forward.from;
    struct user person;
    bool created = false;
    bool someone = !str_empty(from->address) && !own_address(&in->own, from->address) &&
                   !mailbox_is_own(in->desk, in->ctx, from->address) &&
                   !address_never_answer(from->address);
    if (!someone || in->ticket.v != 0 || in->released || !is_by_agent(in)) {
        return true;
    }
    struct sender sender = {from->address, from->name, STR_NONE};
    if (!user_find_or_create(&in->desk->people, in->tx, in->ctx, &sender, &person, &created, err)) {
        return false;
    }
    // Staff speak for themselves.
    if (person.role >= ROLE_LIGHT_AGENT || person.suspended) {
        return true;
    }
    in->forwarder = in->person;
    in->person = person;
    fill_comment(in);
    return true;
}

bool intake_note_forwarder(struct ingest *in, struct error *err)
{
    struct actor system = actor_system(CHANNEL_EMAIL);
    struct ticket_outcome ignored;
    struct new_comment note = {
        .body = str_printf(in->ctx, "Forwarded by " STR_FMT " <" STR_FMT ">.%s" STR_FMT,
                           STR_ARG(in->forwarder.name), STR_ARG(in->forwarder.email),
                           in->forward.remark.len > 0 ? "\n\n" : "", STR_ARG(in->forward.remark)),
        .author = in->forwarder.id,
        .is_public = false,
        .quoted_from = -1,
        .stranger = STR_NONE,
        .mail = in->spooled.id,
    };
    const struct ticket_change change = {
        .ticket = in->outcome.after.id, .comment = &note, .by_machine = true, .silent = true};
    return ticket_apply(&in->desk->tickets, in->tx, in->ctx, &system, &change, &ignored, err);
}
