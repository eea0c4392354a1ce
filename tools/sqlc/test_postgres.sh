#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# test_postgres.sh SQLC SRC MIGRATION…: lets the PostgreSQL of STEWARD_TEST_POSTGRES run all
# migrations and prepare the queries of each folder below SRC.
set -u
sqlc=$1 src=$2
shift 2
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
failed=0
while read -r queries; do
    "$sqlc" --prepare "$queries" "$out/prepare.sql" "$@" || exit 1
    # After an error the rest of a transaction only echoes it, so stop there.
    if ! psql -X -q -v ON_ERROR_STOP=1 "$STEWARD_TEST_POSTGRES" -f "$out/prepare.sql" \
        >"$out/log" 2>&1; then
        echo "$queries: PostgreSQL says:"
        cat "$out/log"
        line=$(sed -n 's/.*prepare.sql:\([0-9]*\): ERROR.*/\1/p' "$out/log" | head -n 1)
        head -n "${line:-1}" "$out/prepare.sql" | tac | sed '/^-- \|^PREPARE/q' | tac
        failed=1
    fi
done < <(find "$src" -name queries.sql | LC_ALL=C sort)
exit "$failed"
