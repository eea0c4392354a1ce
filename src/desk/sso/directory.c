// SPDX-License-Identifier: GPL-3.0-or-later
//
// libldap has limits for connecting and for each answer, none for an answer that drips, so a call
// runs in a thread of its own whose connection is shut down when its time is over.
#include "desk/sso/directory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <lber.h>
#include <ldap.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http/fetch.h"

#define CONNECT_SECONDS 3
#define ANSWER_BYTES ((ber_len_t)256 * 1024)
#define TEXT_MAX 2000
#define CA_MAX 65536
#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"

struct call {
    mem_ctx *ctx;
    const struct directory *directory;
    struct str login;     // absent: whether it answers
    struct str password;  // absent: not asked
    struct directory_entry entry;
    struct error why;
    bool fine;
    LDAP *ld;
    pthread_mutex_t lock;  // guards what follows
    pthread_cond_t changed;
    int socket;  // a copy, so that it is no other's when libldap has closed its own
    bool over;
    bool done;
};

void directory_start(void)
{
    int version = 0;
    (void)setenv("LDAPNOINIT", "1", 1);
    (void)ldap_get_option(NULL, LDAP_OPT_PROTOCOL_VERSION, &version);
}

// --- settings -----------------------------------------------------------------------------------

// ldap[s]://host[:port] and nothing else; *ret_host may be NULL.
static bool read_url(mem_ctx *ctx, struct str url, bool *ret_tls, struct str *ret_host)
{
    LDAPURLDesc *read = NULL;
    const char *text = str_cstr(ctx, url);
    if (str_find_char(url, ' ') >= 0 || str_find_char(url, '%') >= 0 ||
        ldap_url_parse(text, &read) != LDAP_URL_SUCCESS) {
        return false;
    }
    *ret_tls = str_eq_c(str_c(read->lud_scheme), "ldaps");
    bool fine = (*ret_tls || str_eq_c(str_c(read->lud_scheme), "ldap")) && read->lud_host != NULL &&
                read->lud_host[0] != '\0' && (read->lud_dn == NULL || read->lud_dn[0] == '\0') &&
                read->lud_attrs == NULL && read->lud_filter == NULL && read->lud_exts == NULL;
    if (fine && ret_host != NULL) {
        *ret_host = str_dup(ctx, str_c(read->lud_host));
    }
    ldap_free_urldesc(read);
    return fine;
}

bool directory_proved(mem_ctx *ctx, const struct directory *d)
{
    bool tls = false;
    struct str host = STR("");
    return read_url(ctx, d->url, &tls, &host) &&
           (tls || d->start_tls || fetch_host_is_self(ctx, host));
}

static bool is_attribute(struct str name)
{
    bool fine = name.len > 0 && name.len <= 100;
    for (size_t i = 0; fine && i < name.len; i++) {
        char c = name.ptr[i];
        fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == ';';
    }
    return fine;
}

static bool is_dn(mem_ctx *ctx, struct str text)
{
    LDAPDN dn = NULL;
    bool fine = text.len > 0 && text.len <= TEXT_MAX &&
                ldap_str2dn(str_cstr(ctx, text), &dn, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS;
    ldap_dnfree(dn);
    return fine;
}

static bool is_filter(struct str filter)
{
    int depth = 0;
    bool fine = filter.len <= TEXT_MAX && str_starts(filter, STR("(")) &&
                str_find(filter, STR("{login}")) >= 0;
    for (size_t i = 0; fine && i < filter.len; i++) {
        depth += filter.ptr[i] == '(' ? 1 : 0;
        depth -= filter.ptr[i] == ')' ? 1 : 0;
        fine = depth > 0 || (depth == 0 && i + 1 == filter.len);
    }
    return fine && depth == 0;
}

static bool check_search(mem_ctx *ctx, const struct directory *d, struct error *err)
{
    if (!is_dn(ctx, d->base)) {
        return error_field(err, "base", "InvalidValue",
                           "Base: below which name people are found, such as "
                           "ou=people,dc=example,dc=org.");
    }
    if (!is_filter(d->filter)) {
        return error_field(err, "filter", "InvalidValue",
                           "Filter: in parentheses, with {login} where the name belongs.");
    }
    if (!is_attribute(d->attr_mail)) {
        return error_field(err, "attr_mail", "InvalidValue", "Mail: the name of an attribute.");
    }
    if (!is_attribute(d->attr_name)) {
        return error_field(err, "attr_name", "InvalidValue", "Name: the name of an attribute.");
    }
    for (size_t i = 0; i < d->group_count; i++) {
        if (!is_dn(ctx, d->groups[i])) {
            return error_field(err, "roles", "InvalidValue",
                               "Roles: in each line a role, a colon and the whole name of a "
                               "group.");
        }
    }
    return true;
}

bool directory_check(mem_ctx *ctx, const struct directory *d, struct error *err)
{
    bool tls = false;
    if (d->url.len > TEXT_MAX || !read_url(ctx, d->url, &tls, NULL)) {
        return error_field(err, "url", "InvalidValue",
                           "Address: ldaps:// or ldap:// and the name of the machine.");
    }
    if (tls && d->start_tls) {
        return error_field(err, "url", "InvalidValue",
                           "Address: ldaps:// speaks TLS from the start; STARTTLS is for ldap://.");
    }
    if (!d->insecure && !directory_proved(ctx, d)) {
        return error_field(err, "url", "InvalidValue",
                           "Address: passwords would travel for everybody to read. Take ldaps:// "
                           "or STARTTLS.");
    }
    if (d->bind_dn.len > 0 && !is_dn(ctx, d->bind_dn)) {
        return error_field(err, "bind_dn", "InvalidValue",
                           "Bind as: a whole name, such as cn=desk,dc=example,dc=org.");
    }
    if (d->password.len > TEXT_MAX || (d->bind_dn.len > 0 && d->password.len == 0)) {
        return error_field(err, "password", "BlankValue",
                           "Password: needed; without one directories let in whoever asks, as "
                           "nobody.");
    }
    if (d->ca.len > CA_MAX || (d->ca.len > 0 && str_find(d->ca, STR("BEGIN CERT")) < 0)) {
        return error_field(err, "ca", "InvalidValue", "Authority: a certificate in PEM.");
    }
    return check_search(ctx, d, err);
}

// --- connecting ---------------------------------------------------------------------------------

static bool unavailable(struct call *call, int rc, const char *doing)
{
    char *said = NULL;
    if (call->ld != NULL) {
        (void)ldap_get_option(call->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &said);
    }
    struct str more = said == NULL ? STR("") : str_one_line(call->ctx, str_c(said), 200);
    more = str_utf8_mend(call->ctx, more);
    (void)error_set(&call->why, ERR_UNAVAILABLE, "%s: %s%s" STR_FMT, doing, ldap_err2string(rc),
                    more.len > 0 ? "; " : "", STR_ARG(more));
    ldap_memfree(said);
    return false;
}

static int on_connect(LDAP *ld, Sockbuf *sb, LDAPURLDesc *srv, struct sockaddr *addr,
                      struct ldap_conncb *cb)
{
    struct call *call = cb->lc_arg;
    ber_socket_t fd = -1;
    ber_len_t most = ANSWER_BYTES;
    (void)ld;
    (void)srv;
    (void)addr;
    (void)ber_sockbuf_ctrl(sb, LBER_SB_OPT_GET_FD, &fd);
    (void)ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_MAX_INCOMING, &most);
    (void)pthread_mutex_lock(&call->lock);
    if (call->socket >= 0) {
        (void)close(call->socket);
    }
    call->socket = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    bool over = call->over || call->socket < 0;
    (void)pthread_mutex_unlock(&call->lock);
    return over ? -1 : 0;
}

static void on_close(LDAP *ld, Sockbuf *sb, struct ldap_conncb *cb)
{
    (void)ld;
    (void)sb;
    (void)cb;
}

static void set_limits(LDAP *ld)
{
    const int version = LDAP_VERSION3;
    const int never = LDAP_DEREF_NEVER;
    const struct timeval connect = {.tv_sec = CONNECT_SECONDS};
    const struct timeval answer = {.tv_sec = DIRECTORY_SECONDS};
    (void)ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
    (void)ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    (void)ldap_set_option(ld, LDAP_OPT_RESTART, LDAP_OPT_OFF);
    (void)ldap_set_option(ld, LDAP_OPT_DEREF, &never);
    (void)ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &connect);
    (void)ldap_set_option(ld, LDAP_OPT_TIMEOUT, &answer);
}

// Authorities come from a file only, so an administrator's own is one without a name.
static int set_tls(LDAP *ld, mem_ctx *ctx, struct str ca)
{
    const int demand = LDAP_OPT_X_TLS_DEMAND;
    const int least = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
    const int client = 0;
    int fd = ca.len > 0 ? memfd_create("authority", MFD_CLOEXEC) : -1;
    bool written = ca.len == 0 || (fd >= 0 && write(fd, ca.ptr, ca.len) == (ssize_t)ca.len);
    const char *file = ca.len > 0 ? mem_printf(ctx, "/proc/self/fd/%d", fd) : SYSTEM_CA;
    int rc = written ? ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, file) : LDAP_LOCAL_ERROR;
    if (rc == LDAP_OPT_SUCCESS) {
        rc = ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
    }
    if (rc == LDAP_OPT_SUCCESS) {
        rc = ldap_set_option(ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &least);
    }
    if (rc == LDAP_OPT_SUCCESS) {
        rc = ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return rc;
}

static int bind_as(LDAP *ld, mem_ctx *ctx, struct str dn, struct str password)
{
    struct berval secret = {.bv_len = password.len,
                            .bv_val = mem_text_n(ctx, password.ptr, password.len)};
    return ldap_sasl_bind_s(ld, str_cstr(ctx, dn), LDAP_SASL_SIMPLE, &secret, NULL, NULL, NULL);
}

static const char *why_not_in(int rc)
{
    if (rc == LDAP_INVALID_CREDENTIALS) {
        return "The directory does not know the desk's name or password";
    }
    return rc == LDAP_SERVER_DOWN || rc == LDAP_CONNECT_ERROR
               ? "The directory cannot be reached"
               : "The directory does not let the desk in";
}

static bool open_directory(struct call *call, struct ldap_conncb *watch)
{
    const struct directory *d = call->directory;
    bool tls = false;
    if (!read_url(call->ctx, d->url, &tls, NULL) ||
        (!d->insecure && !directory_proved(call->ctx, d))) {
        return error_set(&call->why, ERR_UNAVAILABLE, "The address of the directory is not right.");
    }
    int rc = ldap_initialize(&call->ld, str_cstr(call->ctx, d->url));
    if (rc != LDAP_SUCCESS) {
        return unavailable(call, rc, "The directory cannot be reached");
    }
    set_limits(call->ld);
    (void)ldap_set_option(call->ld, LDAP_OPT_CONNECT_CB, watch);
    rc = tls || d->start_tls ? set_tls(call->ld, call->ctx, d->ca) : LDAP_SUCCESS;
    if (rc != LDAP_SUCCESS) {
        return unavailable(call, rc, "The authority of the directory's certificate cannot be read");
    }
    if (d->start_tls) {
        rc = ldap_start_tls_s(call->ld, NULL, NULL);
        if (rc != LDAP_SUCCESS) {
            return unavailable(call, rc, "The directory does not begin TLS");
        }
    }
    rc = bind_as(call->ld, call->ctx, d->bind_dn, d->bind_dn.len > 0 ? d->password : STR(""));
    return rc == LDAP_SUCCESS || unavailable(call, rc, why_not_in(rc));
}

// --- finding ------------------------------------------------------------------------------------

static struct str value_of(struct call *call, LDAPMessage *entry, const char *attribute)
{
    struct berval **values = ldap_get_values_len(call->ld, entry, attribute);
    struct str first = STR("");
    if (values != NULL && values[0] != NULL) {
        first = str_dup(
            call->ctx, str_utf8_clip((struct str){values[0]->bv_val, values[0]->bv_len}, TEXT_MAX));
    }
    ldap_value_free_len(values);
    return first;
}

// By the number that the directory itself gave, whichever one this kind of directory gives.
static struct str id_of(struct call *call, LDAPMessage *entry, struct str dn)
{
    static const char *const NUMBERS[] = {"entryUUID", "objectGUID", "nsUniqueId", "ipaUniqueID",
                                          "GUID"};
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) {
        struct str value = value_of(call, entry, NUMBERS[i]);
        char *hex = mem_text_n(call->ctx, "", 0);
        for (size_t at = 0; at < value.len && at < 64; at++) {
            hex = mem_printf(call->ctx, "%s%02x", hex, (unsigned char)value.ptr[at]);
        }
        if (value.len > 0) {
            bool text = i != 1 && i != 4 && str_utf8_valid(value);
            return text ? str_printf(call->ctx, "%s " STR_FMT, NUMBERS[i], STR_ARG(value))
                        : str_printf(call->ctx, "%s %s", NUMBERS[i], hex);
        }
    }
    return str_printf(call->ctx, "dn " STR_FMT, STR_ARG(str_lower(call->ctx, dn)));
}

static bool read_entry(struct call *call, LDAPMessage *entry)
{
    const struct directory *d = call->directory;
    mem_ctx *ctx = call->ctx;
    char *dn = ldap_get_dn(call->ld, entry);
    // Binding without a name succeeds, whoever asks.
    if (dn == NULL || dn[0] == '\0' || !str_utf8_valid(str_c(dn))) {
        ldap_memfree(dn);
        return error_set(&call->why, ERR_NOT_FOUND, "Nobody there has this name.");
    }
    struct directory_entry *e = &call->entry;
    e->dn = str_dup(ctx, str_c(dn));
    ldap_memfree(dn);
    e->id = id_of(call, entry, e->dn);
    e->mail = str_utf8_mend(ctx, value_of(call, entry, str_cstr(ctx, d->attr_mail)));
    e->name = str_utf8_mend(ctx, value_of(call, entry, str_cstr(ctx, d->attr_name)));
    return true;
}

// A failure of the directory's is not taken for an answer.
static bool is_trouble(int rc)
{
    return rc < 0 || rc == LDAP_BUSY || rc == LDAP_UNAVAILABLE || rc == LDAP_OTHER ||
           rc == LDAP_TIMELIMIT_EXCEEDED || rc == LDAP_ADMINLIMIT_EXCEEDED ||
           rc == LDAP_OPERATIONS_ERROR;
}

static bool search(struct call *call)
{
    const struct directory *d = call->directory;
    mem_ctx *ctx = call->ctx;
    bool all = !str_none(call->login);
    struct timeval limit = {.tv_sec = DIRECTORY_SECONDS};
    char *people[] = {mem_text_n(ctx, d->attr_mail.ptr, d->attr_mail.len),
                      mem_text_n(ctx, d->attr_name.ptr, d->attr_name.len),
                      mem_text(ctx, "entryUUID"),
                      mem_text(ctx, "objectGUID"),
                      mem_text(ctx, "nsUniqueId"),
                      mem_text(ctx, "ipaUniqueID"),
                      mem_text(ctx, "GUID"),
                      NULL};
    char *nothing[] = {mem_text(ctx, LDAP_NO_ATTRS), NULL};
    struct str filter =
        all ? directory_filter(ctx, d->filter, call->login) : STR("(objectClass=*)");
    LDAPMessage *found = NULL;
    int rc = ldap_search_ext_s(call->ld, str_cstr(ctx, d->base),
                               all ? LDAP_SCOPE_SUBTREE : LDAP_SCOPE_BASE, str_cstr(ctx, filter),
                               all ? people : nothing, 0, NULL, NULL, &limit, 2, &found);
    int count = found == NULL ? 0 : ldap_count_entries(call->ld, found);
    bool fine = false;
    if (rc == LDAP_SIZELIMIT_EXCEEDED || (rc == LDAP_SUCCESS && count > 1)) {
        fine = error_set(&call->why, ERR_CONFLICT, "Several there have this name.");
    } else if (rc != LDAP_SUCCESS) {
        fine = unavailable(call, rc, "The directory does not let the desk search");
    } else if (count == 0) {
        fine = all ? error_set(&call->why, ERR_NOT_FOUND, "Nobody there has this name.")
                   : unavailable(call, LDAP_NO_SUCH_OBJECT,
                                 "The directory does not let the desk search");
    } else {
        fine = !all || read_entry(call, ldap_first_entry(call->ld, found));
    }
    ldap_msgfree(found);
    return fine;
}

static bool ask_groups(struct call *call)
{
    const struct directory *d = call->directory;
    struct berval dn = {.bv_len = call->entry.dn.len,
                        .bv_val = mem_text_n(call->ctx, call->entry.dn.ptr, call->entry.dn.len)};
    for (size_t i = 0; i < d->group_count; i++) {
        const char *group = str_cstr(call->ctx, d->groups[i]);
        int rc = ldap_compare_ext_s(call->ld, group, "member", &dn, NULL, NULL);
        if (rc != LDAP_COMPARE_TRUE && !is_trouble(rc)) {
            rc = ldap_compare_ext_s(call->ld, group, "uniqueMember", &dn, NULL, NULL);
        }
        if (is_trouble(rc)) {
            return unavailable(call, rc, "The directory does not say who is in a group");
        }
        call->entry.member[i] = rc == LDAP_COMPARE_TRUE;
    }
    return true;
}

static bool prove(struct call *call)
{
    int rc = bind_as(call->ld, call->ctx, call->entry.dn, call->password);
    return rc == LDAP_SUCCESS ||
           (is_trouble(rc) ? unavailable(call, rc, "The directory does not check passwords")
                           : error_set(&call->why, ERR_UNAUTHENTICATED,
                                       "The name or the password is not right."));
}

// --- within its time ----------------------------------------------------------------------------

static void *run(void *arg)
{
    struct call *call = arg;
    struct ldap_conncb watch = {.lc_add = on_connect, .lc_del = on_close, .lc_arg = call};
    call->fine = open_directory(call, &watch) && search(call) &&
                 (str_none(call->login) || ask_groups(call)) &&
                 (str_none(call->password) || prove(call));
    if (call->ld != NULL) {
        (void)ldap_unbind_ext_s(call->ld, NULL, NULL);
    }
    (void)pthread_mutex_lock(&call->lock);
    call->done = true;
    (void)pthread_cond_signal(&call->changed);
    (void)pthread_mutex_unlock(&call->lock);
    return NULL;
}

// True when it was done in time.
static bool wait_for(struct call *call)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += DIRECTORY_SECONDS;
    (void)pthread_mutex_lock(&call->lock);
    int rc = 0;
    while (!call->done && rc != ETIMEDOUT) {
        rc = pthread_cond_clockwait(&call->changed, &call->lock, CLOCK_MONOTONIC, &until);
    }
    bool done = call->done;
    call->over = true;
    if (!done && call->socket >= 0) {
        (void)shutdown(call->socket, SHUT_RDWR);
    }
    (void)pthread_mutex_unlock(&call->lock);
    return done;
}

static bool ask(struct call *call, struct directory_entry *ret, struct error *err)
{
    pthread_t thread;
    call->socket = -1;
    (void)pthread_mutex_init(&call->lock, NULL);
    (void)pthread_cond_init(&call->changed, NULL);
    int rc = pthread_create(&thread, NULL, run, call);
    bool in_time = rc == 0 && wait_for(call);
    if (rc == 0) {
        (void)pthread_join(thread, NULL);
    }
    if (call->socket >= 0) {
        (void)close(call->socket);
    }
    (void)pthread_cond_destroy(&call->changed);
    (void)pthread_mutex_destroy(&call->lock);
    if (!in_time) {
        return error_set(err, ERR_UNAVAILABLE, "The directory does not answer in time.");
    }
    if (!call->fine) {
        *err = call->why;
        return false;
    }
    *ret = call->entry;
    return true;
}

bool directory_try(mem_ctx *ctx, const struct directory *directory, struct error *err)
{
    struct call call = {.ctx = ctx, .directory = directory};
    struct directory_entry none;
    return ask(&call, &none, err);
}

bool directory_find(mem_ctx *ctx, const struct directory *directory, struct str login,
                    struct directory_entry *ret, struct error *err)
{
    struct call call = {
        .ctx = ctx, .directory = directory, .login = str_none(login) ? STR("") : login};
    return ask(&call, ret, err);
}

bool directory_sign_in(mem_ctx *ctx, const struct directory *directory, struct str login,
                       struct str password, struct directory_entry *ret, struct error *err)
{
    struct call call = {.ctx = ctx, .directory = directory, .login = login, .password = password};
    if (str_empty(login) || str_empty(password)) {
        return error_set(err, ERR_UNAUTHENTICATED, "The name or the password is not right.");
    }
    return ask(&call, ret, err);
}
