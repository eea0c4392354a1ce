// Written by tools/sqlc; change the .sql instead.
#include "migrations.h"

const struct db_migration MIGRATIONS[] = {
    {
        "pets/0001_pet",
        "CREATE TABLE pet (\n"
        "    id INTEGER PRIMARY KEY,\n"
        "    owner_id BIGINT NOT NULL,\n"
        "    keeper_id BIGINT,\n"
        "    name TEXT NOT NULL,\n"
        "    weight REAL NOT NULL,\n"
        "    picture BLOB,\n"
        "    tame INTEGER NOT NULL CHECK (tame IN (0, 1)),\n"
        "    born_at BIGINT,\n"
        "    note TEXT DEFAULT 'an INTEGER; not a type'\n"
        ")\n"
        ,
        "CREATE TABLE pet (\n"
        "    id BIGINT PRIMARY KEY,\n"
        "    owner_id BIGINT NOT NULL,\n"
        "    keeper_id BIGINT,\n"
        "    name TEXT NOT NULL,\n"
        "    weight DOUBLE PRECISION NOT NULL,\n"
        "    picture BYTEA,\n"
        "    tame BIGINT NOT NULL CHECK (tame IN (0, 1)),\n"
        "    born_at BIGINT,\n"
        "    note TEXT DEFAULT 'an INTEGER; not a type'\n"
        ")\n"
    },
    {
        "pets/0002_pet_search",
        "CREATE VIRTUAL TABLE pet_fts USING fts5 (name, content = '');\n"
        "CREATE INDEX pet_owner ON pet (owner_id, id)\n"
        ,
        "CREATE TABLE pet_fts (id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL);\n"
        "CREATE INDEX pet_owner ON pet (owner_id, id)\n"
    },
};
const size_t MIGRATION_COUNT = 2;
