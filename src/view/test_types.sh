#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Which types the C compiler lets into which place (view/put.h). The arguments are the compiler and
# its include flags.
set -u

compiles() {
    place=$1
    type=$2
    shift 2
    printf '#include "view/put.h"\nvoid f(struct view *v, %s x);\nvoid f(struct view *v, %s x) { VIEW_PUT_%s(v, x); }\n' \
        "$type" "$type" "$place" | "$@" -std=gnu17 -D_GNU_SOURCE -fsyntax-only -x c - 2>/dev/null
}

failed=0
while read -r where what verdict; do
    what=$(echo "$what" | tr '~' ' ')
    if compiles "$where" "$what" "$@"; then got=taken; else got=refused; fi
    if [ "$got" != "$verdict" ]; then
        echo "$what in $where: $got, not $verdict"
        failed=1
    fi
done <<'END'
TEXT struct~str taken
TEXT const~char~* taken
TEXT struct~html taken
TEXT struct~url taken
TEXT struct~ticket_id taken
TEXT int64_t taken
TEXT size_t taken
TEXT bool refused
TEXT double refused
TEXT void~* refused
TEXT struct~str~* refused
TEXT const~unsigned~char~* refused
ATTR struct~str taken
ATTR struct~url taken
ATTR struct~html refused
ATTR bool refused
URL struct~url taken
URL struct~str refused
URL const~char~* refused
URL struct~html refused
URL int refused
URL_PATH struct~str taken
URL_PATH struct~user_id taken
URL_PATH struct~url refused
URL_PATH struct~html refused
URL_QUERY struct~str taken
URL_QUERY struct~url refused
JSON struct~str taken
JSON bool taken
JSON struct~html refused
JSON struct~url refused
END
exit $failed
