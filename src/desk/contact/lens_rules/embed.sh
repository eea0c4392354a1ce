#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# embed.sh FILE…: the rules as a C file, one string for each file.
set -eu
echo '#include "desk/contact/lens_internal.h"'
echo
echo 'const char *const LENS_BUILTIN[] = {'
for file in "$@"; do
    sed -e 's/["\\]/\\&/g' -e 's/^/"/' -e 's/$/\\n"/' "$file"
    echo ','
done
echo 'NULL};'
