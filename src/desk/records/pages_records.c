// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where administrators define fields of tickets, people and organisations, forms, and statuses. One
// page for all kinds: a table here says which inputs each has. What is sent becomes the body that a
// program would send, so both are checked alike.
#include <string.h>

#include "app/say.h"
#include "desk/desk.h"
#include "desk/records/api_records.h"
#include "desk/records/pages.h"
#include "desk/records/records.html.h"
#include "desk/records/save.h"
#include "view/view.h"

#define BODY_MAX (1 << 20)
#define CONDITIONS_SPARE 3

struct row {
    const char *member;
    const char *label;
    const char *hint;
    const char *kind;   // of vm_input
    const char *types;  // only for these, with spaces around each; NULL: for all
};

#define CHOICE_TYPES " tagger dropdown multiselect "

static const struct row TICKET_FIELD_ROWS[] = {
    {"title", WORDS("Name"), NULL, "text", NULL},
    {"title_in_portal", WORDS("Name that requesters see"), NULL, "text", NULL},
    {"description", WORDS("Hint for whoever fills it in"), NULL, "text", NULL},
    {"custom_field_options", WORDS("Choices"),
     WORDS("One a line. Rules and programs know it by the word behind the last “=”, or one made of "
           "its name."),
     "area", CHOICE_TYPES},
    {"regexp_for_validation", WORDS("Pattern that it must match"),
     WORDS("An extended regular expression, such as ^[A-Z]{2}-[0-9]+$"), "text", " regexp "},
    {"tag", WORDS("Tag of tickets where it is ticked"), NULL, "text", " checkbox "},
    {"required", WORDS("Must be filled in before a ticket is solved"), NULL, "flag", NULL},
    {"visible_in_portal", WORDS("Requesters see it"), NULL, "flag", NULL},
    {"editable_in_portal", WORDS("Requesters may fill it in"), NULL, "flag", NULL},
    {"active", WORDS("Switched on"), NULL, "flag", NULL},
};
static const struct row KEYED_FIELD_ROWS[] = {
    {"title", WORDS("Name"), NULL, "text", NULL},
    {"key", WORDS("Word that programs know it by"),
     WORDS("a-z, 0-9 and _; left empty, it is made of the name and stays."), "text", NULL},
    {"description", WORDS("Hint for whoever fills it in"), NULL, "text", NULL},
    {"custom_field_options", WORDS("Choices"),
     WORDS("One a line. Rules and programs know it by the word behind the last “=”, or one made of "
           "its name."),
     "area", CHOICE_TYPES},
    {"regexp_for_validation", WORDS("Pattern that it must match"),
     WORDS("An extended regular expression, such as ^[A-Z]{2}-[0-9]+$"), "text", " regexp "},
    {"tag", WORDS("Tag of tickets where it is ticked"), NULL, "text", " checkbox "},
    {"active", WORDS("Switched on"), NULL, "flag", NULL},
};
static const struct row FORM_ROWS[] = {
    {"name", WORDS("Name"), NULL, "text", NULL},
    {"display_name", WORDS("Name that requesters see"), NULL, "text", NULL},
    {"end_user_visible", WORDS("Requesters may choose it"), NULL, "flag", NULL},
    {"active", WORDS("Switched on"), NULL, "flag", NULL},
};
static const struct row STATUS_ROWS[] = {
    {"agent_label", WORDS("Name"), NULL, "text", NULL},
    {"end_user_label", WORDS("Name that requesters see"), NULL, "text", NULL},
    {"description", WORDS("What it is for"), NULL, "text", NULL},
    {"default", WORDS("What tickets of this kind have when nothing else is chosen"), NULL, "flag",
     NULL},
    {"active", WORDS("Switched on"), NULL, "flag", NULL},
};

struct word {
    const char *value;
    const char *label;
};

static const struct word TYPES[] = {
    {"text", WORDS("Text")},
    {"textarea", WORDS("Text of several lines")},
    {"integer", WORDS("Number")},
    {"decimal", WORDS("Number with decimals")},
    {"date", WORDS("Date")},
    {"checkbox", WORDS("Check box")},
    {"tagger", WORDS("One of several choices")},
    {"dropdown", WORDS("One of several choices")},
    {"multiselect", WORDS("Several choices")},
    {"regexp", WORDS("Text that matches a pattern")},
    {"lookup:user", WORDS("Person")},
    {"lookup:organization", WORDS("Organization")},
};
static const struct word CATEGORIES[] = {
    {"new", WORDS("New")},      {"open", WORDS("Open")},     {"pending", WORDS("Waiting")},
    {"hold", WORDS("On hold")}, {"solved", WORDS("Solved")},
};

struct page {
    const char *kind;
    const char *title;
    const char *about;
    const struct row *rows;
    size_t row_count;
    const struct word *types;
    size_t type_count;
    const char *not_type;  // of the table of types, what this kind does not have
};

#define ROWS(list) list, sizeof(list) / sizeof *(list)

static const struct page PAGES[] = {
    {"ticket_fields", WORDS("Ticket fields"),
     WORDS("What agents note at tickets beside what every ticket has. Who asks for help never has "
           "to fill one in."),
     ROWS(TICKET_FIELD_ROWS), ROWS(TYPES), "dropdown"},
    {"user_fields", WORDS("Fields of people"), WORDS("What agents note at people."),
     ROWS(KEYED_FIELD_ROWS), ROWS(TYPES), "tagger"},
    {"organization_fields", WORDS("Fields of organizations"),
     WORDS("What agents note at organizations."), ROWS(KEYED_FIELD_ROWS), ROWS(TYPES), "tagger"},
    {"ticket_forms", WORDS("Ticket forms"),
     WORDS("Which fields belong to which kind of request, in which order."), ROWS(FORM_ROWS), NULL,
     0, ""},
    {"custom_statuses", WORDS("Statuses"),
     WORDS("More exact words for where a ticket stands, each below one of the five that clocks and "
           "rules know."),
     ROWS(STATUS_ROWS), ROWS(CATEGORIES), ""},
};

static bool page_of(const struct ctx *ctx, const struct page **ret, struct error *err)
{
    for (size_t i = 0; i < sizeof PAGES / sizeof *PAGES; i++) {
        if (str_eq_c(ctx->path.texts[0], PAGES[i].kind)) {
            *ret = &PAGES[i];
            return true;
        }
    }
    return error_set(err, ERR_NOT_FOUND, "There is no such page.");
}

static bool is_kind(const struct page *page, const char *kind)
{
    return strcmp(page->kind, kind) == 0;
}

static const struct record_kind *kind_of(const struct page *page)
{
    return record_kind(str_c(page->kind));
}

// --- the list -----------------------------------------------------------------------------------

static struct str title_of(const struct page *page, const struct record *record)
{
    return record_text(record, page->rows[0].member);
}

// What the table of types calls it: lookups say of what.
static struct str type_of(mem_ctx *ctx, const struct page *page, const struct record *record)
{
    bool status = is_kind(page, "custom_statuses");
    struct str type = record_text(record, status ? "status_category" : "type");
    struct str target = record_text(record, "relationship_target_type");
    return str_eq_c(type, "lookup")
               ? str_printf(ctx, "lookup:" STR_FMT, STR_ARG(str_from(target, sizeof "zen:" - 1)))
               : type;
}

static struct str type_label(struct ctx *ctx, const struct page *page, struct str type)
{
    for (size_t i = 0; i < page->type_count; i++) {
        if (str_eq_c(type, page->types[i].value)) {
            return say_str(ctx, str_c(page->types[i].label));
        }
    }
    return str_none(type) ? STR("") : type;
}

static struct str about_of(struct ctx *ctx, const struct page *page, const struct record *record)
{
    struct buf out;
    buf_init(&out, ctx->mem, 4096);
    for (size_t i = 0; i < page->row_count; i++) {
        const struct row *row = &page->rows[i];
        bool flag = strcmp(row->kind, "flag") == 0 && strcmp(row->member, "active") != 0;
        if (flag && record_flag(record, row->member, false)) {
            buf_put_c(&out, out.len > 0 ? " · " : "");
            buf_put(&out, say_str(ctx, str_c(row->label)));
        }
    }
    return buf_str(&out);
}

// Those that pages show: the desk's own fields are not to be changed.
static bool load_list(struct ctx *ctx, const struct page *page, struct record **ret,
                      size_t *ret_count, struct error *err)
{
    struct record *all = NULL;
    size_t count = 0;
    size_t kept = 0;
    if (!records_list(ctx->db, ctx->mem, kind_of(page), false, &all, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!all[i].system || !is_kind(page, "ticket_fields")) {
            all[kept++] = all[i];
        }
    }
    *ret = all;
    *ret_count = kept;
    return true;
}

// GET /admin/records/{name}
bool page_records(struct ctx *ctx, struct error *err)
{
    const struct page *page = NULL;
    struct record *list = NULL;
    struct vm_records vm = {0};
    struct view v;
    if (!page_of(ctx, &page, err) || !load_list(ctx, page, &list, &vm.count, err)) {
        return false;
    }
    vm.kind = str_c(page->kind);
    vm.about = say_str(ctx, str_c(page->about));
    vm.items = mem_array(ctx->mem, struct vm_record, vm.count + 1);
    for (size_t i = 0; i < vm.count; i++) {
        vm.items[i] = (struct vm_record){
            .id = list[i].id,
            .title = title_of(page, &list[i]),
            .kind = type_label(ctx, page, type_of(ctx->mem, page, &list[i])),
            .about = about_of(ctx, page, &list[i]),
            .active = record_flag(&list[i], "active", true),
        };
    }
    vm.types = mem_array(ctx->mem, struct vm_option, page->type_count + 1);
    for (size_t i = 0; i < page->type_count; i++) {
        if (strcmp(page->types[i].value, page->not_type) != 0) {
            vm.types[vm.type_count++] = (struct vm_option){
                str_c(page->types[i].value), say_str(ctx, str_c(page->types[i].label)), false};
        }
    }
    desk_page_begin(ctx, &v, &vm.layout, say_str(ctx, str_c(page->title)), "admin");
    view_records_page(&v, &vm);
    return true;
}

// --- the form -----------------------------------------------------------------------------------

// What is shown: a record, or what was typed and not taken.
struct showing {
    const struct page *page;
    int64_t id;  // none: a new one
    bool system;
    struct str type;
    struct jr_value doc;
    const char *wrong;  // member at fault
    struct str why;
};

static bool row_fits(const struct row *row, struct str type)
{
    const char *at = row->types == NULL ? NULL : strstr(row->types, " ");
    struct str rest = at == NULL ? STR("") : str_c(at);
    struct str one;
    bool fits = row->types == NULL;
    while (!fits && str_next(&rest, ' ', &one)) {
        fits = one.len > 0 && str_eq(one, type);
    }
    return fits;
}

static struct str option_lines(mem_ctx *ctx, struct jr_value options)
{
    struct buf out;
    buf_init(&out, ctx, BODY_MAX);
    for (size_t i = 0; i < jr_count(options); i++) {
        buf_put(&out, jr_text(jr_get(jr_at(options, i), "name")));
        buf_put_c(&out, " = ");
        buf_put(&out, jr_text(jr_get(jr_at(options, i), "value")));
        buf_put_c(&out, "\n");
    }
    return buf_str(&out);
}

static void fill_inputs(struct ctx *ctx, const struct showing *s, struct vm_inputs *ret)
{
    const struct page *page = s->page;
    ret->items = mem_array(ctx->mem, struct vm_input, page->row_count + 1);
    for (size_t i = 0; i < page->row_count; i++) {
        const struct row *row = &page->rows[i];
        struct jr_value value = jr_get(s->doc, row->member);
        bool kept = strcmp(row->member, "key") == 0 && s->id != 0;
        bool flag = strcmp(row->member, "active") == 0;
        if (!row_fits(row, s->type) || kept) {
            continue;
        }
        if (!jr_bool(value, &flag)) {
            flag = strcmp(row->member, "active") == 0;
        }
        bool options = strcmp(row->member, "custom_field_options") == 0;
        struct str text = options ? option_lines(ctx->mem, value) : jr_text(value);
        ret->items[ret->count++] = (struct vm_input){
            .name = str_c(row->member),
            .label = say_str(ctx, str_c(row->label)),
            .hint = row->hint == NULL ? STR("") : say_str(ctx, str_c(row->hint)),
            .kind = row->kind,
            .value = str_none(text) ? STR("") : text,
            .checked = flag,
            .error = s->wrong != NULL && strcmp(s->wrong, row->member) == 0 ? s->why : STR(""),
        };
    }
}

static struct vm_option *field_options(mem_ctx *ctx, const struct record *fields, size_t count,
                                       int64_t chosen)
{
    struct vm_option *ret = mem_array(ctx, struct vm_option, count + 1);
    ret[0] = (struct vm_option){STR(""), STR("–"), false};
    for (size_t i = 0; i < count; i++) {
        ret[i + 1] = (struct vm_option){str_printf(ctx, "%lld", (long long)fields[i].id),
                                        record_text(&fields[i], "title"), fields[i].id == chosen};
    }
    return ret;
}

static void add_condition(mem_ctx *ctx, struct vm_record_form *vm, const struct record *fields,
                          size_t count, struct jr_value one, struct jr_value child)
{
    int64_t parent_id = 0;
    int64_t child_id = 0;
    struct str value = jr_text(jr_get(one, "value"));
    bool known =
        jr_id(jr_get(one, "parent_field_id"), &parent_id) && jr_id(jr_get(child, "id"), &child_id);
    vm->conditions =
        mem_grow(ctx, vm->conditions, struct vm_form_condition, vm->condition_count + 1);
    vm->conditions[vm->condition_count++] = (struct vm_form_condition){
        .parents = field_options(ctx, fields, count, known ? parent_id : 0),
        .children = field_options(ctx, fields, count, known ? child_id : 0),
        .count = count + 1,
        .value = str_none(value) ? STR("") : value,
    };
}

// The place of each field in the form, and the conditions.
static bool fill_places(struct ctx *ctx, const struct showing *s, struct vm_record_form *vm,
                        struct error *err)
{
    const struct page *fields_page = &PAGES[0];
    struct record *fields = NULL;
    size_t count = 0;
    if (!load_list(ctx, fields_page, &fields, &count, err)) {
        return false;
    }
    struct jr_value ids = jr_get(s->doc, "ticket_field_ids");
    vm->has_places = true;
    vm->places.items = mem_array(ctx->mem, struct vm_input, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct str place = STR("");
        int64_t at = 0;
        for (size_t k = 0; k < jr_count(ids); k++) {
            place = jr_id(jr_at(ids, k), &at) && at == fields[i].id
                        ? str_printf(ctx->mem, "%zu", k + 1)
                        : place;
        }
        vm->places.items[vm->places.count++] = (struct vm_input){
            .name = str_printf(ctx->mem, "place-%lld", (long long)fields[i].id),
            .label = record_text(&fields[i], "title"),
            .hint = STR(""),
            .kind = "number",
            .value = place,
        };
    }
    struct jr_value list = jr_get(s->doc, "agent_conditions");
    for (size_t i = 0; i < jr_count(list); i++) {
        struct jr_value children = jr_get(jr_at(list, i), "child_fields");
        for (size_t k = 0; k < jr_count(children); k++) {
            add_condition(ctx->mem, vm, fields, count, jr_at(list, i), jr_at(children, k));
        }
    }
    for (int i = 0; i < CONDITIONS_SPARE; i++) {
        add_condition(ctx->mem, vm, fields, count, JR_NONE, JR_NONE);
    }
    return true;
}

static bool show_form(struct ctx *ctx, const struct showing *s, struct error *err)
{
    const struct page *page = s->page;
    struct vm_record_form vm = {.kind = str_c(page->kind), .error = STR("")};
    struct view v;
    struct url_builder b;
    vm.type = str_none(s->type) ? STR("") : s->type;
    vm.can_delete = s->id != 0 && !s->system;
    fill_inputs(ctx, s, &vm.inputs);
    if (is_kind(page, "ticket_forms") && !fill_places(ctx, s, &vm, err)) {
        return false;
    }
    bool placed = false;
    for (size_t i = 0; i < vm.inputs.count; i++) {
        placed = placed || vm.inputs.items[i].error.len > 0;
    }
    if (s->wrong != NULL && !placed) {
        vm.error = s->why;
    }
    url_begin(&b, ctx->mem, "/admin/records");
    url_segment(&b, str_c(page->kind));
    if (s->id != 0) {
        url_segment_i64(&b, s->id);
    }
    vm.action = url_end(&b);
    struct str title =
        s->id == 0 ? type_label(ctx, page, s->type) : jr_text(jr_get(s->doc, page->rows[0].member));
    title = str_empty(title) ? say_str(ctx, str_c(page->title)) : title;
    desk_page_begin(ctx, &v, &vm.layout, title, "admin");
    view_record_form(&v, &vm);
    return true;
}

// GET /admin/records/{name}/new?type=
bool page_record_new(struct ctx *ctx, struct error *err)
{
    struct showing s = {.type = http_param(ctx->req, "type"), .doc = JR_NONE};
    return page_of(ctx, &s.page, err) && show_form(ctx, &s, err);
}

static bool load_one(struct ctx *ctx, const struct page *page, struct record *ret,
                     struct error *err)
{
    return record_load(ctx->db, ctx->mem, kind_of(page), ctx->path.ids[0], ret, err);
}

// GET /admin/records/{name}/{record:id}
bool page_record_edit(struct ctx *ctx, struct error *err)
{
    struct showing s = {0};
    struct record record;
    if (!page_of(ctx, &s.page, err) || !load_one(ctx, s.page, &record, err)) {
        return false;
    }
    s.id = record.id;
    s.system = record.system;
    s.type = type_of(ctx->mem, s.page, &record);
    s.doc = record.doc;
    return show_form(ctx, &s, err);
}

// --- what the form sends ------------------------------------------------------------------------

static struct str text_of(const struct ctx *ctx, const char *name)
{
    struct str text = http_form(ctx->req, name);
    return str_none(text) ? STR("") : str_trim(text);
}

// "Room 2, east" → "room_2_east"; `mark` stands for what a word cannot have.
static struct str word_of(mem_ctx *ctx, struct str text)
{
    struct buf out;
    bool gap = false;
    struct str low = str_lower(ctx, text);
    buf_init(&out, ctx, 1024);
    for (size_t i = 0; i < low.len; i++) {
        unsigned char c = (unsigned char)low.ptr[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
        if (fine && gap && out.len > 0) {
            buf_put_c(&out, "_");
        }
        gap = !fine;
        if (fine) {
            buf_put(&out, str_sub(low, i, 1));
        }
    }
    return buf_str(&out);
}

// "Name = value" a line; the value may be left out.
static void write_options(mem_ctx *ctx, struct jw *w, struct str lines)
{
    struct str line;
    jw_field_array(w, "custom_field_options");
    while (str_next(&lines, '\n', &line)) {
        ptrdiff_t at = -1;
        line = str_trim(line);
        for (size_t i = 0; i < line.len; i++) {
            at = line.ptr[i] == '=' ? (ptrdiff_t)i : at;
        }
        struct str name = at > 0 ? str_trim(str_sub(line, 0, (size_t)at)) : line;
        struct str value = at > 0 ? str_trim(str_from(line, (size_t)at + 1)) : STR("");
        if (line.len == 0) {
            continue;
        }
        jw_object_begin(w);
        jw_field_str(w, "name", name);
        jw_field_str(w, "value", value.len > 0 ? value : word_of(ctx, name));
        jw_object_end(w);
    }
    jw_array_end(w);
}

struct place {
    int64_t at;
    int64_t field;
};

// Fields with a number, in its order; the desk's own stay in front.
static void write_places(struct ctx *ctx, struct jw *w, struct jr_value before)
{
    struct place *list = mem_array(ctx->mem, struct place, ctx->req->form.count + 1);
    size_t count = 0;
    int64_t id = 0;
    for (size_t i = 0; i < ctx->req->form.count; i++) {
        struct str name = ctx->req->form.items[i].name;
        struct place one;
        if (!str_starts(name, STR("place-")) || !str_to_i64(str_from(name, 6), &one.field) ||
            !str_to_i64(str_trim(ctx->req->form.items[i].value), &one.at)) {
            continue;
        }
        size_t to = count++;
        for (; to > 0 && list[to - 1].at > one.at; to--) {
            list[to] = list[to - 1];
        }
        list[to] = one;
    }
    jw_field_array(w, "ticket_field_ids");
    for (size_t i = 0; i < jr_count(before); i++) {
        if (jr_id(jr_at(before, i), &id) && id <= 199) {
            jw_i64(w, id);
        }
    }
    for (size_t i = 0; i < count; i++) {
        jw_i64(w, list[i].field);
    }
    jw_array_end(w);
}

static struct str form_at(const struct ctx *ctx, const char *name, size_t index)
{
    for (size_t i = 0; i < ctx->req->form.count; i++) {
        if (str_eq_c(ctx->req->form.items[i].name, name) && index-- == 0) {
            return ctx->req->form.items[i].value;
        }
    }
    return STR_NONE;
}

// Agents and requesters have the same ones.
static void write_conditions(struct ctx *ctx, struct jw *w, const char *key)
{
    jw_field_array(w, key);
    for (size_t i = 0; !str_none(form_at(ctx, "cond_child", i)); i++) {
        int64_t child = 0;
        int64_t parent = 0;
        struct str value = form_at(ctx, "cond_value", i);
        if (!str_to_i64(form_at(ctx, "cond_child", i), &child) ||
            !str_to_i64(form_at(ctx, "cond_parent", i), &parent)) {
            continue;
        }
        jw_object_begin(w);
        jw_field_i64(w, "parent_field_id", parent);
        jw_field_str(w, "value", str_none(value) ? STR("") : str_trim(value));
        jw_field_array(w, "child_fields");
        jw_object_begin(w);
        jw_field_i64(w, "id", child);
        jw_field_bool(w, "is_required", false);
        jw_object_end(w);
        jw_array_end(w);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_type(const struct page *page, struct jw *w, struct str type)
{
    if (is_kind(page, "custom_statuses")) {
        jw_field_str(w, "status_category", type);
    } else if (str_starts(type, STR("lookup:"))) {
        jw_field_c(w, "type", "lookup");
        jw_field_c(w, "relationship_target_type",
                   str_eq_c(type, "lookup:organization") ? "zen:organization" : "zen:user");
    } else if (!str_empty(type)) {
        jw_field_str(w, "type", type);
    }
}

static void write_row(struct ctx *ctx, struct jw *w, const struct row *row, bool fresh)
{
    struct str text = text_of(ctx, row->member);
    if (strcmp(row->kind, "flag") == 0) {
        jw_field_bool(w, row->member, text.len > 0);
    } else if (strcmp(row->member, "custom_field_options") == 0) {
        write_options(ctx->mem, w, text);
    } else if (strcmp(row->member, "key") == 0) {
        if (fresh) {
            jw_field_str(w, "key", text.len > 0 ? text : word_of(ctx->mem, text_of(ctx, "title")));
        }
    } else if (text.len > 0 || strstr("title name agent_label", row->member) != NULL) {
        jw_field_str(w, row->member, text);
    } else {
        jw_field_null(w, row->member);
    }
}

static bool read_form(struct ctx *ctx, const struct page *page, const struct record *before,
                      struct str type, struct jr_value *ret, struct error *err)
{
    struct buf out;
    struct jw w;
    struct jr_value old = before == NULL ? JR_NONE : before->doc;
    buf_init(&out, ctx->mem, BODY_MAX);
    jw_init(&w, &out);
    jw_object_begin(&w);
    if (before == NULL) {
        write_type(page, &w, type);
    }
    for (size_t i = 0; i < page->row_count; i++) {
        if (row_fits(&page->rows[i], type)) {
            write_row(ctx, &w, &page->rows[i], before == NULL);
        }
    }
    if (is_kind(page, "ticket_forms")) {
        write_places(ctx, &w, jr_get(old, "ticket_field_ids"));
        write_conditions(ctx, &w, "agent_conditions");
        write_conditions(ctx, &w, "end_user_conditions");
    }
    jw_object_end(&w);
    return jr_parse(ctx->mem, buf_str(&out), ret, err);
}

static bool back(struct ctx *ctx, const struct page *page)
{
    http_redirect(ctx->resp, str_printf(ctx->mem, "/admin/records/%s", page->kind));
    return true;
}

static bool refused(struct ctx *ctx, struct showing *s, const struct error *why, struct error *err)
{
    if (why->code != ERR_INVALID) {
        *err = *why;
        return false;
    }
    s->wrong = str_cstr(ctx->mem, str_c(why->field));
    s->why = say_str(ctx, str_dup(ctx->mem, str_c(why->message)));
    ctx->resp->status = 422;
    return show_form(ctx, s, err);
}

// POST /admin/records/{name}
bool page_record_create(struct ctx *ctx, struct error *err)
{
    struct showing s = {.type = http_form(ctx->req, "type")};
    struct record made;
    struct error why;
    if (!page_of(ctx, &s.page, err) || !read_form(ctx, s.page, NULL, s.type, &s.doc, err)) {
        return false;
    }
    if (!record_save(ctx, kind_of(s.page), 0, s.doc, &made, &why)) {
        return refused(ctx, &s, &why, err);
    }
    return back(ctx, s.page);
}

// One place up or down among those that the page shows.
static bool move(struct ctx *ctx, const struct page *page, int64_t id, bool up, struct error *err)
{
    struct record *list = NULL;
    size_t count = 0;
    if (!records_list(ctx->db, ctx->mem, kind_of(page), false, &list, &count, err)) {
        return false;
    }
    int64_t *ids = mem_array(ctx->mem, int64_t, count + 1);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        ids[i] = list[i].id;
        at = list[i].id == id ? i : at;
    }
    size_t to = up ? at - 1 : at + 1;
    if ((up && at == 0) || to >= count) {
        return true;
    }
    ids[at] = ids[to];
    ids[to] = id;
    return record_order(ctx, kind_of(page), ids, count, err);
}

static bool flip(struct ctx *ctx, const struct page *page, const struct record *record,
                 struct error *err)
{
    struct jr_value body;
    struct record after;
    struct str text =
        record_flag(record, "active", true) ? STR("{\"active\":false}") : STR("{\"active\":true}");
    return jr_parse(ctx->mem, text, &body, err) &&
           record_save(ctx, kind_of(page), record->id, body, &after, err);
}

// POST /admin/records/{name}/{record:id} do=save|delete|up|down|switch
bool page_record_save(struct ctx *ctx, struct error *err)
{
    struct showing s = {0};
    struct record record;
    struct error why;
    struct str what = text_of(ctx, "do");
    if (!page_of(ctx, &s.page, err) || !load_one(ctx, s.page, &record, err)) {
        return false;
    }
    if (str_eq_c(what, "up") || str_eq_c(what, "down")) {
        return move(ctx, s.page, record.id, str_eq_c(what, "up"), err) && back(ctx, s.page);
    }
    s.id = record.id;
    s.system = record.system;
    s.type = type_of(ctx->mem, s.page, &record);
    s.doc = record.doc;
    bool done = true;
    if (str_eq_c(what, "switch")) {
        done = flip(ctx, s.page, &record, &why);
    } else if (str_eq_c(what, "delete")) {
        done = record_remove(ctx, kind_of(s.page), record.id, &why);
    } else {
        done = read_form(ctx, s.page, &record, s.type, &s.doc, &why) &&
               record_save(ctx, kind_of(s.page), record.id, s.doc, &record, &why);
    }
    return done ? back(ctx, s.page) : refused(ctx, &s, &why, err);
}
