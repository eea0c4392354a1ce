#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# with_postgres.sh COMMAND…: starts a PostgreSQL of its own in a temporary folder, runs the command
# with its address in STEWARD_TEST_POSTGRES, and removes it again. Everybody may enter. Exits with 77 (skipped) where
# PostgreSQL is not installed. It listens on a socket in that folder only.
set -eu
bin=$(find /usr/lib/postgresql/*/bin /usr/bin -maxdepth 1 -name initdb 2>/dev/null | sort -V | tail -n 1)
bin=${bin%/initdb}
if [ -z "$bin" ] || [ ! -x "$bin/pg_ctl" ]; then
    echo "PostgreSQL is not installed"
    exit 77
fi
folder=$(mktemp -d /tmp/steward-pg-XXXXXX)
as=()
if [ "$(id -u)" -eq 0 ]; then
    # The server refuses to run as root.
    owner=postgres
    id "$owner" >/dev/null 2>&1 || owner=nobody
    chown "$owner" "$folder"
    chmod 755 "$folder"
    as=(setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups)
fi
# The server's user may not be allowed to see the folder we are in.
server() {
    (cd "$folder" && "${as[@]}" "$@")
}
server "$bin/initdb" -D "$folder/data" -U steward -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
    >"$folder/initdb.log" 2>&1 || {
    cat "$folder/initdb.log"
    exit 1
}
stop() {
    server "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT
server "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/data/log" \
    -o "-k $folder -c listen_addresses= -c fsync=off -c max_connections=300 -c shared_buffers=32MB" \
    start >/dev/null
STEWARD_TEST_POSTGRES="postgresql://steward@/postgres?host=$folder" "$@"
