// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading charters.
#include "desk/charter/charter.h"

#include <pthread.h>

#include "app/config.h"
#include "base/buf.h"
#include "desk/charter/charter_internal.h"
#include "desk/desk.h"

enum { VERSIONS_MOST = 200, TEXT_BYTES = 1 << 20 };

const struct charter_field_kind CHARTER_FIELD_KINDS[CHARTER_FIELDS] = {
#define FIELD(name, word, step, heading, question) {word, step, heading, question},
#include "desk/charter/fields.def"
#undef FIELD
};

static const char *const STATES[] = {"draft", "signing", "in_force", "replaced", "withdrawn"};

struct str charter_state_word(enum charter_state state)
{
    return str_c(STATES[state]);
}

bool charter_staff_only(const struct actor *actor, struct error *err)
{
    return actor_is_staff(actor) || error_set(err, ERR_NOT_FOUND, "There is no such charter.");
}

bool charter_leads_only(const struct actor *actor, struct error *err)
{
    return charter_staff_only(actor, err) &&
           (actor->role >= ROLE_LEAD ||
            error_set(err, ERR_FORBIDDEN, "Only leads and administrators do this."));
}

// --- the mission in memory ----------------------------------------------------------------------

#define MISSION_FRESH_US 2000000  // where db_changes() cannot tell: for how long it is believed

struct charter_room {
    pthread_mutex_t lock;  // guards what follows
    mem_ctx *kept;
    struct str mission;  // absent: there is none in force
    uint64_t changes;
    int64_t read_at_us;  // 0: never
};

static void close_room(void *handle)
{
    struct charter_room *room = handle;
    (void)pthread_mutex_destroy(&room->lock);
}

struct charter_room *charter_new(mem_ctx *ctx)
{
    struct charter_room *room = mem_new(ctx, struct charter_room);
    (void)pthread_mutex_init(&room->lock, NULL);
    room->kept = mem_ctx_new(NULL, "charter");
    mem_on_free(room, mem_free, room->kept);
    mem_on_free(room, close_room, room);
    return room;
}

static bool recall(struct charter_room *room, uint64_t changes, mem_ctx *ctx, struct str *ret)
{
    int64_t now = clock_monotonic_us();
    (void)pthread_mutex_lock(&room->lock);
    bool fresh = room->read_at_us != 0 && now - room->read_at_us < MISSION_FRESH_US &&
                 room->changes == changes;
    if (fresh) {
        *ret = str_none(room->mission) ? STR_NONE : str_dup(ctx, room->mission);
    }
    (void)pthread_mutex_unlock(&room->lock);
    return fresh;
}

static void remember(struct charter_room *room, uint64_t changes, struct str mission)
{
    (void)pthread_mutex_lock(&room->lock);
    mem_ctx_clear(room->kept);
    room->mission = str_none(mission) ? STR_NONE : str_dup(room->kept, mission);
    room->changes = changes;
    room->read_at_us = clock_monotonic_us();
    (void)pthread_mutex_unlock(&room->lock);
}

struct str charter_mission(const struct desk *desk, struct db *db, mem_ctx *ctx)
{
    struct str mission = STR_NONE;
    struct mission_in_force_row row;
    struct error err;
    bool found = false;
    uint64_t changes = db == NULL ? 0 : db_changes(db);
    if (db != NULL && !recall(desk->charter, changes, ctx, &mission)) {
        // A page is not refused because of its footer.
        bool read = mission_in_force(db, ctx, &row, &found, &err);
        mission = read && found && row.body.len > 0 ? row.body : STR_NONE;
        if (read) {
            remember(desk->charter, changes, mission);
        }
    }
    return str_none(mission) ? desk->app->config->mission : mission;
}

// --- rows ---------------------------------------------------------------------------------------

static struct charter from_row(const struct version_row *row)
{
    struct charter charter = {
        .id = row->id,
        .number = row->number,
        .revision = row->revision,
        .review_months = row->review_months,
        .text = row->body,
        .hash = row->hash,
        .created_by = row->created_by,
        .created_at = row->created_at,
        .updated_at = row->updated_at,
        .opened_at = row->opened_at.v,
        .in_force_at = row->in_force_at.v,
        .review_at = row->review_at.v,
    };
    for (size_t i = 0; i < sizeof STATES / sizeof *STATES; i++) {
        if (str_eq_c(row->state, STATES[i])) {
            charter.state = (enum charter_state)i;
        }
    }
    return charter;
}

static bool fill_objectives(struct db *db, mem_ctx *ctx, struct charter *ret, struct error *err)
{
    struct objectives_of_row *rows = NULL;
    size_t count = 0;
    if (!objectives_of(db, ctx, ret->id, &rows, &count, err)) {
        return false;
    }
    ret->objectives = mem_array(ctx, struct charter_objective, count + 1);
    ret->objective_count = count;
    for (size_t i = 0; i < count; i++) {
        ret->objectives[i] =
            (struct charter_objective){.id = rows[i].id,
                                       .origin = rows[i].origin,
                                       .is_long = str_eq_c(rows[i].horizon, "long"),
                                       .title = rows[i].title,
                                       .measure = rows[i].measure,
                                       .target = rows[i].target,
                                       .percent = rows[i].percent,
                                       .note = rows[i].note,
                                       .progress_at = rows[i].progress_at};
    }
    return true;
}

bool charter_fill(struct db *db, mem_ctx *ctx, struct charter *ret, struct error *err)
{
    struct fields_of_row *fields = NULL;
    size_t field_count = 0;
    struct values_of_row *values = NULL;
    size_t value_count = 0;
    if (!fields_of(db, ctx, ret->id, &fields, &field_count, err) ||
        !values_of(db, ctx, ret->id, &values, &value_count, err)) {
        return false;
    }
    for (int f = 0; f < CHARTER_FIELDS; f++) {
        ret->fields[f] = STR("");
        for (size_t i = 0; i < field_count; i++) {
            if (str_eq_c(fields[i].field, CHARTER_FIELD_KINDS[f].word)) {
                ret->fields[f] = fields[i].body;
            }
        }
    }
    ret->values = mem_array(ctx, struct charter_value, value_count + 1);
    ret->value_count = value_count;
    for (size_t i = 0; i < value_count; i++) {
        ret->values[i] = (struct charter_value){values[i].id, values[i].origin, values[i].name,
                                                values[i].keywords, values[i].meaning};
    }
    return fill_objectives(db, ctx, ret, err);
}

bool charter_find(struct db *db, mem_ctx *ctx, int64_t id, struct charter *ret, struct error *err)
{
    struct version_row row;
    bool found = false;
    if (!version_by_id(db, ctx, id, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no such charter.");
    }
    *ret = from_row(&row);
    return charter_fill(db, ctx, ret, err);
}

bool charter_in_state(struct db *db, mem_ctx *ctx, const char *state, struct charter *ret,
                      bool *ret_found, struct error *err)
{
    struct version_row row;
    if (!version_in_state(db, ctx, str_c(state), &row, ret_found, err)) {
        return false;
    }
    if (!*ret_found) {
        return true;
    }
    *ret = from_row(&row);
    return charter_fill(db, ctx, ret, err);
}

bool charter_in_force(struct db *db, mem_ctx *ctx, struct charter *ret, bool *ret_found,
                      struct error *err)
{
    return charter_in_state(db, ctx, "in_force", ret, ret_found, err);
}

bool charter_load(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                  struct charter *ret, struct error *err)
{
    return charter_staff_only(actor, err) && charter_find(db, ctx, id, ret, err);
}

bool charter_list(struct db *db, mem_ctx *ctx, const struct actor *actor, struct charter **ret,
                  size_t *ret_count, struct error *err)
{
    struct version_row *rows = NULL;
    size_t count = 0;
    if (!charter_staff_only(actor, err) ||
        !versions_all(db, ctx, VERSIONS_MOST, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct charter, count + 1);
    *ret_count = count;
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = from_row(&rows[i]);
    }
    return true;
}

// --- the text that is signed --------------------------------------------------------------------

static void put_section(struct buf *out, const char *heading, struct str body)
{
    buf_put_c(out, heading);
    buf_put_c(out, "\n\n");
    buf_put(out, str_trim(body));
    buf_put_c(out, "\n\n");
}

static void put_values(struct buf *out, const struct charter *charter)
{
    buf_put_c(out, "Values\n\n");
    for (size_t i = 0; i < charter->value_count; i++) {
        const struct charter_value *value = &charter->values[i];
        buf_put_c(out, "- ");
        buf_put(out, value->name);
        buf_put_c(out, " (");
        buf_put(out, value->keywords);
        buf_put_c(out, "): ");
        buf_put(out, value->meaning);
        buf_put_c(out, "\n");
    }
    buf_put_c(out, "\n");
}

static void put_objectives(struct buf *out, const struct charter *charter)
{
    buf_put_c(out, "Objectives\n\n");
    for (size_t i = 0; i < charter->objective_count; i++) {
        const struct charter_objective *one = &charter->objectives[i];
        buf_put_c(out, one->is_long ? "- In the long run: " : "- Soon: ");
        buf_put(out, one->title);
        buf_put_c(out, ". Measured by: ");
        buf_put(out, one->measure);
        buf_put_c(out, ". Aim: ");
        buf_put(out, one->target);
        buf_put_c(out, "\n");
    }
    buf_put_c(out, "\n");
}

struct str charter_text(mem_ctx *ctx, const struct charter *charter)
{
    struct buf out;
    buf_init(&out, ctx, TEXT_BYTES);
    buf_printf(&out, "Charter, version %lld\n\n", (long long)charter->number);
    for (int f = 0; f < CHARTER_FIELDS; f++) {
        if (f == CHARTER_PROCESSES) {
            put_values(&out, charter);
            put_objectives(&out, charter);
        }
        put_section(&out, CHARTER_FIELD_KINDS[f].heading, charter->fields[f]);
    }
    return buf_str(&out);
}

struct str charter_greeting(mem_ctx *ctx, struct str greeting, struct str name, struct str desk)
{
    struct buf out;
    struct str rest = greeting;
    buf_init(&out, ctx, TEXT_BYTES);
    while (rest.len > 0) {
        if (str_starts(rest, STR("{name}"))) {
            buf_put(&out, name);
            rest = str_from(rest, 6);
        } else if (str_starts(rest, STR("{desk}"))) {
            buf_put(&out, desk);
            rest = str_from(rest, 6);
        } else {
            buf_put_char(&out, rest.ptr[0]);
            rest = str_from(rest, 1);
        }
    }
    return buf_str(&out);
}

bool charter_overdue(const struct charter *charter, int64_t now)
{
    return charter->state == CHARTER_IN_FORCE && charter->review_at <= now;
}

// --- comments and signatures --------------------------------------------------------------------

bool charter_comments(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                      struct charter_comment **ret, size_t *ret_count, struct error *err)
{
    struct comments_of_row *rows = NULL;
    if (!charter_staff_only(actor, err) || !comments_of(db, ctx, id, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct charter_comment, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct charter_comment){rows[i].id, rows[i].field, rows[i].author_id,
                                             rows[i].body, rows[i].created_at};
    }
    return true;
}

bool charter_signers(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                     struct charter_signer **ret, size_t *ret_count, struct error *err)
{
    struct signers_of_row *rows = NULL;
    if (!charter_staff_only(actor, err) || !signers_of(db, ctx, id, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct charter_signer, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct charter_signer){rows[i].user_id, str_eq_c(rows[i].part, "leader"),
                                            rows[i].name, rows[i].signed_at.v, rows[i].hash};
    }
    return true;
}
