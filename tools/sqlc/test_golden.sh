#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What sqlc writes for golden/pets, and what it complains of, is what lies there as expected.
# test_golden.sh SQLC FOLDER [--update]
set -u
sqlc=$(realpath "$1")
cd "$2" || exit 1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
schema=(pets/schema/*.sql)
"$sqlc" pets/queries.sql "$out/queries.h" "$out/queries.c" "${schema[@]}" || exit 1
"$sqlc" --migrations "$out/migrations.h" "$out/migrations.c" "${schema[@]}" || exit 1
if "$sqlc" pets/bad.sql "$out/bad.h" "$out/bad.c" "${schema[@]}" 2>"$out/bad.txt"; then
    echo "sqlc did not complain of bad.sql"
    exit 1
fi
rm -f "$out/bad.h" "$out/bad.c"
if [ "${3:-}" = --update ]; then
    mkdir -p expected
    cp "$out"/* expected/
fi
diff -ru expected "$out"
