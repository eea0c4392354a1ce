#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The checks find what is wrong in cases/ and nothing else: their output is compared with
# cases/expected.
set -euo pipefail
layers=$(realpath "$1") size=$(realpath "$2")
cd "$(dirname "$0")/cases"
found=$(
    "$layers" layers.txt src/*/*.c src/*/*/*.c || true
    "$size" size.c
    true
) || true
if [ "$found" != "$(cat expected)" ]; then
    diff <(echo "$found") expected
    exit 1
fi
