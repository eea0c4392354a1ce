# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ./dev fuzz [SECONDS] [TARGET…]: runs each target of tests/fuzz for 60 seconds or so many. New
# inputs that reach new code are kept in build-fuzz/corpus; what breaks is left in
# build-fuzz/findings and belongs into tests/fuzz/regression with its fix.

build_fuzz() {
    need_build
    need_packages fuzz
    CC=clang configure build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false \
        -Dc_args=-fsanitize=fuzzer-no-link
    ninja_quietly build-fuzz
}

# fuzz_target NAME SECONDS
fuzz_target() {
    local name=$1 seconds=$2 kept=build-fuzz/corpus/$1 folders=() dict=() folder
    mkdir -p "$kept" build-fuzz/findings
    for folder in "tests/fuzz/corpus/$name" "tests/fuzz/regression/$name"; do
        [ ! -d "$folder" ] || folders+=("$folder")
    done
    [ ! -f "tests/fuzz/dict/$name" ] || dict=("-dict=tests/fuzz/dict/$name")
    "build-fuzz/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 \
        -rss_limit_mb=3000 -max_len=65536 -print_final_stats=1 \
        -artifact_prefix="build-fuzz/findings/$name-" "${dict[@]}" "$kept" "${folders[@]}"
}

dev_fuzz() {
    local seconds=60 targets=() name runs passed=0 failed=0
    if [[ ${1:-} =~ ^[0-9]+$ ]]; then
        seconds=$1
        shift
    fi
    build_fuzz
    targets=("$@")
    if [ ${#targets[@]} -eq 0 ]; then
        mapfile -t targets < <(find tests/fuzz -name 'fuzz_*.c' -printf '%f\n' |
            sed 's/^fuzz_//; s/\.c$//' | LC_ALL=C sort)
    fi
    mkdir -p build/log
    for name in "${targets[@]}"; do
        if fuzz_target "$name" "$seconds" >"build/log/fuzz-$name.log" 2>&1; then
            passed=$((passed + 1))
            runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "build/log/fuzz-$name.log")
            printf 'ok      %-16s %s runs\n' "$name" "${runs:-?}"
        else
            failed=$((failed + 1))
            printf 'FAILED  %s\n' "$name"
            tail -n 40 "build/log/fuzz-$name.log"
        fi
    done
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
