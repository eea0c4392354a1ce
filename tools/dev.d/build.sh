# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The build folders: build/ (gcc, optimised), build-asan/ (clang with sanitizers, what the tests
# run), build-fuzz/ (libFuzzer). Set JOBS to build with fewer or more processes than processors.

# ninja_quietly DIR [TARGET…]: builds; shows the compiler's words only when it fails.
ninja_quietly() {
    local dir=$1 log
    log=build/log/$(basename "$dir").log
    mkdir -p build/log
    if ! ninja -C "$@" ${JOBS:+-j "$JOBS"} >"$log" 2>&1; then
        grep -v '^\[[0-9]*/[0-9]*\] ' "$log" | tail -n 60 >&2
        echo "dev: building $dir failed; the whole log is $log" >&2
        return 1
    fi
}

# configure DIR [OPTION…]: meson setup, once for each set of options.
configure() {
    local dir=$1
    shift
    local wanted="${CC:-} $*"
    if [ -f "$dir/build.ninja" ] && [ "$(cat "$dir/.options" 2>/dev/null)" = "$wanted" ]; then
        return 0
    fi
    mkdir -p build/log
    local again=()
    [ ! -f "$dir/build.ninja" ] || again=(--reconfigure)
    if ! meson setup "${again[@]}" "$dir" "$@" >"build/log/setup.log" 2>&1; then
        tail -n 20 build/log/setup.log >&2
        return 1
    fi
    echo "$wanted" >"$dir/.options"
}

need_build() {
    need_packages build
    need_modules web
}

# The optimised program. Warnings are errors, as in continuous integration, once the tests ran
# here: then the folder is configured so, and stays.
build_plain() {
    need_build
    [ -f build/build.ninja ] || configure build
    ninja_quietly build
}

build_strict() {
    need_build
    configure build -Dwerror=true
    ninja_quietly build
}

build_asan() {
    need_build
    need_packages test
    CC=clang configure build-asan -Dwerror=true -Db_sanitize=address,undefined -Db_lundef=false
    ninja_quietly build-asan
}

dev_build() {
    build_plain
    if [ -x build/src/cmd/steward ]; then
        echo "Built build/src/cmd/steward"
    fi
}
