// Written by tools/sqlc; change the .sql instead.
#ifndef STEWARD_PETS_QUERIES_H
#define STEWARD_PETS_QUERIES_H

#include "base/ids.h"
#include "db/db.h"

struct pet_by_id_row {
    struct object_id id;
    struct user_id owner_id;
    struct user_id keeper_id;
    struct str name;
    double weight;
    struct str picture;
    bool tame;
    struct db_opt_i64 born_at;
};
// The pet of that id, if it is known.
MUST_CHECK bool pet_by_id(struct db *db, mem_ctx *ctx, struct object_id id, struct pet_by_id_row *ret, bool *ret_found, struct error *err);

struct pet_insert_in {
    struct object_id id;
    struct user_id owner_id;
    struct user_id keeper_id;
    struct str name;
    double weight;
    struct str picture;
    bool tame;
    struct db_opt_i64 born_at;
    struct str note;
};
MUST_CHECK bool pet_insert(struct db *db, const struct pet_insert_in *in, struct error *err);

struct pet_name {
    struct object_id id;
    struct str name;
};
MUST_CHECK bool pet_names(struct db *db, mem_ctx *ctx, const struct object_id *ids, size_t ids_count, const struct str *but_not, size_t but_not_count, struct pet_name **ret, size_t *ret_count, struct error *err);

MUST_CHECK bool pet_names_of_owner(struct db *db, mem_ctx *ctx, struct user_id owner_id, struct pet_name **ret, size_t *ret_count, struct error *err);

struct pet_count_row {
    int64_t pets;
};
MUST_CHECK bool pet_count(struct db *db, mem_ctx *ctx, struct pet_count_row *ret, struct error *err);

struct pet_rename_row {
    struct user_id owner_id;
};
MUST_CHECK bool pet_rename(struct db *db, mem_ctx *ctx, struct object_id id, struct str name, struct pet_rename_row *ret, struct error *err);

MUST_CHECK bool pets_forget(struct db *db, struct user_id owner_id, int64_t *ret_changes, struct error *err);

struct pet_search_row {
    struct object_id id;
};
MUST_CHECK bool pet_search(struct db *db, mem_ctx *ctx, struct str words, int64_t most, struct pet_search_row **ret, size_t *ret_count, struct error *err);

#endif
