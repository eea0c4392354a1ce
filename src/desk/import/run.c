// SPDX-License-Identifier: GPL-3.0-or-later
//
// Goes through the folder kind by kind. Objects are taken together into transactions; each has a
// savepoint of its own, so that one that does not fit leaves the others alone.
#include "desk/import/import.h"

#include <string.h>

#include "desk/import/queries.h"
#include "desk/import/run.h"

#define TOGETHER 50
#define READ_TOGETHER ((size_t)8 << 20)

// --- what became of what ------------------------------------------------------------------------

static struct import_known *slot_of(struct import *run, enum import_kind kind, int64_t key)
{
    uint64_t mixed = ((uint64_t)key * 31 + (uint64_t)kind) * UINT64_C(0x9E3779B97F4A7C15);
    return &run->known[(mixed >> 32) % IMPORT_KNOWN_SLOTS];
}

bool import_find(struct import *run, struct db *db, enum import_kind kind, int64_t key,
                 int64_t *ret, struct error *err)
{
    struct import_record_find_row row = {0};
    bool found = false;
    struct import_known *slot = slot_of(run, kind, key);
    *ret = slot->key == key && slot->kind == kind ? slot->own : 0;
    if (key == 0 || *ret != 0) {
        return true;
    }
    if (!import_record_find(db, run->ctx, run->job->source, import_kind_word(kind), key, &row,
                            &found, err)) {
        return false;
    }
    *ret = found ? row.own_id : 0;
    // Tickets may yet be rolled back; whoever they name was committed before.
    if (found && kind < IMPORT_TICKET) {
        *slot = (struct import_known){kind, key, row.own_id};
    }
    return true;
}

bool import_nobody(struct import *run, struct db *db, mem_ctx *ctx, int64_t *ret, struct error *err)
{
    struct import_record_find_row row = {0};
    bool found = false;
    bool ok = import_record_find(db, ctx, run->job->source, import_kind_word(IMPORT_USER), 0, &row,
                                 &found, err);
    *ret = found ? row.own_id : 0;
    return ok;
}

bool import_came(struct import *run, struct db *db, mem_ctx *ctx, struct import_item *item,
                 struct error *err)
{
    struct import_records_find_row *rows = NULL;
    size_t count = 0;
    // What stands for the first comment of a ticket that had none has its number below zero.
    int64_t *keys = mem_array(ctx, int64_t, item->comment_count + 1);
    for (size_t i = 0; i < item->comment_count; i++) {
        keys[i] = item->comments[i].key;
    }
    keys[item->comment_count] = -item->key;
    if (!import_records_find(db, ctx, run->job->source, import_kind_word(IMPORT_COMMENT), keys,
                             item->comment_count + 1, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        item->first_known = item->first_known || rows[i].foreign_key == -item->key;
        for (size_t k = 0; k < item->comment_count; k++) {
            item->comments[k].known =
                item->comments[k].known || item->comments[k].key == rows[i].foreign_key;
        }
    }
    return true;
}

static bool put(struct import *run, struct db *tx, enum import_kind kind,
                const struct import_record_put_in *in, struct error *err)
{
    struct import_record_put_in whole = *in;
    whole.source = run->job->source;
    whole.kind = import_kind_word(kind);
    return import_record_put(tx, &whole, err);
}

bool import_put(struct import *run, struct db *tx, enum import_kind kind,
                const struct import_comment *comment, struct error *err)
{
    const struct import_record_put_in in = {
        .foreign_key = comment->key, .own_id = comment->own, .stamp = comment->at, .made = true};
    return put(run, tx, kind, &in, err);
}

void import_note(struct import_item *item, const char *field, struct str words)
{
    if (item->note_count < IMPORT_NOTES_MAX) {
        item->notes[item->note_count++] = (struct import_note){str_c(field), words};
    }
}

void import_note_lasting(struct import_item *item, const char *field, struct str words)
{
    if (item->lasting_count < IMPORT_NOTES_MAX) {
        item->lasting[item->lasting_count++] = (struct import_note){str_c(field), words};
    }
}

void import_became(struct import_item *item, int64_t id)
{
    item->became = id;
    item->outcome = item->own != 0 ? IMPORT_UPDATED : IMPORT_MADE;
}

void import_was_here(struct import_item *item, int64_t id)
{
    item->became = id;
    item->adopted = true;
    item->outcome = IMPORT_SAME;
}

bool import_dropped(const struct import_item *item, const char *key)
{
    for (size_t i = 0; i < item->drop_count; i++) {
        if (strcmp(item->drops[i], key) == 0) {
            return true;
        }
    }
    return false;
}

void import_carry(mem_ctx *ctx, struct jw *w, const struct import_item *item,
                  const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct jr_value value = jr_get(item->object, keys[i]);
        if (jr_absent(value) || import_dropped(item, keys[i])) {
            continue;
        }
        jw_key(w, keys[i]);
        jw_raw(w, jr_dump(ctx, value));
    }
}

bool import_written(mem_ctx *ctx, struct buf *out, struct jr_value *ret, struct error *err)
{
    return (!out->failed || error_set(err, ERR_TOO_LARGE, "This object is too large.")) &&
           jr_parse(ctx, buf_str(out), ret, err);
}

// --- one transaction ----------------------------------------------------------------------------

struct batch {
    struct import *run;
    const struct import_way *way;
    mem_ctx *ctx;  // what the items point to
    struct import_item *items;
    size_t count;
};

// What the caller's object lacks; ours lets the import end.
static bool is_answer(enum error_code code)
{
    int status = error_http_status(code);
    return status >= 400 && status < 500 && code != ERR_RATE_LIMITED;
}

// Fields as errors name them, and the members of objects that they stand for.
static const struct {
    const char *field;
    const char *key;
} DROPS[] = {
    {"email", "email"},
    {"external_id", "external_id"},
    {"phone", "phone"},
    {"alias", "alias"},
    {"locale", "locale"},
    {"time_zone", "iana_time_zone"},
    {"ticket_restriction", "ticket_restriction"},
    {"organization", "organization_id"},
    {"organization_id", "organization_id"},
    {"domain_names", "domain_names"},
    {"domains", "domain_names"},
    {"group", "group_id"},
    {"group_id", "group_id"},
    {"assignee", "assignee_id"},
    {"assignee_id", "assignee_id"},
    {"type", "type"},
    {"priority", "priority"},
    {"due_at", "due_at"},
    {"recipient", "recipient"},
    {"collaborators", "collaborators"},
    {"tags", "tags"},
};

static bool drop(struct import_item *item, const struct error *why)
{
    bool in_parts = item->kind == IMPORT_ORGANIZATION || item->kind == IMPORT_USER ||
                    item->kind == IMPORT_TICKET;
    if (!in_parts) {
        return false;
    }
    for (size_t i = 0; i < sizeof DROPS / sizeof *DROPS; i++) {
        if (strcmp(DROPS[i].field, why->field) == 0 && !import_dropped(item, DROPS[i].key) &&
            item->drop_count < IMPORT_DROPS_MAX) {
            item->drops[item->drop_count++] = DROPS[i].key;
            return true;
        }
    }
    return false;
}

static struct ctx *new_ctx(struct batch *batch, struct db *tx)
{
    mem_ctx *mem = mem_ctx_new(batch->ctx, "object");
    struct ctx *ctx = mem_new(mem, struct ctx);
    struct http_request *request = mem_new(mem, struct http_request);
    struct http_response *response = mem_new(mem, struct http_response);
    request->ctx = mem;
    http_response_init(response, mem);
    *ctx = (struct ctx){.app = batch->run->app,
                        .mem = mem,
                        .req = request,
                        .resp = response,
                        .db = tx,
                        .actor = actor_system(CHANNEL_API),
                        .csrf = STR(""),
                        .session = STR("")};
    return ctx;
}

// Another import of the same desk may have been here since this one looked.
static bool was_outrun(struct batch *batch, struct ctx *ctx, const struct import_item *item,
                       bool *ret, struct error *err)
{
    struct import_record_find_row row = {0};
    bool found = false;
    bool ok = import_record_find(ctx->db, ctx->mem, batch->run->job->source,
                                 import_kind_word(item->kind), item->key, &row, &found, err);
    *ret = found != item->before || row.stamp != item->own_stamp;
    return ok;
}

static bool apply_item(struct batch *batch, struct db *tx, struct import_item *item,
                       struct error *err)
{
    struct ctx *ctx = new_ctx(batch, tx);
    struct import_record_put_in row = {.foreign_key = item->key, .stamp = item->stamp};
    bool outrun = false;
    if (!was_outrun(batch, ctx, item, &outrun, err)) {
        return false;
    }
    if (outrun) {
        item->outcome = IMPORT_SAME;
        return true;
    }
    if (!batch->way->apply(batch->run, ctx, item, err)) {
        return false;
    }
    row.own_id = item->became;
    row.made = !item->adopted;
    bool came =
        item->outcome != IMPORT_GONE && item->became != 0 && batch->way != &IMPORT_WAY_LINKS;
    return !came || put(batch->run, tx, item->kind, &row, err);
}

// Tries again without what did not fit, as long as that helps.
static bool try_item(struct batch *batch, struct db *tx, struct import_item *item,
                     struct error *err)
{
    struct error why = {0};
    item->drop_count = 0;
    item->note_count = 0;
    for (;;) {
        size_t notes = item->note_count;
        item->became = item->own;
        item->adopted = false;
        item->outcome = IMPORT_PENDING;
        if (!db_savepoint(tx, err)) {
            return false;
        }
        if (apply_item(batch, tx, item, &why)) {
            db_savepoint_keep(tx);
            return true;
        }
        if (!is_answer(why.code)) {
            *err = why;
            return false;
        }
        db_savepoint_undo(tx);
        item->note_count = notes;
        struct str words = str_dup(batch->ctx, str_c(why.message));
        import_note(item, str_cstr(batch->ctx, str_c(why.field)), words);
        if (!drop(item, &why)) {
            item->outcome = IMPORT_REFUSED;
            return true;
        }
    }
}

static bool batch_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct batch *batch = arg;
    for (size_t i = 0; i < batch->count; i++) {
        struct import_item *item = &batch->items[i];
        if (!try_item(batch, tx, item, err)) {
            return false;
        }
    }
    return true;
}

static bool prepare_one(struct batch *batch, struct db *db, struct import_item *item,
                        struct error *err)
{
    struct import *run = batch->run;
    struct import_record_find_row row = {0};
    if (!import_record_find(db, batch->ctx, run->job->source, import_kind_word(item->kind),
                            item->key, &row, &item->before, err)) {
        return false;
    }
    item->own = row.own_id;
    item->own_stamp = row.stamp;
    item->own_made = row.made;
    if (batch->way->prepare != NULL) {
        return batch->way->prepare(run, db, batch->ctx, item, err);
    }
    if (item->before && (row.stamp >= item->stamp || !row.made)) {
        item->outcome = IMPORT_SAME;
    }
    return true;
}

static bool batch_prepare(struct db *db, void *arg, struct error *err)
{
    struct batch *batch = arg;
    for (size_t i = 0; i < batch->count; i++) {
        struct import_item *item = &batch->items[i];
        item->notes_ctx = batch->ctx;
        if (item->outcome == IMPORT_PENDING && !prepare_one(batch, db, item, err)) {
            return false;
        }
    }
    return true;
}

// Exports may have an object again when it changed meanwhile: the newer one counts.
static void pass_over_older(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        for (size_t k = i + 1; k < batch->count; k++) {
            struct import_item *one = &batch->items[i];
            struct import_item *other = &batch->items[k];
            if (one->key == other->key) {
                *(one->stamp > other->stamp ? &other->outcome : &one->outcome) = IMPORT_SAME;
            }
        }
    }
}

// Takes what needs nothing out, and counts it.
static void settle(struct batch *batch)
{
    size_t kept = 0;
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->items[i].outcome == IMPORT_PENDING) {
            batch->items[kept++] = batch->items[i];
        } else if (batch->way != &IMPORT_WAY_LINKS) {
            import_report(batch->run, &batch->items[i]);
        }
    }
    batch->count = kept;
}

static bool run_batch(struct batch *batch, struct error *err)
{
    struct db_store *store = batch->run->app->db;
    pass_over_older(batch);
    if (!db_read(store, batch_prepare, batch, err)) {
        return false;
    }
    settle(batch);
    if (batch->count > 0 && !db_tx_run(store, "import", batch_in_tx, batch, err)) {
        return false;
    }
    for (size_t i = 0; i < batch->count; i++) {
        struct import_item *item = &batch->items[i];
        if (batch->way != &IMPORT_WAY_LINKS || item->note_count > 0) {
            import_report(batch->run, item);
        }
    }
    return true;
}

// --- one kind -----------------------------------------------------------------------------------

struct phase {
    struct import *run;
    enum import_kind kind;
    const struct import_way *way;
    const char *plain;
    int64_t done;
    mem_ctx *ctx;  // of the objects that wait
    size_t read;   // bytes of text that were read into it
    struct import_item *items;
    size_t count;
};

static void phase_begin(struct phase *phase)
{
    phase->ctx = mem_ctx_new(phase->run->ctx, "batch");
    phase->items = mem_array(phase->ctx, struct import_item, TOGETHER);
    phase->count = 0;
    phase->read = 0;
}

static bool flush(struct phase *phase, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(phase->ctx, "together");
    struct batch batch = {phase->run, phase->way, ctx, phase->items, phase->count};
    bool ok = phase->count == 0 || run_batch(&batch, err);
    phase->done += (int64_t)phase->count;
    phase->count = 0;
    phase->run->last_ctx = NULL;
    mem_free(ctx);
    if (ok) {
        phase->run->job->progress(phase->run->job->arg, phase->plain, phase->done,
                                  phase->run->done->kinds[phase->kind].found);
    }
    return ok;
}

static bool add_objects(struct phase *phase, const struct import_list *list, struct error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        struct jr_value object = import_list_at(list, i);
        struct import_item *item = &phase->items[phase->count];
        *item = (struct import_item){.kind = phase->kind,
                                     .object = object,
                                     .key = import_id(object, "id"),
                                     .stamp = import_time(object, "updated_at")};
        if (item->key == 0) {
            item->outcome = IMPORT_REFUSED;
            import_note(item, "id", STR("It has no number."));
            import_report(phase->run, item);
            continue;
        }
        phase->count++;
        if (phase->count == TOGETHER && !flush(phase, err)) {
            return false;
        }
    }
    return true;
}

static bool phase_file(struct phase *phase, size_t file, struct error *err)
{
    struct import *run = phase->run;
    struct import_place place = {.file = file};
    struct str text;
    bool found = true;
    while (found) {
        struct import_piece piece = {.count = 0};
        struct error ignored = {0};
        if (!import_folder_next(run->folder, &place, &found, &text, err)) {
            return false;
        }
        if (!found || !import_piece_read(phase->ctx, import_folder_name(run->folder, file), text,
                                         &piece, &ignored)) {
            continue;  // told when the folder was looked through
        }
        for (size_t i = 0; i < piece.count; i++) {
            if (piece.lists[i].kind == phase->kind && !add_objects(phase, &piece.lists[i], err)) {
                return false;
            }
        }
        phase->read += text.len;
        if (phase->read > READ_TOGETHER && !flush(phase, err)) {
            return false;
        }
        if (phase->count == 0) {
            mem_free(phase->ctx);
            phase_begin(phase);
        }
    }
    return true;
}

static bool phase_run(struct import *run, enum import_kind kind, const struct import_way *way,
                      const char *plain, struct error *err)
{
    struct phase phase = {.run = run, .kind = kind, .way = way, .plain = plain};
    bool ok = true;
    if (run->done->kinds[kind].found == 0) {
        return true;
    }
    phase_begin(&phase);
    for (size_t i = 0; ok && i < import_folder_files(run->folder); i++) {
        ok = (run->holds[i] & 1U << kind) == 0 || phase_file(&phase, i, err);
    }
    ok = ok && flush(&phase, err);
    mem_free(phase.ctx);
    return ok;
}

static bool run_all(struct import *run, struct error *err)
{
    static const struct {
        enum import_kind kind;
        const struct import_way *way;
    } WAYS[] = {
        {IMPORT_BRAND, &IMPORT_WAY_BRAND},
        {IMPORT_USER_FIELD, &IMPORT_WAY_USER_FIELD},
        {IMPORT_ORGANIZATION_FIELD, &IMPORT_WAY_ORGANIZATION_FIELD},
        {IMPORT_TICKET_FIELD, &IMPORT_WAY_TICKET_FIELD},
        {IMPORT_CUSTOM_STATUS, &IMPORT_WAY_CUSTOM_STATUS},
        {IMPORT_TICKET_FORM, &IMPORT_WAY_TICKET_FORM},
        {IMPORT_GROUP, &IMPORT_WAY_GROUP},
        {IMPORT_ORGANIZATION, &IMPORT_WAY_ORGANIZATION},
        {IMPORT_USER, &IMPORT_WAY_USER},
        {IMPORT_IDENTITY, &IMPORT_WAY_IDENTITY},
        {IMPORT_GROUP_MEMBERSHIP, &IMPORT_WAY_GROUP_MEMBERSHIP},
        {IMPORT_ORGANIZATION_MEMBERSHIP, &IMPORT_WAY_ORGANIZATION_MEMBERSHIP},
        {IMPORT_VIEW, &IMPORT_WAY_VIEW},
        {IMPORT_MACRO, &IMPORT_WAY_MACRO},
        {IMPORT_TRIGGER, &IMPORT_WAY_TRIGGER},
        {IMPORT_AUTOMATION, &IMPORT_WAY_AUTOMATION},
        {IMPORT_CATEGORY, &IMPORT_WAY_CATEGORY},
        {IMPORT_SECTION, &IMPORT_WAY_SECTION},
        {IMPORT_ARTICLE, &IMPORT_WAY_ARTICLE},
        {IMPORT_TRANSLATION, &IMPORT_WAY_TRANSLATION},
        {IMPORT_TICKET, &IMPORT_WAY_TICKET},
    };
    for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++) {
        if (!phase_run(run, WAYS[i].kind, WAYS[i].way, import_kind_plain(WAYS[i].kind), err)) {
            return false;
        }
    }
    return phase_run(run, IMPORT_TICKET, &IMPORT_WAY_LINKS, "tickets and their problems", err);
}

// Whoever listens to changes of people hears nothing of an import.
static void be_silent(struct desk *desk)
{
    desk->people.hooks.person_changed = NULL;
    desk->people.hooks.organization_changed = NULL;
    desk->people.hooks.group_changed = NULL;
}

bool import_run(mem_ctx *ctx, const struct import_job *job, struct import_done *ret,
                struct error *err)
{
    struct import *run = mem_new(ctx, struct import);
    struct people_hooks hooks = job->desk->people.hooks;
    *ret = (struct import_done){0};
    run->job = job;
    run->done = ret;
    run->ctx = ctx;
    run->desk = job->desk;
    run->app = job->desk->app;
    if (!import_folder_open(ctx, job->folder, &run->folder, err) || !import_report_open(run, err)) {
        return false;
    }
    be_silent(job->desk);
    bool ok = import_index(run, err) && run_all(run, err);
    job->desk->people.hooks = hooks;
    struct error ignored;
    return import_report_close(run, ok ? err : &ignored) && ok;
}
