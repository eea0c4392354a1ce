# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Which Debian packages each step needs, and installing what is missing. "a|b" is met by either.
#
# shellcheck disable=SC2034 # the lists are read by name, in need_packages

packages_build=(gcc libc6-dev meson ninja-build pkg-config libtalloc-dev libsodium-dev
    libsqlite3-dev libpq-dev libmicrohttpd-dev libjansson-dev libgmime-3.0-dev
    libcurl4-gnutls-dev libgumbo-dev libcmark-gfm-dev
    libcmark-gfm-extensions-dev libstemmer-dev libicu-dev zlib1g-dev libbrotli-dev
    libqrencode-dev libseccomp-dev libldap-dev libgnutls28-dev libssl-dev libetpan-dev libcmocka-dev gettext tzdata ca-certificates)
packages_test=(clang libclang-rt-14-dev llvm chromium fonts-dejavu-core prometheus postfix
    sqlite3 dovecot-core dovecot-imapd dovecot-lmtpd postgresql pgbouncer haproxy procps libfaketime
    slapd)
packages_lint=(clang-format clang-tidy clang shellcheck git systemd)
packages_fuzz=(clang libclang-rt-14-dev llvm)
packages_bench=(procps postgresql)
packages_package=(dpkg-dev debhelper fakeroot lintian)
packages_fresh=(debootstrap util-linux curl)

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "dev: '$*' must run as root, and there is no sudo" >&2
        return 1
    fi
}

# Those of the named packages that dpkg does not know as installed, one a line.
packages_missing() {
    local wanted name installed
    installed=" $(dpkg-query -W -f='${db:Status-Abbrev}${Package}\n' 2>/dev/null |
        sed -n 's/^ii //p' | tr '\n' ' ')"
    for wanted in "$@"; do
        for name in ${wanted//|/ }; do
            [[ $installed != *" $name "* ]] || continue 2
        done
        echo "${wanted%%|*}"
    done
}

# need_packages GROUP…: installs what is missing of these groups; asks apt nothing if all is there.
need_packages() {
    local group missing wanted=()
    for group in "$@"; do
        local -n list="packages_$group"
        wanted+=("${list[@]}")
    done
    mapfile -t missing < <(packages_missing "${wanted[@]}")
    [ ${#missing[@]} -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "dev: please install these: ${missing[*]}" >&2
        return 1
    fi
    echo "Installing ${missing[*]}" >&2
    export DEBIAN_FRONTEND=noninteractive
    mkdir -p build/log
    if ! { as_root apt-get update -q && as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -yq --no-install-recommends "${missing[@]}"; } \
        >build/log/apt.log 2>&1; then
        tail -n 20 build/log/apt.log >&2
        echo "dev: apt could not install all of it; see build/log/apt.log" >&2
        return 1
    fi
}

# Debian 12's node, or whatever is there from version 18 on.
need_node() {
    local major
    major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
    packages_node=()
    [ "$major" -ge 18 ] || packages_node+=(nodejs)
    command -v npm >/dev/null || packages_node+=(npm)
    [ ${#packages_node[@]} -eq 0 ] || need_packages node
}

# need_modules DIR: node_modules of DIR as its lock file says; nothing to do if the lock is the
# one they were made from.
need_modules() {
    local dir=$1 stamp=$1/node_modules/.stamp
    [ -f "$dir/package-lock.json" ] || return 0
    need_node
    if ! cmp -s "$dir/package-lock.json" "$stamp"; then
        echo "Installing the modules of $dir" >&2
        mkdir -p build/log
        if ! (cd "$dir" && npm ci --no-audit --no-fund) >"build/log/npm.log" 2>&1; then
            tail -n 20 build/log/npm.log >&2
            return 1
        fi
        cp "$dir/package-lock.json" "$stamp"
    fi
}
