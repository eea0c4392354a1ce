# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ./dev fresh [run|test|package]…: proves `./dev run`, `./dev test` and the Debian package on a
# machine with nothing on it: a minimal Debian 12 made by debootstrap, entered by chroot in
# namespaces of its own. Nothing of this machine is visible in it but the sources that git knows.
# Needs root. FRESH_KEEP=1 keeps the folder (build-fresh/), FRESH_MIRROR=URL takes Debian from there,
# FRESH_SUITES="unit api" runs only these suites in `fresh test`, FRESH_PORT is where `fresh run`
# serves, FRESH_PACKAGE=1 takes the package that build/package has already.

fresh_root=$ROOT/build-fresh/root

fresh_make() {
    local mirror=${FRESH_MIRROR:-} file
    if [ -z "$mirror" ] && [ -r /etc/apt/sources.list.d/debian.sources ]; then
        mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p' /etc/apt/sources.list.d/debian.sources | head -n 1)
    fi
    if [ -z "$mirror" ] && [ -r /etc/apt/sources.list ]; then
        mirror=$(sed -n 's/^deb \(\[[^]]*\] \)\?\([^ ]*\) bookworm main.*/\2/p' /etc/apt/sources.list |
            head -n 1)
    fi
    rm -rf "$fresh_root"
    mkdir -p "$fresh_root" build/log
    echo "Making a minimal Debian 12 in build-fresh/root" >&2
    if ! debootstrap --variant=minbase --include=ca-certificates,sudo bookworm "$fresh_root" \
        ${mirror:+"$mirror"} >build/log/debootstrap.log 2>&1; then
        tail -n 20 build/log/debootstrap.log >&2
        return 1
    fi
    # How this machine reaches the network: proxies and authorities, nothing else.
    cp /etc/resolv.conf "$fresh_root/etc/resolv.conf"
    for file in /etc/apt/apt.conf.d/*; do
        ! grep -qiE 'proxy|check-(date|valid-until)|verify-peer|cainfo' "$file" ||
            cp "$file" "$fresh_root/etc/apt/apt.conf.d/"
    done
    if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
        cp "$NODE_EXTRA_CA_CERTS" "$fresh_root/etc/extra-authorities.pem"
    fi
    chroot "$fresh_root" useradd -m -s /bin/bash person
    echo 'person ALL=(ALL) NOPASSWD: ALL' >"$fresh_root/etc/sudoers.d/person"
    copy_tree "$fresh_root/steward"
    chroot "$fresh_root" chown -R person: /steward
}

# fresh_in USER COMMAND: in a mount and process namespace that ends with it, and with an
# environment of nothing.
fresh_in() {
    local user=$1 command=$2 name keep=()
    for name in http_proxy https_proxy no_proxy JOBS; do
        [ -z "${!name:-}" ] || keep+=("$name=${!name}")
    done
    [ -z "${NODE_EXTRA_CA_CERTS:-}" ] || keep+=(NODE_EXTRA_CA_CERTS=/etc/extra-authorities.pem)
    # shellcheck disable=SC2016 # expanded by the inner shell
    unshare --mount --pid --fork --kill-child bash -c '
        root=$1 user=$2 command=$3
        shift 3
        mount -t proc proc "$root/proc" && mount -t sysfs -o ro sysfs "$root/sys" &&
            mount -t tmpfs tmpfs "$root/dev/shm" && mount -t tmpfs tmpfs "$root/run" &&
            mkdir -p "$root/dev/pts" && mount -t devpts devpts "$root/dev/pts" || exit 1
        home=/root
        [ "$user" = root ] || home=/home/$user
        exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            HOME="$home" USER="$user" LANG=C.UTF-8 "$@" \
            chroot --userspec="$user" "$root" bash -c "cd /steward && $command"
    ' fresh "$fresh_root" "$user" "$command" "${keep[@]}"
}

# fresh_sign_in URL MAIL PASSWORD: as a browser without scripts does it; the desk's own page answers.
fresh_sign_in() {
    local url=$1 jar=build/log/fresh-cookies csrf
    rm -f "$jar"
    csrf=$(curl -fs -c "$jar" "$url/sign-in" | sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' | head -n 1)
    curl -fs -b "$jar" -c "$jar" -o /dev/null --data-urlencode "csrf=$csrf" \
        --data-urlencode "email=$2" --data-urlencode "password=$3" "$url/sign-in" &&
        curl -fs -b "$jar" -o build/log/fresh-desk.html -w '%{http_code}\n' "$url/desk" | grep -qx 200
}

# ./dev run by a person with sudo, until its page answers and what it printed signs somebody in;
# what it says stays on the screen.
fresh_run() {
    local pid code=1 i log=build/log/fresh-run.log port=${FRESH_PORT:-8080}
    echo "== ./dev run, as a user with sudo"
    set -m # a process group of its own, to end all of it
    fresh_in person "./dev run --listen localhost:$port" >"$log" 2>&1 &
    pid=$!
    set +m
    for ((i = 0; i < 1800; i++)); do
        kill -0 "$pid" 2>/dev/null || break
        if curl -fs -o build/log/fresh-page.html "http://localhost:$port/" 2>/dev/null; then
            code=0
            break
        fi
        sleep 1
    done
    cat "$log"
    if [ $code -ne 0 ]; then
        echo "== its page did not answer"
    elif fresh_sign_in "$(sed -n 's/^ *Steward is at *//p' "$log")" \
        "$(sed -n 's/^ *Sign in as *//p' "$log")" "$(sed -n 's/^ *with the password *//p' "$log")"; then
        echo "== its page answered after $i s, and lets in who signs in as it says"
    else
        echo "== its page answered after $i s, but signing in as it says did not work"
        code=1
    fi
    kill -- "-$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    return $code
}

# ./dev test as root, on its own: the packages that ./dev run installed are not there.
fresh_test() {
    echo "== ./dev test ${FRESH_SUITES:-}, as root"
    if [ -n "${FRESH_SUITES:-}" ]; then
        fresh_in root "./dev test $FRESH_SUITES"
    else
        fresh_in root './.ci/run'
    fi
}

# The package that `./dev package` makes here, installed there with nothing but what it depends on.
fresh_package() {
    echo "== the Debian package: install, upgrade, remove, purge"
    [ -n "${FRESH_PACKAGE:-}" ] || (dev_package) || return 1
    cp build/package/steward_*.deb "$fresh_root/tmp/" &&
        fresh_in root 'tools/dev.d/package-trial.sh /tmp/steward_*.deb'
}

dev_fresh() {
    local what=("$@") each failed=0
    [ ${#what[@]} -gt 0 ] || what=(run test)
    if [ "$(id -u)" != 0 ]; then
        echo "dev: fresh must run as root: it makes a whole system" >&2
        exit 77
    fi
    need_packages fresh
    for each in "${what[@]}"; do
        case $each in
        run | test | package) ;;
        *)
            echo "dev: fresh knows run, test and package, not '$each'" >&2
            exit 64
            ;;
        esac
        fresh_make || exit 1
        "fresh_$each" || failed=1
    done
    [ -n "${FRESH_KEEP:-}" ] || rm -rf build-fresh
    [ $failed -eq 0 ]
}
