# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ./dev lint [--all] [--fix]: every check prints what it found. None has a list of exceptions.
# A check is a function lint_NAME; quick ones run in `./dev test` too, clang-tidy only here: on the
# files changed since the main branch, with --all on every file.

lint_quick=(format shell layers size banned memory todo spdx tested templates locks unit headers)
lint_optional=(typescript openapi)

# source_files PATTERN…: files of the tree by name, without what is built or installed, and without
# the cases of the tools' own tests, which are wrong on purpose.
source_files() {
    local names=() pattern
    for pattern in "$@"; do
        names+=(${names[0]:+-o} -name "$pattern")
    done
    find . \( -name 'build*' -type d -o -name node_modules -o -name .git -o -name cases \
        -o -name golden -o -path ./data -o -path ./data.new \) -prune -o \
        -type f \( "${names[@]}" \) -print | sed 's|^\./||' | LC_ALL=C sort
}

lint_format() {
    local wrong
    wrong=$(source_files '*.c' '*.h' | xargs -n 40 -P "$(nproc)" clang-format --dry-run 2>&1 |
        sed -n 's/:[0-9]*:[0-9]*: warning.*//p' | sort | uniq -c)
    [ -n "$wrong" ] || return 0
    printf 'places that clang-format lays out otherwise (./dev lint --fix does it):\n%s\n' "$wrong"
    return 1
}

lint_shell() {
    local files
    mapfile -t files < <(source_files '*.sh')
    shellcheck -x dev .ci/run "${files[@]}"
}

lint_layers() {
    local files
    mapfile -t files < <(source_files '*.c' '*.h')
    build/tools/lint/check_layers tools/lint/layers.txt "${files[@]}"
}

lint_size() {
    local files
    mapfile -t files < <(source_files '*.c' '*.h' '*.mjs' '*.ts' '*.css' '*.sh' '*.sql' '*.html')
    build/tools/lint/check_size "${files[@]}"
}

# none_of WHY REGEX FILE…: fails with the lines that match.
none_of() {
    local why=$1 regex=$2 found
    shift 2
    found=$(grep -nP "$regex" /dev/null "$@") || return 0
    printf '%s:\n%s\n' "$why" "$found"
    return 1
}

lint_banned() {
    local files
    mapfile -t files < <(source_files '*.c' '*.h' | grep -E '^(src|tools)/' | grep -v '/test_')
    none_of "functions that are not used here (no bounds, no thread safety, a shell)" \
        '^(?!\s*//).*\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|gets|localtime|gmtime|ctime|asctime|rand|srand|random|system|popen|alloca|mktemp|tmpnam)\s*\(' \
        "${files[@]}" || return 1
    mapfile -t files < <(source_files '*.mjs')
    none_of "functions that Debian 12's node does not have" \
        '\.(toSorted|toReversed|toSpliced)\(|\b(withResolvers|groupBy|fromAsync)\(|import\.meta\.(dirname|filename)' \
        "${files[@]}"
}

lint_memory() {
    local files
    mapfile -t files < <(source_files '*.c' '*.h' | grep -E '^src/(app|desk|jobs|live)/' |
        grep -v '/test_')
    [ ${#files[@]} -gt 0 ] || return 0
    none_of "rooms take memory from their context and give none back" \
        '^(?!\s*//).*\b(malloc|calloc|realloc|strdup|strndup|free|asprintf|vasprintf)\s*\(' \
        "${files[@]}"
}

lint_todo() {
    local files
    mapfile -t files < <(source_files '*.c' '*.h' '*.mjs' '*.ts' '*.sql' '*.html' '*.css')
    none_of "what is not finished is not there" '\b(TODO|FIXME|XXX|HACK)\b' "${files[@]}"
}

lint_spdx() {
    local wrong
    wrong=$(source_files '*.c' '*.h' '*.def' '*.mjs' '*.ts' '*.css' '*.sh' meson.build |
        while read -r file; do
            head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' || echo "$file"
        done)
    [ -z "$wrong" ] || printf 'without an SPDX line at their head:\n%s\n' "$wrong"
    [ -z "$wrong" ]
}

# Every folder of code has tests beside it; one with nothing but a main.c is a program to look at
# something.
lint_tested() {
    local wrong
    wrong=$(source_files '*.c' | grep '^src/' | grep -v '^src/cmd/\|/main\.c$' | xargs -n 1 dirname | sort -u |
        while read -r folder; do
            compgen -G "$folder/test_*.c" >/dev/null || echo "$folder"
        done)
    [ -z "$wrong" ] || printf 'without a test_*.c:\n%s\n' "$wrong"
    [ -z "$wrong" ]
}

# The content security policy forbids inline code; a page with some would only look right. Mails are
# no pages: their readers know no other style than an inline one.
lint_templates() {
    local files pages
    mapfile -t files < <(source_files '*.html' | grep '^src/')
    mapfile -t pages < <(printf '%s\n' "${files[@]}" | grep -v 'mail[^/]*$')
    none_of "inline script in templates" \
        '<script(?![^>]*\bsrc=)(?![^>]*type="application/json")|\son[a-z]+\s*=\s*["'\'']|javascript:' \
        "${files[@]}" &&
        none_of "inline style in templates" '<style|\sstyle\s*=' "${pages[@]}"
}

# Lock files hold no address of anybody's registry.
lint_locks() {
    local files
    mapfile -t files < <(source_files package-lock.json)
    [ ${#files[@]} -gt 0 ] || return 0
    none_of "addresses in lock files (.npmrc has omit-lockfile-registry-resolved)" '"resolved"' \
        "${files[@]}"
}

# What systemd takes from the service before it starts: exposure below 2.0 of 10.
lint_unit() {
    local folder out
    folder=$(mktemp -d) || return 1
    cp packaging/steward.service "$folder/"
    out=$(systemd-analyze security --offline=true --threshold=19 "$folder/steward.service" 2>&1) ||
        { printf '%s\n' "$out" | grep -v '^✓' && rm -r "$folder" && return 1; }
    rm -r "$folder"
}

compiler_flags() {
    pkg-config --cflags talloc libsodium sqlite3 libpq libmicrohttpd jansson gmime-3.0 libcurl \
        gumbo icu-uc zlib libbrotlienc libseccomp gnutls ldap cmocka
}

# Each header compiles alone, with both compilers, and with what the build made.
lint_headers() {
    local headers flags compiler
    mapfile -t headers < <(source_files '*.h' | grep '^src/')
    read -ra flags <<<"$(compiler_flags)"
    for compiler in gcc clang; do
        "$compiler" -std=gnu17 -D_GNU_SOURCE -fsyntax-only -Wall -Wextra -Werror \
            -Wno-unused-function -Isrc -Ibuild/src "${flags[@]}" -x c "${headers[@]}" || return 1
    done
}

lint_typescript() {
    need_modules web && web/node_modules/.bin/tsc --noEmit -p web
}

lint_openapi() {
    need_modules docs/api && node docs/api/lint.mjs docs/api/openapi.yaml
}

lint_tidy() {
    local files=() base=''
    if [ "${lint_all:-}" != yes ]; then
        base=$(git merge-base HEAD main 2>/dev/null || git merge-base HEAD origin/main 2>/dev/null)
    fi
    if [ -n "$base" ]; then
        mapfile -t files < <({ git diff --name-only --diff-filter=d "$base" -- 'src/*.c' 'tools/*.c' &&
            git ls-files --others --exclude-standard -- 'src/*.c' 'tools/*.c'; } |
            grep -v '/cases/' | sort -u)
    else
        mapfile -t files < <(source_files '*.c' | grep -E '^(src|tools)/')
    fi
    [ ${#files[@]} -gt 0 ] || return 0
    printf '%s\n' "${files[@]}" |
        xargs -n 1 -P "$(nproc)" clang-tidy -p build-tidy --quiet 2>/dev/null
}

# clang-tidy reads the flags of a build by clang: it does not know all of gcc's.
prepare_tidy() {
    CC=clang configure build-tidy
    ninja -C build-tidy build.ninja >/dev/null
    ninja -C build-tidy -t targets all |
        sed -n '/^meson-internal/d; s/: CUSTOM_COMMAND[A-Z_]*$//p' >build/log/generated
    xargs -r ninja -C build-tidy <build/log/generated >build/log/build-tidy.log
}

# The checks that make sense in this tree.
lint_checks() {
    local check
    printf '%s\n' "${lint_quick[@]}"
    for check in "${lint_optional[@]}"; do
        case $check in
        typescript) [ ! -f web/tsconfig.json ] || echo "$check" ;;
        openapi) [ ! -f docs/api/openapi.yaml ] || echo "$check" ;;
        esac
    done
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
    local checks
    build_strict || return 1
    mapfile -t checks < <(lint_checks)
    run_checks "${checks[@]}" >>build/log/lint.log
    echo "$lint_passed $lint_failed" >build/log/lint.count
    [ "$lint_failed" -eq 0 ]
}

dev_lint() {
    local checks
    need_packages build lint
    for option in "$@"; do
        case $option in
        --all) lint_all=yes ;;
        --fix) source_files '*.c' '*.h' | xargs clang-format -i ;;
        *)
            echo "dev: lint knows --all and --fix, not '$option'" >&2
            exit 64
            ;;
        esac
    done
    build_plain
    prepare_tidy
    mapfile -t checks < <(lint_checks)
    run_checks "${checks[@]}" tidy
    [ "$lint_failed" -eq 0 ]
}
