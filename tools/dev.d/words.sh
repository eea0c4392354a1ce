# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ./dev words: collects the English words of templates and C, and brings the catalogues of
# src/view/po up to date; new words stand there without a translation. docs/translating.md.

words_extract() {
    xgettext --from-code=UTF-8 --language=C --no-location --sort-output --package-name=Steward \
        --keyword= "$@"
}

# words_collect FILE: all words of the built program, as a template of catalogues. Errors that
# numbers or somebody's words are printed into are left out: they are known by their whole text.
words_collect() {
    local sources errors
    mapfile -t sources < <(
        find build/src -name '*.html.c' ! -name 'test_*' | LC_ALL=C sort
        find src -name '*.c' ! -name 'test_*' | LC_ALL=C sort
    )
    mapfile -t errors < <(find src/desk -name '*.c' ! -name 'test_*' ! -name 'api_*' | LC_ALL=C sort)
    words_extract --keyword=tr:2 --keyword=say_words:2 --keyword=say_with:2 --keyword=WORDS \
        --keyword=view_words:2 --keyword=view_words_json:2 -o build/words-said.pot "${sources[@]}"
    words_extract --keyword=error_set:3 --keyword=error_field:4 -o - "${errors[@]}" |
        msggrep -v -K -e % -e '^[^A-Z]' -e '^.\{0,2\}$' -e "'\$" - >build/words-errors.pot
    msgcat --use-first --no-location --sort-output build/words-said.pot build/words-errors.pot -o "$1"
}


dev_words() {
    local template=build/words.pot language
    build_plain
    words_collect "$template"
    for language in src/view/po/*.po; do
        msgmerge --quiet --update --backup=none --no-fuzzy-matching --no-location "$language" \
            "$template"
        msgattrib --no-obsolete --no-wrap -o "$language" "$language"
        echo "$language: $(LC_ALL=C msgfmt --statistics -o /dev/null "$language" 2>&1)"
    done
}
