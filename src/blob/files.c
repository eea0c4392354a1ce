// SPDX-License-Identifier: GPL-3.0-or-later
//
// Blobs as files. Content is written to new/ under a random name, made durable, and only then
// renamed to where its hash says, so that under a hash there is always all of it.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "blob/blob_internal.h"

#define PIECE ((size_t)64 * 1024)
#define LEFTOVER_SECONDS (24 * 60 * 60)

struct files {
    struct blob_store base;
    int root;      // the folder blobs/
    int incoming;  // blobs/new/
    int aside;     // blobs/aside/: those that nobody names
};

// "abcd…" in "ab/cd/abcd…", its folder "ab/cd" and that folder's parent "ab".
struct place {
    char parent[3];
    char folder[6];
    char path[6 + 2 * HASH_SIZE + 1];
    char name[2 * HASH_SIZE + 1];
};

static struct place place_of(struct hash hash)
{
    struct place place;
    blob_hash_text(hash, place.name);
    const char *hex = place.name;
    (void)snprintf(place.parent, sizeof place.parent, "%.2s", hex);
    (void)snprintf(place.folder, sizeof place.folder, "%.2s/%.2s", hex, hex + 2);
    (void)snprintf(place.path, sizeof place.path, "%.2s/%.2s/%s", hex, hex + 2, hex);
    return place;
}

static bool folder_sync(const struct files *files, const char *name, struct error *err)
{
    int fd = openat(files->root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (!ok) {
        (void)blob_fail(name, err);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return ok;
}

// Makes the folder; a new one's name is durable in `parent` before it is used.
static bool folder_make(const struct files *files, const char *parent, const char *name,
                        struct error *err)
{
    if (mkdirat(files->root, name, 0700) == 0) {
        return folder_sync(files, parent, err);
    }
    return errno == EEXIST || blob_fail(name, err);
}

// --- putting ----------------------------------------------------------------------------------

static bool write_all(int fd, const char *bytes, size_t len, struct error *err)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return blob_fail("write", err);
        }
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static bool copy_file(int from, int to, struct hash *ret, int64_t *ret_size, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "copy");
    char *piece = mem_array(ctx, char, PIECE);
    crypto_hash_sha256_state state;
    (void)crypto_hash_sha256_init(&state);
    int64_t size = 0;
    bool ok = true;
    while (ok) {
        ssize_t n = pread(from, piece, PIECE, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            ok = n == 0 || blob_fail("read", err);
            break;
        }
        (void)crypto_hash_sha256_update(&state, (const unsigned char *)piece,
                                        (unsigned long long)n);
        ok = write_all(to, piece, (size_t)n, err);
        size += n;
    }
    mem_free(ctx);
    if (ok) {
        (void)crypto_hash_sha256_final(&state, ret->bytes);
        *ret_size = size;
    }
    return ok;
}

static bool content_write(const struct blob_source *source, int to, struct hash *ret,
                          int64_t *ret_size, struct error *err)
{
    if (source->fd >= 0) {
        return copy_file(source->fd, to, ret, ret_size, err);
    }
    *ret = hash_sha256(source->bytes);
    *ret_size = (int64_t)source->bytes.len;
    return write_all(to, source->bytes.ptr, source->bytes.len, err);
}

// True when all of the blob is there; it is made young, and its name durable: whoever wrote it
// may not have come to that yet.
static bool already_there(const struct files *files, struct hash hash, int64_t size)
{
    struct place place = place_of(hash);
    struct stat info;
    struct error ignored;
    return fstatat(files->root, place.path, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(info.st_mode) && info.st_size == size &&
           utimensat(files->root, place.path, NULL, AT_SYMLINK_NOFOLLOW) == 0 &&
           folder_sync(files, place.folder, &ignored);
}

static bool move_in(const struct files *files, const char *name, struct hash hash,
                    struct error *err)
{
    struct place place = place_of(hash);
    if (!folder_make(files, ".", place.parent, err) ||
        !folder_make(files, place.parent, place.folder, err)) {
        return false;
    }
    if (renameat(files->incoming, name, files->root, place.path) != 0) {
        return blob_fail(place.path, err);
    }
    return folder_sync(files, place.folder, err);
}

static bool write_new(const struct files *files, const char *name, const struct blob_source *source,
                      struct hash *ret, int64_t *ret_size, struct error *err)
{
    int fd = openat(files->incoming, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return blob_fail("new file", err);
    }
    bool ok = content_write(source, fd, ret, ret_size, err) &&
              (fsync(fd) == 0 || blob_fail("fsync", err));
    (void)close(fd);
    return ok;
}

static bool files_put(struct blob_store *store, const struct blob_source *source, struct hash *ret,
                      int64_t *ret_size, struct error *err)
{
    const struct files *files = (struct files *)store;
    struct hash hash;
    int64_t size = (int64_t)source->bytes.len;
    if (source->fd < 0) {
        hash = hash_sha256(source->bytes);
        if (already_there(files, hash, size)) {
            *ret = hash;
            *ret_size = size;
            return true;
        }
    }
    unsigned char random[16];
    char name[2 * sizeof random + 1];
    random_bytes(random, sizeof random);
    (void)sodium_bin2hex(name, sizeof name, random, sizeof random);
    bool ok = write_new(files, name, source, &hash, &size, err);
    bool there = ok && already_there(files, hash, size);
    if (!ok || there || !move_in(files, name, hash, err)) {
        (void)unlinkat(files->incoming, name, 0);
        ok = there;
    }
    if (ok) {
        *ret = hash;
        *ret_size = size;
    }
    return ok;
}

// --- reading ----------------------------------------------------------------------------------

static bool not_there(const char *path, struct error *err)
{
    if (errno != ENOENT) {
        return blob_fail(path, err);
    }
    (void)error_set(err, ERR_NOT_FOUND, "The file is not there any more.");
    return error_detail(err, "no blob %s", path);
}

static bool files_open(struct blob_store *store, struct hash hash, int *ret_fd, int64_t *ret_size,
                       struct error *err)
{
    const struct files *files = (struct files *)store;
    struct place place = place_of(hash);
    struct stat info;
    int fd = openat(files->root, place.path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        fd = openat(files->aside, place.name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    }
    if (fd < 0) {
        return not_there(place.path, err);
    }
    if (fstat(fd, &info) != 0) {
        (void)blob_fail(place.path, err);
        (void)close(fd);
        return false;
    }
    *ret_fd = fd;
    *ret_size = info.st_size;
    return true;
}

static bool files_remove_aside(struct blob_store *store, struct hash hash, struct error *err)
{
    struct place place = place_of(hash);
    return unlinkat(((struct files *)store)->aside, place.name, 0) == 0 || errno == ENOENT ||
           blob_fail(place.name, err);
}

static bool files_size(struct blob_store *store, struct hash hash, int64_t *ret, struct error *err)
{
    const struct files *files = (struct files *)store;
    struct place place = place_of(hash);
    struct stat info;
    if (fstatat(files->root, place.path, &info, AT_SYMLINK_NOFOLLOW) != 0 &&
        (errno != ENOENT || fstatat(files->aside, place.name, &info, AT_SYMLINK_NOFOLLOW) != 0)) {
        return not_there(place.path, err);
    }
    *ret = info.st_size;
    return true;
}

// --- all of them ------------------------------------------------------------------------------

struct walk {
    const struct files *files;
    blob_each_fn *fn;
    void *arg;
};

static bool is_dot(const char *name)
{
    return name[0] == '.';
}

// Tells of one file; other names than hashes are nobody's.
static bool walk_file(const struct walk *walk, int folder, const char *name, bool aside,
                      struct error *err)
{
    struct blob_info info = {.aside = aside};
    struct stat about;
    if (!blob_hash_parse(str_c(name), &info.hash) ||
        fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(about.st_mode)) {
        return true;
    }
    info.size = about.st_size;
    info.changed_at =
        (int64_t)about.st_mtim.tv_sec * 1000 + (int64_t)about.st_mtim.tv_nsec / 1000000;
    return walk->fn(walk->arg, &info, err);
}

// Tells of all files of the folder `parent`/`name`; one that is not there is empty.
static bool walk_folder(const struct walk *walk, int parent, const char *name, bool aside,
                        struct error *err)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT || errno == ENOTDIR || blob_fail(name, err);
    }
    DIR *folder = fdopendir(fd);
    if (folder == NULL) {
        (void)blob_fail(name, err);
        (void)close(fd);
        return false;
    }
    bool ok = true;
    for (const struct dirent *entry = readdir(folder); ok && entry != NULL;
         entry = readdir(folder)) {
        ok = is_dot(entry->d_name) || walk_file(walk, fd, entry->d_name, aside, err);
    }
    (void)closedir(folder);
    return ok;
}

static bool files_each(struct blob_store *store, blob_each_fn *fn, void *arg, struct error *err)
{
    const struct walk walk = {(const struct files *)store, fn, arg};
    bool ok = true;
    for (int i = 0; ok && i < 256; i++) {
        char parent[8];
        (void)snprintf(parent, sizeof parent, "%02x", (unsigned)i);
        int fd = openat(walk.files->root, parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0) {
            ok = errno == ENOENT || blob_fail(parent, err);
            continue;
        }
        for (int j = 0; ok && j < 256; j++) {
            char name[8];
            (void)snprintf(name, sizeof name, "%02x", (unsigned)j);
            ok = walk_folder(&walk, fd, name, false, err);
        }
        (void)close(fd);
    }
    return ok && walk_folder(&walk, walk.files->root, "aside", true, err);
}

static bool files_set_aside(struct blob_store *store, struct hash hash, struct error *err)
{
    const struct files *files = (struct files *)store;
    struct place place = place_of(hash);
    // Its time says since when it lies there, so it is set before it does.
    if (utimensat(files->root, place.path, NULL, AT_SYMLINK_NOFOLLOW) == 0 &&
        renameat(files->root, place.path, files->aside, place.name) == 0) {
        return true;
    }
    return errno == ENOENT || blob_fail(place.path, err);
}

static bool files_bring_back(struct blob_store *store, struct hash hash, struct error *err)
{
    const struct files *files = (struct files *)store;
    struct place place = place_of(hash);
    if (!folder_make(files, ".", place.parent, err) ||
        !folder_make(files, place.parent, place.folder, err)) {
        return false;
    }
    if (renameat(files->aside, place.name, files->root, place.path) != 0) {
        return errno == ENOENT || blob_fail(place.path, err);
    }
    return folder_sync(files, place.folder, err);
}

// --- the store --------------------------------------------------------------------------------

static void leftovers_remove(const struct files *files)
{
    int fd = dup(files->incoming);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (folder == NULL) {
        return;
    }
    time_t old = time(NULL) - LEFTOVER_SECONDS;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        struct stat info;
        if (entry->d_name[0] != '.' &&
            fstatat(files->incoming, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            info.st_mtime < old) {
            (void)unlinkat(files->incoming, entry->d_name, 0);
        }
    }
    (void)closedir(folder);
}

static void files_close(void *handle)
{
    const struct files *files = handle;
    if (files->root >= 0) {
        (void)close(files->root);
    }
    if (files->incoming >= 0) {
        (void)close(files->incoming);
    }
    if (files->aside >= 0) {
        (void)close(files->aside);
    }
}

bool blob_files_open(mem_ctx *ctx, const char *folder, struct blob_store **ret, struct error *err)
{
    static const struct blob_ops OPS = {.put = files_put,
                                        .open = files_open,
                                        .size = files_size,
                                        .each = files_each,
                                        .set_aside = files_set_aside,
                                        .bring_back = files_bring_back,
                                        .remove_aside = files_remove_aside};
    struct files *files = mem_new(ctx, struct files);
    const char *root = mem_printf(files, "%s/blobs", folder);
    files->base.ops = &OPS;
    files->root = -1;
    files->incoming = -1;
    files->aside = -1;
    mem_on_free(files, files_close, files);
    if (mkdir(root, 0700) != 0 && errno != EEXIST) {
        return blob_fail(root, err);
    }
    files->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->root < 0) {
        return blob_fail(root, err);
    }
    if (!folder_sync(files, "..", err) || !folder_make(files, ".", "new", err) ||
        !folder_make(files, ".", "aside", err)) {
        return false;
    }
    files->incoming = openat(files->root, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->incoming < 0) {
        return blob_fail("new", err);
    }
    files->aside = openat(files->root, "aside", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->aside < 0) {
        return blob_fail("aside", err);
    }
    leftovers_remove(files);
    *ret = &files->base;
    return true;
}
