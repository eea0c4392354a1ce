# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ./dev lint: every check prints what it found and why it matters; none has an allow-list.

# source_files PATTERN…: files of the tree by name, without what is built or installed.
source_files() {
    local names=() pattern
    for pattern in "$@"; do
        names+=(${names[0]:+-o} -name "$pattern")
    done
    find . \( -name 'build*' -o -name node_modules -o -name .git -o -name data \) -prune -o \
        -type f \( "${names[@]}" \) -print | sed 's|^\./||' | LC_ALL=C sort
}

lint_checks=(format shell)

lint_format() {
    local files wrong
    mapfile -t files < <(source_files '*.c' '*.h')
    wrong=$(clang-format --dry-run "${files[@]}" 2>&1 | sed -n 's/:[0-9]*:[0-9]*: warning.*//p' | uniq -c)
    [ -n "$wrong" ] || return 0
    printf 'places that clang-format lays out otherwise (./dev lint --fix does it):\n%s\n' "$wrong"
    return 1
}

lint_shell() {
    shellcheck -x dev .ci/run tools/dev.d/*.sh
}

# Runs the named checks; prints ok or what is wrong; sets lint_passed and lint_failed.
run_checks() {
    local check out
    lint_passed=0 lint_failed=0
    for check in "$@"; do
        if out=$("lint_$check" 2>&1); then
            lint_passed=$((lint_passed + 1))
            echo "ok      $check"
        else
            lint_failed=$((lint_failed + 1))
            printf 'FAILED  %s\n%s\n' "$check" "$out"
        fi
    done
}

suite_lint() {
    build_strict || return 1
    run_checks "${lint_checks[@]}" >>build/log/lint.log
    echo "$lint_passed $lint_failed" >build/log/lint.count
    [ "$lint_failed" -eq 0 ]
}

dev_lint() {
    need_packages build lint
    if [ "${1:-}" = --fix ]; then
        source_files '*.c' '*.h' | xargs clang-format -i
    fi
    build_plain
    run_checks "${lint_checks[@]}"
    [ "$lint_failed" -eq 0 ]
}
