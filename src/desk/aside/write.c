// SPDX-License-Identifier: GPL-3.0-or-later
//
// Beginning side conversations and writing in them.
#include "desk/aside/aside_internal.h"

#include "app/config.h"
#include "desk/aside/queries.h"
#include "desk/channels/mailbox.h"
#include "mail/address.h"

#define BODY_MOST 1000000
#define FILES_MOST 50
#define PEOPLE_MOST 300
#define PREVIEW_MOST 160
#define UPLOAD_LIFE_MS (3 * DAYS_MS)

struct writing {
    struct desk *desk;
    struct db *tx;
    mem_ctx *ctx;
    const struct actor *actor;
    struct ticket ticket;
    struct aside aside;
    struct aside_member *members;
    size_t count;
    int64_t now;
};

static const char *const KINDS[] = {
    [ASIDE_PERSON] = "person", [ASIDE_GROUP] = "group", [ASIDE_ADDRESS] = "address"};

static bool may_write(const struct actor *actor, bool agent, struct error *err)
{
    bool may = agent ? actor_is_agent(actor) : actor_is_staff(actor);
    return may || error_set(err, ERR_FORBIDDEN, "Only agents can bring in others.");
}

// --- who takes part -----------------------------------------------------------------------------

static bool add_member(struct writing *w, struct aside_member *member, struct error *err)
{
    for (size_t i = 0; i < w->count; i++) {
        const struct aside_member *one = &w->members[i];
        bool same = one->kind == member->kind && one->person.v == member->person.v &&
                    one->group.v == member->group.v &&
                    (member->kind != ASIDE_ADDRESS || address_same(one->address, member->address));
        if (same && one->through == 0) {
            bool first = member->asked && !one->asked;
            w->members[i].asked = one->asked || member->asked;
            *member = w->members[i];
            return !first || aside_member_asked(w->tx, member->id, err);
        }
    }
    if (w->count == ASIDE_MEMBERS_MOST) {
        return error_field(err, "to", "TooLong", "To: at most %d can take part.",
                           ASIDE_MEMBERS_MOST);
    }
    member->id = db_next_id(w->tx);
    member->aside = w->aside.id;
    const struct aside_member_insert_in in = {
        .id = member->id,
        .aside_id = member->aside,
        .kind = str_c(KINDS[member->kind]),
        .person_id = member->person,
        .group_id = member->group,
        .name = member->name,
        .address = member->address,
        .asked = member->asked,
        .created_at = w->now,
    };
    w->members = mem_grow(w->ctx, w->members, struct aside_member, w->count + 1);
    w->members[w->count++] = *member;
    return aside_member_insert(w->tx, &in, err);
}

static bool refuse_to(struct error *err, const char *why)
{
    return error_field(err, "to", "InvalidValue", "%s", why);
}

// Whoever reads the ticket as requester or in copy is told there, not here.
static bool refuse_reader(struct writing *w, struct user_id user, struct error *err)
{
    struct collaborator *list = NULL;
    size_t count = 0;
    bool reads = user.v != 0 && user.v == w->ticket.requester.v;
    if (user.v == 0) {
        return true;
    }
    if (!ticket_collaborators(w->tx, w->ctx, &w->ticket, 1, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        reads = reads || (list[i].kind == COLLABORATOR_CC && list[i].user.v == user.v);
    }
    return !reads || refuse_to(err, "This person reads the request itself; what is said here is "
                                    "not for them. Write to them there.");
}

static bool target_person(struct writing *w, struct user_id id, struct aside_member *ret,
                          struct error *err)
{
    struct user user;
    bool found = false;
    if (!user_find(w->tx, w->ctx, id, &user, &found, err)) {
        return false;
    }
    if (!found || !user.active || user.suspended || str_empty(user.email)) {
        return refuse_to(err, "There is nobody of that number who can be written to.");
    }
    bool staff = user.role >= ROLE_LIGHT_AGENT;
    *ret = (struct aside_member){
        .kind = staff ? ASIDE_PERSON : ASIDE_ADDRESS,
        .person = staff ? user.id : (struct user_id){0},
        .name = user.name,
        .address = user.email,
    };
    return refuse_reader(w, user.id, err);
}

static bool target_group(struct writing *w, struct group_id id, struct aside_member *ret,
                         struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct group group;
    struct error why;
    if (!group_load(w->tx, w->ctx, &system, id, &group, &why) || group.deleted) {
        return refuse_to(err, "There is no such group.");
    }
    *ret = (struct aside_member){
        .kind = ASIDE_GROUP, .group = id, .name = group.name, .address = STR("")};
    return true;
}

static bool target_address(struct writing *w, const struct aside_target *target,
                           struct aside_member *ret, struct error *err)
{
    struct str address = address_normal(w->ctx, target->address);
    struct user user;
    bool found = false;
    if (str_none(address)) {
        return error_field(err, "to", "InvalidValue", "%.*s is no mail address.",
                           STR_ARG(str_utf8_clip(target->address, 100)));
    }
    if (mailbox_is_own(w->desk, w->ctx, address)) {
        return refuse_to(err, "This is an address of the desk itself.");
    }
    if (!user_by_email(w->tx, w->ctx, address, &user, &found, err)) {
        return false;
    }
    if (found && user.active && user.role >= ROLE_LIGHT_AGENT) {
        return target_person(w, user.id, ret, err);
    }
    struct str name = str_empty(target->name) ? STR("") : str_one_line(w->ctx, target->name, 100);
    *ret = (struct aside_member){.kind = ASIDE_ADDRESS,
                                 .name = name.len == 0 && found ? user.name : name,
                                 .address = address};
    return !found || refuse_reader(w, user.id, err);
}

static bool add_targets(struct writing *w, const struct aside_message *message, struct error *err)
{
    for (size_t i = 0; i < message->to_count; i++) {
        const struct aside_target *target = &message->to[i];
        struct aside_member member = {0};
        bool made = target->group.v != 0    ? target_group(w, target->group, &member, err)
                    : target->person.v != 0 ? target_person(w, target->person, &member, err)
                                            : target_address(w, target, &member, err);
        member.asked = true;
        if (!made || !add_member(w, &member, err)) {
            return false;
        }
    }
    return true;
}

// Who was asked, for lists: without the one who began it and without the people of groups.
static struct str people_line(const struct writing *w)
{
    struct str line = STR("");
    for (size_t i = 0; i < w->count; i++) {
        const struct aside_member *one = &w->members[i];
        if (one->asked && one->through == 0) {
            struct str name = one->name.len > 0 ? one->name : one->address;
            line = str_printf(w->ctx, STR_FMT "%s" STR_FMT, STR_ARG(line), line.len > 0 ? ", " : "",
                              STR_ARG(name));
        }
    }
    return str_utf8_clip(line, PEOPLE_MOST);
}

// The actor's own row, made where they take part from now on.
static bool own_member(struct writing *w, int64_t *ret, struct error *err)
{
    struct aside_member own = {
        .kind = ASIDE_PERSON,
        .person = w->actor->user,
        .name = w->actor->name,
        .address = str_none(w->actor->email) ? STR("") : w->actor->email,
    };
    for (size_t i = 0; i < w->count; i++) {
        if (w->members[i].kind == ASIDE_PERSON && w->members[i].person.v == own.person.v) {
            *ret = w->members[i].id;
            return true;
        }
    }
    if (!add_member(w, &own, err)) {
        return false;
    }
    *ret = own.id;
    return true;
}

// --- what is said -------------------------------------------------------------------------------

bool aside_event_put(struct db *tx, int64_t aside, const struct aside_words *words,
                     int64_t *ret_event, struct error *err)
{
    static const char *const TYPES[] = {[ASIDE_CREATE] = "create",
                                        [ASIDE_REPLY] = "reply",
                                        [ASIDE_UPDATE] = "update",
                                        [ASIDE_FAILED] = "trouble"};
    const struct aside_event_insert_in in = {
        .id = db_next_id(tx),
        .uuid = aside_new_uuid(db_tx_ctx(tx)),
        .aside_id = aside,
        .type = str_c(TYPES[words->type]),
        .channel = words->channel,
        .member_id = {words->member != 0, words->member},
        .person_id = words->person,
        .name = words->name,
        .address = words->address,
        .body = words->body,
        .quoted_from = words->quoted_from,
        .automatic = words->automatic,
        .mail_id = words->mail,
        .message_id = str_none(words->message_id) ? STR("") : words->message_id,
        .new_state = words->new_state,
        .new_subject = words->new_subject,
        .created_at = words->at,
    };
    *ret_event = in.id;
    return aside_event_insert(tx, &in, err);
}

static bool put_files(const struct writing *w, const struct aside_message *message, int64_t event,
                      struct error *err)
{
    for (size_t i = 0; i < message->file_count; i++) {
        const struct new_file *file = &message->files[i];
        const struct aside_file_insert_in in = {
            .id = db_next_id(w->tx),
            .uuid = aside_new_uuid(w->ctx),
            .aside_id = {true, w->aside.id},
            .event_id = {true, event},
            .hash = file->hash,
            .file_name = file->file_name,
            .content_type = file->content_type,
            .size = file->size,
            .created_by = w->actor->user,
            .created_at = w->now,
        };
        if (!aside_file_insert(w->tx, &in, err)) {
            return false;
        }
    }
    for (size_t i = 0; i < message->upload_count; i++) {
        int64_t changes = 0;
        if (!aside_file_adopt(w->tx, str_lower(w->ctx, message->uploads[i]), w->actor->user,
                              w->aside.id, event, &changes, err)) {
            return false;
        }
        if (changes == 0) {
            return error_field(err, "attachment_ids", "InvalidValue",
                               "Attachment: it is unknown, used or too old. Send it again.");
        }
    }
    return true;
}

static bool check_message(const struct aside_message *message, struct error *err)
{
    if (str_trim(message->body).len == 0) {
        return error_field(err, "body", "BlankValue", "Message: cannot be blank");
    }
    if (message->body.len > BODY_MOST) {
        return error_field(err, "body", "TooLong", "Message: is too long");
    }
    if (message->file_count + message->upload_count > FILES_MOST) {
        return error_field(err, "attachment_ids", "TooLong", "At most %d files can go along.",
                           FILES_MOST);
    }
    return true;
}

static struct str channel_of(const struct actor *actor)
{
    return actor->channel == CHANNEL_API ? STR("api") : STR("web");
}

// Whether the actor is one of those who were asked, or of a group that was.
static bool was_asked(const struct writing *w)
{
    bool asked = false;
    for (size_t i = 0; i < w->count; i++) {
        const struct aside_member *one = &w->members[i];
        asked = asked || (one->asked && one->person.v == w->actor->user.v) ||
                (one->kind == ASIDE_GROUP && actor_in_group(w->actor, one->group));
    }
    return asked && w->actor->user.v != w->aside.created_by.v;
}

static bool mail_message(struct writing *w, int64_t event, int64_t author, struct error *err)
{
    struct aside_round round = {.desk = w->desk,
                                .tx = w->tx,
                                .ctx = w->ctx,
                                .aside = &w->aside,
                                .members = w->members,
                                .count = w->count,
                                .event = event,
                                .author = author,
                                .writer = w->actor->user,
                                .outside = true,
                                .now = w->now};
    return aside_mail_round(&round, err);
}

static bool begin_ready(struct writing *w, const struct aside_begin *begin, struct str subject,
                        struct error *err)
{
    const struct aside_message *message = begin->message;
    if (!may_write(w->actor, true, err) || !check_message(message, err)) {
        return false;
    }
    if (begin->created_at != 0 && !actor_is_admin(w->actor)) {
        return error_set(err, ERR_FORBIDDEN, "Only administrators can import.");
    }
    if (subject.len == 0) {
        return error_field(err, "subject", "BlankValue", "Subject: cannot be blank");
    }
    if (message->to_count == 0) {
        return error_field(err, "to", "BlankValue", "To: somebody must be asked");
    }
    return true;
}

bool aside_begin(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                 const struct aside_begin *begin, struct aside *ret, struct error *err)
{
    struct writing w = {.desk = desk, .tx = tx, .ctx = ctx, .actor = actor};
    const struct aside_message *message = begin->message;
    bool import = begin->created_at != 0;
    bool found = false;
    int64_t event = 0;
    int64_t author = 0;
    struct str subject = mail_subject_untagged(
        ctx, desk->app->config->tag_prefix,
        str_one_line(ctx, str_none(begin->subject) ? STR("") : begin->subject, ASIDE_SUBJECT_MOST));
    if (!ticket_load(tx, ctx, actor, begin->ticket, &w.ticket, err) ||
        !begin_ready(&w, begin, subject, err)) {
        return false;
    }
    w.now = import ? begin->created_at : clock_now(desk->app->clock);
    w.aside = (struct aside){
        .id = db_next_id(tx), .ticket = w.ticket.id, .subject = subject, .created_by = actor->user};
    if (!add_targets(&w, message, err) || (!import && !own_member(&w, &author, err))) {
        return false;
    }
    struct aside_insert_in in = {
        .id = w.aside.id,
        .uuid = aside_new_uuid(ctx),
        .ticket_id = w.ticket.id,
        .kind = aside_kind_word(begin->kind),
        .subject = subject,
        .preview = str_one_line(ctx, message->body, PREVIEW_MOST),
        .people = people_line(&w),
        .external_ids = str_none(begin->external_ids) ? STR("{}") : begin->external_ids,
        .created_by = actor->user,
        .created_at = w.now,
    };
    struct aside_words words = {
        .type = ASIDE_CREATE,
        .channel = channel_of(actor),
        .member = author,
        .person = import ? (struct user_id){0} : actor->user,
        .name = import && begin->from_name.len > 0 ? begin->from_name : actor->name,
        .address = import ? begin->from_address : STR(""),
        .body = message->body,
        .quoted_from = -1,
        .new_state = STR_NONE,
        .new_subject = STR_NONE,
        .at = w.now,
    };
    aside_publish(tx, w.ticket.id);
    return aside_insert(tx, &in, err) && aside_event_put(tx, w.aside.id, &words, &event, err) &&
           put_files(&w, message, event, err) && (import || mail_message(&w, event, author, err)) &&
           aside_find_any(tx, ctx, w.aside.id, ret, &found, err);
}

static bool load_writing(struct writing *w, const struct aside *aside, struct error *err)
{
    struct aside_whole whole;
    struct aside now;
    if (!aside_load(w->tx, w->ctx, w->actor, aside->ticket, aside->id, &now, err) ||
        !ticket_load(w->tx, w->ctx, w->actor, aside->ticket, &w->ticket, err) ||
        !asides_whole(w->tx, w->ctx, &now, 1, &whole, err)) {
        return false;
    }
    w->aside = now;
    w->members = whole.members;
    w->count = whole.member_count;
    w->now = clock_now(w->desk->app->clock);
    return true;
}

bool aside_write(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                 const struct aside *aside, const struct aside_message *message, int64_t *ret_event,
                 struct error *err)
{
    struct writing w = {.desk = desk, .tx = tx, .ctx = ctx, .actor = actor};
    const struct aside_setting open = {.set_closed = true, .subject = STR_NONE};
    int64_t author = 0;
    if (!load_writing(&w, aside, err) || !may_write(actor, message->to_count > 0, err) ||
        !check_message(message, err) || !add_targets(&w, message, err) ||
        !own_member(&w, &author, err)) {
        return false;
    }
    struct aside_words words = {
        .type = ASIDE_REPLY,
        .channel = channel_of(actor),
        .member = author,
        .person = actor->user,
        .name = actor->name,
        .address = STR(""),
        .body = message->body,
        .quoted_from = -1,
        .new_state = STR_NONE,
        .new_subject = STR_NONE,
        .at = w.now,
    };
    bool asked = was_asked(&w);
    struct str news = aside_news_word(asked ? ASIDE_ANSWER : ASIDE_ASKED);
    aside_publish(tx, w.ticket.id);
    return (!w.aside.closed || aside_set(desk, tx, ctx, actor, &w.aside, &open, err)) &&
           aside_event_put(tx, w.aside.id, &words, ret_event, err) &&
           put_files(&w, message, *ret_event, err) &&
           aside_message_note(tx, w.aside.id, str_one_line(ctx, message->body, PREVIEW_MOST),
                              people_line(&w), news, w.now, err) &&
           (!asked || aside_answered_note(tx, w.aside.id, w.now, author, err)) &&
           mail_message(&w, *ret_event, author, err);
}

bool aside_set(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
               const struct aside *aside, const struct aside_setting *setting, struct error *err)
{
    struct writing w = {.desk = desk, .tx = tx, .ctx = ctx, .actor = actor};
    int64_t event = 0;
    if (!load_writing(&w, aside, err)) {
        return false;
    }
    bool closed = setting->set_closed ? setting->closed : w.aside.closed;
    struct str subject = w.aside.subject;
    if (!str_none(setting->subject)) {
        subject = mail_subject_untagged(ctx, desk->app->config->tag_prefix,
                                        str_one_line(ctx, setting->subject, ASIDE_SUBJECT_MOST));
    }
    bool turned = closed != w.aside.closed;
    bool renamed = !str_eq(subject, w.aside.subject);
    if (!may_write(actor, closed || renamed, err)) {
        return false;
    }
    if (subject.len == 0) {
        return error_field(err, "subject", "BlankValue", "Subject: cannot be blank");
    }
    if (!turned && !renamed) {
        return true;
    }
    struct str state = closed ? STR("closed") : STR("open");
    struct aside_words words = {
        .type = ASIDE_UPDATE,
        .channel = channel_of(actor),
        .person = actor->user,
        .name = actor->name,
        .address = STR(""),
        .body = STR(""),
        .quoted_from = -1,
        .new_state = turned ? state : STR_NONE,
        .new_subject = renamed ? subject : STR_NONE,
        .at = w.now,
    };
    aside_publish(tx, w.ticket.id);
    return aside_event_put(tx, w.aside.id, &words, &event, err) &&
           aside_state_set(tx, w.aside.id, state, subject, turned ? w.now : w.aside.state_at, w.now,
                           err);
}

// --- files sent ahead ---------------------------------------------------------------------------

bool aside_upload(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                  const struct new_file *file, struct aside_file *ret, struct error *err)
{
    if (!may_write(actor, true, err)) {
        return false;
    }
    const struct aside_file_insert_in in = {
        .id = db_next_id(tx),
        .uuid = aside_new_uuid(ctx),
        .hash = file->hash,
        .file_name = file->file_name,
        .content_type = file->content_type,
        .size = file->size,
        .created_by = actor->user,
        .created_at = clock_now(desk->app->clock),
    };
    *ret = (struct aside_file){.uuid = in.uuid,
                               .hash = in.hash,
                               .file_name = in.file_name,
                               .content_type = in.content_type,
                               .size = in.size,
                               .created_by = actor->user};
    return aside_file_insert(tx, &in, err);
}

static bool sweep_in_tx(struct db *tx, void *arg, struct error *err)
{
    const struct desk *desk = arg;
    return aside_files_sweep(tx, clock_now(desk->app->clock) - UPLOAD_LIFE_MS, err);
}

bool aside_sweep(void *env, mem_ctx *ctx UNUSED, struct error *err)
{
    struct desk *desk = env;
    return db_tx_run(desk->app->db, "aside.sweep", sweep_in_tx, desk, err);
}
