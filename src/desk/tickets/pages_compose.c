// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading and showing what goes along with a message.
#include "desk/tickets/pages_compose.h"

#include "desk/channels/channels.h"
#include "desk/desk.h"
#include "desk/records/inputs.h"
#include "desk/rules/macros.h"
#include "desk/rules/rules.h"
#include "desk/rules/sentence.h"
#include "desk/tickets/api_fields.h"
#include "desk/tickets/pages_internal.h"
#include "desk/tickets/remarks.h"
#include "mail/address.h"
#include "mail/html_text.h"

#define COPIES_MOST 50
#define SETS_MOST 30

// --- boxes --------------------------------------------------------------------------------------

static void add_person(struct compose *c, struct user_id user, enum collaborator_kind kind,
                       bool remove)
{
    c->people = mem_grow(c->ctx->mem, c->people, struct collaborator_change, c->person_count + 1);
    c->people[c->person_count++] =
        (struct collaborator_change){.user = user, .kind = kind, .remove = remove};
}

static bool read_person(struct compose *c, struct str value, enum collaborator_kind kind,
                        struct error *err)
{
    struct user person;
    struct user_id id = {0};
    bool found = false;
    if (!str_to_i64(value, &id.v) ||
        !user_find(c->ctx->db, c->ctx->mem, id, &person, &found, err) || !found || !person.active ||
        (kind == COLLABORATOR_FOLLOWER && person.role < ROLE_LIGHT_AGENT)) {
        return false;
    }
    add_person(c, id, kind, false);
    return true;
}

static bool read_id(struct str value, int64_t *ret)
{
    *ret = 0;
    return str_empty(value) || str_to_i64(value, ret);
}

static bool read_choice(struct ticket_change *asked, struct str key, struct str value)
{
    if (str_eq_c(key, "status")) {
        asked->set |= SET_STATUS;
        return ticket_status_parse(value, &asked->status);
    }
    if (str_eq_c(key, "priority")) {
        asked->set |= SET_PRIORITY;
        return ticket_priority_parse(value, &asked->priority);
    }
    if (str_eq_c(key, "type")) {
        asked->set |= SET_TYPE;
        return ticket_type_parse(value, &asked->type);
    }
    if (str_eq_c(key, "assignee")) {
        asked->set |= SET_ASSIGNEE;
        return read_id(value, &asked->assignee.v);
    }
    if (str_eq_c(key, "group")) {
        asked->set |= SET_GROUP;
        return read_id(value, &asked->group.v);
    }
    return false;
}

static bool read_words(struct ticket_change *asked, struct str key, struct str value)
{
    if (str_eq_c(key, "subject")) {
        asked->set |= SET_SUBJECT;
        asked->subject = value;
    } else if (str_eq_c(key, "tags")) {
        asked->set |= SET_TAGS;
        asked->tags = value;
    } else if (str_eq_c(key, "add_tags")) {
        asked->add_tags = value;
    } else if (str_eq_c(key, "remove_tags")) {
        asked->remove_tags = value;
    } else {
        return false;
    }
    return true;
}

static bool read_record(struct compose *c, const char *kind, struct str value, struct record *ret)
{
    struct error ignored;
    int64_t id = 0;
    return str_to_i64(value, &id) &&
           record_load(c->ctx->db, c->ctx->mem, record_kind(str_c(kind)), id, ret, &ignored);
}

// A custom status brings its status along.
static bool read_defined(struct compose *c, struct str pair, struct str key, struct str value)
{
    struct ticket_change *asked = &c->asked;
    struct record record;
    int64_t id = 0;
    if (str_eq_c(key, "custom_status")) {
        bool known = read_record(c, "custom_statuses", value, &record) &&
                     ticket_status_parse(record_text(&record, "status_category"), &asked->status);
        asked->set |= SET_STATUS | SET_CUSTOM_STATUS;
        asked->custom_status = known ? record.id : 0;
        return known;
    }
    if (str_eq_c(key, "form")) {
        bool known = read_record(c, "ticket_forms", value, &record);
        asked->set |= SET_FORM;
        asked->form = known ? record.id : 0;
        return known;
    }
    if (!str_starts(key, STR("field-")) || !str_to_i64(str_from(key, 6), &id)) {
        return false;
    }
    c->fields = mem_grow(c->ctx->mem, c->fields, struct str, c->field_count + 1);
    c->fields[c->field_count++] = str_from(pair, 6);
    return true;
}

static bool read_set(struct compose *c, struct str pair, struct error *err)
{
    struct str key;
    struct str value;
    struct error ignored;
    str_cut(pair, '=', &key, &value);
    bool known =
        !str_none(value) &&
        (read_choice(&c->asked, key, value) || read_words(&c->asked, key, value) ||
         read_defined(c, pair, key, value) ||
         (str_eq_c(key, "cc") && read_person(c, value, COLLABORATOR_CC, &ignored)) ||
         (str_eq_c(key, "follower") && read_person(c, value, COLLABORATOR_FOLLOWER, &ignored)));
    return known || error_set(err, ERR_INVALID,
                              "One of the changes that go along is not known any more. Take it off "
                              "and send again.");
}

// --- copies -------------------------------------------------------------------------------------

// The next address of a line, up to a comma or semicolon that stands in no name.
static bool next_part(struct str *rest, struct str *ret)
{
    bool quoted = false;
    size_t i = 0;
    if (rest->len == 0) {
        return false;
    }
    for (; i < rest->len; i++) {
        char c = rest->ptr[i];
        quoted = c == '"' ? !quoted : quoted;
        if (!quoted && (c == ',' || c == ';' || c == '\n')) {
            break;
        }
    }
    *ret = str_trim(str_sub(*rest, 0, i));
    *rest = i < rest->len ? str_from(*rest, i + 1) : STR("");
    return true;
}

static bool read_copies(struct compose *c, struct error *err)
{
    struct str rest = c->copy_line;
    struct str part;
    c->copy = mem_array(c->ctx->mem, struct mail_address, COPIES_MOST);
    while (next_part(&rest, &part)) {
        struct mail_addresses one = address_list(c->ctx->mem, part, 2);
        if (part.len == 0) {
            continue;
        }
        if (one.count != 1) {
            return error_set(err, ERR_INVALID,
                             "Copy to: “%.*s” is no mail address. Nothing was sent.",
                             STR_ARG(str_utf8_clip(part, 80)));
        }
        if (intake_knows(desk_of(c->ctx), c->ctx->mem, one.items[0].address)) {
            return error_set(err, ERR_INVALID,
                             "Copy to: %.*s is this desk itself. Nothing was sent.",
                             STR_ARG(one.items[0].address));
        }
        if (c->copy_count == COPIES_MOST) {
            return error_set(err, ERR_INVALID, "Copy to: at most %d people. Nothing was sent.",
                             COPIES_MOST);
        }
        c->copy[c->copy_count++] = one.items[0];
    }
    return true;
}

bool compose_read(struct ctx *ctx, struct compose *ret, struct error *err)
{
    size_t count = 0;
    *ret = (struct compose){.ctx = ctx, .copy_line = http_form(ctx->req, "copy")};
    for (size_t i = 0; i < ctx->req->form.count; i++) {
        const struct http_pair *pair = &ctx->req->form.items[i];
        if (str_eq_c(pair->name, "set") &&
            (count++ >= SETS_MOST || !read_set(ret, pair->value, err))) {
            return count <= SETS_MOST ? false
                                      : error_set(err, ERR_INVALID, "Too many changes at once.");
        }
    }
    ret->has_copy = !str_none(ret->copy_line) && !str_eq_c(http_form(ctx->req, "public"), "0");
    bool more = count > 0 || ret->has_copy;
    if (more && !actor_is_agent(&ctx->actor)) {
        return error_set(err, ERR_FORBIDDEN, "You may write internal notes only.");
    }
    return !ret->has_copy || read_copies(ret, err);
}

bool compose_people(struct compose *c, struct db *tx, struct ticket_change *change,
                    struct error *err)
{
    struct str shown = http_form(c->ctx->req, "copy_was");
    struct str word;
    size_t asked = c->person_count;
    struct user_id *meant = mem_array(c->ctx->mem, struct user_id, c->copy_count + 1);
    for (size_t i = 0; c->has_copy && i < c->copy_count; i++) {
        struct sender sender = {c->copy[i].address, c->copy[i].name, STR_NONE};
        struct user person;
        bool made = false;
        if (!user_find_or_create(desk_people(c->ctx), tx, c->ctx->mem, &sender, &person, &made,
                                 err)) {
            return false;
        }
        meant[i] = person.id;
        add_person(c, person.id, COLLABORATOR_CC, false);
    }
    // Only who was shown can have been taken off: somebody else may have added people since.
    while (c->has_copy && !str_none(shown) && str_next(&shown, ' ', &word)) {
        struct user_id id = {0};
        bool stays = !str_to_i64(word, &id.v);
        for (size_t i = 0; i < c->copy_count && !stays; i++) {
            stays = meant[i].v == id.v;
        }
        if (!stays) {
            add_person(c, id, COLLABORATOR_CC, true);
        }
    }
    change->collaborators = c->people;
    change->collaborator_count = c->person_count;
    // The transaction may run again: what it added is found anew then.
    c->person_count = asked;
    return true;
}

// What the boxes say, as programs say it in a body. Fields that were deleted since are passed over.
static bool fields_body(struct compose *c, struct db *tx, struct jr_value *ret, struct error *err)
{
    struct record *fields = NULL;
    size_t count = 0;
    struct buf out;
    struct jw w;
    if (!records_list(tx, c->ctx->mem, record_kind(STR("ticket_fields")), false, &fields, &count,
                      err)) {
        return false;
    }
    buf_init(&out, c->ctx->mem, 1 << 20);
    jw_init(&w, &out);
    jw_object_begin(&w);
    jw_field_array(&w, "custom_fields");
    for (size_t i = 0; i < c->field_count; i++) {
        struct str key;
        struct str value;
        int64_t id = 0;
        str_cut(c->fields[i], '=', &key, &value);
        for (size_t k = 0; str_to_i64(key, &id) && k < count; k++) {
            if (fields[k].id == id && !field_sent_write(c->ctx, &w, &fields[k], value, err)) {
                return false;
            }
        }
    }
    jw_array_end(&w);
    jw_object_end(&w);
    return jr_parse(c->ctx->mem, buf_str(&out), ret, err);
}

bool compose_fields(struct compose *c, struct db *tx, struct ticket_change *change,
                    struct error *err)
{
    struct field_binding fields;
    struct jr_value body;
    if (c->field_count == 0) {
        return true;
    }
    if (!fields_body(c, tx, &body, err) ||
        !field_binding_read(&fields, tx, c->ctx->mem, &c->ctx->actor, change->ticket, body, err)) {
        return false;
    }
    field_binding_carry(&fields, change);
    return true;
}

void compose_copy_line(mem_ctx *ctx, const struct vm_person *people, size_t count,
                       struct str *ret_line, struct str *ret_ids)
{
    struct buf line;
    struct buf ids;
    buf_init(&line, ctx, 65536);
    buf_init(&ids, ctx, 65536);
    for (size_t i = 0; i < count; i++) {
        if (str_empty(people[i].email)) {
            continue;
        }
        bool plain = true;
        for (size_t k = 0; k < people[i].name.len; k++) {
            plain = plain && people[i].name.ptr[k] != '"' && people[i].name.ptr[k] != '\\';
        }
        buf_put_c(&line, line.len > 0 ? ", " : "");
        if (plain && people[i].name.len > 0) {
            buf_printf(&line, "\"" STR_FMT "\" <" STR_FMT ">", STR_ARG(people[i].name),
                       STR_ARG(people[i].email));
        } else {
            buf_put(&line, people[i].email);
        }
        buf_put_c(&ids, ids.len > 0 ? " " : "");
        buf_put_i64(&ids, people[i].id.v);
    }
    *ret_line = buf_str(&line);
    *ret_ids = buf_str(&ids);
}

// --- showing ------------------------------------------------------------------------------------

static void show_set(mem_ctx *ctx, struct vm_sets *sets, const char *key, struct str value,
                     struct str label)
{
    sets->items = mem_grow(ctx, sets->items, struct vm_set, sets->count + 1);
    sets->items[sets->count++] =
        (struct vm_set){str_printf(ctx, "%s=" STR_FMT, key, STR_ARG(value)), label};
}

static struct str id_word(mem_ctx *ctx, int64_t id)
{
    return id == 0 ? STR("") : str_printf(ctx, "%lld", (long long)id);
}

static bool name_of(struct ctx *ctx, struct user_id id, struct str *ret, struct error *err)
{
    struct user person;
    bool found = false;
    *ret = STR("nobody");
    if (id.v == 0) {
        return true;
    }
    if (!user_find(ctx->db, ctx->mem, id, &person, &found, err)) {
        return false;
    }
    *ret = found ? person.name : STR("somebody who is gone");
    return true;
}

static bool group_name(struct ctx *ctx, struct group_id id, struct str *ret, struct error *err)
{
    struct group *groups = NULL;
    size_t count = 0;
    *ret = STR("none");
    if (!groups_all(ctx->db, ctx->mem, &groups, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        *ret = groups[i].id.v == id.v ? groups[i].name : *ret;
    }
    return true;
}

static void show_choices(mem_ctx *ctx, const struct ticket_change *change, struct vm_sets *sets)
{
    if ((change->set & SET_STATUS) != 0 && (change->set & SET_CUSTOM_STATUS) == 0) {
        struct str word = ticket_status_word(change->status);
        show_set(ctx, sets, "status", word, str_printf(ctx, "Status: %s", view_status_word(word)));
    }
    if ((change->set & SET_PRIORITY) != 0) {
        struct str word = ticket_priority_word(change->priority);
        show_set(ctx, sets, "priority", word,
                 str_printf(ctx, "Priority: %s",
                            str_empty(word) ? "not set" : view_priority_word(word)));
    }
    if ((change->set & SET_TYPE) != 0) {
        struct str word = ticket_type_word(change->type);
        show_set(ctx, sets, "type", word, str_printf(ctx, "Type: " STR_FMT, STR_ARG(word)));
    }
}

static void show_words(mem_ctx *ctx, const struct ticket_change *change, struct vm_sets *sets)
{
    if ((change->set & SET_SUBJECT) != 0) {
        show_set(ctx, sets, "subject", change->subject,
                 str_printf(ctx, "Subject: " STR_FMT, STR_ARG(change->subject)));
    }
    if ((change->set & SET_TAGS) != 0) {
        show_set(ctx, sets, "tags", change->tags,
                 str_printf(ctx, "Tags: " STR_FMT, STR_ARG(change->tags)));
    }
    struct str add = str_trim(change->add_tags);
    struct str remove = str_trim(change->remove_tags);
    if (!str_empty(add)) {
        show_set(ctx, sets, "add_tags", add, str_printf(ctx, "Add tags: " STR_FMT, STR_ARG(add)));
    }
    if (!str_empty(remove)) {
        show_set(ctx, sets, "remove_tags", remove,
                 str_printf(ctx, "Remove tags: " STR_FMT, STR_ARG(remove)));
    }
}

// One box on what administrators defined, by its names.
static void show_defined(struct ctx *ctx, struct vm_sets *sets, const struct rule_names *names,
                         const char *key, struct str word, struct str value)
{
    struct rule_term term = {.place = PLACE_ACTION, .field = word};
    struct custom_field custom;
    bool several =
        custom_field_parse(&names->defined, word, &custom) && custom.kind == CUSTOM_CHOICES;
    struct str *values = mem_array(ctx->mem, struct str, value.len + 1);
    struct str rest = value;
    values[0] = value;
    term.count = 1;
    for (size_t i = 0; several && str_next(&rest, ' ', &values[i]); i++) {
        term.count = i + 1;
    }
    term.values = values;
    struct str shown =
        str_empty(value) ? STR("nothing") : rule_values_shown(ctx->mem, names, &term);
    show_set(ctx->mem, sets, key, value,
             str_printf(ctx->mem, STR_FMT ": " STR_FMT,
                        STR_ARG(rule_field_label(ctx->mem, names, &term)), STR_ARG(shown)));
}

static bool show_customs(struct ctx *ctx, const struct ticket_change *change, struct vm_sets *sets,
                         struct error *err)
{
    struct rule_names names = {0};
    bool any = change->field_count > 0 || (change->set & (SET_CUSTOM_STATUS | SET_FORM)) != 0;
    if (!any) {
        return true;
    }
    if (!rule_defined_load(ctx->db, ctx->mem, &names.defined, err)) {
        return false;
    }
    if ((change->set & SET_CUSTOM_STATUS) != 0) {
        show_defined(ctx, sets, &names, "custom_status", STR("custom_status_id"),
                     id_word(ctx->mem, change->custom_status));
    }
    if ((change->set & SET_FORM) != 0) {
        show_defined(ctx, sets, &names, "form", STR("ticket_form_id"),
                     id_word(ctx->mem, change->form));
    }
    for (size_t i = 0; i < change->field_count; i++) {
        const struct ticket_field_change *one = &change->fields[i];
        show_defined(ctx, sets, &names, mem_printf(ctx->mem, "field-%lld", (long long)one->field),
                     str_printf(ctx->mem, "custom_fields_%lld", (long long)one->field),
                     str_none(one->value) ? STR("") : one->value);
    }
    return true;
}

bool compose_field_sets(const struct compose *c, struct vm_sets *ret, struct error *err)
{
    struct rule_names names = {0};
    mem_ctx *mem = c->ctx->mem;
    if (c->field_count > 0 && !rule_defined_load(c->ctx->db, mem, &names.defined, err)) {
        return false;
    }
    for (size_t i = 0; i < c->field_count; i++) {
        struct str key;
        struct str value;
        str_cut(c->fields[i], '=', &key, &value);
        show_defined(c->ctx, ret, &names, mem_printf(mem, "field-" STR_FMT, STR_ARG(key)),
                     str_printf(mem, "custom_fields_" STR_FMT, STR_ARG(key)), value);
    }
    return true;
}

bool compose_sets(struct ctx *ctx, const struct ticket_change *change,
                  const struct collaborator_change *people, size_t person_count,
                  struct vm_sets *ret, struct error *err)
{
    struct str name;
    *ret = (struct vm_sets){0};
    show_choices(ctx->mem, change, ret);
    if (!show_customs(ctx, change, ret, err)) {
        return false;
    }
    if ((change->set & SET_GROUP) != 0) {
        if (!group_name(ctx, change->group, &name, err)) {
            return false;
        }
        show_set(ctx->mem, ret, "group", id_word(ctx->mem, change->group.v),
                 str_printf(ctx->mem, "Group: " STR_FMT, STR_ARG(name)));
    }
    if ((change->set & SET_ASSIGNEE) != 0) {
        if (!name_of(ctx, change->assignee, &name, err)) {
            return false;
        }
        show_set(ctx->mem, ret, "assignee", id_word(ctx->mem, change->assignee.v),
                 str_printf(ctx->mem, "Assignee: " STR_FMT, STR_ARG(name)));
    }
    show_words(ctx->mem, change, ret);
    for (size_t i = 0; i < person_count; i++) {
        bool cc = people[i].kind == COLLABORATOR_CC;
        if (!name_of(ctx, people[i].user, &name, err)) {
            return false;
        }
        show_set(
            ctx->mem, ret, cc ? "cc" : "follower", id_word(ctx->mem, people[i].user.v),
            str_printf(ctx->mem, cc ? "Copy to: " STR_FMT : "Follower: " STR_FMT, STR_ARG(name)));
    }
    return true;
}

// --- before it leaves ---------------------------------------------------------------------------

static bool is_sure(struct ctx *ctx, const char *of)
{
    for (size_t i = 0; i < ctx->req->form.count; i++) {
        const struct http_pair *pair = &ctx->req->form.items[i];
        if (str_eq_c(pair->name, "sure") && str_eq_c(pair->value, of)) {
            return true;
        }
    }
    return false;
}

static void warn(struct vm_warnings *list, struct str kind, struct str words)
{
    list->items[list->count++] = (struct vm_warning){kind, words};
}

static bool look_for_newer(struct ctx *ctx, const struct ticket *ticket, struct vm_warnings *ret,
                           struct error *err)
{
    struct comment_id seen = {0};
    struct comment_id newer = {0};
    struct user_id author = {0};
    struct str name;
    if (!str_to_i64(http_form(ctx->req, "seen"), &seen.v)) {
        return true;
    }
    if (!ticket_newer_comment(ctx->db, ctx->mem, &ctx->actor, ticket->id, seen, &newer, &author,
                              err)) {
        return false;
    }
    if (newer.v == 0) {
        return true;
    }
    if (!name_of(ctx, author, &name, err)) {
        return false;
    }
    warn(ret, STR("newer"),
         str_printf(ctx->mem,
                    STR_FMT " wrote while you were writing. Read it above; then send again.",
                    STR_ARG(author.v == 0 ? STR("A rule") : name)));
    return true;
}

bool compose_warnings(struct ctx *ctx, const struct ticket *ticket,
                      const struct new_comment *comment, struct vm_warnings *ret, struct error *err)
{
    ret->items = mem_array(ctx->mem, struct vm_warning, 2);
    ret->count = 0;
    if (!comment->is_public) {
        return true;
    }
    bool files = comment->file_count + comment->upload_count > 0;
    if (!files && !is_sure(ctx, "files") && text_names_file(ctx->mem, comment->body)) {
        warn(ret, STR("files"),
             STR("Your words speak of an attachment, but no file goes along. Attach it; or send "
                 "again as it stands."));
    }
    return look_for_newer(ctx, ticket, ret, err);
}

// --- macros -------------------------------------------------------------------------------------

bool compose_macro(struct ctx *ctx, const struct ticket *ticket, int64_t macro,
                   struct vm_macro *ret, struct error *err)
{
    const struct rule_book *book = NULL;
    struct ticket_change change;
    *ret = (struct vm_macro){.body = STR(""), .is_public = true};
    if (!rules_read(desk_of(ctx)->rules, ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    const struct rule *rule = rule_in_book(book, RULE_MACRO, (struct rule_id){macro});
    if (rule == NULL || !rule->active || rule->broken || !rule_may_see(rule, &ctx->actor)) {
        return error_set(err, ERR_NOT_FOUND, "There is no such macro for you.");
    }
    if (!macro_change(desk_of(ctx), ctx->db, ctx->mem, &ctx->actor, ticket, rule, &change, err)) {
        return false;
    }
    if (change.comment != NULL) {
        const struct new_comment *text = change.comment;
        ret->has_text = true;
        ret->is_public = text->is_public;
        ret->body = text->body;
        ret->text = str_none(text->html.markup) ? text_to_html(ctx->mem, text->body) : text->html;
    }
    return compose_sets(ctx, &change, change.collaborators, change.collaborator_count, &ret->sets,
                        err);
}
