// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/records/api_records.h"

#include "app/api.h"
#include "app/config.h"
#include "desk/channels/mailbox.h"
#include "desk/desk.h"
#include "desk/people/people.h"
#include "desk/records/records.h"
#include "desk/records/save.h"
#include "desk/rules/rules.h"
#include "desk/service/service.h"
#include "desk/trail/trail.h"

// --- showing ------------------------------------------------------------------------------------

// The kind is the path's third part.
static const struct record_kind *kind_of(const struct ctx *ctx)
{
    struct str rest = str_from(ctx->req->path, sizeof "/api/v2/" - 1);
    struct str name;
    struct str tail;
    str_cut(rest, '/', &name, &tail);
    return record_kind(str_eq_c(name, "custom_status") ? STR("custom_statuses") : name);
}

static bool is_field(const struct record_kind *kind)
{
    return str_ends(str_c(kind->name), STR("_fields"));
}

// A brand without an address of its own is this desk.
static void write_brand(struct ctx *ctx, struct jw *w, const struct record *record)
{
    bool named = !str_none(record_text(record, "name"));
    struct str host = str_printf(ctx->mem, STR_FMT "://" STR_FMT, STR_ARG(ctx->req->scheme),
                                 STR_ARG(ctx->req->host));
    if (!named) {
        jw_field_str(w, "name", ctx->app->config->desk_name);
        jw_field_c(w, "subdomain", "desk");
    }
    jw_field_str(w, "brand_url", host);
    jw_field_bool(w, "is_deleted", record->deleted_at != 0);
    jw_field_null(w, "logo");
}

// The desk's first address stands in its settings. Mail to an address comes here when the desk
// knows it; nothing else is asked of other servers, and nothing claimed.
static void write_address(struct ctx *ctx, struct jw *w, const struct record *record)
{
    struct str email = record_text(record, "email");
    if (str_none(email)) {
        jw_field_str(w, "email", mailbox_for(desk_of(ctx), ctx->mem, STR_NONE));
    }
    bool arrives = record->system || mailbox_is_own(desk_of(ctx), ctx->mem, email);
    jw_field_c(w, "forwarding_status", arrives ? "verified" : "unknown");
    jw_field_c(w, "spf_status", "unknown");
    jw_field_c(w, "cname_status", "unknown");
    jw_field_c(w, "domain_verification_status", "unknown");
    jw_field_null(w, "domain_verification_code");
}

static bool is_address(const struct record_kind *kind)
{
    return str_eq_c(str_c(kind->name), "recipient_addresses");
}

static void write_record(struct ctx *ctx, struct jw *w, const struct record *record)
{
    const struct record_kind *kind = record->kind;
    bool brand = str_eq_c(str_c(kind->name), "brands");
    jw_object_begin(w);
    jw_field_str(w, "url", api_url(ctx, "/api/v2/%s/%lld.json", kind->name, (long long)record->id));
    jw_field_i64(w, "id", record->id);
    if (brand) {
        write_brand(ctx, w, record);
    }
    if (is_address(kind)) {
        write_address(ctx, w, record);
    }
    record_members_write(ctx->mem, w, record);
    jw_field_i64(w, "position", record->position);
    if (is_field(kind)) {
        bool ticket = str_eq_c(str_c(kind->name), "ticket_fields");
        jw_field_bool(w, ticket ? "removable" : "system", ticket ? !record->system : false);
    }
    jw_field_time(w, "created_at", record->created_at);
    jw_field_time(w, "updated_at", record->updated_at);
    jw_object_end(w);
}

static bool answer_one(struct ctx *ctx, const struct record *record, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, record->kind->singular);
    write_record(ctx, &w, record);
    return api_end(ctx, &w, err);
}

static bool wanted(const struct record *record, const int64_t *ids, size_t count, bool given)
{
    bool listed = !given;
    for (size_t i = 0; i < count; i++) {
        listed = listed || ids[i] == record->id;
    }
    return listed;
}

// GET /api/v2/KIND and /show_many?ids=
bool api_records_list(struct ctx *ctx, struct error *err)
{
    const struct record_kind *kind = kind_of(ctx);
    struct record *list = NULL;
    struct record *shown = NULL;
    struct api_page page;
    struct api_found found = {0};
    int64_t *ids = NULL;
    size_t id_count = 0;
    size_t count = 0;
    size_t kept = 0;
    bool given = false;
    struct jw w;
    if (!api_page_parse(ctx, &page, err) || !api_ids(ctx, "ids", &ids, &id_count, &given, err) ||
        !records_list(ctx->db, ctx->mem, kind, false, &list, &count, err)) {
        return false;
    }
    bool active_only = str_eq_c(http_param(ctx->req, "active"), "true");
    for (size_t i = 0; i < count; i++) {
        if (wanted(&list[i], ids, id_count, given) &&
            (!active_only || record_flag(&list[i], "active", true))) {
            list[kept++] = list[i];
        }
    }
    page.descending = false;  // these lists have one order: by position
    if (!api_slice(ctx, &page, list, sizeof *list, kept, offsetof(struct record, id),
                   (void **)&shown, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, kind->name);
    for (size_t i = 0; i < found.count; i++) {
        write_record(ctx, &w, &shown[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/KIND/count
bool api_records_total(struct ctx *ctx, struct error *err)
{
    struct record *list = NULL;
    size_t count = 0;
    return records_list(ctx->db, ctx->mem, kind_of(ctx), false, &list, &count, err) &&
           api_count_write(ctx, (int64_t)count, err);
}

static bool path_record(struct ctx *ctx, struct db *db, struct record *ret, struct error *err)
{
    return record_load(db, ctx->mem, kind_of(ctx), ctx->path.ids[0], ret, err);
}

// GET /api/v2/KIND/{record:id}
bool api_record_show(struct ctx *ctx, struct error *err)
{
    struct record record;
    return path_record(ctx, ctx->db, &record, err) && answer_one(ctx, &record, err);
}

// --- changing -----------------------------------------------------------------------------------

struct call {
    struct ctx *ctx;
    const struct record_kind *kind;
    int64_t id;  // none: a new one
    struct jr_value body;
    bool clone;
    const int64_t *ids;
    size_t id_count;
    struct record after;
};

static int64_t now_of(const struct call *call)
{
    return clock_now(call->ctx->app->clock);
}

static bool set_default(struct call *call, struct db *tx, const struct record *one, bool value,
                        struct error *err)
{
    struct jr_value body;
    struct record ignored;
    struct str text = value ? STR("{\"default\":true}") : STR("{\"default\":false}");
    return jr_parse(call->ctx->mem, text, &body, err) &&
           record_update(tx, call->ctx->mem, one, body, now_of(call), &ignored, err);
}

// There is one default record of a kind; of statuses one in each category.
static bool one_default(struct call *call, struct db *tx, const struct record *chosen,
                        struct error *err)
{
    struct record *list = NULL;
    size_t count = 0;
    if (!record_flag(chosen, "default", false)) {
        return true;
    }
    if (!records_list(tx, call->ctx->mem, call->kind, false, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bool same = str_eq(record_text(&list[i], "status_category"),
                           record_text(chosen, "status_category"));
        if (list[i].id != chosen->id && same && record_flag(&list[i], "default", false) &&
            !set_default(call, tx, &list[i], false, err)) {
            return false;
        }
    }
    return true;
}

static bool shares_value(const struct record *one, struct str value)
{
    struct jr_value options = jr_get(one->doc, "custom_field_options");
    for (size_t i = 0; i < jr_count(options); i++) {
        if (str_ieq(jr_text(jr_get(jr_at(options, i), "value")), value)) {
            return true;
        }
    }
    return false;
}

// Options of ticket fields are tags, so no two fields may share a value.
static bool options_free(struct call *call, struct db *tx, struct error *err)
{
    struct record *list = NULL;
    size_t count = 0;
    struct jr_value options = jr_get(call->after.doc, "custom_field_options");
    if (!str_eq_c(str_c(call->kind->name), "ticket_fields") || jr_count(options) == 0) {
        return true;
    }
    if (!records_list(tx, call->ctx->mem, call->kind, false, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < jr_count(options); i++) {
        struct str value = jr_text(jr_get(jr_at(options, i), "value"));
        for (size_t k = 0; k < count; k++) {
            if (list[k].id != call->after.id && shares_value(&list[k], value)) {
                return error_field(err, "custom_field_options", "DuplicateValue",
                                   "Options: %.*s is used by another field already",
                                   STR_ARG(value));
            }
        }
    }
    return true;
}

// Into the trail; and rules, which name records, are read anew.
static bool note(const struct call *call, struct db *tx, const struct record *record,
                 const char *action, struct error *err)
{
    static const char *const NAMES[] = {"title", "name", "agent_label"};
    struct str label = STR_NONE;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES && str_none(label); i++) {
        label = record_text(record, NAMES[i]);
    }
    const struct trail_note note = {.action = action,
                                    .source_type = call->kind->singular,
                                    .source_id = record->id,
                                    .source_label = label,
                                    .change = STR_NONE};
    return trail_add(tx, &call->ctx->actor, now_of(call), &note, err) &&
           rules_defined_changed(tx, err) && service_defined_changed(tx, err);
}

// Addresses are well formed; the desk's own stands in its settings.
static bool address_fine(const struct call *call, struct error *err)
{
    struct str email = record_text(&call->after, "email");
    struct str normal;
    if (!is_address(call->kind) || (call->after.system && str_none(email))) {
        return true;
    }
    if (call->after.system) {
        return error_field(err, "email", "InvalidValue",
                           "Email: the desk's own address stands in its settings");
    }
    return email_normalise(call->ctx->mem, email, &normal) ||
           error_field(err, "email", "InvalidFormat", "Email: is not properly formatted");
}

static bool change_tx(struct db *tx, void *arg, struct error *err)
{
    struct call *call = arg;
    struct ctx *ctx = call->ctx;
    struct record before;
    bool create = call->id == 0;
    if (!create && !record_load(tx, ctx->mem, call->kind, call->id, &before, err)) {
        return false;
    }
    bool done =
        create
            ? record_create(tx, ctx->mem, call->kind, call->body, now_of(call), &call->after, err)
            : record_update(tx, ctx->mem, &before, call->body, now_of(call), &call->after, err);
    return done && address_fine(call, err) && options_free(call, tx, err) &&
           one_default(call, tx, &call->after, err) &&
           note(call, tx, &call->after, create ? "create" : "update", err);
}

bool record_save(struct ctx *ctx, const struct record_kind *kind, int64_t id, struct jr_value body,
                 struct record *ret, struct error *err)
{
    struct call call = {.ctx = ctx, .kind = kind, .id = id, .body = body};
    bool done = db_tx_run(ctx->app->db, "record.save", change_tx, &call, err);
    *ret = call.after;
    return done;
}

bool record_save_in(struct ctx *ctx, struct db *tx, const struct record_kind *kind, int64_t id,
                    struct jr_value body, struct record *ret, struct error *err)
{
    struct call call = {.ctx = ctx, .kind = kind, .id = id, .body = body};
    bool done = change_tx(tx, &call, err);
    *ret = call.after;
    return done;
}

// POST /api/v2/KIND
bool api_record_create(struct ctx *ctx, struct error *err)
{
    const struct record_kind *kind = kind_of(ctx);
    struct jr_value body;
    struct record made;
    if (!api_body(ctx, kind->singular, &body, err) ||
        !record_save(ctx, kind, 0, body, &made, err)) {
        return false;
    }
    api_created(ctx, api_url(ctx, "/api/v2/%s/%lld.json", kind->name, (long long)made.id));
    return answer_one(ctx, &made, err);
}

// PUT /api/v2/KIND/{record:id}
bool api_record_update(struct ctx *ctx, struct error *err)
{
    const struct record_kind *kind = kind_of(ctx);
    struct jr_value body;
    struct record record;
    return path_record(ctx, ctx->db, &record, err) && api_body(ctx, kind->singular, &body, err) &&
           record_save(ctx, kind, record.id, body, &record, err) && answer_one(ctx, &record, err);
}

static bool delete_tx(struct db *tx, void *arg, struct error *err)
{
    struct call *call = arg;
    struct record record;
    return record_load(tx, call->ctx->mem, call->kind, call->id, &record, err) &&
           record_delete(tx, call->ctx->mem, &record, now_of(call), err) &&
           note(call, tx, &record, "destroy", err);
}

bool record_remove(struct ctx *ctx, const struct record_kind *kind, int64_t id, struct error *err)
{
    struct call call = {.ctx = ctx, .kind = kind, .id = id};
    return db_tx_run(ctx->app->db, "record.remove", delete_tx, &call, err);
}

// DELETE /api/v2/KIND/{record:id}
bool api_record_delete(struct ctx *ctx, struct error *err)
{
    if (!record_remove(ctx, kind_of(ctx), ctx->path.ids[0], err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

static bool reorder_tx(struct db *tx, void *arg, struct error *err)
{
    struct call *call = arg;
    const struct trail_note note = {.action = "update",
                                    .source_type = call->kind->singular,
                                    .source_label = STR("order"),
                                    .change = STR_NONE};
    return records_reorder(tx, call->kind, call->ids, call->id_count, err) &&
           trail_add(tx, &call->ctx->actor, now_of(call), &note, err);
}

bool record_order(struct ctx *ctx, const struct record_kind *kind, const int64_t *ids, size_t count,
                  struct error *err)
{
    struct call call = {.ctx = ctx, .kind = kind, .ids = ids, .id_count = count};
    return db_tx_run(ctx->app->db, "records.order", reorder_tx, &call, err);
}

// PUT /api/v2/KIND/reorder {"ticket_field_ids":[…]}
bool api_records_reorder(struct ctx *ctx, struct error *err)
{
    const struct record_kind *kind = kind_of(ctx);
    struct jr_value whole = JR_NONE;
    if (!api_body_whole(ctx, &whole, err)) {
        return false;
    }
    struct jr_value list = jr_get(whole, mem_printf(ctx->mem, "%s_ids", kind->singular));
    int64_t *ids = mem_array(ctx->mem, int64_t, jr_count(list) + 1);
    for (size_t i = 0; i < jr_count(list); i++) {
        if (!jr_id(jr_at(list, i), &ids[i])) {
            return error_field(err, "base", "InvalidValue", "Each element must be an id.");
        }
    }
    if (jr_count(list) == 0) {
        return error_set(err, ERR_BAD_REQUEST, "The body must have %s_ids.", kind->singular);
    }
    struct jw w;
    if (!record_order(ctx, kind, ids, jr_count(list), err)) {
        return false;
    }
    api_begin(ctx, &w);
    return api_end(ctx, &w, err);
}

static bool clone_tx(struct db *tx, void *arg, struct error *err)
{
    struct call *call = arg;
    struct ctx *ctx = call->ctx;
    struct record before;
    struct jr_value none;
    struct record copy;
    return path_record(ctx, tx, &before, err) &&
           jr_parse(ctx->mem, STR("{\"default\":false}"), &none, err) &&
           record_create(tx, ctx->mem, call->kind, before.doc, now_of(call), &copy, err) &&
           record_update(tx, ctx->mem, &copy, none, now_of(call), &call->after, err) &&
           note(call, tx, &call->after, "create", err);
}

// POST /api/v2/ticket_forms/{record:id}/clone
bool api_record_clone(struct ctx *ctx, struct error *err)
{
    struct call call = {.ctx = ctx, .kind = kind_of(ctx)};
    return db_tx_run(ctx->app->db, "api.record.clone", clone_tx, &call, err) &&
           answer_one(ctx, &call.after, err);
}

// --- statuses and brands ------------------------------------------------------------------------

static bool defaults_tx(struct db *tx, void *arg, struct error *err)
{
    struct call *call = arg;
    for (size_t i = 0; i < call->id_count; i++) {
        struct record one;
        if (!record_load(tx, call->ctx->mem, call->kind, call->ids[i], &one, err) ||
            !set_default(call, tx, &one, true, err) ||
            !record_load(tx, call->ctx->mem, call->kind, call->ids[i], &one, err) ||
            !one_default(call, tx, &one, err) || !note(call, tx, &one, "update", err)) {
            return false;
        }
    }
    return true;
}

// PUT /api/v2/custom_status/default {"ids":[…]}
bool api_statuses_default(struct ctx *ctx, struct error *err)
{
    struct call call = {.ctx = ctx, .kind = record_kind(STR("custom_statuses"))};
    struct jr_value whole = JR_NONE;
    struct jw w;
    if (!api_body_whole(ctx, &whole, err)) {
        return false;
    }
    struct jr_value list = jr_get(whole, "ids");
    int64_t *ids = mem_array(ctx->mem, int64_t, jr_count(list) + 1);
    for (size_t i = 0; i < jr_count(list); i++) {
        if (!jr_id(jr_at(list, i), &ids[i])) {
            return error_field(err, "ids", "InvalidValue", "Ids: must be a list of ids");
        }
    }
    call.ids = ids;
    call.id_count = jr_count(list);
    if (!db_tx_run(ctx->app->db, "api.statuses.default", defaults_tx, &call, err)) {
        return false;
    }
    api_begin(ctx, &w);
    return api_end(ctx, &w, err);
}

// GET /api/v2/brands/check_host_mapping and …/{record:id}/check_host_mapping: names are not
// resolved here, so nothing is claimed of them.
bool api_brand_check(struct ctx *ctx, struct error *err)
{
    struct jw w;
    struct record brand;
    if (ctx->path.ids[0] != 0 && !path_record(ctx, ctx->db, &brand, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_bool(&w, "is_valid", false);
    jw_field_c(&w, "reason", "not_checked");
    jw_field_null(&w, "cname");
    return api_end(ctx, &w, err);
}

// PUT /api/v2/recipient_addresses/{record:id}/verify: what is known of it
bool api_address_verify(struct ctx *ctx, struct error *err)
{
    struct record address;
    return path_record(ctx, ctx->db, &address, err) && answer_one(ctx, &address, err);
}

// --- options ------------------------------------------------------------------------------------

static void write_option(struct ctx *ctx, struct jw *w, const struct record *field,
                         struct jr_value option, size_t position)
{
    int64_t id = 0;
    bool chosen = false;
    jw_object_begin(w);
    if (jr_id(jr_get(option, "id"), &id)) {
        jw_field_i64(w, "id", id);
        jw_field_str(w, "url",
                     api_url(ctx, "/api/v2/%s/%lld/options/%lld.json", field->kind->name,
                             (long long)field->id, (long long)id));
    }
    jw_field_str(w, "name", jr_text(jr_get(option, "name")));
    jw_field_str(w, "raw_name", jr_text(jr_get(option, "name")));
    jw_field_str(w, "value", jr_text(jr_get(option, "value")));
    jw_field_i64(w, "position", (int64_t)position);
    jw_field_bool(w, "default", jr_bool(jr_get(option, "default"), &chosen) && chosen);
    jw_object_end(w);
}

// GET /api/v2/KIND/{record:id}/options
bool api_options_list(struct ctx *ctx, struct error *err)
{
    struct record field;
    struct jw w;
    if (!path_record(ctx, ctx->db, &field, err)) {
        return false;
    }
    struct jr_value options = jr_get(field.doc, "custom_field_options");
    struct api_page page;
    struct api_found found = {.total = (int64_t)jr_count(options)};
    if (!api_page_parse(ctx, &page, err)) {
        return false;
    }
    size_t from = page.cursor ? (size_t)page.key.value : (size_t)page.offset;
    api_begin(ctx, &w);
    jw_field_array(&w, "custom_field_options");
    for (size_t i = from; i < jr_count(options) && found.count < (size_t)page.size; i++) {
        write_option(ctx, &w, &field, jr_at(options, i), i);
        found.count++;
    }
    jw_array_end(&w);
    found.more = from + found.count < jr_count(options);
    found.last.value = (int64_t)(from + found.count);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

static bool find_option(struct ctx *ctx, const struct record *field, int64_t id, size_t *ret,
                        struct error *err)
{
    struct jr_value options = jr_get(field->doc, "custom_field_options");
    (void)ctx;
    for (size_t i = 0; i < jr_count(options); i++) {
        int64_t one = 0;
        if (jr_id(jr_get(jr_at(options, i), "id"), &one) && one == id) {
            *ret = i;
            return true;
        }
    }
    return error_set(err, ERR_NOT_FOUND, "There is no such option.");
}

static bool option_answer(struct ctx *ctx, const struct record *field, size_t index,
                          struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "custom_field_option");
    write_option(ctx, &w, field, jr_at(jr_get(field->doc, "custom_field_options"), index), index);
    return api_end(ctx, &w, err);
}

// GET /api/v2/KIND/{record:id}/options/{option:id}
bool api_option_show(struct ctx *ctx, struct error *err)
{
    struct record field;
    size_t index = 0;
    return path_record(ctx, ctx->db, &field, err) &&
           find_option(ctx, &field, ctx->path.ids[1], &index, err) &&
           option_answer(ctx, &field, index, err);
}

// The field's options with one replaced, added (index = how many there are) or left out (`with`
// absent), as a body for record_update().
static bool options_body(struct ctx *ctx, const struct record *field, size_t index,
                         struct jr_value with, struct jr_value *ret, struct error *err)
{
    struct jr_value options = jr_get(field->doc, "custom_field_options");
    struct buf out;
    struct jw w;
    buf_init(&out, ctx->mem, 1 << 20);
    jw_init(&w, &out);
    jw_object_begin(&w);
    jw_field_array(&w, "custom_field_options");
    for (size_t i = 0; i < jr_count(options); i++) {
        if (i != index) {
            jw_raw(&w, jr_dump(ctx->mem, jr_at(options, i)));
        } else if (!jr_absent(with)) {
            jw_raw(&w, jr_dump(ctx->mem, with));
        }
    }
    if (index >= jr_count(options)) {
        jw_raw(&w, jr_dump(ctx->mem, with));
    }
    jw_array_end(&w);
    jw_object_end(&w);
    return jr_parse(ctx->mem, buf_str(&out), ret, err);
}

static bool store_options(struct ctx *ctx, const struct record *field, size_t index,
                          struct jr_value with, struct call *call, struct error *err)
{
    *call = (struct call){.ctx = ctx, .kind = field->kind, .id = field->id};
    return options_body(ctx, field, index, with, &call->body, err) &&
           db_tx_run(ctx->app->db, "api.option", change_tx, call, err);
}

// POST /api/v2/KIND/{record:id}/options: 201 for a new one, 200 with an id that is there
bool api_option_put(struct ctx *ctx, struct error *err)
{
    struct record field;
    struct jr_value option;
    struct call call;
    int64_t id = 0;
    if (!path_record(ctx, ctx->db, &field, err) ||
        !api_body(ctx, "custom_field_option", &option, err)) {
        return false;
    }
    size_t index = jr_count(jr_get(field.doc, "custom_field_options"));
    bool known = jr_id(jr_get(option, "id"), &id);
    if ((known && !find_option(ctx, &field, id, &index, err)) ||
        !store_options(ctx, &field, index, option, &call, err)) {
        return false;
    }
    ctx->resp->status = known ? 200 : 201;
    return option_answer(ctx, &call.after, index, err);
}

// DELETE /api/v2/KIND/{record:id}/options/{option:id}
bool api_option_delete(struct ctx *ctx, struct error *err)
{
    struct record field;
    struct call call;
    size_t index = 0;
    if (!path_record(ctx, ctx->db, &field, err) ||
        !find_option(ctx, &field, ctx->path.ids[1], &index, err) ||
        !store_options(ctx, &field, index, JR_NONE, &call, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}
