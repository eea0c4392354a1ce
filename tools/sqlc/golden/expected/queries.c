// Written by tools/sqlc; change the .sql instead.
#include "queries.h"

static void read_pet_by_id_row(struct db_cursor *rows, mem_ctx *ctx, struct pet_by_id_row *ret)
{
    ret->id = (struct object_id){db_column_i64(rows, 0)};
    ret->owner_id = (struct user_id){db_column_i64(rows, 1)};
    ret->keeper_id = (struct user_id){db_column_i64(rows, 2)};
    ret->name = str_dup(ctx, db_column_text(rows, 3));
    ret->weight = db_column_f64(rows, 4);
    ret->picture = str_dup(ctx, db_column_text(rows, 5));
    ret->tame = db_column_i64(rows, 6) != 0;
    ret->born_at = (struct db_opt_i64){!db_column_null(rows, 7), db_column_i64(rows, 7)};
}

static const enum db_type PARAMS_pet_by_id[] = {DB_I64};
static const struct db_query QUERY_pet_by_id = {
    .name = "pet_by_id",
    .sqlite =
        "SELECT id, owner_id, keeper_id, name, weight, picture, tame, born_at FROM pet WHERE id = ?1\n"
        ,
    .postgres =
        "SELECT id, owner_id, keeper_id, name, weight, picture, tame, born_at FROM pet WHERE id = $1\n"
        ,
    .params = PARAMS_pet_by_id,
    .param_count = 1,
};

bool pet_by_id(struct db *db, mem_ctx *ctx, struct object_id id, struct pet_by_id_row *ret, bool *ret_found, struct error *err)
{
    const struct db_value params_[] = {
        DB_VALUE_I64(id.v),
    };
    struct db_cursor *rows_;
    bool found_ = false;
    if (!db_query_start(db, &QUERY_pet_by_id, params_, &rows_, err)) {
        return false;
    }
    bool ok_ = db_query_step(rows_, &found_, err);
    if (ok_ && found_) {
        read_pet_by_id_row(rows_, ctx, ret);
    }
    db_query_end(rows_);
    if (!ok_) {
        return false;
    }
    if (!found_) {
        *ret = (struct pet_by_id_row){0};
    }
    *ret_found = found_;
    return true;
}

static const enum db_type PARAMS_pet_insert[] = {DB_I64, DB_I64, DB_I64, DB_TEXT, DB_F64, DB_BLOB, DB_I64, DB_I64, DB_TEXT};
static const struct db_query QUERY_pet_insert = {
    .name = "pet_insert",
    .sqlite =
        "INSERT INTO pet (id, owner_id, keeper_id, name, weight, picture, tame, born_at, note)\n"
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)\n"
        ,
    .postgres =
        "INSERT INTO pet (id, owner_id, keeper_id, name, weight, picture, tame, born_at, note)\n"
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)\n"
        ,
    .params = PARAMS_pet_insert,
    .param_count = 9,
};

bool pet_insert(struct db *db, const struct pet_insert_in *in, struct error *err)
{
    const struct db_value params_[] = {
        DB_VALUE_I64(in->id.v),
        DB_VALUE_I64(in->owner_id.v),
        DB_VALUE_ID(in->keeper_id.v),
        DB_VALUE_TEXT_SET(in->name),
        DB_VALUE_F64(in->weight),
        DB_VALUE_BLOB(in->picture),
        DB_VALUE_I64(in->tame),
        DB_VALUE_OPT(in->born_at),
        DB_VALUE_TEXT(in->note),
    };
    return db_exec(db, &QUERY_pet_insert, params_, NULL, err);
}

static void read_pet_name(struct db_cursor *rows, mem_ctx *ctx, struct pet_name *ret)
{
    ret->id = (struct object_id){db_column_i64(rows, 0)};
    ret->name = str_dup(ctx, db_column_text(rows, 1));
}

static const enum db_type PARAMS_pet_names[] = {DB_I64_ARRAY, DB_TEXT_ARRAY};
static const struct db_query QUERY_pet_names = {
    .name = "pet_names",
    .sqlite =
        "SELECT id, name FROM pet\n"
        "WHERE id IN (SELECT value FROM json_each(?1)) AND name NOT IN (SELECT value FROM json_each(?2)) AND name <> ':ids \"quoted\" \\' ORDER BY id\n"
        ,
    .postgres =
        "SELECT id, name FROM pet\n"
        "WHERE id = ANY ($1) AND name  <> ALL ($2) AND name <> ':ids \"quoted\" \\' ORDER BY id\n"
        ,
    .params = PARAMS_pet_names,
    .param_count = 2,
};

bool pet_names(struct db *db, mem_ctx *ctx, const struct object_id *ids, size_t ids_count, const struct str *but_not, size_t but_not_count, struct pet_name **ret, size_t *ret_count, struct error *err)
{
    const struct db_value params_[] = {
        DB_VALUE_I64S(ids, ids_count),
        DB_VALUE_TEXTS(but_not, but_not_count),
    };
    struct db_cursor *rows_;
    if (!db_query_start(db, &QUERY_pet_names, params_, &rows_, err)) {
        return false;
    }
    struct pet_name *list_ = NULL;
    size_t count_ = 0;
    size_t room_ = 0;
    bool more_ = false;
    bool ok_ = db_query_step(rows_, &more_, err);
    while (ok_ && more_) {
        if (count_ == room_) {
            room_ = room_ == 0 ? 16 : room_ * 2;
            list_ = mem_grow(ctx, list_, struct pet_name, room_);
        }
        read_pet_name(rows_, ctx, &list_[count_++]);
        ok_ = db_query_step(rows_, &more_, err);
    }
    db_query_end(rows_);
    if (ok_) {
        *ret = list_;
        *ret_count = count_;
    }
    return ok_;
}

static const enum db_type PARAMS_pet_names_of_owner[] = {DB_I64};
static const struct db_query QUERY_pet_names_of_owner = {
    .name = "pet_names_of_owner",
    .sqlite =
        "SELECT id, name FROM pet WHERE owner_id = ?1 ORDER BY id\n"
        ,
    .postgres =
        "SELECT id, name FROM pet WHERE owner_id = $1 ORDER BY id\n"
        ,
    .params = PARAMS_pet_names_of_owner,
    .param_count = 1,
};

bool pet_names_of_owner(struct db *db, mem_ctx *ctx, struct user_id owner_id, struct pet_name **ret, size_t *ret_count, struct error *err)
{
    const struct db_value params_[] = {
        DB_VALUE_I64(owner_id.v),
    };
    struct db_cursor *rows_;
    if (!db_query_start(db, &QUERY_pet_names_of_owner, params_, &rows_, err)) {
        return false;
    }
    struct pet_name *list_ = NULL;
    size_t count_ = 0;
    size_t room_ = 0;
    bool more_ = false;
    bool ok_ = db_query_step(rows_, &more_, err);
    while (ok_ && more_) {
        if (count_ == room_) {
            room_ = room_ == 0 ? 16 : room_ * 2;
            list_ = mem_grow(ctx, list_, struct pet_name, room_);
        }
        read_pet_name(rows_, ctx, &list_[count_++]);
        ok_ = db_query_step(rows_, &more_, err);
    }
    db_query_end(rows_);
    if (ok_) {
        *ret = list_;
        *ret_count = count_;
    }
    return ok_;
}

static void read_pet_count_row(struct db_cursor *rows, mem_ctx *ctx UNUSED, struct pet_count_row *ret)
{
    ret->pets = db_column_i64(rows, 0);
}

static const struct db_query QUERY_pet_count = {
    .name = "pet_count",
    .sqlite =
        "SELECT COUNT(*) AS pets FROM pet\n"
        ,
    .postgres =
        "SELECT COUNT(*) AS pets FROM pet\n"
        ,
};

bool pet_count(struct db *db, mem_ctx *ctx, struct pet_count_row *ret, struct error *err)
{
    const struct db_value *params_ = NULL;
    struct db_cursor *rows_;
    bool found_ = false;
    if (!db_query_start(db, &QUERY_pet_count, params_, &rows_, err)) {
        return false;
    }
    bool ok_ = db_query_step(rows_, &found_, err);
    if (ok_ && found_) {
        read_pet_count_row(rows_, ctx, ret);
    }
    db_query_end(rows_);
    if (ok_ && !found_) {
        (void)error_set(err, ERR_NOT_FOUND, "There is no such record.");
        return error_detail(err, "no row for query pet_count");
    }
    return ok_;
}

static void read_pet_rename_row(struct db_cursor *rows, mem_ctx *ctx UNUSED, struct pet_rename_row *ret)
{
    ret->owner_id = (struct user_id){db_column_i64(rows, 0)};
}

static const enum db_type PARAMS_pet_rename[] = {DB_I64, DB_TEXT};
static const struct db_query QUERY_pet_rename = {
    .name = "pet_rename",
    .sqlite =
        "UPDATE pet SET name = ?2 WHERE id = ?1 RETURNING owner_id\n"
        ,
    .postgres =
        "UPDATE pet SET name = $2 WHERE id = $1 RETURNING owner_id\n"
        ,
    .params = PARAMS_pet_rename,
    .param_count = 2,
};

bool pet_rename(struct db *db, mem_ctx *ctx, struct object_id id, struct str name, struct pet_rename_row *ret, struct error *err)
{
    const struct db_value params_[] = {
        DB_VALUE_I64(id.v),
        DB_VALUE_TEXT_SET(name),
    };
    struct db_cursor *rows_;
    bool found_ = false;
    if (!db_query_start(db, &QUERY_pet_rename, params_, &rows_, err)) {
        return false;
    }
    bool ok_ = db_query_step(rows_, &found_, err);
    if (ok_ && found_) {
        read_pet_rename_row(rows_, ctx, ret);
    }
    db_query_end(rows_);
    if (ok_ && !found_) {
        (void)error_set(err, ERR_NOT_FOUND, "There is no such record.");
        return error_detail(err, "no row for query pet_rename");
    }
    return ok_;
}

static const enum db_type PARAMS_pets_forget[] = {DB_I64};
static const struct db_query QUERY_pets_forget = {
    .name = "pets_forget",
    .sqlite =
        "DELETE FROM pet WHERE owner_id = ?1\n"
        ,
    .postgres =
        "DELETE FROM pet WHERE owner_id = $1\n"
        ,
    .params = PARAMS_pets_forget,
    .param_count = 1,
};

bool pets_forget(struct db *db, struct user_id owner_id, int64_t *ret_changes, struct error *err)
{
    const struct db_value params_[] = {
        DB_VALUE_I64(owner_id.v),
    };
    return db_exec(db, &QUERY_pets_forget, params_, ret_changes, err);
}

static void read_pet_search_row(struct db_cursor *rows, mem_ctx *ctx UNUSED, struct pet_search_row *ret)
{
    ret->id = (struct object_id){db_column_i64(rows, 0)};
}

static const enum db_type PARAMS_pet_search[] = {DB_TEXT, DB_I64};
static const struct db_query QUERY_pet_search = {
    .name = "pet_search",
    .sqlite =
        "SELECT rowid AS id FROM pet_fts WHERE pet_fts MATCH ?1 ORDER BY rowid DESC LIMIT ?2\n"
        ,
    .postgres =
        "SELECT id FROM pet_fts WHERE words @@ websearch_to_tsquery('simple'::regconfig, $1)\n"
        "ORDER BY id DESC LIMIT $2\n"
        ,
    .params = PARAMS_pet_search,
    .param_count = 2,
};

bool pet_search(struct db *db, mem_ctx *ctx, struct str words, int64_t most, struct pet_search_row **ret, size_t *ret_count, struct error *err)
{
    const struct db_value params_[] = {
        DB_VALUE_TEXT_SET(words),
        DB_VALUE_I64(most),
    };
    struct db_cursor *rows_;
    if (!db_query_start(db, &QUERY_pet_search, params_, &rows_, err)) {
        return false;
    }
    struct pet_search_row *list_ = NULL;
    size_t count_ = 0;
    size_t room_ = 0;
    bool more_ = false;
    bool ok_ = db_query_step(rows_, &more_, err);
    while (ok_ && more_) {
        if (count_ == room_) {
            room_ = room_ == 0 ? 16 : room_ * 2;
            list_ = mem_grow(ctx, list_, struct pet_search_row, room_);
        }
        read_pet_search_row(rows_, ctx, &list_[count_++]);
        ok_ = db_query_step(rows_, &more_, err);
    }
    db_query_end(rows_);
    if (ok_) {
        *ret = list_;
        *ret_count = count_;
    }
    return ok_;
}

