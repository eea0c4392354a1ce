// SPDX-License-Identifier: GPL-3.0-or-later
//
// Organisations and their domains.
#include "base/words.h"
#include "desk/people/people_internal.h"
#include "desk/people/queries.h"

static struct organization from_row(const struct organization_row *row)
{
    return (struct organization){.id = row->id,
                                 .name = row->name,
                                 .external_id = row->external_id,
                                 .details = row->details,
                                 .notes = row->notes,
                                 .tags = row->tags,
                                 .domains = row->domains,
                                 .group = row->group_id,
                                 .shared_tickets = row->shared_tickets,
                                 .shared_comments = row->shared_comments,
                                 .created_at = row->created_at,
                                 .updated_at = row->updated_at};
}

bool organizations_by_ids(struct db *db, mem_ctx *ctx, const struct organization_id *ids,
                          size_t count, struct organization **ret, size_t *ret_count,
                          struct error *err)
{
    struct organization_row *rows = NULL;
    size_t found = 0;
    if (count > 0 && !organization_rows(db, ctx, ids, count, &rows, &found, err)) {
        return false;
    }
    struct organization *list = mem_array(ctx, struct organization, found + 1);
    for (size_t i = 0; i < found; i++) {
        list[i] = from_row(&rows[i]);
    }
    *ret = list;
    *ret_count = found;
    return true;
}

bool organization_find(struct db *db, mem_ctx *ctx, struct organization_id id,
                       struct organization *ret, bool *ret_found, struct error *err)
{
    struct organization *list = NULL;
    size_t count = 0;
    if (!organizations_by_ids(db, ctx, &id, 1, &list, &count, err)) {
        return false;
    }
    *ret_found = count == 1;
    *ret = count == 1 ? list[0] : (struct organization){0};
    return true;
}

bool organization_exists(struct db *db, mem_ctx *ctx, struct organization_id id, bool *ret,
                         struct error *err)
{
    struct organization organization;
    return organization_find(db, ctx, id, &organization, ret, err);
}

static bool no_such(struct error *err)
{
    return error_set(err, ERR_NOT_FOUND, "There is no such organization.");
}

static bool need(struct db *db, mem_ctx *ctx, struct organization_id id, struct organization *ret,
                 struct error *err)
{
    bool found = false;
    struct organization organization;
    if (!organization_find(db, ctx, id, &organization, &found, err)) {
        return false;
    }
    if (!found) {
        return no_such(err);
    }
    *ret = organization;
    return true;
}

bool organization_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                       struct organization_id id, struct organization *ret, struct error *err)
{
    struct organization_membership_row row;
    bool member = actor_is_staff(actor);
    if (!member && actor->user.v != 0 &&
        !org_membership_of_pair(db, ctx, actor->user, id, &row, &member, err)) {
        return false;
    }
    return member ? need(db, ctx, id, ret, err) : no_such(err);
}

// --- lists --------------------------------------------------------------------------------------

static bool load_page(struct db *db, mem_ctx *ctx, const struct organization_id_row *rows,
                      size_t count, bool descending, struct organization **ret, size_t *ret_count,
                      struct error *err)
{
    struct organization_id *ids = mem_array(ctx, struct organization_id, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = rows[i].id;
    }
    if (!organizations_by_ids(db, ctx, ids, count, ret, ret_count, err)) {
        return false;
    }
    for (size_t i = 0; descending && i < *ret_count / 2; i++) {
        struct organization swap = (*ret)[i];
        (*ret)[i] = (*ret)[*ret_count - 1 - i];
        (*ret)[*ret_count - 1 - i] = swap;
    }
    return true;
}

// Staff see all; others only a list of their own.
static bool permit_list(const struct actor *actor, const struct list_query *query,
                        struct error *err)
{
    bool own = query->user.v != 0 && query->user.v == actor->user.v;
    return own || need_staff(actor, err);
}

bool organizations_list(struct db *db, mem_ctx *ctx, const struct actor *actor,
                        const struct list_query *query, struct organization **ret,
                        size_t *ret_count, struct error *err)
{
    struct organization_id_row *rows = NULL;
    size_t count = 0;
    bool down = query->descending;
    struct organization_id after = {query->after == 0 && down ? INT64_MAX : query->after};
    bool fine = false;
    if (!permit_list(actor, query, err)) {
        return false;
    }
    if (query->user.v != 0) {
        fine = down ? organization_ids_of_person_down(db, ctx, query->user, after, query->limit,
                                                      query->offset, &rows, &count, err)
                    : organization_ids_of_person_up(db, ctx, query->user, after, query->limit,
                                                    query->offset, &rows, &count, err);
    } else if (!str_none(query->words)) {
        struct str from = text_fold(ctx, query->words);
        fine = organization_ids_named(db, ctx, from, text_after_prefix(ctx, from), query->limit,
                                      query->offset, &rows, &count, err);
    } else {
        fine = down ? organization_ids_down(db, ctx, after, query->limit, query->offset, &rows,
                                            &count, err)
                    : organization_ids_up(db, ctx, after, query->limit, query->offset, &rows,
                                          &count, err);
    }
    return fine && load_page(db, ctx, rows, count, down, ret, ret_count, err);
}

bool organizations_count(struct db *db, mem_ctx *ctx, const struct actor *actor,
                         const struct list_query *query, int64_t *ret, struct error *err)
{
    struct count_row row;
    bool fine = false;
    if (!permit_list(actor, query, err)) {
        return false;
    }
    if (query->user.v != 0) {
        fine = organization_count_of_person(db, ctx, query->user, &row, err);
    } else if (!str_none(query->words)) {
        struct str from = text_fold(ctx, query->words);
        fine = organization_count_named(db, ctx, from, text_after_prefix(ctx, from), &row, err);
    } else {
        fine = organization_count(db, ctx, &row, err);
    }
    if (fine) {
        *ret = row.n;
    }
    return fine;
}

bool organizations_by_external_ids(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                   const struct str *ids, size_t count, struct organization **ret,
                                   size_t *ret_count, struct error *err)
{
    struct organization_id_row *rows = NULL;
    size_t found = 0;
    struct str *keys = mem_array(ctx, struct str, count + 1);
    for (size_t i = 0; i < count; i++) {
        keys[i] = text_fold(ctx, ids[i]);
    }
    return need_staff(actor, err) &&
           organization_ids_by_external(db, ctx, keys, count, &rows, &found, err) &&
           load_page(db, ctx, rows, found, false, ret, ret_count, err);
}

// --- changing -----------------------------------------------------------------------------------

static struct str given_line(mem_ctx *ctx, struct str given)
{
    struct str text = str_none(given) ? STR("") : str_utf8_mend(ctx, given);
    return str_one_line(ctx, str_trim(text), NAME_MAX_CHARS);
}

static struct str given_text(mem_ctx *ctx, struct str given)
{
    return str_none(given) ? STR("") : str_utf8_clip(str_utf8_mend(ctx, given), TEXT_MAX_BYTES);
}

// The members that were given, cleaned.
static void take(mem_ctx *ctx, const struct organization_change *change, struct organization *after)
{
    const struct organization *values = &change->values;
    unsigned set = change->set;
    if ((set & ORGANIZATION_NAME) != 0) {
        after->name = given_line(ctx, values->name);
    }
    if ((set & ORGANIZATION_EXTERNAL_ID) != 0) {
        struct str id = given_line(ctx, values->external_id);
        after->external_id = id.len == 0 ? STR_NONE : id;
    }
    if ((set & ORGANIZATION_DETAILS) != 0) {
        after->details = given_text(ctx, values->details);
    }
    if ((set & ORGANIZATION_NOTES) != 0) {
        after->notes = given_text(ctx, values->notes);
    }
    if ((set & ORGANIZATION_TAGS) != 0) {
        after->tags = words_normalise(ctx, values->tags);
    }
    if ((set & ORGANIZATION_DOMAINS) != 0) {
        after->domains = words_normalise(ctx, values->domains);
    }
    if ((set & ORGANIZATION_GROUP) != 0) {
        after->group = values->group;
    }
    if ((set & ORGANIZATION_SHARED_TICKETS) != 0) {
        after->shared_tickets = values->shared_tickets;
    }
    if ((set & ORGANIZATION_SHARED_COMMENTS) != 0) {
        after->shared_comments = values->shared_comments;
    }
}

static bool check_names(struct db *tx, mem_ctx *ctx, const struct organization *after,
                        struct error *err)
{
    struct organization_id_row other;
    bool found = false;
    if (after->name.len == 0) {
        return error_field(err, "name", "BlankValue", "Name: cannot be blank");
    }
    if (!organization_by_key(tx, ctx, text_fold(ctx, after->name), &other, &found, err)) {
        return false;
    }
    if (found && other.id.v != after->id.v) {
        return error_field(err, "name", "DuplicateValue", "Name: %.*s has already been taken",
                           STR_ARG(after->name));
    }
    if (str_none(after->external_id)) {
        return true;
    }
    if (!organization_by_external(tx, ctx, text_fold(ctx, after->external_id), &other, &found,
                                  err)) {
        return false;
    }
    return !found || other.id.v == after->id.v ||
           error_field(err, "external_id", "DuplicateValue",
                       "External: %.*s has already been taken", STR_ARG(after->external_id));
}

static bool check(struct db *tx, mem_ctx *ctx, const struct organization *after, struct error *err)
{
    bool exists = true;
    if (!check_names(tx, ctx, after, err) ||
        (after->group.v != 0 && !group_exists(tx, after->group, &exists, err))) {
        return false;
    }
    if (!exists) {
        return error_field(err, "group", "RecordNotFound", "Group: there is no such group");
    }
    struct str rest = after->domains;
    struct str domain;
    struct str address;
    while (words_next(&rest, &domain)) {
        if (!email_normalise(ctx, str_printf(ctx, "a@" STR_FMT, STR_ARG(domain)), &address)) {
            return error_field(err, "domain_names", "InvalidValue",
                               "Domain names: %.*s is not a domain", STR_ARG(domain));
        }
    }
    return true;
}

// People of a domain join when they have no organisation yet.
static bool gather_people(struct db *tx, mem_ctx *ctx, struct organization_id id, struct str domain,
                          int64_t now, struct error *err)
{
    struct person_id *rows = NULL;
    size_t count = 0;
    if (!word_person_ids(tx, ctx, domain, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct user person;
        bool found = false;
        if (!user_find(tx, ctx, rows[i].id, &person, &found, err)) {
            return false;
        }
        bool theirs = found && person.active && person.organization.v == 0 &&
                      person.role <= ROLE_END_USER && !str_none(person.email) &&
                      str_eq(email_domain(person.email), domain);
        if (theirs && !organization_join(tx, ctx, person.id, id, true, now, err)) {
            return false;
        }
    }
    return true;
}

static bool store_domains(struct db *tx, mem_ctx *ctx, const struct organization *before,
                          const struct organization *after, int64_t now, struct error *err)
{
    struct str rest = after->domains;
    struct str domain;
    if (str_eq(before->domains, after->domains)) {
        return true;
    }
    if (!domains_delete(tx, after->id, err)) {
        return false;
    }
    while (words_next(&rest, &domain)) {
        bool fresh = !words_has(before->domains, domain);
        if (!domain_insert(tx, domain, after->id, err) ||
            (fresh && !gather_people(tx, ctx, after->id, domain, now, err))) {
            return false;
        }
    }
    return true;
}

static bool tell(const struct people *room, struct db *tx, const struct actor *actor,
                 const struct organization *before, const struct organization *after,
                 struct error *err)
{
    const struct people_hooks *hooks = &room->hooks;
    return hooks->organization_changed == NULL ||
           hooks->organization_changed(hooks->env, tx, actor, before, after, err);
}

bool organization_create(const struct people *room, struct db *tx, mem_ctx *ctx,
                         const struct actor *actor, const struct organization_change *change,
                         struct organization *ret, struct error *err)
{
    int64_t now = clock_now(room->clock);
    const struct organization blank = {.name = STR(""),
                                       .external_id = STR_NONE,
                                       .details = STR(""),
                                       .notes = STR(""),
                                       .tags = STR(""),
                                       .domains = STR(""),
                                       .created_at = now,
                                       .updated_at = now};
    struct organization after = blank;
    take(ctx, change, &after);
    if (!need_agent(actor, err) || !check(tx, ctx, &after, err)) {
        return false;
    }
    after.id = (struct organization_id){db_next_id(tx)};
    struct organization_insert_in in = {
        .id = after.id,
        .name = after.name,
        .name_key = text_fold(ctx, after.name),
        .external_id = after.external_id,
        .external_key = str_none(after.external_id) ? STR_NONE : text_fold(ctx, after.external_id),
        .details = after.details,
        .notes = after.notes,
        .tags = after.tags,
        .domains = after.domains,
        .group_id = after.group,
        .shared_tickets = after.shared_tickets,
        .shared_comments = after.shared_comments,
        .created_at = now,
        .updated_at = now,
    };
    if (!organization_insert(tx, &in, err) || !store_domains(tx, ctx, &blank, &after, now, err) ||
        !tell(room, tx, actor, NULL, &after, err)) {
        return false;
    }
    *ret = after;
    return true;
}

bool organization_update(const struct people *room, struct db *tx, mem_ctx *ctx,
                         const struct actor *actor, struct organization_id id,
                         const struct organization_change *change, struct organization *ret,
                         struct error *err)
{
    int64_t now = clock_now(room->clock);
    struct organization before;
    if (!organization_load(tx, ctx, actor, id, &before, err) || !need_agent(actor, err)) {
        return false;
    }
    struct organization after = before;
    take(ctx, change, &after);
    if (!check(tx, ctx, &after, err)) {
        return false;
    }
    after.updated_at = now;
    struct organization_update_row_in in = {
        .id = id,
        .name = after.name,
        .name_key = text_fold(ctx, after.name),
        .external_id = after.external_id,
        .external_key = str_none(after.external_id) ? STR_NONE : text_fold(ctx, after.external_id),
        .details = after.details,
        .notes = after.notes,
        .tags = after.tags,
        .domains = after.domains,
        .group_id = after.group,
        .shared_tickets = after.shared_tickets,
        .shared_comments = after.shared_comments,
        .updated_at = now,
    };
    if (!organization_update_row(tx, &in, err) ||
        !store_domains(tx, ctx, &before, &after, now, err) ||
        !tell(room, tx, actor, &before, &after, err)) {
        return false;
    }
    *ret = after;
    return true;
}

bool organization_delete(const struct people *room, struct db *tx, const struct actor *actor,
                         struct organization_id id, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct organization before;
    int64_t changes = 0;
    return organization_load(tx, ctx, actor, id, &before, err) && need_agent(actor, err) &&
           person_leave_organization(tx, id, clock_now(room->clock), err) &&
           org_memberships_delete_of(tx, id, err) && domains_delete(tx, id, err) &&
           organization_gone_insert(tx, id, before.name, before.external_id, before.created_at,
                                    clock_now(room->clock), err) &&
           organization_delete_row(tx, id, &changes, err) &&
           tell(room, tx, actor, &before, NULL, err);
}

// --- for people ---------------------------------------------------------------------------------

bool organization_for_email(struct db *db, mem_ctx *ctx, struct str email,
                            struct organization_id *ret, struct error *err)
{
    struct organization_id_row row;
    bool found = false;
    if (!organization_of_domain(db, ctx, email_domain(email), &row, &found, err)) {
        return false;
    }
    *ret = found ? row.id : (struct organization_id){0};
    return true;
}
