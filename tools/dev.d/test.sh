# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ./dev test [SUITE…]: every suite's output goes to build/log/SUITE.log; the screen gets one line
# a suite, the details of what failed, and at the end "N passed, N failed" alone on its line.
# A suite is part of `./dev test` as soon as its folder has tests:
#
#   lint     the quick part of ./dev lint; each check counts as a test
#   unit     meson's tests, gcc, optimised
#   asan     the same tests, clang with AddressSanitizer and UndefinedBehaviorSanitizer
#   fuzz     corpora and old findings of tests/fuzz, replayed under the sanitizers
#   selftest   the tests' own helpers
#   api browser mail cluster fault   tests/SUITE/*.test.mjs by node:test against the program of build-asan
#   api-postgres browser-postgres   the same files on one PostgreSQL, each server on a database of
#                      its own
#
# STEWARD_TEST_DB=postgres runs the other suites on PostgreSQL, too; STEWARD_PROGRAM=FILE tests
# another program; TEST_NAMES=REGEX runs only node tests so named.

node_suites=(selftest api api-postgres browser browser-postgres mail cluster fault)

test_suite_files() {
    find "tests/${1%-postgres}" -name '*.test.mjs' 2>/dev/null | LC_ALL=C sort
}

test_suites() {
    local suite
    echo lint
    echo unit
    echo asan
    [ ! -d tests/fuzz ] || echo fuzz
    for suite in "${node_suites[@]}"; do
        [ -z "$(test_suite_files "$suite")" ] || echo "$suite"
    done
}

# Passed and failed of meson's testlog.txt: cmocka's own counts where a test prints them, else one
# for the executable; a crash after the last case counts as one failed more.
count_meson() {
    awk '
        function finish() {
            if (name == "") return
            if (p + f == 0) { if (ok) p = 1; else f = 1 }
            else if (!ok && f == 0) f = 1
            passed += p; failed += f
            name = ""; p = 0; f = 0
        }
        /^test: / { finish(); name = $2; ok = 0 }
        /^result: / { ok = ($0 ~ /exit status 0/) }
        /^\[  PASSED  \] [0-9]+ test/ { p += $4 }
        /^\[  FAILED  \] [0-9]+ test/ { f += $4 }
        END { finish(); print passed + 0, failed + 0 }' "$1"
}

# suite_meson NAME DIR ARG…
suite_meson() {
    local name=$1 dir=$2 rc=0
    shift 2
    rm -f "$dir/meson-logs/testlog.txt"
    meson test -C "$dir" --no-rebuild --print-errorlogs --num-processes "$(nproc)" "$@" \
        >>"build/log/$name.log" 2>&1 || rc=$?
    if [ -f "$dir/meson-logs/testlog.txt" ]; then
        count_meson "$dir/meson-logs/testlog.txt" >"build/log/$name.count"
    elif grep -q '^No tests defined' "build/log/$name.log"; then
        echo "0 0" >"build/log/$name.count"
        return 0
    fi
    return $rc
}

suite_unit() {
    build_strict && suite_meson unit build --no-suite fuzz
}

suite_asan() {
    build_asan && suite_meson asan build-asan --no-suite fuzz --timeout-multiplier 3
}

suite_fuzz() {
    build_asan && suite_meson fuzz build-asan --suite fuzz --timeout-multiplier 3
}

# node:test writes TAP beside what people read; its summary has the counts.
suite_node() {
    local name=$1 rc=0 files on=() at_once
    at_once=$(nproc)
    build_asan || return 1
    need_modules tests || return 1
    mapfile -t files < <(test_suite_files "$name")
    case $name in
    *-postgres)
        export STEWARD_TEST_DB=postgres
        on=(tests/support/with_postgres.sh)
        ;;
    cluster) on=(tests/support/with_postgres.sh) ;;
    fault) at_once=1 ;; # what it measures is disturbed by a neighbour
    esac
    mkdir -p build/log build/pictures
    timeout --foreground -k 10 "${SUITE_SECONDS:-1200}" "${on[@]}" node --test \
        --test-concurrency="$at_once" ${TEST_NAMES:+--test-name-pattern="$TEST_NAMES"} \
        --test-reporter=spec --test-reporter-destination=stdout \
        --test-reporter=tap --test-reporter-destination="build/log/$name.tap" \
        "${files[@]}" >>"build/log/$name.log" 2>&1 || rc=$?
    awk '/^# pass /{p=$3} /^# fail /{f+=$3} /^# cancelled /{f+=$3} /^# skipped /{s=$3}
         END {print p + 0, f + 0, s + 0}' "build/log/$name.tap" >"build/log/$name.count"
    return $rc
}

# What failed, for the screen: the summary that node's reporter and meson put at the end.
show_failures() {
    local log=build/log/$1.log
    if grep -q 'failing tests:' "$log"; then
        sed -n '/failing tests:/,$p' "$log" | head -n 200
    else
        tail -n 80 "$log"
    fi
    echo "(all of it: $log)"
}

# Runs one suite in a process of its own and adds its counts to passed, failed and skipped.
run_suite() {
    local name=$1 rc=0 p f s started=$SECONDS
    mkdir -p build/log
    rm -f "build/log/$name".{log,tap,count}
    touch "build/log/$name.log"
    case " ${node_suites[*]} " in
    *" $name "*) (suite_node "$name") 2>>"build/log/$name.log" || rc=$? ;;
    *) ("suite_$name") 2>>"build/log/$name.log" || rc=$? ;;
    esac
    read -r p f s < <(cat "build/log/$name.count" 2>/dev/null) || true
    p=${p:-0} f=${f:-0} s=${s:-0}
    if [ $rc -ne 0 ] && [ "$f" -eq 0 ]; then
        f=1 # it did not get as far as a test, or broke after the last
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    printf '%-16s %6d passed %4d failed' "$name" "$p" "$f"
    [ "$s" -eq 0 ] || printf ' %4d skipped' "$s"
    printf '  %4d s\n' $((SECONDS - started))
    [ "$f" -eq 0 ] || show_failures "$name"
}

dev_test() {
    local suites=("$@") suite known passed=0 failed=0 skipped=0
    known=" $(test_suites | tr '\n' ' ')"
    if [ ${#suites[@]} -eq 0 ]; then
        mapfile -t suites < <(test_suites)
    fi
    for suite in "${suites[@]}"; do
        if [[ $known != *" $suite "* ]]; then
            echo "dev: there is no suite '$suite'; there are:$known" >&2
            exit 64
        fi
    done
    if ! need_packages build test lint || ! need_node; then
        failed=1
    else
        for suite in "${suites[@]}"; do
            run_suite "$suite"
        done
    fi
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

dev_pictures() {
    need_packages build test
    need_node
    PICTURES=$ROOT/docs/pictures TEST_NAMES=${1:-picture} run_pictures
}

run_pictures() {
    local passed=0 failed=0 skipped=0
    mkdir -p "$PICTURES"
    export PICTURES TEST_NAMES
    run_suite browser
    [ "$failed" -eq 0 ]
}

dev_fault() {
    local passed=0 failed=0 skipped=0
    need_packages build test
    need_node
    export STEWARD_FAULT_ROUNDS=${1:-1000}
    export SUITE_SECONDS=$((STEWARD_FAULT_ROUNDS * 20 + 1200))
    run_suite fault
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
