// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/records/inputs.h"

#include <string.h>

#include "app/say.h"
#include "base/words.h"
#include "desk/people/people.h"
#include "view/view.h"

#define TYPED_MAX 70000

static bool is_type(const struct record *field, const char *type)
{
    return str_eq_c(record_text(field, "type"), type);
}

static bool is_choice(const struct record *field)
{
    return is_type(field, "tagger") || is_type(field, "dropdown");
}

static bool of_organizations(const struct record *field)
{
    return str_eq_c(record_text(field, "relationship_target_type"), "zen:organization");
}

static const char *kind_of(const struct record *field)
{
    static const struct {
        const char *type;
        const char *kind;
    } KINDS[] = {
        {"textarea", "area"},   {"checkbox", "flag"},       {"date", "date"},
        {"integer", "number"},  {"decimal", "decimal"},     {"tagger", "choice"},
        {"dropdown", "choice"}, {"multiselect", "choices"},
    };
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        if (is_type(field, KINDS[i].type)) {
            return KINDS[i].kind;
        }
    }
    return "text";
}

static struct str input_name(mem_ctx *ctx, const struct record *field)
{
    return str_printf(ctx, "field-%lld", (long long)field->id);
}

static void choose(struct vm_input *input, struct str chosen)
{
    for (size_t i = 0; i < input->option_count; i++) {
        struct str value = input->options[i].value;
        input->options[i].selected =
            strcmp(input->kind, "choices") == 0 ? words_has(chosen, value) : str_eq(chosen, value);
    }
}

static void fill_options(struct ctx *ctx, const struct record *field, struct vm_input *input)
{
    struct jr_value options = jr_get(field->doc, "custom_field_options");
    input->options = mem_array(ctx->mem, struct vm_option, jr_count(options) + 1);
    if (is_choice(field)) {
        input->options[input->option_count++] = (struct vm_option){STR(""), STR("–"), false};
    }
    for (size_t i = 0; i < jr_count(options); i++) {
        struct jr_value one = jr_at(options, i);
        input->options[input->option_count++] =
            (struct vm_option){jr_text(jr_get(one, "value")), jr_text(jr_get(one, "name")), false};
    }
}

// The address of a person, the name of an organisation.
static bool target_words(struct ctx *ctx, const struct record *field, struct str value,
                         struct str *ret, struct error *err)
{
    struct user user;
    struct organization place;
    int64_t id = 0;
    bool found = false;
    *ret = STR("");
    if (!str_to_i64(value, &id)) {
        return true;
    }
    if (of_organizations(field)) {
        if (!organization_find(ctx->db, ctx->mem, (struct organization_id){id}, &place, &found,
                               err)) {
            return false;
        }
        *ret = found ? place.name : value;
        return true;
    }
    if (!user_find(ctx->db, ctx->mem, (struct user_id){id}, &user, &found, err)) {
        return false;
    }
    *ret = found && !str_empty(user.email) ? user.email : value;
    return true;
}

bool field_input(struct ctx *ctx, const struct record *field, struct str value,
                 struct vm_input *ret, struct error *err)
{
    struct str about = record_text(field, "description");
    struct str shown = str_none(value) ? STR("") : value;
    if (is_type(field, "lookup") && !str_none(value) &&
        !target_words(ctx, field, value, &shown, err)) {
        return false;
    }
    if (is_type(field, "checkbox") && !str_eq_c(shown, "true")) {
        shown = STR("");
    }
    *ret = (struct vm_input){
        .name = input_name(ctx->mem, field),
        .label = record_text(field, "title"),
        .hint = str_none(about) ? STR("") : about,
        .kind = kind_of(field),
        .value = shown,
        .tracked = true,
        .was = shown,
        .checked = shown.len > 0,
        .required = record_flag(field, "required", false),
        .error = STR(""),
    };
    if (str_empty(ret->hint) && is_type(field, "lookup")) {
        ret->hint = of_organizations(field) ? say_words(ctx, "Name of an organization")
                                            : say_words(ctx, "Mail address of a person");
    }
    fill_options(ctx, field, ret);
    choose(ret, shown);
    return true;
}

void field_input_retype(struct vm_input *input, struct str typed)
{
    input->value = typed;
    input->checked = typed.len > 0;
    choose(input, typed);
}

// --- what was sent ------------------------------------------------------------------------------

// All values of that name with a space between, without the carriage returns of forms.
static struct str all_sent(struct ctx *ctx, const char *name)
{
    struct buf out;
    buf_init(&out, ctx->mem, TYPED_MAX);
    for (size_t i = 0; i < ctx->req->form.count; i++) {
        struct str rest = ctx->req->form.items[i].value;
        struct str part;
        if (!str_eq_c(ctx->req->form.items[i].name, name)) {
            continue;
        }
        buf_put_c(&out, out.len > 0 ? " " : "");
        while (str_next(&rest, '\r', &part)) {
            buf_put(&out, part);
        }
    }
    return str_trim(buf_str(&out));
}

bool field_sent(struct ctx *ctx, const struct record *field, struct str *ret, bool *ret_changed)
{
    const char *name = str_cstr(ctx->mem, input_name(ctx->mem, field));
    const char *was = mem_printf(ctx->mem, "was-%s", name);
    if (str_none(http_form(ctx->req, was))) {
        return false;
    }
    *ret = all_sent(ctx, name);
    if (is_type(field, "checkbox") && ret->len > 0) {
        *ret = STR("true");
    }
    *ret_changed = !str_eq(*ret, all_sent(ctx, was));
    return true;
}

static bool not_found(const struct record *field, const char *why, struct error *err)
{
    return error_field(err, "custom_fields", "RecordNotFound", "%.*s: %s",
                       STR_ARG(record_text(field, "title")), why);
}

static bool target_id(struct ctx *ctx, const struct record *field, struct str typed, int64_t *ret,
                      struct error *err)
{
    struct user user;
    struct organization *list = NULL;
    size_t count = 0;
    bool found = false;
    const struct list_query query = {.limit = 100, .words = typed};
    if (str_to_i64(typed, ret)) {
        return true;
    }
    if (!of_organizations(field)) {
        if (!user_by_email(ctx->db, ctx->mem, typed, &user, &found, err)) {
            return false;
        }
        *ret = user.id.v;
        return found || not_found(field, "nobody has this mail address", err);
    }
    if (!organizations_list(ctx->db, ctx->mem, &ctx->actor, &query, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (str_ieq(list[i].name, typed)) {
            *ret = list[i].id.v;
            return true;
        }
    }
    return not_found(field, "there is no organization of this name", err);
}

bool field_sent_write(struct ctx *ctx, struct jw *w, const struct record *field, struct str typed,
                      struct error *err)
{
    int64_t number = 0;
    jw_object_begin(w);
    jw_field_i64(w, "id", field->id);
    jw_key(w, "value");
    if (is_type(field, "checkbox")) {
        jw_bool(w, typed.len > 0);
    } else if (typed.len == 0) {
        jw_null(w);
    } else if (is_type(field, "multiselect")) {
        jw_words(w, words_normalise(ctx->mem, typed));
    } else if (is_type(field, "lookup")) {
        if (!target_id(ctx, field, typed, &number, err)) {
            return false;
        }
        jw_i64(w, number);
    } else {
        jw_str(w, typed);
    }
    jw_object_end(w);
    return true;
}
