# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ./dev run: from nothing to a help desk with sample data on http://localhost:8080.

dev_run() {
    local listen=127.0.0.1:8080 data=$ROOT/data
    while [ $# -gt 0 ]; do
        case $1 in
        --listen) listen=${2:?--listen wants HOST:PORT} ;;
        --data) data=${2:?--data wants a folder} ;;
        *)
            echo "dev: run knows --listen HOST:PORT and --data DIR, not '$1'" >&2
            exit 64
            ;;
        esac
        shift 2
    done
    build_plain
    local steward=$ROOT/build/src/cmd/steward
    if [ ! -x "$steward" ]; then
        echo "dev: the program is not there: build/src/cmd/steward" >&2
        exit 1
    fi
    run_sample "$steward" "$data"
    local port=${listen##*:}
    cat <<END

  Steward is at          http://localhost:$port
  Sign in as             admin@example.org
  with the password      $(cat "$data/sample-password")

  The data is in $data; remove that folder to start anew. Ctrl-C ends the server.

END
    exec "$steward" serve --data "$data" --listen "$listen"
}

# The data folder with people and tickets, made in a folder beside it so that what was interrupted
# is never taken for whole.
run_sample() {
    local steward=$1 data=$2 fresh=$2.new
    [ ! -f "$data/sample-password" ] || return 0
    if [ -e "$data" ]; then
        echo "dev: $data is there but was not made by ./dev run; name another with --data" >&2
        exit 1
    fi
    echo "Making sample data in $data" >&2
    rm -rf "$fresh"
    (umask 077 && mkdir -p "$fresh" && od -An -N9 -tx1 /dev/urandom | tr -d ' \n' >"$fresh/sample-password")
    "$steward" init --data "$fresh" --admin admin@example.org \
        --password-file "$fresh/sample-password" >/dev/null
    "$steward" sample --data "$fresh"
    mv "$fresh" "$data"
}
