// SPDX-License-Identifier: GPL-3.0-or-later
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "blob/blob.h"

struct world {
    mem_ctx *ctx;
    const char *folder;
    struct blob_store *store;
};

// SHA-256 of "abc", FIPS 180-4 example.
static const char ABC[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static bool open_at(mem_ctx *ctx, const char *url, struct blob_store **ret, struct error *err)
{
    return blob_store_open(ctx, &(struct blob_place){.url = url}, ret, err);
}

static int setup(void **state)
{
    random_init();
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct world *w = mem_new(ctx, struct world);
    struct error err = {0};
    w->ctx = ctx;
    w->folder = mkdtemp(mem_text(ctx, "/tmp/steward-test-XXXXXX"));
    assert_non_null(w->folder);
    assert_true(open_at(ctx, mem_printf(ctx, "file:%s", w->folder), &w->store, &err));
    *state = w;
    return 0;
}

// Two levels of folders, then files.
static void remove_tree(mem_ctx *ctx, const char *path, int depth)
{
    DIR *folder = opendir(path);
    for (const struct dirent *entry = folder == NULL ? NULL : readdir(folder); entry != NULL;
         entry = readdir(folder)) {
        const char *name = mem_printf(ctx, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && unlink(name) != 0 && depth > 0) {
            remove_tree(ctx, name, depth - 1);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    (void)rmdir(path);
}

static int teardown(void **state)
{
    struct world *w = *state;
    remove_tree(w->ctx, w->folder, 4);
    mem_free(w->ctx);
    return 0;
}

static const char *abc_path(struct world *w)
{
    return mem_printf(w->ctx, "%s/blobs/ba/78/%s", w->folder, ABC);
}

static int files_in_new(struct world *w)
{
    int count = 0;
    DIR *folder = opendir(mem_printf(w->ctx, "%s/blobs/new", w->folder));
    assert_non_null(folder);
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        count += entry->d_name[0] != '.';
    }
    (void)closedir(folder);
    return count;
}

static void test_put_and_read(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct hash hash;
    struct str found;
    assert_true(blob_put_bytes(w->store, STR("abc"), &hash, &err));
    assert_string_equal(hash_hex(w->ctx, hash).ptr, ABC);
    struct stat info;
    assert_int_equal(stat(abc_path(w), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_true(blob_read(w->ctx, w->store, hash, 3, &found, &err));
    assert_true(str_eq_c(found, "abc"));
    assert_true(blob_verify(w->store, hash, &err));
    assert_false(blob_read(w->ctx, w->store, hash, 2, &found, &err));
    assert_int_equal(err.code, ERR_TOO_LARGE);
    assert_int_equal(files_in_new(w), 0);
}

static void test_empty(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct hash hash;
    struct str found = STR_NONE;
    assert_true(blob_put_bytes(w->store, STR(""), &hash, &err));
    assert_true(blob_read(w->ctx, w->store, hash, 0, &found, &err));
    assert_int_equal(found.len, 0);
    assert_true(blob_verify(w->store, hash, &err));
}

static void test_written_once_and_made_young(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct hash hash;
    struct stat before;
    struct stat after;
    assert_true(blob_put_bytes(w->store, STR("abc"), &hash, &err));
    const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    assert_int_equal(utimensat(AT_FDCWD, abc_path(w), old, 0), 0);
    assert_int_equal(stat(abc_path(w), &before), 0);
    assert_true(blob_put_bytes(w->store, STR("abc"), &hash, &err));
    assert_int_equal(stat(abc_path(w), &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_true(after.st_mtime > 1000);
}

static void test_file(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    const size_t size = 1000003;
    char *bytes = mem_array(w->ctx, char, size);
    random_bytes(bytes, size);
    const char *path = mem_printf(w->ctx, "%s/upload", w->folder);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(write(fd, bytes, size), size);
    struct hash hash;
    struct hash again;
    int64_t found_size = 0;
    assert_true(blob_put_file(w->store, fd, &hash, &found_size, &err));
    assert_int_equal(found_size, size);
    assert_memory_equal(hash.bytes, hash_sha256((struct str){bytes, size}).bytes, HASH_SIZE);
    assert_true(blob_put_path(w->store, path, &again, &found_size, &err));
    assert_memory_equal(hash.bytes, again.bytes, HASH_SIZE);
    struct str found;
    assert_true(blob_read(w->ctx, w->store, hash, size, &found, &err));
    assert_memory_equal(found.ptr, bytes, size);
    assert_true(blob_verify(w->store, hash, &err));
    int out = -1;
    assert_true(blob_open(w->store, hash, &out, &found_size, &err));
    assert_int_equal(found_size, size);
    assert_int_equal(close(out), 0);
    assert_int_equal(files_in_new(w), 0);
    assert_int_equal(close(fd), 0);
}

static void test_damage(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct hash hash;
    assert_true(blob_put_bytes(w->store, STR("abc"), &hash, &err));
    FILE *file = fopen(abc_path(w), "w");
    assert_true(fputs("abd", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_false(blob_verify(w->store, hash, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    // Cut short, as by a crash of the file system, it is replaced by the next put.
    assert_int_equal(truncate(abc_path(w), 1), 0);
    assert_true(blob_put_bytes(w->store, STR("abc"), &hash, &err));
    assert_true(blob_verify(w->store, hash, &err));
}

static void test_absent_and_removed(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct hash hash;
    struct str found;
    assert_true(blob_put_bytes(w->store, STR("abc"), &hash, &err));
    int64_t length = 0;
    assert_true(blob_size(w->store, hash, &length, &err));
    assert_int_equal(length, 3);
    assert_true(blob_set_aside(w->store, hash, &err));
    assert_true(blob_size(w->store, hash, &length, &err));
    assert_true(blob_remove_aside(w->store, hash, &err));
    assert_true(blob_remove_aside(w->store, hash, &err));
    assert_false(blob_size(w->store, hash, &length, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_false(blob_read(w->ctx, w->store, hash, 10, &found, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    int64_t size = 0;
    assert_false(blob_put_path(w->store, "/nonexistent", &hash, &size, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
}

static void test_hash_parse(void **state)
{
    (void)state;
    struct hash hash;
    assert_true(blob_hash_parse(str_c(ABC), &hash));
    assert_int_equal(hash.bytes[0], 0xba);
    assert_false(blob_hash_parse(STR("ba78"), &hash));
    assert_false(blob_hash_parse(STR_NONE, &hash));
    assert_false(blob_hash_parse(
        STR("../../../../../../../../../../../../../../../../../../etc/passwd"), &hash));
}

static void test_leftovers(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    static const char *const NAMES[] = {"old", "young"};
    for (int i = 0; i < 2; i++) {
        const char *path = mem_printf(w->ctx, "%s/blobs/new/%s", w->folder, NAMES[i]);
        int fd = open(path, O_WRONLY | O_CREAT, 0600);
        const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
        assert_int_equal(i == 0 ? futimens(fd, old) : 0, 0);
        assert_int_equal(close(fd), 0);
    }
    struct blob_store *again;
    assert_true(open_at(w->ctx, mem_printf(w->ctx, "file:%s", w->folder), &again, &err));
    assert_int_equal(files_in_new(w), 1);
}

static void test_bad_places(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct blob_store *store;
    assert_false(open_at(w->ctx, "ftp://example.org/", &store, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_false(open_at(w->ctx, "file:/nonexistent/place", &store, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
}

static void *put_same(void *arg)
{
    struct world *w = arg;
    for (int i = 0; i < 20; i++) {
        char text[8];
        struct error err = {0};
        struct hash hash;
        (void)snprintf(text, sizeof text, "%d", i);
        assert_true(blob_put_bytes(w->store, str_c(text), &hash, &err));
        assert_true(blob_verify(w->store, hash, &err));
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct world *w = *state;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, put_same, w), 0);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(files_in_new(w), 0);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_put_and_read), TEST(test_empty),     TEST(test_written_once_and_made_young),
        TEST(test_file),         TEST(test_damage),    TEST(test_absent_and_removed),
        TEST(test_hash_parse),   TEST(test_leftovers), TEST(test_bad_places),
        TEST(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
