# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ./dev bench [ROW…]: an optimised build, the programs of bench/, and the table that bench/run.mjs
# prints. The data folders of a thousand and a million tickets are made once, in build-bench/data.

dev_bench() {
    local tool targets=()
    need_build
    need_packages bench
    configure build-bench --buildtype=release -Db_lto=true
    for tool in bench/*.c; do
        tool=$(basename "$tool" .c)
        [ "$tool" = bench ] || targets+=("bench/bench_$tool")
    done
    ninja_quietly build-bench all "${targets[@]}"
    mkdir -p build
    STEWARD_PROGRAM=build-bench/src/cmd/steward BENCH_TOOLS=$ROOT/build-bench/bench \
        node bench/run.mjs "$@"
}
