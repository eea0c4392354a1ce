# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ./dev package: builds the Debian package from a copy of the tree in build/package/tree, so that
# nothing of the build folders gets into it, and has lintian look at it.

# copy_tree DIR: the sources that git knows, as they stand now; where there is no git (a tarball, an
# image's build), everything but what is built and data.
copy_tree() {
    local tracked=(git -c "safe.directory=$ROOT" ls-files -z)
    mkdir -p "$1"
    if [ -e .git ] && "${tracked[@]}" >/dev/null 2>&1; then
        # What was deleted and not yet committed is listed, too.
        "${tracked[@]}" | while IFS= read -r -d '' file; do
            [ ! -e "$file" ] || printf '%s\0' "$file"
        done | tar -c --null -T - | tar -x -C "$1"
    else
        tar -c --exclude='./build*' --exclude=./data --exclude=./data.new --exclude=node_modules \
            . | tar -x -C "$1"
    fi
}

dev_package() {
    local tree=build/package/tree version
    need_build
    need_packages package
    version=$(sed -n "s/^project('steward'.* version: '\([^']*\)'.*/\1/p" meson.build)
    if ! grep -q "^steward ($version)" packaging/debian/changelog; then
        echo "dev: packaging/debian/changelog has no entry for version $version" >&2
        exit 1
    fi
    rm -rf build/package
    mkdir -p build/log
    copy_tree "$tree"
    cp -r web/node_modules "$tree/web/" # a package build reaches no network
    cp -r packaging/debian "$tree/debian"
    cp packaging/steward.service "$tree/debian/steward.service"
    if ! (cd "$tree" && dpkg-buildpackage -b -us -uc -tc) >build/log/package.log 2>&1; then
        tail -n 40 build/log/package.log >&2
        exit 1
    fi
    rm -rf "$tree"
    lintian --fail-on error,warning --suppress-tags-from-file packaging/debian/not-for-us \
        build/package/*.changes
    ls build/package/*.deb
}
