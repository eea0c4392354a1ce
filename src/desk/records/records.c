// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/records/records.h"

#include <string.h>

#include "desk/records/queries.h"

#define DOC_MAX (1 << 20)
#define OPTIONS_MOST 2000

static const struct member *member_of(const struct record_kind *kind, const char *name)
{
    for (size_t i = 0; i < kind->count; i++) {
        if (strcmp(kind->members[i].name, name) == 0) {
            return &kind->members[i];
        }
    }
    return NULL;
}

// --- reading ------------------------------------------------------------------------------------

static bool from_row(mem_ctx *ctx, const struct record_kind *kind, const struct record_row *row,
                     struct record *ret, struct error *err)
{
    *ret = (struct record){.id = row->id,
                           .kind = kind,
                           .position = row->position,
                           .system = row->system,
                           .created_at = row->created_at,
                           .updated_at = row->updated_at,
                           .deleted_at = row->deleted_at.set ? row->deleted_at.v : 0};
    return jr_parse(ctx, row->doc, &ret->doc, err);
}

bool records_list(struct db *db, mem_ctx *ctx, const struct record_kind *kind, bool also_deleted,
                  struct record **ret, size_t *ret_count, struct error *err)
{
    struct record_row *rows = NULL;
    size_t count = 0;
    size_t kept = 0;
    if (!records_of_kind(db, ctx, str_c(kind->name), &rows, &count, err)) {
        return false;
    }
    struct record *list = mem_array(ctx, struct record, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (!also_deleted && rows[i].deleted_at.set) {
            continue;
        }
        if (!from_row(ctx, kind, &rows[i], &list[kept++], err)) {
            return false;
        }
    }
    *ret = list;
    *ret_count = kept;
    return true;
}

bool record_load(struct db *db, mem_ctx *ctx, const struct record_kind *kind, int64_t id,
                 struct record *ret, struct error *err)
{
    struct record *list = NULL;
    size_t count = 0;
    if (!records_list(db, ctx, kind, kind->fades || kind->remains, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i].id == id) {
            *ret = list[i];
            return true;
        }
    }
    return error_set(err, ERR_NOT_FOUND, "There is no such %s.", kind->singular);
}

bool record_flag(const struct record *record, const char *member, bool otherwise)
{
    bool value = otherwise;
    if (record->deleted_at != 0 && record->kind->fades && strcmp(member, "active") == 0) {
        return false;
    }
    return jr_bool(jr_get(record->doc, member), &value) ? value : otherwise;
}

struct str record_text(const struct record *record, const char *member)
{
    return jr_text(jr_get(record->doc, member));
}

// --- checking -----------------------------------------------------------------------------------

static bool wrong(const struct member *member, const char *word, const char *why, struct error *err)
{
    return error_field(err, member->name, word, "%s: %s", member->name, why);
}

static size_t characters(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80 ? 1 : 0;
    }
    return count;
}

static bool is_key(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-')) {
            return false;
        }
    }
    return text.len > 0;
}

static bool check_text(const struct member *member, struct jr_value value, struct error *err)
{
    struct str text = jr_text(value);
    if (str_none(text)) {
        return wrong(member, "InvalidValue", "must be a text", err);
    }
    if (member->required && str_empty(str_trim(text))) {
        return wrong(member, "BlankValue", "cannot be blank", err);
    }
    if (member->max > 0 && characters(text) > member->max) {
        return wrong(member, "TooLong", "is too long", err);
    }
    if (member->type == MEMBER_KEY && !is_key(text)) {
        return wrong(member, "InvalidFormat", "may have a-z, 0-9 and _ only", err);
    }
    bool known = member->type != MEMBER_WORD;
    for (size_t i = 0; !known && member->words[i] != NULL; i++) {
        known = str_eq_c(text, member->words[i]);
    }
    return known || wrong(member, "InvalidValue", "is not valid", err);
}

static bool check(const struct member *member, struct jr_value value, struct error *err)
{
    bool flag = false;
    int64_t number = 0;
    if (jr_none(value)) {
        return !member->required || wrong(member, "BlankValue", "cannot be blank", err);
    }
    switch (member->type) {
    case MEMBER_FLAG:
        return jr_bool(value, &flag) || wrong(member, "InvalidValue", "must be true or false", err);
    case MEMBER_NUMBER:
        return jr_i64(value, &number) || wrong(member, "InvalidValue", "must be a number", err);
    case MEMBER_LIST:
    case MEMBER_OPTIONS:
        return (jr_kind(value) == JR_LIST && jr_count(value) <= OPTIONS_MOST) ||
               wrong(member, "InvalidValue", "must be a list", err);
    case MEMBER_TEXT:
    case MEMBER_WORD:
    case MEMBER_KEY:
        return check_text(member, value, err);
    case MEMBER_COPY:
        break;
    }
    return true;
}

// --- writing ------------------------------------------------------------------------------------

// The id an option keeps: by its id, else by its value, else a new one.
static int64_t option_id(struct db *tx, struct jr_value before, struct jr_value option)
{
    int64_t id = 0;
    int64_t wanted = 0;
    bool by_id = jr_id(jr_get(option, "id"), &wanted);
    struct str value = jr_text(jr_get(option, "value"));
    for (size_t i = 0; i < jr_count(before); i++) {
        struct jr_value old = jr_at(before, i);
        bool same = str_eq(jr_text(jr_get(old, "value")), value);
        if (jr_id(jr_get(old, "id"), &id) && (by_id ? id == wanted : same)) {
            return id;
        }
    }
    return db_next_id(tx);
}

static bool write_options(struct db *tx, mem_ctx *ctx, struct jw *w, const struct member *member,
                          struct jr_value before, struct jr_value options, struct error *err)
{
    jw_array_begin(w);
    for (size_t i = 0; i < jr_count(options); i++) {
        struct jr_value one = jr_at(options, i);
        struct str name = jr_text(jr_get(one, "name"));
        struct str value = jr_text(jr_get(one, "value"));
        bool chosen = false;
        if (str_empty(name) || str_empty(value) || str_find_char(value, ' ') >= 0) {
            return wrong(member, "InvalidValue", "each option needs a name and a value of one word",
                         err);
        }
        for (size_t k = 0; k < i; k++) {
            if (str_ieq(jr_text(jr_get(jr_at(options, k), "value")), value)) {
                return wrong(member, "DuplicateValue", "two options have the same value", err);
            }
        }
        jw_object_begin(w);
        jw_field_i64(w, "id", option_id(tx, before, one));
        jw_field_str(w, "name", name);
        jw_field_str(w, "raw_name", name);
        jw_field_str(w, "value", str_lower(ctx, value));
        jw_field_bool(w, "default", jr_bool(jr_get(one, "default"), &chosen) && chosen);
        jw_object_end(w);
    }
    jw_array_end(w);
    return true;
}

// The new document: what the body says, else what stood there.
static bool merge(struct db *tx, mem_ctx *ctx, const struct record_kind *kind,
                  struct jr_value before, struct jr_value body, struct str *ret, struct error *err)
{
    struct buf out;
    struct jw w;
    bool fresh = jr_absent(before);
    buf_init(&out, ctx, DOC_MAX);
    jw_init(&w, &out);
    jw_object_begin(&w);
    for (size_t i = 0; i < kind->count; i++) {
        const struct member *member = &kind->members[i];
        struct jr_value said = jr_get(body, member->name);
        struct jr_value old = jr_get(before, member->name);
        bool take = !jr_absent(said) && member->type != MEMBER_COPY && (fresh || !member->fixed);
        struct jr_value value = take ? said : old;
        if ((take || (fresh && member->required)) && !check(member, value, err)) {
            return false;
        }
        if (jr_none(value)) {
            continue;
        }
        jw_key(&w, member->name);
        if (member->type == MEMBER_OPTIONS && take) {
            if (!write_options(tx, ctx, &w, member, old, said, err)) {
                return false;
            }
        } else {
            jw_raw(&w, jr_dump(ctx, value));
        }
    }
    jw_object_end(&w);
    *ret = buf_str(&out);
    return !out.failed || error_set(err, ERR_TOO_LARGE, "This record is too large.");
}

static bool check_unique(struct db *tx, mem_ctx *ctx, const struct record_kind *kind, int64_t self,
                         struct jr_value doc, struct error *err)
{
    struct record *list = NULL;
    size_t count = 0;
    if (kind->unique == NULL) {
        return true;
    }
    struct str value = jr_text(jr_get(doc, kind->unique));
    if (!records_list(tx, ctx, kind, false, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i].id != self && !str_none(value) &&
            str_ieq(record_text(&list[i], kind->unique), value)) {
            return error_field(err, kind->unique, "DuplicateValue",
                               "%s: %.*s has already been taken", kind->unique, STR_ARG(value));
        }
    }
    return true;
}

static int64_t position_of(struct jr_value body, int64_t otherwise)
{
    int64_t position = otherwise;
    return jr_i64(jr_get(body, "position"), &position) ? position : otherwise;
}

bool record_create(struct db *tx, mem_ctx *ctx, const struct record_kind *kind,
                   struct jr_value body, int64_t now, struct record *ret, struct error *err)
{
    struct str doc;
    *ret = (struct record){
        .kind = kind, .position = position_of(body, 9999), .created_at = now, .updated_at = now};
    if (!merge(tx, ctx, kind, JR_NONE, body, &doc, err) || !jr_parse(ctx, doc, &ret->doc, err) ||
        !check_unique(tx, ctx, kind, 0, ret->doc, err)) {
        return false;
    }
    ret->id = db_next_id(tx);
    return record_insert(tx, ret->id, str_c(kind->name), ret->position, doc, now, err);
}

bool record_update(struct db *tx, mem_ctx *ctx, const struct record *before, struct jr_value body,
                   int64_t now, struct record *ret, struct error *err)
{
    struct str doc;
    *ret = *before;
    ret->position = position_of(body, before->position);
    ret->updated_at = now;
    return merge(tx, ctx, before->kind, before->doc, body, &doc, err) &&
           jr_parse(ctx, doc, &ret->doc, err) &&
           check_unique(tx, ctx, before->kind, before->id, ret->doc, err) &&
           record_update_row(tx, before->id, ret->position, doc, now, err);
}

bool record_delete(struct db *tx, mem_ctx *ctx, const struct record *record, int64_t now,
                   struct error *err)
{
    (void)ctx;
    if (record->deleted_at != 0) {
        return error_set(err, ERR_NOT_FOUND, "It was deleted already.");
    }
    if (record->system || record_flag(record, "default", false)) {
        return error_field(err, "base", "InvalidValue",
                           "This %s belongs to the desk and cannot be deleted.",
                           record->kind->singular);
    }
    return record_mark_deleted(tx, record->id, now, err) &&
           field_values_delete_of(tx, record->id, err);
}

bool records_reorder(struct db *tx, const struct record_kind *kind, const int64_t *ids,
                     size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!record_set_position(tx, ids[i], str_c(kind->name), (int64_t)i + 1, err)) {
            return false;
        }
    }
    return true;
}

// --- showing ------------------------------------------------------------------------------------

static void write_member(mem_ctx *ctx, struct jw *w, const struct record *record,
                         const struct member *member)
{
    const struct member *source = member;
    if (member->type == MEMBER_COPY) {
        source = member_of(record->kind, member->otherwise);
    }
    struct jr_value value = jr_get(record->doc, source->name);
    const char *otherwise = source->otherwise;
    if (jr_none(value) && otherwise != NULL && otherwise[0] == '=') {
        value = jr_get(record->doc, otherwise + 1);
        otherwise = NULL;
    }
    if (strcmp(member->name, "active") == 0) {
        jw_bool(w, record_flag(record, "active", true));
    } else if (!jr_none(value)) {
        jw_raw(w, jr_dump(ctx, value));
    } else if (otherwise != NULL) {
        jw_raw(w, str_c(otherwise));
    } else {
        jw_null(w);
    }
}

void record_members_write(mem_ctx *ctx, struct jw *w, const struct record *record)
{
    for (size_t i = 0; i < record->kind->count; i++) {
        const struct member *member = &record->kind->members[i];
        bool list =
            member->type == MEMBER_OPTIONS || strcmp(member->name, "system_field_options") == 0;
        // What is needed and not there is shown by whoever knows what stands for it.
        if ((list || member->required) && jr_none(jr_get(record->doc, member->name))) {
            continue;
        }
        jw_key(w, member->name);
        write_member(ctx, w, record, member);
    }
}

bool records_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err)
{
    return field_values_scrub_ticket(tx, ticket, err);
}
