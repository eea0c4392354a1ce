// Written by tools/sqlc; change the .sql instead.
#ifndef STEWARD_MIGRATIONS_H
#define STEWARD_MIGRATIONS_H

#include "db/db.h"

extern const struct db_migration MIGRATIONS[];
extern const size_t MIGRATION_COUNT;

#endif
