// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/import/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEEPEST 3
// A piece is parsed whole.
#define PIECE_MAX ((size_t)256 << 20)

struct file {
    struct str name;  // below the root
    bool lines;
    bool mapped;
    struct str bytes;
};

struct import_folder {
    mem_ctx *ctx;
    const char *root;
    struct file *files;
    size_t count;
};

// Folders that are still to be looked into.
struct waiting {
    struct str *names;
    int *depths;
    size_t count;
};

static const char *path_of(mem_ctx *ctx, const struct import_folder *folder, struct str name)
{
    return str_empty(name) ? folder->root
                           : mem_printf(ctx, "%s/" STR_FMT, folder->root, STR_ARG(name));
}

static void push(mem_ctx *ctx, struct waiting *waiting, struct str name, int depth)
{
    size_t n = waiting->count++;
    waiting->names = mem_grow(ctx, waiting->names, struct str, n + 1);
    waiting->depths = mem_grow(ctx, waiting->depths, int, n + 1);
    waiting->names[n] = name;
    waiting->depths[n] = depth;
}

static void add_file(struct import_folder *folder, struct str name, bool lines)
{
    size_t n = folder->count++;
    folder->files = mem_grow(folder->ctx, folder->files, struct file, n + 1);
    folder->files[n] = (struct file){.name = str_dup(folder->ctx, name), .lines = lines};
}

static void look_at(struct import_folder *folder, struct waiting *waiting, struct str name,
                    int depth)
{
    struct stat st;
    // Links are passed over: who wrote the export does not choose which files of ours are read.
    if (lstat(path_of(folder->ctx, folder, name), &st) != 0) {
        return;
    }
    if (S_ISDIR(st.st_mode)) {
        if (depth < DEEPEST && !str_eq_c(name, "attachments")) {
            push(folder->ctx, waiting, name, depth + 1);
        }
        return;
    }
    bool lines = str_ends(name, STR(".jsonl")) || str_ends(name, STR(".ndjson"));
    if (S_ISREG(st.st_mode) && (lines || str_ends(name, STR(".json")))) {
        add_file(folder, name, lines);
    }
}

static bool list_one(struct import_folder *folder, struct waiting *waiting, struct error *err)
{
    struct str name = waiting->names[--waiting->count];
    int depth = waiting->depths[waiting->count];
    const char *path = path_of(folder->ctx, folder, name);
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return error_set(err, ERR_NOT_FOUND, "Cannot read the folder %s: %s", path,
                         strerror(errno));
    }
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        struct str below =
            str_empty(name) ? str_dup(folder->ctx, str_c(entry->d_name))
                            : str_printf(folder->ctx, STR_FMT "/%s", STR_ARG(name), entry->d_name);
        look_at(folder, waiting, below, depth);
    }
    (void)closedir(dir);
    return true;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

bool import_folder_open(mem_ctx *ctx, const char *root, struct import_folder **ret,
                        struct error *err)
{
    struct import_folder *folder = mem_new(ctx, struct import_folder);
    struct waiting waiting = {0};
    folder->ctx = folder;
    folder->root = mem_text(folder, root);
    push(folder->ctx, &waiting, STR(""), 0);
    while (waiting.count > 0) {
        if (!list_one(folder, &waiting, err)) {
            return false;
        }
    }
    if (folder->count == 0) {
        return error_set(err, ERR_NOT_FOUND,
                         "There are no files *.json, *.jsonl or *.ndjson in %s.", root);
    }
    qsort(folder->files, folder->count, sizeof *folder->files, by_name);
    *ret = folder;
    return true;
}

size_t import_folder_files(const struct import_folder *folder)
{
    return folder->count;
}

struct str import_folder_name(const struct import_folder *folder, size_t file)
{
    return folder->files[file].name;
}

// --- reading ------------------------------------------------------------------------------------

struct mapping {
    void *at;
    size_t len;
};

static void unmap(void *handle)
{
    struct mapping *mapping = handle;
    (void)munmap(mapping->at, mapping->len);
}

static bool map_file(struct import_folder *folder, struct file *file, struct error *err)
{
    const char *path = path_of(folder->ctx, folder, file->name);
    struct stat st;
    if (file->mapped) {
        return true;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) != 0) {
        (void)error_set(err, ERR_UNAVAILABLE, "Cannot read %s: %s", path, strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        return false;
    }
    file->mapped = true;
    file->bytes = STR("");
    if (st.st_size > 0) {
        struct mapping *mapping = mem_new(folder->ctx, struct mapping);
        mapping->len = (size_t)st.st_size;
        mapping->at = mmap(NULL, mapping->len, PROT_READ, MAP_PRIVATE, fd, 0);
        if (mapping->at == MAP_FAILED) {
            (void)close(fd);
            return error_set(err, ERR_UNAVAILABLE, "Cannot read %s: %s", path, strerror(errno));
        }
        mem_on_free(folder->ctx, unmap, mapping);
        file->bytes = (struct str){mapping->at, mapping->len};
    }
    (void)close(fd);
    return true;
}

bool import_folder_read(struct import_folder *folder, const struct import_place *place,
                        struct str *ret, struct error *err)
{
    struct file *file = &folder->files[place->file];
    if (!map_file(folder, file, err)) {
        return false;
    }
    *ret = str_sub(file->bytes, place->at, place->len);
    return place->len <= PIECE_MAX ||
           error_set(err, ERR_TOO_LARGE,
                     STR_FMT ": one piece of JSON is larger than 256 MB. Write it as lines.",
                     STR_ARG(file->name));
}

bool import_folder_next(struct import_folder *folder, struct import_place *place, bool *ret_found,
                        struct str *ret, struct error *err)
{
    struct file *file = &folder->files[place->file];
    if (!map_file(folder, file, err)) {
        return false;
    }
    *ret_found = false;
    place->at += place->len;
    place->len = 0;
    while (place->at < file->bytes.len) {
        struct str rest = str_from(file->bytes, place->at);
        ptrdiff_t end = file->lines ? str_find_char(rest, '\n') : -1;
        place->len = end < 0 ? rest.len : (size_t)end + 1;
        if (!str_empty(str_trim(str_sub(rest, 0, place->len)))) {
            *ret_found = true;
            return import_folder_read(folder, place, ret, err);
        }
        place->at += place->len;
        place->len = 0;
    }
    return true;
}

struct str import_folder_attachment(mem_ctx *ctx, const struct import_folder *folder, int64_t id)
{
    struct stat st;
    struct str path = str_printf(ctx, "%s/attachments/%lld", folder->root, (long long)id);
    if (lstat(path.ptr, &st) != 0) {
        return STR_NONE;
    }
    if (S_ISREG(st.st_mode)) {
        return path;
    }
    DIR *dir = S_ISDIR(st.st_mode) ? opendir(path.ptr) : NULL;
    struct str found = STR_NONE;
    for (struct dirent *entry = dir == NULL ? NULL : readdir(dir); entry != NULL;
         entry = readdir(dir)) {
        struct str inner = str_printf(ctx, "%s/%s", path.ptr, entry->d_name);
        if (entry->d_name[0] != '.' && lstat(inner.ptr, &st) == 0 && S_ISREG(st.st_mode)) {
            found = inner;
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return found;
}
