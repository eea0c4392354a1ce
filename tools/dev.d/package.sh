# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ./dev package: builds the Debian package from a copy of the tree in build/package/tree, so that
# nothing of the build folders gets into it, and has lintian look at it.

# copy_tree DIR: the sources as they stand, without what is built and without data; modules of npm
# come along because a package build reaches no network.
copy_tree() {
    mkdir -p "$1"
    tar -c --exclude=./.git --exclude='./build*' --exclude=./data --exclude=./data.new \
        --exclude=./tests/node_modules --exclude=./docs/api/node_modules . | tar -x -C "$1"
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
