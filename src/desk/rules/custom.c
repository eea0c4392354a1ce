// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/rules/custom.h"

#include "base/clock.h"

bool rule_defined_load(struct db *db, mem_ctx *ctx, struct rule_defined *ret, struct error *err)
{
    static const char *const KINDS[DEFINED_COUNT] = {
        [DEFINED_FIELDS] = "ticket_fields",
        [DEFINED_USER_FIELDS] = "user_fields",
        [DEFINED_ORGANIZATION_FIELDS] = "organization_fields",
        [DEFINED_STATUSES] = "custom_statuses",
        [DEFINED_FORMS] = "ticket_forms",
        [DEFINED_BRANDS] = "brands",
    };
    for (int i = 0; i < DEFINED_COUNT; i++) {
        if (!records_list(db, ctx, record_kind(str_c(KINDS[i])), false, &ret->of[i].list,
                          &ret->of[i].count, err)) {
            return false;
        }
    }
    return true;
}

static enum custom_kind kind_of(const struct record *field)
{
    static const struct {
        const char *type;
        enum custom_kind kind;
    } KINDS[] = {
        {"tagger", CUSTOM_CHOICE}, {"dropdown", CUSTOM_CHOICE}, {"multiselect", CUSTOM_CHOICES},
        {"checkbox", CUSTOM_FLAG}, {"integer", CUSTOM_NUMBER},  {"decimal", CUSTOM_NUMBER},
        {"lookup", CUSTOM_NUMBER}, {"date", CUSTOM_DATE},
    };
    struct str type = record_text(field, "type");
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        if (str_eq_c(type, KINDS[i].type)) {
            return KINDS[i].kind;
        }
    }
    return CUSTOM_TEXT;
}

static const struct record *by_id(const struct rule_defined *defined, int64_t id)
{
    for (size_t i = 0; i < defined->of[DEFINED_FIELDS].count; i++) {
        const struct record *one = &defined->of[DEFINED_FIELDS].list[i];
        if (one->id == id && !one->system) {
            return one;
        }
    }
    return NULL;
}

static const struct record *by_key(const struct rule_defined *defined, enum defined_kind kind,
                                   struct str key)
{
    for (size_t i = 0; i < defined->of[kind].count; i++) {
        if (str_eq(record_text(&defined->of[kind].list[i], "key"), key)) {
            return &defined->of[kind].list[i];
        }
    }
    return NULL;
}

bool custom_field_parse(const struct rule_defined *defined, struct str word,
                        struct custom_field *ret)
{
    static const struct {
        struct str prefix;
        enum custom_of of;
        enum defined_kind kind;
    } FORMS[] = {
        {STR_INIT("custom_fields_"), CUSTOM_OF_TICKET, DEFINED_FIELDS},
        {STR_INIT("ticket_fields_"), CUSTOM_OF_TICKET, DEFINED_FIELDS},
        {STR_INIT("requester.custom_fields."), CUSTOM_OF_REQUESTER, DEFINED_USER_FIELDS},
        {STR_INIT("organization.custom_fields."), CUSTOM_OF_ORGANIZATION,
         DEFINED_ORGANIZATION_FIELDS},
    };
    for (size_t i = 0; i < sizeof FORMS / sizeof *FORMS; i++) {
        int64_t id = 0;
        if (!str_starts(word, FORMS[i].prefix)) {
            continue;
        }
        struct str rest = str_from(word, FORMS[i].prefix.len);
        *ret = (struct custom_field){.of = FORMS[i].of};
        if (FORMS[i].kind != DEFINED_FIELDS) {
            ret->record = by_key(defined, FORMS[i].kind, rest);
        } else if (str_to_i64(rest, &id)) {
            ret->record = by_id(defined, id);
        }
        ret->kind = ret->record == NULL ? CUSTOM_TEXT : kind_of(ret->record);
        return true;
    }
    return false;
}

static struct str field_word(mem_ctx *ctx, const struct record *field)
{
    return str_printf(ctx, "custom_fields_%lld", (long long)field->id);
}

size_t custom_field_words(mem_ctx *ctx, const struct rule_defined *defined, bool action,
                          struct str **ret)
{
    static const struct {
        enum defined_kind kind;
        const char *prefix;
    } KEYED[] = {{DEFINED_USER_FIELDS, "requester.custom_fields."},
                 {DEFINED_ORGANIZATION_FIELDS, "organization.custom_fields."}};
    size_t count = 0;
    *ret = mem_array(ctx, struct str,
                     defined->of[DEFINED_FIELDS].count + defined->of[DEFINED_USER_FIELDS].count +
                         defined->of[DEFINED_ORGANIZATION_FIELDS].count + 1);
    for (size_t i = 0; i < defined->of[DEFINED_FIELDS].count; i++) {
        if (!defined->of[DEFINED_FIELDS].list[i].system) {
            (*ret)[count++] = field_word(ctx, &defined->of[DEFINED_FIELDS].list[i]);
        }
    }
    for (size_t k = 0; k < sizeof KEYED / sizeof *KEYED && !action; k++) {
        for (size_t i = 0; i < defined->of[KEYED[k].kind].count; i++) {
            struct str key = record_text(&defined->of[KEYED[k].kind].list[i], "key");
            (*ret)[count++] = str_printf(ctx, "%s" STR_FMT, KEYED[k].prefix, STR_ARG(key));
        }
    }
    return count;
}

bool custom_option(mem_ctx *ctx, const struct record *field, struct str text, struct str *ret)
{
    struct jr_value options = jr_get(field->doc, "custom_field_options");
    int64_t wanted = 0;
    bool numeric = str_to_i64(text, &wanted);
    struct str found = STR_NONE;
    for (size_t i = 0; i < jr_count(options); i++) {
        struct str value = jr_text(jr_get(jr_at(options, i), "value"));
        int64_t id = 0;
        if (str_ieq(value, text)) {
            found = value;
            break;
        }
        bool same = numeric && jr_id(jr_get(jr_at(options, i), "id"), &id) && id == wanted;
        found = same ? value : found;
    }
    if (str_none(found)) {
        return false;
    }
    *ret = str_lower(ctx, found);
    return true;
}

enum defined_kind custom_defined_kind(struct str word)
{
    return str_eq_c(word, "custom_status_id") ? DEFINED_STATUSES
           : str_eq_c(word, "ticket_form_id") ? DEFINED_FORMS
                                              : DEFINED_BRANDS;
}

int64_t choice_number(const struct ticket *ticket, enum defined_kind kind)
{
    switch ((int)kind) {
    case DEFINED_STATUSES:
        return ticket->custom_status != 0 ? ticket->custom_status : -1 - (int64_t)ticket->status;
    case DEFINED_FORMS:
        return ticket->form;
    default:
        return ticket->brand;
    }
}

struct str custom_day(mem_ctx *ctx, int64_t now, int64_t days)
{
    return str_sub(time_iso(ctx, now + days * DAYS_MS), 0, 10);
}
