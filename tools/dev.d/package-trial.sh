#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What an administrator does with the package, in the order of its life: install, set up, serve,
# upgrade with data in place, remove, install again, purge. Run as root in a machine that may be
# thrown away (`./dev fresh package`):
#
#   tools/dev.d/package-trial.sh FILE.deb
set -euo pipefail
deb=$1
data=/var/lib/steward
passed=0 failed=0

check() {
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok      $what"
    else
        failed=$((failed + 1))
        echo "FAILED  $what"
    fi
}

# as_steward COMMAND…: as the service's own user, without a shell of its own.
as_steward() {
    runuser -u steward -- "$@"
}

install_deb() {
    DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "$1" >>/tmp/apt.log 2>&1 ||
        { tail -n 30 /tmp/apt.log && return 1; }
}

apt_quietly() {
    DEBIAN_FRONTEND=noninteractive apt-get "$1" -yq steward >>/tmp/apt.log 2>&1
}

# The same package with a higher version, as the next release would be.
next_version() {
    dpkg-deb -R "$deb" /tmp/next
    sed -i 's/^Version: .*/&+next/' /tmp/next/DEBIAN/control
    dpkg-deb --root-owner-group -b /tmp/next /tmp/next.deb >/dev/null
}

is_mode() {
    [ "$(stat -c '%a %U %G' "$1")" = "$2" ]
}

# The program, started as the unit does it, answers and ends in order.
serves() {
    local pid code=1 i
    as_steward /usr/bin/steward serve --data "$data" --listen localhost:8099 >>/tmp/serve.log 2>&1 &
    pid=$!
    for ((i = 0; i < 60; i++)); do
        if exec 3<>/dev/tcp/127.0.0.1/8099; then
            printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
            grep -q '^ok' <&3 && code=0
            exec 3>&-
            break
        fi 2>/dev/null
        sleep 0.5
    done
    pkill -TERM -u steward -x steward
    wait "$pid" || code=1
    [ $code -eq 0 ] || tail -n 20 /tmp/serve.log
    return $code
}

same_people() {
    as_steward steward user list --data "$data" >/tmp/people.now && cmp -s /tmp/people.before /tmp/people.now
}

apt-get update -q >/tmp/apt.log 2>&1
command -v pkill >/dev/null || apt-get install -yq procps >>/tmp/apt.log 2>&1
check 'installs with what it depends on' install_deb "$deb"
check 'the version it says is the one of the package' \
    test "$(steward version)" = "steward $(dpkg-query -W -f '${Version}' steward)"
check 'the data folder is its own and closed to others' is_mode "$data" '700 steward steward'
check 'the unit is there' test -f /lib/systemd/system/steward.service
check 'the manual is there' test -f /usr/share/man/man1/steward.1.gz -o -f /etc/dpkg/dpkg.cfg.d/excludes
printf 'correct horse battery\n' >/tmp/password
chmod 644 /tmp/password
check 'init makes the first administrator' \
    as_steward steward init --data "$data" --admin you@example.org --password-file /tmp/password
check 'sample data' as_steward steward sample --data "$data"
as_steward steward user list --data "$data" >/tmp/people.before
check 'there are people' test "$(wc -l </tmp/people.before)" -gt 3
check 'serves' serves
check 'the database is closed to others' is_mode "$data/steward.db" '600 steward steward'
sum=$(sha256sum "$data/secret")
next_version
check 'upgrades' install_deb /tmp/next.deb
check 'to the new version' test "$(dpkg-query -W -f '${Version}' steward)" != "$(dpkg-deb -f "$deb" Version)"
check 'the same people are there' same_people
check 'serves after the upgrade' serves
check 'removes' apt_quietly remove
check 'the program is gone' test ! -e /usr/bin/steward
check 'the data stays' test -f "$data/steward.db"
check 'installs again' install_deb "$deb"
check 'with the data of before' same_people
check 'purges' apt_quietly purge
check 'the package is gone' test -z "$(dpkg-query -W -f '${Status}' steward 2>/dev/null)"
check 'no file of its own is left' test -z "$(find /usr /etc /lib -name '*steward*' -not -path '/usr/share/doc/*' -print -quit)"
check 'tickets are never removed by removing a program' test -f "$data/steward.db"
check 'nor their key' test "$sum" = "$(sha256sum "$data/secret")"
check 'nor their owner' is_mode "$data" '700 steward steward'
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
