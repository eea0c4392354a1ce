// SPDX-License-Identifier: GPL-3.0-or-later
//
// Names of placeholders and their values. What a name needs is read when it is first asked for.
#include "desk/rules/placeholder_values.h"

#include "base/buf.h"
#include "desk/records/records.h"

#define SHOWN_COMMENTS 50

static bool took(struct placeholder_facts *f, bool fine, const struct error *err)
{
    if (!fine && !f->failed) {
        f->failed = true;
        f->trouble = *err;
    }
    return fine;
}

static struct str number_text(const struct placeholder_facts *f, int64_t number)
{
    return number == 0 ? STR("") : str_printf(f->ctx, "%lld", (long long)number);
}

static struct str or_empty(struct str text)
{
    return str_none(text) ? STR("") : text;
}

// --- people -------------------------------------------------------------------------------------

static const struct user *person(struct placeholder_facts *f, struct user_id id)
{
    struct user one;
    struct error err;
    bool found = false;
    for (size_t i = 0; i < f->person_count; i++) {
        if (f->people[i].id.v == id.v) {
            return &f->people[i];
        }
    }
    if (id.v == 0 || !took(f, user_find(f->db, f->ctx, id, &one, &found, &err), &err) || !found) {
        return NULL;
    }
    f->people = mem_grow(f->ctx, f->people, struct user, f->person_count + 1);
    f->people[f->person_count++] = one;
    return &f->people[f->person_count - 1];
}

static struct str organization_value(struct placeholder_facts *f, struct organization_id id,
                                     struct str name)
{
    struct organization one;
    struct error err;
    bool found = false;
    if (id.v == 0 || !took(f, organization_find(f->db, f->ctx, id, &one, &found, &err), &err) ||
        !found) {
        return STR("");
    }
    if (str_none(name) || str_eq_c(name, "name")) {
        return one.name;
    }
    if (str_eq_c(name, "id")) {
        return number_text(f, one.id.v);
    }
    if (str_eq_c(name, "details")) {
        return one.details;
    }
    if (str_eq_c(name, "notes") && !f->public_only) {
        return one.notes;
    }
    if (str_eq_c(name, "external_id")) {
        return or_empty(one.external_id);
    }
    return str_eq_c(name, "tags") ? one.tags : STR("");
}

static struct str name_part(struct str name, bool first)
{
    struct str head;
    struct str tail;
    str_cut(name, ' ', &head, &tail);
    return first ? head : or_empty(tail);
}

// The person as this text's reader knows them: requesters read an agent's alias.
static struct str shown_name(const struct placeholder_facts *f, const struct user *user)
{
    return f->public_only && !str_empty(user->alias) ? user->alias : user->name;
}

static struct str person_value(struct placeholder_facts *f, struct user_id id, struct str name)
{
    const struct user *user = person(f, id);
    struct str head;
    struct str tail;
    if (user == NULL) {
        return STR("");
    }
    str_cut(or_empty(name), '.', &head, &tail);
    struct str shown = shown_name(f, user);
    if (str_none(name) || str_eq_c(name, "name")) {
        return shown;
    }
    if (str_eq_c(name, "first_name") || str_eq_c(name, "last_name")) {
        return name_part(shown, str_eq_c(name, "first_name"));
    }
    if (str_eq_c(head, "organization")) {
        return organization_value(f, user->organization, tail);
    }
    const struct {
        const char *name;
        struct str value;
    } VALUES[] = {
        {"email", user->email},         {"phone", user->phone},
        {"language", user->locale},     {"locale", user->locale},
        {"time_zone", user->time_zone}, {"external_id", user->external_id},
        {"details", user->details},     {"signature", user->signature},
        {"tags", user->tags},           {"role", role_word(user->role)},
    };
    for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++) {
        if (str_eq_c(name, VALUES[i].name)) {
            return or_empty(VALUES[i].value);
        }
    }
    if (str_eq_c(name, "notes") && !f->public_only) {
        return user->notes;
    }
    return str_eq_c(name, "id") ? number_text(f, user->id.v) : STR("");
}

// --- comments -----------------------------------------------------------------------------------

static void load_comments(struct placeholder_facts *f)
{
    struct actor system = actor_system(CHANNEL_RULE);
    struct ticket_comment *list = NULL;
    struct error err;
    size_t count = 0;
    if (f->has_comments || f->ticket == NULL || f->ticket->id.v == 0) {
        return;
    }
    f->has_comments = true;
    if (!took(f, ticket_comments(f->db, f->ctx, &system, f->ticket->id, &list, &count, &err),
              &err)) {
        return;
    }
    f->comments = mem_array(f->ctx, struct ticket_comment, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (!list[i].withdrawn && (list[i].is_public || !f->public_only)) {
            f->comments[f->comment_count++] = list[i];
        }
    }
}

static bool in_list(const struct ticket_comment *comment, enum placeholder_list list)
{
    return list != LIST_PUBLIC_COMMENTS || comment->is_public;
}

// Newest first, as the field's rules expect.
static const struct ticket_comment *comment_at(struct placeholder_facts *f,
                                               enum placeholder_list list, size_t index)
{
    load_comments(f);
    for (size_t i = f->comment_count; i > 0; i--) {
        if (in_list(&f->comments[i - 1], list) && index-- == 0) {
            return &f->comments[i - 1];
        }
    }
    return NULL;
}

static struct str comment_text(const struct ticket_comment *comment)
{
    if (comment == NULL) {
        return STR("");
    }
    int64_t cut = comment->quoted_from;
    return cut > 0 ? str_trim(str_sub(comment->body, 0, (size_t)cut)) : comment->body;
}

static struct str all_comments(struct placeholder_facts *f, enum placeholder_list list)
{
    struct buf out;
    const struct ticket_comment *one = NULL;
    buf_init(&out, f->ctx, 1 << 20);
    for (size_t i = 0; i < SHOWN_COMMENTS && (one = comment_at(f, list, i)) != NULL; i++) {
        const struct user *author = person(f, one->author);
        buf_put_c(&out, i > 0 ? "\n\n" : "");
        buf_put(&out, author == NULL ? STR("") : shown_name(f, author));
        buf_put_c(&out, ", ");
        buf_put(&out, time_iso(f->ctx, one->created_at));
        buf_put_c(&out, one->is_public ? "\n" : " (internal)\n");
        buf_put(&out, comment_text(one));
    }
    return buf_str(&out);
}

// --- the ticket ---------------------------------------------------------------------------------

static struct str date_text(const struct placeholder_facts *f, int64_t ms, struct str form)
{
    static const char *const MONTHS[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    if (ms == 0) {
        return STR("");
    }
    if (str_ends(form, STR("_with_timestamp"))) {
        return time_iso(f->ctx, ms);
    }
    struct civil c = time_civil(ms);
    struct str day =
        str_printf(f->ctx, "%s %d, %lld", MONTHS[c.month - 1], c.day, (long long)c.year);
    return str_ends(form, STR("_with_time"))
               ? str_printf(f->ctx, STR_FMT " at %02d:%02d", STR_ARG(day), c.hour, c.minute)
               : day;
}

static struct str group_name(struct placeholder_facts *f)
{
    struct group *groups = NULL;
    struct error err;
    size_t count = 0;
    if (!took(f, groups_all(f->db, f->ctx, &groups, &count, &err), &err)) {
        return STR("");
    }
    for (size_t i = 0; i < count; i++) {
        if (groups[i].id.v == f->ticket->group.v) {
            return groups[i].name;
        }
    }
    return STR("");
}

// People in copy, as names or addresses.
static struct str copies(struct placeholder_facts *f, bool names, int index)
{
    struct collaborator *list = NULL;
    struct buf out;
    struct error err;
    size_t count = 0;
    int at = 0;
    buf_init(&out, f->ctx, 65536);
    if (!took(f, ticket_collaborators(f->db, f->ctx, f->ticket, 1, &list, &count, &err), &err)) {
        return STR("");
    }
    for (size_t i = 0; i < count; i++) {
        const struct user *user = list[i].kind == COLLABORATOR_CC ? person(f, list[i].user) : NULL;
        if (user == NULL || (index >= 0 && at++ != index)) {
            continue;
        }
        buf_put_c(&out, out.len > 0 ? ", " : "");
        buf_put(&out, names ? shown_name(f, user) : or_empty(user->email));
    }
    return buf_str(&out);
}

static struct str link_text(const struct placeholder_facts *f, bool scheme)
{
    struct str url = f->public_url;
    ptrdiff_t at = str_find(url, STR("://"));
    if (!scheme && at >= 0) {
        url = str_from(url, (size_t)at + 3);
    }
    return str_printf(f->ctx, STR_FMT "/%s/%lld", STR_ARG(url),
                      f->public_only ? "requests" : "tickets", (long long)f->ticket->id.v);
}

static struct str ticket_text(struct placeholder_facts *f, struct str name)
{
    const struct ticket *t = f->ticket;
    const struct {
        const char *name;
        struct str value;
    } VALUES[] = {
        {"title", t->subject},
        {"status", ticket_status_word(t->status)},
        {"priority", ticket_priority_word(t->priority)},
        {"ticket_type", ticket_type_word(t->type)},
        {"external_id", t->external_id},
        {"via", t->channel},
        {"tags", t->tags},
        {"account", f->desk_name},
        {"brand.name", f->desk_name},
    };
    for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++) {
        if (str_eq_c(name, VALUES[i].name)) {
            return or_empty(VALUES[i].value);
        }
    }
    if (str_eq_c(name, "id")) {
        return number_text(f, t->id.v);
    }
    if (str_eq_c(name, "link") || str_eq_c(name, "url")) {
        return link_text(f, str_eq_c(name, "link"));
    }
    if (str_starts(name, STR("created_at"))) {
        return date_text(f, t->created_at, name);
    }
    if (str_starts(name, STR("updated_at"))) {
        return date_text(f, t->updated_at, name);
    }
    if (str_starts(name, STR("due_date"))) {
        return date_text(f, t->due_at, name);
    }
    if (str_eq_c(name, "group.name") || str_eq_c(name, "group")) {
        return group_name(f);
    }
    if (str_eq_c(name, "ccs") || str_eq_c(name, "cc_names") || str_eq_c(name, "email_cc_names")) {
        return copies(f, !str_eq_c(name, "ccs"), -1);
    }
    return STR_NONE;
}

static struct str ticket_conversation(struct placeholder_facts *f, struct str name)
{
    if (str_eq_c(name, "description") || str_eq_c(name, "verbatim_description")) {
        load_comments(f);
        return f->comment_count > 0 ? comment_text(&f->comments[0]) : STR("");
    }
    if (str_starts(name, STR("latest_public_comment"))) {
        return comment_text(comment_at(f, LIST_PUBLIC_COMMENTS, 0));
    }
    if (str_starts(name, STR("latest_comment"))) {
        return comment_text(comment_at(f, LIST_COMMENTS, 0));
    }
    if (str_starts(name, STR("public_comments"))) {
        return all_comments(f, LIST_PUBLIC_COMMENTS);
    }
    return str_starts(name, STR("comments")) ? all_comments(f, LIST_COMMENTS) : STR("");
}

static struct str ticket_value(struct placeholder_facts *f, struct str name)
{
    struct str head;
    struct str tail;
    if (f->ticket == NULL) {
        return STR("");
    }
    str_cut(name, '.', &head, &tail);
    if (str_eq_c(head, "requester")) {
        return person_value(f, f->ticket->requester, tail);
    }
    if (str_eq_c(head, "assignee")) {
        return person_value(f, f->ticket->assignee, tail);
    }
    if (str_eq_c(head, "steward")) {
        return person_value(f, f->ticket->steward, tail);
    }
    if (str_eq_c(head, "submitter")) {
        return person_value(f, f->ticket->submitter, tail);
    }
    if (str_eq_c(head, "organization")) {
        return organization_value(f, f->ticket->organization, tail);
    }
    struct str text = ticket_text(f, name);
    return str_none(text) ? ticket_conversation(f, name) : text;
}

// {{dc.greeting}}: the words in the default language.
static struct str content_value(struct placeholder_facts *f, struct str name)
{
    const struct record_kind *kind = record_kind(STR("dynamic_content_items"));
    struct str placeholder = str_printf(f->ctx, "{{dc." STR_FMT "}}", STR_ARG(name));
    struct record *list = NULL;
    struct error err;
    size_t count = 0;
    if (!took(f, records_list(f->db, f->ctx, kind, false, &list, &count, &err), &err)) {
        return STR("");
    }
    for (size_t i = 0; i < count; i++) {
        struct jr_value variants = jr_get(list[i].doc, "variants");
        for (size_t k = 0; k < jr_count(variants); k++) {
            struct jr_value one = jr_at(variants, k);
            bool chosen = false;
            if (str_eq(record_text(&list[i], "placeholder"), placeholder) &&
                jr_bool(jr_get(one, "default"), &chosen) && chosen) {
                return or_empty(jr_text(jr_get(one, "content")));
            }
        }
    }
    return STR("");
}

struct str placeholder_value(struct placeholder_facts *f, struct str name)
{
    struct str head;
    struct str tail;
    str_cut(name, '.', &head, &tail);
    if (str_eq_c(head, "ticket")) {
        return ticket_value(f, or_empty(tail));
    }
    if (str_eq_c(head, "current_user") || str_eq_c(head, "user") || str_eq_c(head, "agent")) {
        return person_value(f, f->actor->user, tail);
    }
    return str_eq_c(head, "dc") ? content_value(f, or_empty(tail)) : STR("");
}

// --- lists --------------------------------------------------------------------------------------

enum placeholder_list placeholder_list_parse(struct str name)
{
    return str_eq_c(name, "ticket.comments")          ? LIST_COMMENTS
           : str_eq_c(name, "ticket.public_comments") ? LIST_PUBLIC_COMMENTS
           : str_eq_c(name, "ticket.tags")            ? LIST_TAGS
           : str_eq_c(name, "ticket.ccs")             ? LIST_CCS
                                                      : LIST_NONE;
}

static struct str tag_at(const struct placeholder_facts *f, size_t index)
{
    struct str rest = f->ticket->tags;
    struct str tag;
    while (str_next(&rest, ' ', &tag)) {
        if (!str_empty(tag) && index-- == 0) {
            return tag;
        }
    }
    return STR_NONE;
}

size_t placeholder_list_count(struct placeholder_facts *f, enum placeholder_list list)
{
    size_t count = 0;
    if (f->ticket == NULL) {
        return 0;
    }
    switch (list) {
    case LIST_NONE:
        break;
    case LIST_COMMENTS:
    case LIST_PUBLIC_COMMENTS:
        while (count < SHOWN_COMMENTS && comment_at(f, list, count) != NULL) {
            count++;
        }
        break;
    case LIST_TAGS:
        while (!str_none(tag_at(f, count))) {
            count++;
        }
        break;
    case LIST_CCS:
        while (count < SHOWN_COMMENTS && copies(f, true, (int)count).len > 0) {
            count++;
        }
        break;
    }
    return count;
}

static struct str comment_item(struct placeholder_facts *f, const struct ticket_comment *comment,
                               struct str attribute)
{
    struct str head;
    struct str tail;
    if (comment == NULL) {
        return STR("");
    }
    str_cut(or_empty(attribute), '.', &head, &tail);
    if (str_eq_c(head, "author")) {
        return person_value(f, comment->author, tail);
    }
    if (str_starts(head, STR("created_at"))) {
        return date_text(f, comment->created_at, head);
    }
    if (str_eq_c(head, "is_public")) {
        return comment->is_public ? STR("true") : STR("false");
    }
    return str_empty(head) || str_starts(head, STR("value")) ? comment_text(comment) : STR("");
}

struct str placeholder_item(struct placeholder_facts *f, enum placeholder_list list, size_t index,
                            struct str attribute)
{
    switch (list) {
    case LIST_NONE:
        break;
    case LIST_COMMENTS:
    case LIST_PUBLIC_COMMENTS:
        return comment_item(f, comment_at(f, list, index), attribute);
    case LIST_TAGS:
        return tag_at(f, index);
    case LIST_CCS:
        return copies(f, !str_eq_c(or_empty(attribute), "email"), (int)index);
    }
    return STR("");
}
