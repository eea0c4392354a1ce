// SPDX-License-Identifier: GPL-3.0-or-later
#include "cmd/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static void add_path(const char **list, size_t *count, const char *path)
{
    if (*count < SANDBOX_PATHS) {
        list[(*count)++] = path;
    }
}

void sandbox_may_write(struct sandbox *sandbox, const char *path)
{
    add_path(sandbox->write, &sandbox->write_count, path);
}

void sandbox_may_read(struct sandbox *sandbox, const char *path)
{
    add_path(sandbox->read, &sandbox->read_count, path);
}

// --- files: Landlock ----------------------------------------------------------------------------

// Rights that the kernel's headers of Debian 12 do not name yet (landlock(7), ABI 3 to 6).
#define RIGHT_TRUNCATE (1ULL << 14)
#define RIGHT_IOCTL_DEV (1ULL << 15)
#define SCOPE_ABSTRACT_SOCKETS (1ULL << 0)
#define SCOPE_SIGNALS (1ULL << 1)

struct ruleset {
    uint64_t files, network, scoped;
};

#define RIGHTS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RIGHTS_OF_FILES                                                                            \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | RIGHT_TRUNCATE)
#define RIGHTS_WRITE                                                                               \
    (RIGHTS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                 \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |  \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REFER | RIGHT_TRUNCATE)

// All that is forbidden where no rule allows it. Links, devices and pipes are made nowhere.
static uint64_t rights_handled(int abi)
{
    uint64_t all = RIGHTS_WRITE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                   LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
    all |= SANITIZED ? 0 : LANDLOCK_ACCESS_FS_EXECUTE;  // a report calls the symbolizer
    all &= abi >= 3 ? ~0ULL : ~RIGHT_TRUNCATE;
    return all | (abi >= 5 ? RIGHT_IOCTL_DEV : 0);
}

static void allow(int ruleset, const char *path, uint64_t rights)
{
    struct stat known;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    bool folder = fstat(fd, &known) == 0 && S_ISDIR(known.st_mode);
    struct landlock_path_beneath_attr rule = {
        .allowed_access = folder ? rights : rights & RIGHTS_OF_FILES,
        .parent_fd = fd,
    };
    // One that cannot be added is one right less: safe, and seen at its first use.
    (void)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    (void)close(fd);
}

// What any program reads that looks up names, speaks TLS and knows time zones and character sets.
static const char *const READ_BY_ALL[] = {
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/passwd",
    "/etc/group",
    "/etc/ssl",
    "/etc/ca-certificates",
    "/etc/gnutls",
    "/etc/pki",
    "/run/systemd/resolve",
    "/run/NetworkManager",
    "/run/resolvconf",
    "/proc/self",
    "/proc/sys/vm",
    "/proc/sys/net",
    "/proc/sys/kernel",
    "/sys/devices/system/cpu",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
};

static int confine_files(const struct sandbox *sandbox)
{
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    // The first version forbids moving a file to another folder, which is how blobs are stored.
    if (abi < 2) {
        return 0;
    }
    uint64_t handled = rights_handled(abi);
    struct ruleset attr = {
        .files = handled,
        .scoped = abi >= 6 ? SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS : 0,
    };
    size_t size = abi >= 6 ? sizeof attr : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
    if (ruleset < 0) {
        return 0;
    }
    for (size_t i = 0; i < sizeof READ_BY_ALL / sizeof *READ_BY_ALL; i++) {
        allow(ruleset, READ_BY_ALL[i], RIGHTS_READ);
    }
    for (size_t i = 0; i < sandbox->read_count; i++) {
        allow(ruleset, sandbox->read[i], RIGHTS_READ);
    }
    allow(ruleset, "/dev/null", (RIGHTS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE) & handled);
    for (size_t i = 0; i < sandbox->write_count; i++) {
        allow(ruleset, sandbox->write[i], RIGHTS_WRITE & handled);
    }
    bool ok = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    (void)close(ruleset);
    return ok ? abi : 0;
}

// --- system calls: seccomp ----------------------------------------------------------------------

// Refused with EPERM whatever their arguments. A list of what is forbidden and not of what is
// allowed: libraries below use new calls with each version, and a desk that stops at an upgrade of
// the C library protects nobody. What a hole would want stands here.
static const int FORBIDDEN[] = {
    // other programs
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    // other processes
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(process_madvise),
    // what is mounted where
    SCMP_SYS(mount),
    SCMP_SYS(umount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(quotactl),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(fanotify_init),
    // the kernel itself
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(modify_ldt),
    SCMP_SYS(personality),
    SCMP_SYS(syslog),
    SCMP_SYS(acct),
    SCMP_SYS(lookup_dcookie),
    SCMP_SYS(vhangup),
    SCMP_SYS(memfd_secret),
    // keys, clocks, names
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    // who we are
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setreuid),
    SCMP_SYS(setregid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setgroups),
    SCMP_SYS(setfsuid),
    SCMP_SYS(setfsgid),
    SCMP_SYS(capset),
};

static bool forbid_all(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < sizeof FORBIDDEN / sizeof *FORBIDDEN; i++) {
        // One that this machine's kind does not have cannot be called either.
        int rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), FORBIDDEN[i], 0);
        if (rc != 0 && rc != -EDOM) {
            return false;
        }
    }
    return true;
}

// Threads are started, processes are not. The arguments of clone3 stand in memory, where no filter
// can look; told that there is none, the C library takes clone.
static bool forbid_processes(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)) == 0;
}

// Memory is written or run, never both.
static bool forbid_new_code(scmp_filter_ctx filter)
{
    const scmp_datum_t both = PROT_WRITE | PROT_EXEC;
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mmap), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, both, both)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(pkey_mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC)) == 0;
}

// Only sockets of the network and of this machine (netlink: the resolver asks for our addresses).
static bool forbid_odd_sockets(scmp_filter_ctx filter)
{
    for (unsigned family = 0; family < AF_NETLINK; family++) {
        if (family != AF_UNIX && family != AF_INET && family != AF_INET6 &&
            seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                             SCMP_A0(SCMP_CMP_EQ, family, 0)) != 0) {
            return false;
        }
    }
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                            SCMP_A0(SCMP_CMP_GT, AF_NETLINK, 0)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                            SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, TIOCSTI)) == 0;
}

static bool filter_calls(void)
{
    if (SANITIZED) {
        return false;
    }
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool ok = filter != NULL && forbid_all(filter) && forbid_processes(filter) &&
              forbid_new_code(filter) && forbid_odd_sockets(filter) && seccomp_load(filter) == 0;
    if (filter != NULL) {
        seccomp_release(filter);
    }
    return ok;
}

struct sandbox_state sandbox_enter(const struct sandbox *sandbox)
{
    struct sandbox_state state = {0};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
        state.files_abi = confine_files(sandbox);
        state.calls = filter_calls();
    }
    return state;
}

// --- proof --------------------------------------------------------------------------------------

// What the child found out, as bits of its exit status.
enum { TRIED_CALLS = 1, TRIED_FILES = 2, BROKE_OUT = 4, OUT_OF_WORK = 8 };

static bool can_start_program(void)
{
    char *const words[] = {(char[]){"true"}, NULL};
    char *const nothing[] = {NULL};
    (void)execve("/bin/true", words, nothing);  // comes back only when refused
    return errno != EPERM && errno != EACCES;
}

static bool can_fork(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    if (pid > 0) {
        (void)waitpid(pid, NULL, 0);
    }
    return pid >= 0;
}

// A call that fails for other reasons, too, but not for this one.
static bool can_ask_kernel(void)
{
    return syscall(SYS_bpf, -1, NULL, 0) == 0 || errno != EPERM;
}

static bool can_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)close(fd);
    }
    return fd >= 0;
}

static int try_in_child(const struct sandbox *sandbox)
{
    struct sandbox_state state = sandbox_enter(sandbox);
    int found = (state.calls ? TRIED_CALLS : 0) | (state.files_abi > 0 ? TRIED_FILES : 0);
    if (state.files_abi > 0 &&
        (can_open("/", O_RDONLY | O_DIRECTORY) || can_open("/tmp", O_RDWR | O_TMPFILE))) {
        found |= BROKE_OUT;
    }
    if (state.calls && (can_fork() || can_ask_kernel() || can_start_program())) {
        found |= BROKE_OUT;
    }
    for (size_t i = 0; i < sandbox->write_count; i++) {
        found |= access(sandbox->write[i], F_OK) != 0 || can_open(sandbox->write[i], O_RDONLY)
                     ? 0
                     : OUT_OF_WORK;
    }
    return found;
}

struct str sandbox_try(mem_ctx *ctx, const struct sandbox *sandbox, bool *ret_held)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(try_in_child(sandbox));
    }
    *ret_held = false;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
        return STR("it could not be tried");
    }
    int found = WEXITSTATUS(status);
    if ((found & (BROKE_OUT | OUT_OF_WORK)) != 0) {
        return (found & BROKE_OUT) != 0 ? STR("a program in it could break out")
                                        : STR("it shuts out the desk's own data");
    }
    *ret_held = true;
    return str_printf(ctx, "%s; %s",
                      (found & TRIED_CALLS) != 0 ? "it starts no other program"
                                                 : "its system calls are not filtered here",
                      (found & TRIED_FILES) != 0 ? "and opens no file but its own"
                                                 : "this kernel does not confine it to its files");
}
