// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is refused in the sandbox, and what must go on working in it. Each case enters in a child.
#include "cmd/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// cmocka.h wants these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct world {
    mem_ctx *ctx;
    const char *data;    // may be written
    const char *beside;  // a file that is not named
};

static int setup(void **state)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct world *w = mem_new(ctx, struct world);
    char *folder = mem_text(ctx, "/tmp/steward-sandbox-XXXXXX");
    assert_non_null(mkdtemp(folder));
    *w = (struct world){ctx, mem_printf(ctx, "%s/data", folder),
                        mem_printf(ctx, "%s/beside", folder)};
    assert_int_equal(mkdir(w->data, 0700), 0);
    assert_int_equal(mkdir(mem_printf(ctx, "%s/below", w->data), 0700), 0);
    int fd = open(w->beside, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    (void)unlink(w->beside);
    (void)rmdir(mem_printf(w->ctx, "%s/below", w->data));
    (void)rmdir(w->data);
    *strrchr((char *)(uintptr_t)w->beside, '/') = '\0';
    (void)rmdir(w->beside);
    mem_free(w->ctx);
    return 0;
}

// The first line of `work` that did not go as wanted, 0 when all did, -1 when there is no such
// protection here.
typedef int work_fn(const struct world *w, struct sandbox_state state);

#define WANT(what)                                                                                 \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            return __LINE__ % 250 + 1;                                                             \
        }                                                                                          \
    } while (0)

static void in_sandbox(struct world *w, work_fn *work)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct sandbox sandbox = {.write_count = 0};
        sandbox_may_write(&sandbox, w->data);
        struct sandbox_state state = sandbox_enter(&sandbox);
        _exit(work(w, state) & 0xff);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 255) {
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int calls(const struct world *w, struct sandbox_state state)
{
    char *const words[] = {(char[]){"true"}, NULL};
    if (!state.calls) {
        return -1;
    }
    WANT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    WANT(execve("/bin/true", words, words + 1) == -1 && errno == EPERM);
    WANT(fork() == -1 && errno == EPERM);
    WANT(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1 && errno == EPERM);
    WANT(syscall(SYS_mount, "none", w->data, "tmpfs", 0, NULL) == -1 && errno == EPERM);
    WANT(syscall(SYS_bpf, 0, NULL, 0) == -1 && errno == EPERM);
    WANT(syscall(SYS_keyctl, 0, 0) == -1 && errno == EPERM);
    WANT(syscall(SYS_init_module, NULL, 0, "") == -1 && errno == EPERM);
    WANT(syscall(SYS_io_uring_setup, 1, NULL) == -1 && errno == EPERM);
    WANT(syscall(SYS_unshare, 0) == -1 && errno == EPERM);
    WANT(syscall(SYS_setuid, getuid()) == -1 && errno == EPERM);
    return 0;
}

static int memory_and_sockets(const struct world *w, struct sandbox_state state)
{
    (void)w;
    if (!state.calls) {
        return -1;
    }
    WANT(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
             MAP_FAILED &&
         errno == EPERM);
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    WANT(page != MAP_FAILED);
    WANT(mprotect(page, 4096, PROT_READ | PROT_EXEC) == -1 && errno == EPERM);
    WANT(mprotect(page, 4096, PROT_READ) == 0);
    WANT(socket(AF_PACKET, SOCK_RAW, 0) == -1 && errno == EPERM);
    WANT(socket(AF_ALG, SOCK_SEQPACKET, 0) == -1 && errno == EPERM);
    WANT(socket(AF_AX25, SOCK_STREAM, 0) == -1 && errno == EPERM);
    WANT(socket(AF_INET, SOCK_STREAM, 0) >= 0);
    WANT(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
    return 0;
}

static int files(const struct world *w, struct sandbox_state state)
{
    mem_ctx *ctx = w->ctx;
    if (state.files_abi == 0) {
        return -1;
    }
    WANT(open(w->beside, O_RDONLY | O_CLOEXEC) == -1 && errno == EACCES);
    WANT(open(w->beside, O_WRONLY | O_CLOEXEC) == -1 && errno == EACCES);
    WANT(open("/etc/shadow", O_RDONLY | O_CLOEXEC) == -1);
    WANT(open("/root", O_RDONLY | O_DIRECTORY | O_CLOEXEC) == -1);
    WANT(open("/usr/steward-was-here", O_CREAT | O_WRONLY | O_CLOEXEC, 0600) == -1);
    WANT(unlink(w->beside) == -1);
    // Blobs are made in one folder and moved to another.
    const char *made = mem_printf(ctx, "%s/made", w->data);
    const char *moved = mem_printf(ctx, "%s/below/moved", w->data);
    int fd = open(made, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    WANT(fd >= 0 && write(fd, "x", 1) == 1 && ftruncate(fd, 0) == 0 && fsync(fd) == 0);
    WANT(rename(made, moved) == 0 && unlink(moved) == 0);
    WANT(symlink("/etc/shadow", made) == -1);
    return 0;
}

static void *of_thread(void *arg)
{
    *(int *)arg = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return NULL;
}

static int life_goes_on(const struct world *w, struct sandbox_state state)
{
    (void)w;
    pthread_t thread;
    int opened = -2;
    struct addrinfo *found = NULL;
    WANT(pthread_create(&thread, NULL, of_thread, &opened) == 0);
    WANT(pthread_join(thread, NULL) == 0);
    WANT(state.files_abi == 0 ? opened >= 0 : opened == -1);
    // Numbers only: whether a name resolves depends on the machine.
    WANT(getaddrinfo("127.0.0.1", "25", NULL, &found) == 0);
    freeaddrinfo(found);
    WANT(open("/dev/null", O_WRONLY | O_CLOEXEC) >= 0);
    WANT(open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0);
    WANT(open("/usr/share/zoneinfo/UTC", O_RDONLY | O_CLOEXEC) >= 0 || errno == ENOENT);
    return 0;
}

static void test_calls(void **state)
{
    in_sandbox(*state, calls);
}

static void test_memory_and_sockets(void **state)
{
    in_sandbox(*state, memory_and_sockets);
}

static void test_files(void **state)
{
    in_sandbox(*state, files);
}

static void test_life_goes_on(void **state)
{
    in_sandbox(*state, life_goes_on);
}

static void test_trying_tells(void **state)
{
    struct world *w = *state;
    struct sandbox sandbox = {.write_count = 0};
    bool held = false;
    sandbox_may_write(&sandbox, w->data);
    struct str verdict = sandbox_try(w->ctx, &sandbox, &held);
    assert_true(held);
    assert_true(verdict.len > 0);
    // One that lets everything be opened is found out, where the kernel confines files at all.
    bool confines = str_find(verdict, STR("opens no file")) >= 0;
    sandbox_may_read(&sandbox, "/");
    (void)sandbox_try(w->ctx, &sandbox, &held);
    assert_int_equal(held, !confines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_calls, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_and_sockets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_life_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_trying_tells, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
