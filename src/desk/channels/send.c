// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the mailer (mail/mailer.h) asks of the desk: which server, what a mail says, and what
// follows from its fate. A mail is composed when it leaves, from the ticket as it is then.
#include "desk/channels/channels.h"

#include "app/config.h"
#include "base/buf.h"
#include "blob/blob.h"
#include "desk/aside/aside.h"
#include "desk/channels/mail_reply.html.h"
#include "desk/channels/mail_view.h"
#include "desk/channels/mailbox.h"
#include "desk/charter/charter.h"
#include "desk/desk.h"
#include "desk/moments/moments.h"
#include "desk/work/work.h"
#include "mail/compose.h"
#include "mail/html_text.h"
#include "mail/ids.h"
#include "mail/mailer.h"
#include "mail/outbox.h"
#include "mail/spool.h"
#include "view/put.h"

#define MAIL_FILES_MAX_BYTES (25 << 20)
#define MAIL_HTML_MAX (8 << 20)
#define REFERENCES_MAX 30

struct sending {
    struct desk *desk;
    mem_ctx *ctx;
    int64_t now;
    struct outmail mail;
    // What the mail is made of.
    struct ticket ticket;
    struct ticket_comment comment;
    struct user author;
    struct user absent;    // the steward whom the author stands in for; or nobody
    struct str speaker;    // whom the mail names as its author
    struct str signature;  // "" for the plain one
    struct user recipient;
    struct user *copies;
    size_t copy_count;
    struct str *references;
    size_t reference_count;
    struct str in_reply_to;
    struct compose_file *files;
    size_t file_count;
    struct str left_out;  // names of files too large for a mail
    struct str mission;
    struct compose_mail out;
    bool unwanted;
};

// --- what it is made of -------------------------------------------------------------------------

static bool load_comment(struct sending *s, struct db *db, struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct ticket_comment *comments = NULL;
    size_t count = 0;
    if (!ticket_comments(db, s->ctx, &system, s->ticket.id, &comments, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (comments[i].id.v == s->mail.comment.v) {
            s->comment = comments[i];
            return true;
        }
    }
    return error_set(err, ERR_INVALID, "The comment of this mail is gone.");
}

static bool load_people(struct sending *s, struct db *db, struct error *err)
{
    bool found = false;
    struct collaborator *list = NULL;
    size_t count = 0;
    if (!user_find(db, s->ctx, s->comment.author, &s->author, &found, err) ||
        !user_find(db, s->ctx, s->comment.speaks_for, &s->absent, &found, err) ||
        !user_find(db, s->ctx, s->mail.user, &s->recipient, &found, err) ||
        !signature_words(db, s->ctx, &s->author, s->ticket.group, &s->signature, err) ||
        !ticket_collaborators(db, s->ctx, &s->ticket, 1, &list, &count, err)) {
        return false;
    }
    struct user_id *ids = mem_array(s->ctx, struct user_id, count + 1);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (list[i].kind == COLLABORATOR_CC && list[i].user.v != s->mail.user.v) {
            ids[used++] = list[i].user;
        }
    }
    return users_by_ids(db, s->ctx, ids, used, &s->copies, &s->copy_count, err);
}

// The thread as the recipient's mail program knows it: what came from outside, and what we sent to
// this person before.
static bool load_thread(struct sending *s, struct db *db, struct error *err)
{
    struct str *came = NULL;
    size_t came_count = 0;
    struct outmail *sent = NULL;
    size_t sent_count = 0;
    if (!mail_spool_ids_of(db, s->ctx, s->ticket.id, REFERENCES_MAX, &came, &came_count, err) ||
        !mail_outbox_of_ticket(db, s->ctx, s->ticket.id, REFERENCES_MAX, &sent, &sent_count, err)) {
        return false;
    }
    s->references = mem_array(s->ctx, struct str, came_count + sent_count + 1);
    s->in_reply_to = STR("");
    for (size_t i = sent_count; i > 0; i--) {
        const struct outmail *one = &sent[i - 1];
        bool before = one->user.v == s->mail.user.v && one->id.v != s->mail.id.v &&
                      one->state == OUTMAIL_SENT;
        if (before) {
            s->references[s->reference_count++] = one->message_id;
            s->in_reply_to = one->message_id;
        }
    }
    for (size_t i = 0; i < came_count; i++) {
        s->references[s->reference_count++] = came[i];
        s->in_reply_to = came[i];
    }
    return true;
}

static bool add_file(struct sending *s, const struct attachment *file, bool shown, int64_t *room,
                     struct error *err)
{
    struct hash hash;
    struct str bytes;
    if (file->size > *room || !blob_hash_parse(file->hash, &hash)) {
        s->left_out = str_printf(s->ctx, STR_FMT "%s" STR_FMT, STR_ARG(s->left_out),
                                 s->left_out.len > 0 ? ", " : "", STR_ARG(file->file_name));
        return true;
    }
    if (!blob_read(s->ctx, s->desk->app->blobs, hash, (size_t)file->size + 1, &bytes, err)) {
        return false;
    }
    *room -= file->size;
    s->files = mem_grow(s->ctx, s->files, struct compose_file, s->file_count + 1);
    s->files[s->file_count++] = (struct compose_file){
        .name = file->file_name,
        .type = file->content_type,
        .content_id = shown ? str_printf(s->ctx, STR_FMT "@inline", STR_ARG(file->token)) : STR(""),
        .content = bytes,
    };
    return true;
}

static bool load_files(struct sending *s, struct db *db, struct error *err)
{
    struct attachment *files = NULL;
    size_t count = 0;
    int64_t room = MAIL_FILES_MAX_BYTES;
    s->left_out = STR("");
    if (!ticket_attachments(db, s->ctx, s->ticket.id, &files, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bool shown = str_find(s->comment.html.markup, files[i].token) >= 0;
        if (files[i].comment.v == s->comment.id.v && !add_file(s, &files[i], shown, &room, err)) {
            return false;
        }
    }
    return true;
}

// A rule's mail brings its own words instead of a comment's.
static bool by_rule(const struct sending *s)
{
    return str_eq_c(s->mail.kind, "rule");
}

// A mail of a side conversation is that room's altogether.
static bool is_aside(const struct outmail *mail)
{
    return str_eq_c(mail->kind, ASIDE_MAIL_KIND);
}

static bool load_in_read(struct db *db, void *arg, struct error *err)
{
    struct sending *s = arg;
    struct actor system = actor_system(CHANNEL_SYSTEM);
    if (is_aside(&s->mail)) {
        return aside_compose(s->desk, db, s->ctx, &s->mail, &s->out, &s->unwanted, err);
    }
    s->mission = charter_mission(s->desk, db, s->ctx);
    if (s->mail.ticket.v == 0) {
        return true;
    }
    if (!ticket_load(db, s->ctx, &system, s->mail.ticket, &s->ticket, err)) {
        return false;
    }
    bool told = by_rule(s) || load_comment(s, db, err);
    return told && load_people(s, db, err) && load_thread(s, db, err) &&
           (by_rule(s) || load_files(s, db, err));
}

// --- the words ----------------------------------------------------------------------------------

// Own pictures in the markup become parts of the mail: "/attachments/token/T?name=x" to "cid:T@…".
static struct html pictures_as_parts(struct sending *s, struct html html)
{
    static const struct str PREFIX = STR_INIT("/attachments/token/");
    struct buf out;
    struct str rest = html.markup;
    buf_init(&out, s->ctx, html.markup.len * 2 + 1024);
    for (;;) {
        ptrdiff_t at = str_find(rest, PREFIX);
        if (at < 0) {
            break;
        }
        struct str after = str_from(rest, (size_t)at + PREFIX.len);
        size_t len = 0;
        while (len < after.len && after.ptr[len] != '"' && after.ptr[len] != '?' &&
               after.ptr[len] != '/') {
            len++;
        }
        size_t end = len;
        while (end < after.len && after.ptr[end] != '"') {
            end++;
        }
        buf_put(&out, str_sub(rest, 0, (size_t)at));
        buf_put_c(&out, "cid:");
        buf_put(&out, str_sub(after, 0, len));
        buf_put_c(&out, "@inline");
        rest = str_from(after, end);
    }
    buf_put(&out, rest);
    return (struct html){buf_str(&out)};
}

static struct str request_url(const struct sending *s)
{
    return str_printf(s->ctx, STR_FMT "/requests/%lld", STR_ARG(s->desk->app->config->public_url),
                      (long long)s->ticket.id.v);
}

// Where the recipient says by one click whether the answer helped; absent without public_url.
static struct str judge_url(const struct sending *s, const char *score)
{
    struct str token = moment_token(s->ctx, s->desk->app->secret, s->comment.id, s->mail.user);
    return s->desk->app->config->public_url.len == 0
               ? STR_NONE
               : str_printf(s->ctx, STR_FMT "/rate/" STR_FMT "?score=%s",
                            STR_ARG(s->desk->app->config->public_url), STR_ARG(token), score);
}

// The plain form of an answer.
static struct str reply_text(const struct sending *s, const struct view *v,
                             const struct vm_mail *vm, struct str url)
{
    struct buf text;
    buf_init(&text, s->ctx, s->comment.body.len + 8192);
    buf_put(&text, s->comment.body);
    buf_put_c(&text, "\n\n--\n");
    if (vm->has_signature) {
        buf_put(&text, s->signature);
    } else {
        buf_put(&text, vm->author);
        buf_put_c(&text, "\n");
        buf_put(&text, vm->desk);
    }
    buf_put_c(&text, "\n");
    if (vm->mission.len > 0) {
        buf_put(&text, vm->mission);
        buf_put_c(&text, "\n");
    }
    if (vm->has_link) {
        buf_put(&text, url);
        buf_put_c(&text, "\n");
    }
    if (vm->can_judge) {
        buf_put_c(&text, "\n");
        buf_put(&text, tr(v, "Did this help?"));
        buf_put_c(&text, "\n");
        buf_put(&text, tr(v, "Yes"));
        buf_put_c(&text, ": ");
        buf_put(&text, vm->helped.text);
        buf_put_c(&text, "\n");
        buf_put(&text, tr(v, "No"));
        buf_put_c(&text, ": ");
        buf_put(&text, vm->helped_not.text);
        buf_put_c(&text, "\n");
    }
    return buf_str(&text);
}

// "Dana for Tom" while Tom is away.
static struct str name_speaker(const struct sending *s, struct view *v)
{
    const struct view_arg names[] = {{"name", view_value_str(s->author.name)},
                                     {"other", view_value_str(s->absent.name)}};
    return s->comment.speaks_for.v == 0 ? s->author.name
                                        : view_words_str(v, "{name} for {other}", names, 2);
}

static void compose_words(struct sending *s)
{
    const struct config *config = s->desk->app->config;
    bool reply = str_eq_c(s->mail.kind, "reply");
    struct url link = {STR("")};
    struct str url = request_url(s);
    bool has_link = config->public_url.len > 0 && url_checked(url, &link);
    struct vm_mail vm = {
        .desk = config->desk_name,
        .mission = s->mission,
        .recipient = s->recipient.name,
        .subject = s->ticket.subject,
        .is_reply = reply,
        .has_signature = s->signature.len > 0,
        .signature = text_to_html(s->ctx, s->signature),
        .has_link = has_link,
        .link = link,
        .left_out = s->left_out,
    };
    struct str helped = judge_url(s, "good");
    struct str helped_not = judge_url(s, "bad");
    vm.can_judge = reply && !str_none(helped) && url_checked(helped, &vm.helped) &&
                   url_checked(helped_not, &vm.helped_not);
    struct str fresh = s->comment.body;
    struct html shown =
        str_none(s->comment.html.markup) ? text_to_html(s->ctx, fresh) : s->comment.html;
    vm.body = pictures_as_parts(s, shown);
    struct buf html;
    struct view v;
    buf_init(&html, s->ctx, MAIL_HTML_MAX);
    view_init(&v, &html, s->ctx);
    v.site = s->desk->site;
    view_reader(&v, s->recipient.locale, s->recipient.time_zone);
    s->speaker = name_speaker(s, &v);
    vm.author = s->speaker;
    view_mail_reply(&v, &vm);
    s->out.html = (struct html){buf_str(&html)};
    s->out.text = reply ? reply_text(s, &v, &vm, url) : html_to_text(s->ctx, s->out.html.markup);
}

// Subject and text as they stand in the outbox.
static void compose_written_mail(struct sending *s)
{
    struct str subject;
    struct str text;
    str_cut(s->mail.payload, '\n', &subject, &text);
    s->out.subject = subject;
    s->out.text = str_none(text) ? STR("") : text;
    s->out.html = (struct html){STR_NONE};
}

// What every mail has alike.
static bool compose_end(struct sending *s, struct composed *ret, struct error *err)
{
    s->out.message_id = s->mail.message_id;
    s->out.date = s->now;
    s->out.loop_mark = mail_loop_mark(s->ctx, s->desk->app->secret);
    s->out.unsubscribe_url = STR("");
    s->out.unsubscribe_mail = STR("");
    return mail_compose(s->ctx, &s->out, ret, err);
}

static bool compose(struct sending *s, struct composed *ret, struct error *err)
{
    const struct config *config = s->desk->app->config;
    struct compose_address *to = mem_new(s->ctx, struct compose_address);
    struct compose_address *cc = mem_array(s->ctx, struct compose_address, s->copy_count + 1);
    bool reply = str_eq_c(s->mail.kind, "reply");
    struct str mailbox = mailbox_for(s->desk, s->ctx, s->ticket.recipient);
    if (s->mail.ticket.v == 0) {
        compose_written_mail(s);
        s->recipient.name = STR("");
        s->in_reply_to = STR("");
    } else if (by_rule(s)) {
        compose_written_mail(s);
        s->out.subject =
            mail_subject_tagged(s->ctx, config->tag_prefix, s->out.subject, s->ticket.id);
        s->out.text = str_printf(s->ctx, STR_FMT "\n\n--\n" STR_FMT "\n", STR_ARG(s->out.text),
                                 STR_ARG(config->desk_name));
    } else {
        compose_words(s);
        s->out.subject = mail_subject_tagged(
            s->ctx, config->tag_prefix,
            str_printf(s->ctx, "Re: " STR_FMT, STR_ARG(s->ticket.subject)), s->ticket.id);
    }
    for (size_t i = 0; reply && i < s->copy_count; i++) {
        if (!str_empty(s->copies[i].email)) {
            cc[s->out.cc_count++] = (struct compose_address){s->copies[i].name, s->copies[i].email};
        }
    }
    *to = (struct compose_address){s->recipient.name, s->mail.address};
    s->out.from = (struct compose_address){
        reply ? compose_from_name(s->ctx, s->speaker, config->desk_name) : config->desk_name,
        mailbox};
    s->out.reply_to = s->mail.ticket.v == 0
                          ? STR("")
                          : mail_reply_address(s->ctx, s->desk->app->secret, mailbox,
                                               s->mail.ticket, s->mail.user);
    s->out.reply_to = str_none(s->out.reply_to) ? STR("") : s->out.reply_to;
    s->out.to = to;
    s->out.to_count = 1;
    s->out.cc = cc;
    s->out.in_reply_to = s->in_reply_to;
    s->out.references = s->references;
    s->out.reference_count = s->reference_count;
    s->out.origin = reply                                ? COMPOSE_BY_PERSON
                    : str_eq_c(s->mail.kind, "received") ? COMPOSE_AUTO_REPLIED
                                                         : COMPOSE_AUTO_GENERATED;
    s->out.files = s->files;
    s->out.file_count = s->file_count;
    return compose_end(s, ret, err);
}

// --- what the mailer asks -----------------------------------------------------------------------

static bool server_to_use(void *env, mem_ctx *ctx, struct smtp_config *ret, struct error *err)
{
    struct desk *desk = env;
    if (desk->app->config->smtp.len == 0) {
        return error_set(err, ERR_UNAVAILABLE, "No mail server is set (smtp); mail waits.");
    }
    return smtp_config_parse(ctx, desk->app->config->smtp, ret, err);
}

static bool compose_one(void *env, mem_ctx *ctx, const struct outmail *mail, struct composed *ret,
                        bool *ret_unwanted, struct error *err)
{
    struct desk *desk = env;
    struct sending *s = mem_new(ctx, struct sending);
    s->desk = desk;
    s->ctx = ctx;
    s->mail = *mail;
    s->now = clock_now(desk->app->clock);
    if (!db_read(desk->app->db, load_in_read, s, err)) {
        return false;
    }
    *ret_unwanted = s->comment.withdrawn || s->unwanted;
    if (is_aside(mail)) {
        return s->unwanted || compose_end(s, ret, err);
    }
    return compose(s, ret, err);
}

static bool settled(void *env, struct db *tx, const struct outmail *mail, enum outmail_state state,
                    struct str text, struct error *err)
{
    struct desk *desk = env;
    if (state == OUTMAIL_FAILED && is_aside(mail)) {
        return aside_mail_failed(desk, tx, mail, text, err);
    }
    if (state == OUTMAIL_SENT || mail->ticket.v == 0) {
        return true;
    }
    struct ticket_event event = {
        .kind = STR("Error"),
        .field = STR_NONE,
        .value = str_printf(db_tx_ctx(tx), "A mail to " STR_FMT " could not be delivered: " STR_FMT,
                            STR_ARG(mail->address), STR_ARG(text)),
        .previous = STR_NONE,
    };
    return ticket_note_event(&desk->tickets, tx, mail->ticket, &event, err);
}

struct mailer *channels_mailer(mem_ctx *ctx, struct desk *desk)
{
    struct mailer_hooks hooks = {desk, server_to_use, compose_one, settled};
    return mailer_new(ctx, desk->app->db, desk->app->clock, &hooks, &desk->stopping);
}

bool channels_send_job(void *env, mem_ctx *ctx, const struct job *job, struct error *err)
{
    struct desk *desk = env;
    return mailer_run_job(desk->mailer, ctx, job, err);
}
