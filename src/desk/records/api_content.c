// SPDX-License-Identifier: GPL-3.0-or-later
//
// Dynamic content: texts with variants by language that placeholders ({{dc.name}}) put into rules.
// An item is a record whose document has its variants.
#include "app/api.h"
#include "desk/records/api_records.h"
#include "desk/records/records.h"
#include "desk/trail/trail.h"

#define CONTENT_MAX (64 << 10)
#define VARIANTS_MOST 200

struct content {
    struct ctx *ctx;
    const struct record_kind *kind;
    struct jr_value body;     // of an item
    struct jr_value variant;  // of one variant, or
    struct jr_value list;     // of many
    int64_t variant_id;       // the one meant; 0: none
    bool create;
    bool remove;
    struct record after;
    int64_t touched;  // the variant that was written
};

static struct content content_of(struct ctx *ctx)
{
    return (struct content){.ctx = ctx, .kind = record_kind(STR("dynamic_content_items"))};
}

static int64_t member_id(struct jr_value object, const char *name)
{
    int64_t id = 0;
    return jr_id(jr_get(object, name), &id) ? id : 0;
}

static bool member_flag(struct jr_value object, const char *name, bool otherwise)
{
    bool value = otherwise;
    return jr_bool(jr_get(object, name), &value) ? value : otherwise;
}

static int64_t member_time(struct jr_value object, const char *name)
{
    int64_t ms = 0;
    return jr_i64(jr_get(object, name), &ms) ? ms : 0;
}

// --- showing ------------------------------------------------------------------------------------

static struct jr_value variants_of(const struct record *item)
{
    return jr_get(item->doc, "variants");
}

// Older than the words in the default language.
static bool is_outdated(const struct record *item, struct jr_value variant)
{
    struct jr_value list = variants_of(item);
    for (size_t i = 0; i < jr_count(list); i++) {
        struct jr_value one = jr_at(list, i);
        if (member_flag(one, "default", false)) {
            return member_time(one, "updated_at") > member_time(variant, "updated_at");
        }
    }
    return false;
}

static void write_variant(struct ctx *ctx, struct jw *w, const struct record *item,
                          struct jr_value variant)
{
    int64_t id = member_id(variant, "id");
    jw_object_begin(w);
    jw_field_str(w, "url",
                 api_url(ctx, "/api/v2/dynamic_content/items/%lld/variants/%lld.json",
                         (long long)item->id, (long long)id));
    jw_field_i64(w, "id", id);
    jw_field_str(w, "content", jr_text(jr_get(variant, "content")));
    jw_field_i64(w, "locale_id", member_id(variant, "locale_id"));
    jw_field_bool(w, "outdated", is_outdated(item, variant));
    jw_field_bool(w, "active", member_flag(variant, "active", true));
    jw_field_bool(w, "default", member_flag(variant, "default", false));
    jw_field_time(w, "created_at", member_time(variant, "created_at"));
    jw_field_time(w, "updated_at", member_time(variant, "updated_at"));
    jw_object_end(w);
}

static void write_item(struct ctx *ctx, struct jw *w, const struct record *item)
{
    struct jr_value list = variants_of(item);
    bool outdated = false;
    for (size_t i = 0; i < jr_count(list); i++) {
        outdated = outdated || is_outdated(item, jr_at(list, i));
    }
    jw_object_begin(w);
    jw_field_str(w, "url",
                 api_url(ctx, "/api/v2/dynamic_content/items/%lld.json", (long long)item->id));
    jw_field_i64(w, "id", item->id);
    jw_field_str(w, "name", record_text(item, "name"));
    jw_field_str(w, "placeholder", record_text(item, "placeholder"));
    jw_field_i64(w, "default_locale_id", member_id(item->doc, "default_locale_id"));
    jw_field_bool(w, "outdated", outdated);
    jw_field_array(w, "variants");
    for (size_t i = 0; i < jr_count(list); i++) {
        write_variant(ctx, w, item, jr_at(list, i));
    }
    jw_array_end(w);
    jw_field_time(w, "created_at", item->created_at);
    jw_field_time(w, "updated_at", item->updated_at);
    jw_object_end(w);
}

static bool item_answer(struct ctx *ctx, const struct record *item, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "item");
    write_item(ctx, &w, item);
    return api_end(ctx, &w, err);
}

// "{{dc.greeting}}", "dc.greeting" and "greeting" name the same.
static bool is_named(mem_ctx *mem, const struct record *item, struct str identifier)
{
    struct str whole = record_text(item, "placeholder");
    struct str bare = str_sub(whole, 5, whole.len - 7);
    return str_eq(identifier, whole) || str_eq(identifier, bare) ||
           str_eq(identifier, str_printf(mem, "dc." STR_FMT, STR_ARG(bare)));
}

// GET /api/v2/dynamic_content/items and /show_many?identifiers=
bool api_content_list(struct ctx *ctx, struct error *err)
{
    struct content c = content_of(ctx);
    struct record *list = NULL;
    struct record *shown = NULL;
    struct api_page page;
    struct api_found found = {0};
    struct str *names = NULL;
    size_t name_count = 0;
    size_t count = 0;
    size_t kept = 0;
    bool given = false;
    struct jw w;
    if (!api_page_parse(ctx, &page, err) ||
        !api_texts(ctx, "identifiers", &names, &name_count, &given, err) ||
        !records_list(ctx->db, ctx->mem, c.kind, false, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bool wanted = !given;
        for (size_t k = 0; k < name_count; k++) {
            wanted = wanted || is_named(ctx->mem, &list[i], names[k]);
        }
        if (wanted) {
            list[kept++] = list[i];
        }
    }
    page.descending = false;
    if (!api_slice(ctx, &page, list, sizeof *list, kept, offsetof(struct record, id),
                   (void **)&shown, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "items");
    for (size_t i = 0; i < found.count; i++) {
        write_item(ctx, &w, &shown[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

static bool path_item(struct ctx *ctx, struct db *db, struct record *ret, struct error *err)
{
    struct content c = content_of(ctx);
    return record_load(db, ctx->mem, c.kind, ctx->path.ids[0], ret, err);
}

// GET /api/v2/dynamic_content/items/{record:id}
bool api_content_show(struct ctx *ctx, struct error *err)
{
    struct record item;
    return path_item(ctx, ctx->db, &item, err) && item_answer(ctx, &item, err);
}

static bool find_variant(const struct record *item, int64_t id, struct jr_value *ret,
                         struct error *err)
{
    struct jr_value list = variants_of(item);
    for (size_t i = 0; i < jr_count(list); i++) {
        if (member_id(jr_at(list, i), "id") == id) {
            *ret = jr_at(list, i);
            return true;
        }
    }
    return error_set(err, ERR_NOT_FOUND, "There is no such variant.");
}

static bool variant_answer(struct ctx *ctx, const struct record *item, int64_t id,
                           struct error *err)
{
    struct jr_value variant;
    struct jw w;
    if (!find_variant(item, id, &variant, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_key(&w, "variant");
    write_variant(ctx, &w, item, variant);
    return api_end(ctx, &w, err);
}

// GET /api/v2/dynamic_content/items/{record:id}/variants
bool api_variants_list(struct ctx *ctx, struct error *err)
{
    struct record item;
    struct api_page page;
    struct api_found found = {0};
    struct jr_value *shown = NULL;
    struct jw w;
    if (!path_item(ctx, ctx->db, &item, err) || !api_page_parse(ctx, &page, err)) {
        return false;
    }
    struct jr_value list = variants_of(&item);
    struct jr_value *rows = mem_array(ctx->mem, struct jr_value, jr_count(list) + 1);
    for (size_t i = 0; i < jr_count(list); i++) {
        rows[i] = jr_at(list, i);
    }
    if (!api_slice(ctx, &page, rows, sizeof *rows, jr_count(list), SIZE_MAX, (void **)&shown,
                   &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "variants");
    for (size_t i = 0; i < found.count; i++) {
        write_variant(ctx, &w, &item, shown[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/dynamic_content/items/{record:id}/variants/{option:id}
bool api_variant_show(struct ctx *ctx, struct error *err)
{
    struct record item;
    return path_item(ctx, ctx->db, &item, err) && variant_answer(ctx, &item, ctx->path.ids[1], err);
}

// --- writing ------------------------------------------------------------------------------------

struct variant {
    int64_t id;
    struct str content;
    int64_t locale;
    bool active;
    bool is_default;
    int64_t created_at;
    int64_t updated_at;
};

struct variants {
    struct variant *list;
    size_t count;
};

static void read_variants(mem_ctx *mem, struct jr_value list, struct variants *ret)
{
    ret->list = mem_array(mem, struct variant, VARIANTS_MOST + 1);
    for (ret->count = 0; ret->count < jr_count(list) && ret->count < VARIANTS_MOST; ret->count++) {
        struct jr_value one = jr_at(list, ret->count);
        ret->list[ret->count] = (struct variant){.id = member_id(one, "id"),
                                                 .content = jr_text(jr_get(one, "content")),
                                                 .locale = member_id(one, "locale_id"),
                                                 .active = member_flag(one, "active", true),
                                                 .is_default = member_flag(one, "default", false),
                                                 .created_at = member_time(one, "created_at"),
                                                 .updated_at = member_time(one, "updated_at")};
    }
}

static bool check_variant(const struct variants *all, const struct variant *one, struct error *err)
{
    if (str_none(one->content)) {
        return error_field(err, "content", "BlankValue", "Content: cannot be blank");
    }
    if (one->content.len > CONTENT_MAX) {
        return error_field(err, "content", "TooLong", "Content: is too long");
    }
    if (one->locale <= 0) {
        return error_field(err, "locale_id", "BlankValue", "Locale: cannot be blank");
    }
    for (size_t i = 0; i < all->count; i++) {
        if (&all->list[i] != one && all->list[i].locale == one->locale) {
            return error_field(err, "locale_id", "DuplicateValue", "Locale: has a variant already");
        }
    }
    return true;
}

static void make_default(struct variants *all, const struct variant *chosen)
{
    for (size_t i = 0; i < all->count; i++) {
        all->list[i].is_default = &all->list[i] == chosen;
    }
}

// Adds what the body says, or changes the variant of that id.
static bool put_variant(struct content *c, struct db *tx, struct variants *all, int64_t id,
                        struct jr_value body, struct error *err)
{
    int64_t now = clock_now(c->ctx->app->clock);
    struct variant *one = NULL;
    for (size_t i = 0; i < all->count && id != 0; i++) {
        one = all->list[i].id == id ? &all->list[i] : one;
    }
    if (id != 0 && one == NULL) {
        return error_set(err, ERR_NOT_FOUND, "There is no such variant.");
    }
    if (one == NULL) {
        if (all->count == VARIANTS_MOST) {
            return error_field(err, "variants", "TooLong", "Variants: there are too many");
        }
        one = &all->list[all->count++];
        *one = (struct variant){
            .id = db_next_id(tx), .content = STR_NONE, .active = true, .created_at = now};
    }
    struct str content = jr_text(jr_get(body, "content"));
    int64_t locale = member_id(body, "locale_id");
    one->content = str_none(content) ? one->content : content;
    one->locale = locale != 0 ? locale : one->locale;
    one->active = member_flag(body, "active", one->active);
    one->updated_at = now;
    c->touched = one->id;
    if (!check_variant(all, one, err)) {
        return false;
    }
    if (member_flag(body, "default", false) || all->count == 1) {
        make_default(all, one);
    }
    return one->active || !one->is_default ||
           error_field(err, "active", "InvalidValue", "Active: the default variant is needed");
}

static bool drop_variant(struct variants *all, int64_t id, struct error *err)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->list[i].id != id) {
            continue;
        }
        if (all->list[i].is_default) {
            return error_field(err, "base", "InvalidValue",
                               "The default variant cannot be deleted.");
        }
        all->list[i] = all->list[all->count - 1];
        all->count--;
        return true;
    }
    return error_set(err, ERR_NOT_FOUND, "There is no such variant.");
}

// "Our Greeting" is {{dc.our_greeting}}.
static struct str placeholder_of(mem_ctx *mem, struct str name)
{
    char *text = mem_text_n(mem, name.ptr, name.len);
    for (char *p = text; *p != '\0'; p++) {
        bool upper = *p >= 'A' && *p <= 'Z';
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || (*p & 0x80) != 0;
        *p = upper ? (char)(*p - 'A' + 'a') : plain ? *p : '_';
    }
    return str_printf(mem, "{{dc.%s}}", text);
}

static struct str document(struct content *c, struct str name, struct str placeholder,
                           const struct variants *all)
{
    struct buf out;
    struct jw w;
    int64_t locale = 0;
    buf_init(&out, c->ctx->mem, 1 << 20);
    jw_init(&w, &out);
    jw_object_begin(&w);
    jw_field_str(&w, "name", name);
    jw_field_str(&w, "placeholder", placeholder);
    jw_field_array(&w, "variants");
    for (size_t i = 0; i < all->count; i++) {
        const struct variant *one = &all->list[i];
        locale = one->is_default ? one->locale : locale;
        jw_object_begin(&w);
        jw_field_i64(&w, "id", one->id);
        jw_field_str(&w, "content", one->content);
        jw_field_i64(&w, "locale_id", one->locale);
        jw_field_bool(&w, "active", one->active);
        jw_field_bool(&w, "default", one->is_default);
        jw_field_i64(&w, "created_at", one->created_at);
        jw_field_i64(&w, "updated_at", one->updated_at);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    jw_field_i64(&w, "default_locale_id", locale);
    jw_object_end(&w);
    return out.failed ? STR_NONE : buf_str(&out);
}

static bool store_item(struct content *c, struct db *tx, const struct record *before,
                       struct str name, const struct variants *all, struct error *err)
{
    struct ctx *ctx = c->ctx;
    int64_t now = clock_now(ctx->app->clock);
    struct jr_value doc;
    struct str placeholder =
        before == NULL ? placeholder_of(ctx->mem, name) : record_text(before, "placeholder");
    struct str text = document(c, name, placeholder, all);
    if (str_none(text)) {
        return error_set(err, ERR_TOO_LARGE, "This item is too large.");
    }
    const struct trail_note note = {.action = before == NULL ? "create" : "update",
                                    .source_type = "dynamic_content",
                                    .source_label = name,
                                    .change = STR_NONE};
    return jr_parse(ctx->mem, text, &doc, err) &&
           (before == NULL ? record_create(tx, ctx->mem, c->kind, doc, now, &c->after, err)
                           : record_update(tx, ctx->mem, before, doc, now, &c->after, err)) &&
           trail_add(tx, &ctx->actor, now, &note, err);
}

static bool create_tx(struct db *tx, void *arg, struct error *err)
{
    struct content *c = arg;
    struct variants all;
    struct str name = jr_text(jr_get(c->body, "name"));
    struct jr_value list = jr_get(c->body, "variants");
    struct jr_value content = jr_get(c->body, "content");
    int64_t locale = member_id(c->body, "default_locale_id");
    read_variants(c->ctx->mem, JR_NONE, &all);
    if (str_empty(str_trim(name))) {
        return error_field(err, "name", "BlankValue", "Name: cannot be blank");
    }
    if (jr_count(list) == 0 && jr_none(content)) {
        return error_field(err, "variants", "BlankValue", "Variants: name at least one");
    }
    for (size_t i = 0; i < jr_count(list); i++) {
        if (!put_variant(c, tx, &all, 0, jr_at(list, i), err)) {
            return false;
        }
    }
    if (jr_count(list) == 0) {
        all.list[0] = (struct variant){.id = db_next_id(tx),
                                       .content = jr_text(content),
                                       .locale = locale != 0 ? locale : 1,
                                       .active = true,
                                       .is_default = true,
                                       .created_at = clock_now(c->ctx->app->clock),
                                       .updated_at = clock_now(c->ctx->app->clock)};
        all.count = 1;
        if (!check_variant(&all, &all.list[0], err)) {
            return false;
        }
    }
    for (size_t i = 0; i < all.count && locale != 0; i++) {
        if (all.list[i].locale == locale) {
            make_default(&all, &all.list[i]);
        }
    }
    return store_item(c, tx, NULL, str_trim(name), &all, err);
}

// POST /api/v2/dynamic_content/items {"item":{"name","default_locale_id","variants":[…]}}
bool api_content_create(struct ctx *ctx, struct error *err)
{
    struct content c = content_of(ctx);
    if (!api_body(ctx, "item", &c.body, err) ||
        !db_tx_run(ctx->app->db, "api.content", create_tx, &c, err)) {
        return false;
    }
    api_created(ctx,
                api_url(ctx, "/api/v2/dynamic_content/items/%lld.json", (long long)c.after.id));
    return item_answer(ctx, &c.after, err);
}

static bool rename_tx(struct db *tx, void *arg, struct error *err)
{
    struct content *c = arg;
    struct record before;
    struct variants all;
    struct str name = jr_text(jr_get(c->body, "name"));
    if (!path_item(c->ctx, tx, &before, err)) {
        return false;
    }
    if (!str_none(name) && str_empty(str_trim(name))) {
        return error_field(err, "name", "BlankValue", "Name: cannot be blank");
    }
    read_variants(c->ctx->mem, variants_of(&before), &all);
    return store_item(c, tx, &before,
                      str_none(name) ? record_text(&before, "name") : str_trim(name), &all, err);
}

// PUT /api/v2/dynamic_content/items/{record:id}: its name; the placeholder stays what it was
bool api_content_update(struct ctx *ctx, struct error *err)
{
    struct content c = content_of(ctx);
    return api_body(ctx, "item", &c.body, err) &&
           db_tx_run(ctx->app->db, "api.content", rename_tx, &c, err) &&
           item_answer(ctx, &c.after, err);
}

static bool delete_tx(struct db *tx, void *arg, struct error *err)
{
    struct content *c = arg;
    struct ctx *ctx = c->ctx;
    struct record item;
    int64_t now = clock_now(ctx->app->clock);
    if (!path_item(ctx, tx, &item, err)) {
        return false;
    }
    const struct trail_note note = {.action = "destroy",
                                    .source_type = "dynamic_content",
                                    .source_id = item.id,
                                    .source_label = record_text(&item, "name"),
                                    .change = STR_NONE};
    return record_delete(tx, ctx->mem, &item, now, err) &&
           trail_add(tx, &ctx->actor, now, &note, err);
}

// DELETE /api/v2/dynamic_content/items/{record:id}
bool api_content_delete(struct ctx *ctx, struct error *err)
{
    struct content c = content_of(ctx);
    if (!db_tx_run(ctx->app->db, "api.content.delete", delete_tx, &c, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

static bool variants_tx(struct db *tx, void *arg, struct error *err)
{
    struct content *c = arg;
    struct record before;
    struct variants all;
    if (!path_item(c->ctx, tx, &before, err)) {
        return false;
    }
    read_variants(c->ctx->mem, variants_of(&before), &all);
    if (c->remove) {
        return drop_variant(&all, c->variant_id, err) &&
               store_item(c, tx, &before, record_text(&before, "name"), &all, err);
    }
    if (!jr_absent(c->variant) && !put_variant(c, tx, &all, c->variant_id, c->variant, err)) {
        return false;
    }
    for (size_t i = 0; i < jr_count(c->list); i++) {
        int64_t id = c->create ? 0 : member_id(jr_at(c->list, i), "id");
        if (!c->create && id == 0) {
            return error_field(err, "id", "BlankValue", "Id: cannot be blank");
        }
        if (!put_variant(c, tx, &all, id, jr_at(c->list, i), err)) {
            return false;
        }
    }
    return store_item(c, tx, &before, record_text(&before, "name"), &all, err);
}

// POST /api/v2/dynamic_content/items/{record:id}/variants
bool api_variant_create(struct ctx *ctx, struct error *err)
{
    struct content c = content_of(ctx);
    if (!api_body(ctx, "variant", &c.variant, err) ||
        !db_tx_run(ctx->app->db, "api.variant", variants_tx, &c, err)) {
        return false;
    }
    api_created(ctx, api_url(ctx, "/api/v2/dynamic_content/items/%lld/variants/%lld.json",
                             (long long)c.after.id, (long long)c.touched));
    return variant_answer(ctx, &c.after, c.touched, err);
}

// PUT /api/v2/dynamic_content/items/{record:id}/variants/{option:id}
bool api_variant_update(struct ctx *ctx, struct error *err)
{
    struct content c = content_of(ctx);
    c.variant_id = ctx->path.ids[1];
    return api_body(ctx, "variant", &c.variant, err) &&
           db_tx_run(ctx->app->db, "api.variant", variants_tx, &c, err) &&
           variant_answer(ctx, &c.after, c.variant_id, err);
}

// DELETE /api/v2/dynamic_content/items/{record:id}/variants/{option:id}
bool api_variant_delete(struct ctx *ctx, struct error *err)
{
    struct content c = content_of(ctx);
    c.variant_id = ctx->path.ids[1];
    c.remove = true;
    if (!db_tx_run(ctx->app->db, "api.variant.delete", variants_tx, &c, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

// POST …/variants/create_many and PUT …/variants/update_many {"variants":[…]}: all or none
bool api_variants_many(struct ctx *ctx, struct error *err)
{
    struct content c = content_of(ctx);
    struct jr_value whole = JR_NONE;
    struct jw w;
    c.create = ctx->req->method == HTTP_POST;
    if (!api_body_whole(ctx, &whole, err)) {
        return false;
    }
    c.list = jr_get(whole, "variants");
    if (jr_count(c.list) == 0 || jr_count(c.list) > API_BATCH_MAX) {
        return error_set(err, ERR_BAD_REQUEST, "The body must have 1 to 100 variants.");
    }
    if (!db_tx_run(ctx->app->db, "api.variants", variants_tx, &c, err)) {
        return false;
    }
    ctx->resp->status = c.create ? 201 : 200;
    struct jr_value list = variants_of(&c.after);
    api_begin(ctx, &w);
    jw_field_array(&w, "variants");
    for (size_t i = 0; i < jr_count(list); i++) {
        write_variant(ctx, &w, &c.after, jr_at(list, i));
    }
    jw_array_end(&w);
    return api_end(ctx, &w, err);
}
