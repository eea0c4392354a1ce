// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/imap.h"

#include <libetpan/libetpan.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/random.h"
#include "mail/imap_stream.h"

#define CONNECT_TIMEOUT_MS (20 * SECONDS_MS)
#define ANSWER_TIMEOUT_MS (60 * SECONDS_MS)
#define COMMAND_US (300 * INT64_C(1000000))
#define PIECE_BYTES (512 * 1024)
#define HEADER_BYTES (256 * 1024)

struct imap {
    struct imap_stream *stream;
    struct mailimap *session;
    bool can_idle;
    bool can_move;
    bool can_expunge;
    uint32_t looked_at;  // how many messages there were when new ones were last asked for
};

// --- what went wrong ----------------------------------------------------------------------------

static struct str server_words(mem_ctx *ctx, const struct imap *imap)
{
    const char *said = imap->session->imap_response;
    return str_one_line(ctx, str_utf8_mend(ctx, str_c(said == NULL ? "" : said)), 200);
}

static bool fail(struct imap *imap, enum error_code code, const char *what, struct error *err)
{
    if (imap_stream_failed(imap->stream, err)) {
        return false;
    }
    struct str words = server_words(imap, imap);
    return error_set(err, code, "%s%s" STR_FMT, what, words.len > 0 ? " The server says: " : "",
                     STR_ARG(words));
}

static void begin(struct imap *imap)
{
    imap_stream_deadline(imap->stream, clock_monotonic_us() + COMMAND_US);
}

// --- opening ------------------------------------------------------------------------------------

static void hang_up(void *handle)
{
    struct imap *imap = handle;
    imap_stream_deadline(imap->stream, clock_monotonic_us() + 2 * INT64_C(1000000));
    mailimap_free(imap->session);
}

static bool capabilities(struct imap *imap, struct error *err)
{
    struct mailimap_capability_data *list = NULL;
    if (mailimap_capability(imap->session, &list) != MAILIMAP_NO_ERROR) {
        return fail(imap, ERR_UNAVAILABLE, "This is no IMAP server we understand.", err);
    }
    mailimap_capability_data_free(list);
    imap->can_idle = mailimap_has_idle(imap->session) != 0;
    imap->can_move = mailimap_has_extension(imap->session, (char *)(uintptr_t) "MOVE") != 0;
    imap->can_expunge = mailimap_has_extension(imap->session, (char *)(uintptr_t) "UIDPLUS") != 0;
    return true;
}

static bool greet(struct imap *imap, const struct imap_server *server, struct error *err)
{
    if (server->security == IMAP_TLS && !imap_stream_tls(imap->stream, err)) {
        return false;
    }
    int code = mailimap_connect(imap->session, imap_stream_etpan(imap->stream));
    if (code != MAILIMAP_NO_ERROR_NON_AUTHENTICATED) {
        return fail(imap, ERR_UNAVAILABLE, "The server does not greet as an IMAP server does.",
                    err);
    }
    if (server->security != IMAP_STARTTLS) {
        return true;
    }
    if (mailimap_starttls(imap->session) != MAILIMAP_NO_ERROR) {
        return fail(imap, ERR_UNAVAILABLE,
                    "The server does not offer TLS here (STARTTLS). Use the port for TLS, mostly "
                    "993.",
                    err);
    }
    return imap_stream_tls(imap->stream, err);
}

// What is behind the server does not work just now: nothing is said about name and password (RFC
// 5530, section 3).
static bool has_passing_trouble(const struct imap *imap)
{
    static const char *const CODES[] = {"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"};
    const struct mailimap_response_info *info = imap->session->imap_response_info;
    struct str code = info == NULL ? STR_NONE : str_c(info->rsp_atom);
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++) {
        if (!str_none(code) && str_ieq_c(code, CODES[i])) {
            return true;
        }
    }
    return false;
}

static bool sign_in(struct imap *imap, const struct imap_server *server, struct error *err)
{
    const char *user = str_cstr(imap, server->user);
    bool token = server->access_token.len > 0;
    const char *secret = str_cstr(imap, token ? server->access_token : server->password);
    int code = token ? mailimap_oauth2_authenticate(imap->session, user, secret)
                     : mailimap_login(imap->session, user, secret);
    if (code != MAILIMAP_NO_ERROR && has_passing_trouble(imap)) {
        return fail(imap, ERR_UNAVAILABLE, "The server lets nobody in at present.", err);
    }
    return code == MAILIMAP_NO_ERROR ||
           fail(imap, ERR_UNAUTHENTICATED,
                token ? "The server does not accept the access token."
                      : "The server does not accept user name and password.",
                err);
}

static bool choose(struct imap *imap, const struct imap_server *server, struct imap_folder *ret,
                   struct error *err)
{
    const char *name = imap_folder_name(imap, server->folder).ptr;
    int code = server->writes ? mailimap_select(imap->session, name)
                              : mailimap_examine(imap->session, name);
    const struct mailimap_selection_info *info = imap->session->imap_selection_info;
    if (code != MAILIMAP_NO_ERROR || info == NULL) {
        return fail(imap, ERR_NOT_FOUND, "The folder cannot be opened.", err);
    }
    *ret = (struct imap_folder){info->sel_uidvalidity, info->sel_uidnext, info->sel_exists};
    return ret->uidvalidity != 0 ||
           error_set(err, ERR_UNAVAILABLE,
                     "The server keeps no lasting numbers of messages (UIDVALIDITY) in this "
                     "folder, so they cannot be fetched safely.");
}

// Some servers do not say UIDNEXT; the newest message's number serves as well.
static bool complete(struct imap *imap, struct imap_folder *folder, struct error *err)
{
    uint32_t *uids = NULL;
    size_t count = 0;
    if (folder->uid_next != 0) {
        return true;
    }
    if (!imap_uids(imap, imap, 1, 0, 0, &uids, &count, err)) {
        return false;
    }
    folder->uid_next = count == 0 ? 1 : uids[count - 1] + 1;
    return true;
}

bool imap_open(mem_ctx *ctx, const struct imap_server *server, struct imap **ret,
               struct imap_folder *ret_folder, struct error *err)
{
    struct imap *imap = mem_new(ctx, struct imap);
    struct imap_folder folder = {0};
    const struct imap_stream_options options = {
        .host = server->host,
        .port = server->port,
        .ca = server->ca,
        .stop_fd = server->stop_fd,
        .connect_timeout_ms =
            server->connect_timeout_ms > 0 ? server->connect_timeout_ms : CONNECT_TIMEOUT_MS,
        .answer_timeout_ms =
            server->answer_timeout_ms > 0 ? server->answer_timeout_ms : ANSWER_TIMEOUT_MS,
    };
    if (!imap_stream_open(imap, &options, &imap->stream, err)) {
        mem_free(imap);
        return false;
    }
    imap->session = mailimap_new(0, NULL);
    mem_check_(imap->session);
    mem_on_free(imap, hang_up, imap);
    begin(imap);
    if (greet(imap, server, err) && sign_in(imap, server, err) && capabilities(imap, err) &&
        choose(imap, server, &folder, err) && complete(imap, &folder, err)) {
        *ret = imap;
        *ret_folder = folder;
        return true;
    }
    mem_free(imap);
    return false;
}

// --- which messages there are -------------------------------------------------------------------

static struct mailimap_search_key *search_key(uint32_t from, uint32_t to, int64_t since_ms)
{
    struct mailimap_search_key *key = mailimap_search_key_new_multiple_empty();
    mailimap_search_key_multiple_add(
        key, mailimap_search_key_new_uid(mailimap_set_new_interval(from, to)));
    if (since_ms != 0) {
        struct civil day = time_civil(since_ms);
        struct mailimap_date *date = mailimap_date_new(day.day, day.month, (int)day.year);
        mailimap_search_key_multiple_add(key, mailimap_search_key_new_since(date));
    }
    return key;
}

static int compare_uids(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

// How many messages the server has told of, in whatever answer (RFC 9051, 5.2).
static uint32_t told_of(const struct imap *imap)
{
    const struct mailimap_selection_info *info = imap->session->imap_selection_info;
    return info == NULL ? 0 : info->sel_exists;
}

bool imap_uids(struct imap *imap, mem_ctx *ctx, uint32_t from, uint32_t to, int64_t since_ms,
               uint32_t **ret, size_t *ret_count, struct error *err)
{
    clist *found = NULL;
    struct mailimap_search_key *key = search_key(from, to, since_ms);
    if (to == 0) {
        imap->looked_at = told_of(imap);
    }
    begin(imap);
    int code = mailimap_uid_search(imap->session, NULL, key, &found);
    mailimap_search_key_free(key);
    if (code != MAILIMAP_NO_ERROR) {
        return fail(imap, ERR_UNAVAILABLE, "The server does not list its messages.", err);
    }
    uint32_t *uids = mem_array(ctx, uint32_t, (size_t)clist_count(found) + 1);
    size_t count = 0;
    for (clistiter *at = clist_begin(found); at != NULL; at = clist_next(at)) {
        uint32_t uid = *(uint32_t *)clist_content(at);
        // "5:*" means the newest message even where that is older than 5.
        if (uid >= from && (to == 0 || uid <= to)) {
            uids[count++] = uid;
        }
    }
    mailimap_search_result_free(found);
    qsort(uids, count, sizeof *uids, compare_uids);
    *ret = uids;
    *ret_count = count;
    return true;
}

static struct mailimap_set *set_of(const uint32_t *uids, size_t count)
{
    struct mailimap_set *set = mailimap_set_new_empty();
    for (size_t i = 0; i < count; i++) {
        mailimap_set_add_single(set, uids[i]);
    }
    return set;
}

static struct mailimap_fetch_type *info_wish(bool with_headers)
{
    static const char *const NAMES[] = {"Message-ID", "From", "Subject"};
    struct mailimap_fetch_type *wish = mailimap_fetch_type_new_fetch_att_list_empty();
    mailimap_fetch_type_new_fetch_att_list_add(wish, mailimap_fetch_att_new_uid());
    mailimap_fetch_type_new_fetch_att_list_add(wish, mailimap_fetch_att_new_rfc822_size());
    mailimap_fetch_type_new_fetch_att_list_add(wish, mailimap_fetch_att_new_internaldate());
    if (with_headers) {
        clist *names = clist_new();
        for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
            clist_append(names, strdup(NAMES[i]));
        }
        struct mailimap_section *fields =
            mailimap_section_new_header_fields(mailimap_header_list_new(names));
        mailimap_fetch_type_new_fetch_att_list_add(
            wish, mailimap_fetch_att_new_body_peek_section(fields));
    }
    return wish;
}

// The value of a field of a header as sent, its folds undone.
static struct str field_of(mem_ctx *ctx, struct str header, const char *name)
{
    struct str line;
    struct buf value;
    bool inside = false;
    buf_init(&value, ctx, 4096);
    while (str_next(&header, '\n', &line)) {
        bool goes_on = line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t');
        if (str_trim(line).len == 0) {
            break;
        }
        if (!goes_on) {
            struct str key;
            struct str rest;
            if (inside) {
                break;
            }
            str_cut(line, ':', &key, &rest);
            inside = !str_none(rest) && str_ieq_c(str_trim(key), name);
            line = rest;
        }
        if (inside) {
            buf_put_char(&value, ' ');
            buf_put(&value, str_trim(line));
        }
    }
    return str_dup(ctx, str_trim(buf_str(&value)));
}

struct str imap_message_id(mem_ctx *ctx, struct str header)
{
    struct str id = field_of(ctx, header, "Message-ID");
    bool whole = id.len > 2 && id.len < 900 && id.ptr[0] == '<' && id.ptr[id.len - 1] == '>';
    for (size_t i = 0; whole && i < id.len; i++) {
        unsigned char c = (unsigned char)id.ptr[i];
        whole = c > ' ' && c < 0x7f;
    }
    return whole ? id : STR("");
}

static int64_t ms_of(const struct mailimap_date_time *date)
{
    if (date == NULL) {
        return 0;
    }
    int zone = date->dt_zone / 100 * 60 + date->dt_zone % 100;
    return time_from_civil(date->dt_year, date->dt_month, date->dt_day, date->dt_hour, date->dt_min,
                           date->dt_sec) -
           zone * MINUTES_MS;
}

static void read_header(mem_ctx *ctx, const struct mailimap_msg_att_body_section *body,
                        struct imap_info *info)
{
    if (body == NULL || body->sec_body_part == NULL) {
        return;
    }
    struct str header = {body->sec_body_part, body->sec_length};
    info->message_id = imap_message_id(ctx, header);
    info->from = field_of(ctx, header, "From");
    info->subject = field_of(ctx, header, "Subject");
}

static struct imap_info info_of(mem_ctx *ctx, const struct mailimap_msg_att *message)
{
    struct imap_info info = {.message_id = STR(""), .from = STR(""), .subject = STR("")};
    for (clistiter *at = clist_begin(message->att_list); at != NULL; at = clist_next(at)) {
        const struct mailimap_msg_att_item *item = clist_content(at);
        if (item->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC) {
            continue;
        }
        const struct mailimap_msg_att_static *fact = item->att_data.att_static;
        if (fact->att_type == MAILIMAP_MSG_ATT_UID) {
            info.uid = fact->att_data.att_uid;
        } else if (fact->att_type == MAILIMAP_MSG_ATT_RFC822_SIZE) {
            info.size = fact->att_data.att_rfc822_size;
        } else if (fact->att_type == MAILIMAP_MSG_ATT_INTERNALDATE) {
            info.received_ms = ms_of(fact->att_data.att_internal_date);
        } else if (fact->att_type == MAILIMAP_MSG_ATT_BODY_SECTION) {
            read_header(ctx, fact->att_data.att_body_section, &info);
        }
    }
    return info;
}

bool imap_infos(struct imap *imap, mem_ctx *ctx, const uint32_t *uids, size_t count,
                bool with_headers, struct imap_info **ret, size_t *ret_count, struct error *err)
{
    clist *found = NULL;
    *ret = mem_array(ctx, struct imap_info, count + 1);
    *ret_count = 0;
    if (count == 0) {
        return true;
    }
    struct mailimap_set *set = set_of(uids, count);
    struct mailimap_fetch_type *wish = info_wish(with_headers);
    begin(imap);
    int code = mailimap_uid_fetch(imap->session, set, wish, &found);
    mailimap_fetch_type_free(wish);
    mailimap_set_free(set);
    if (code != MAILIMAP_NO_ERROR) {
        return fail(imap, ERR_UNAVAILABLE, "The server does not describe its messages.", err);
    }
    for (clistiter *at = clist_begin(found); at != NULL && *ret_count < count;
         at = clist_next(at)) {
        struct imap_info info = info_of(ctx, clist_content(at));
        // Servers also tell, unasked, of messages whose flags somebody has changed.
        if (info.uid != 0 && (info.size != 0 || info.received_ms != 0)) {
            (*ret)[(*ret_count)++] = info;
        }
    }
    mailimap_fetch_list_free(found);
    return true;
}

// --- a message's bytes --------------------------------------------------------------------------

typedef void piece_sink(void *arg, struct str piece);

// One BODY.PEEK[]. *ret_got is how much there was, -1 when the message has gone.
static int fetch_section(struct imap *imap, uint32_t uid, struct mailimap_fetch_att *att,
                         piece_sink *sink, void *arg, int64_t *ret_got)
{
    clist *found = NULL;
    struct mailimap_set *set = mailimap_set_new_single(uid);
    struct mailimap_fetch_type *wish = mailimap_fetch_type_new_fetch_att(att);
    begin(imap);
    int code = mailimap_uid_fetch(imap->session, set, wish, &found);
    mailimap_fetch_type_free(wish);
    mailimap_set_free(set);
    *ret_got = -1;
    if (code != MAILIMAP_NO_ERROR) {
        return code;
    }
    for (clistiter *at = clist_begin(found); at != NULL; at = clist_next(at)) {
        const struct mailimap_msg_att *message = clist_content(at);
        for (clistiter *i = clist_begin(message->att_list); i != NULL; i = clist_next(i)) {
            const struct mailimap_msg_att_item *item = clist_content(i);
            if (item->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC ||
                item->att_data.att_static->att_type != MAILIMAP_MSG_ATT_BODY_SECTION) {
                continue;
            }
            const struct mailimap_msg_att_body_section *body =
                item->att_data.att_static->att_data.att_body_section;
            *ret_got = body->sec_body_part == NULL ? 0 : (int64_t)body->sec_length;
            sink(arg, (struct str){body->sec_body_part, (size_t)*ret_got});
        }
    }
    mailimap_fetch_list_free(found);
    return code;
}

static bool refused(struct imap *imap, int code, struct error *err)
{
    if (imap_stream_failed(imap->stream, err)) {
        return false;
    }
    // After an answer that cannot be read, nobody knows where the next one begins.
    return fail(imap, code == MAILIMAP_ERROR_UID_FETCH ? ERR_INVALID : ERR_UNAVAILABLE,
                code == MAILIMAP_ERROR_UID_FETCH
                    ? "The mail server does not hand over this message."
                    : "The server's answer cannot be understood.",
                err);
}

static bool gone(struct error *err)
{
    return error_set(err, ERR_NOT_FOUND, "The message is not in the mailbox any more.");
}

static void sink_spill(void *arg, struct str piece)
{
    spill_put(arg, piece);
}

bool imap_message(struct imap *imap, uint32_t uid, int64_t size, struct spill *to,
                  imap_piece_fn *on_piece, void *arg, struct error *err)
{
    bool whole = size <= PIECE_BYTES;
    for (uint32_t from = 0;; from += PIECE_BYTES) {
        struct mailimap_section *all = mailimap_section_new(NULL);
        struct mailimap_fetch_att *att =
            whole ? mailimap_fetch_att_new_body_peek_section(all)
                  : mailimap_fetch_att_new_body_peek_section_partial(all, from, PIECE_BYTES);
        int64_t got = -1;
        int code = fetch_section(imap, uid, att, sink_spill, to, &got);
        if (code != MAILIMAP_NO_ERROR) {
            return refused(imap, code, err);
        }
        if (got < 0) {
            return gone(err);
        }
        // A piece that is short is the last: RFC822.SIZE is not right on every server.
        if (whole || got < PIECE_BYTES) {
            return true;
        }
        if (on_piece != NULL && !on_piece(arg, err)) {
            return false;
        }
    }
}

static void sink_buf(void *arg, struct str piece)
{
    buf_put(arg, str_sub(piece, 0, HEADER_BYTES));
}

bool imap_header(struct imap *imap, mem_ctx *ctx, uint32_t uid, struct str *ret, struct error *err)
{
    struct buf header;
    int64_t got = -1;
    buf_init(&header, ctx, HEADER_BYTES + 1);
    struct mailimap_fetch_att *att =
        mailimap_fetch_att_new_body_peek_section(mailimap_section_new_header());
    int code = fetch_section(imap, uid, att, sink_buf, &header, &got);
    if (code != MAILIMAP_NO_ERROR) {
        return refused(imap, code, err);
    }
    if (got < 0) {
        return gone(err);
    }
    *ret = buf_str(&header);
    return true;
}

// --- leaving traces -----------------------------------------------------------------------------

static int add_flag(struct imap *imap, struct mailimap_set *set, struct mailimap_flag *flag)
{
    struct mailimap_flag_list *flags = mailimap_flag_list_new_empty();
    mailimap_flag_list_add(flags, flag);
    struct mailimap_store_att_flags *change = mailimap_store_att_flags_new_add_flags_silent(flags);
    int code = mailimap_uid_store(imap->session, set, change);
    mailimap_store_att_flags_free(change);
    return code;
}

bool imap_mark_seen(struct imap *imap, const uint32_t *uids, size_t count, struct error *err)
{
    struct mailimap_set *set = set_of(uids, count);
    begin(imap);
    int code = add_flag(imap, set, mailimap_flag_new_seen());
    mailimap_set_free(set);
    return code == MAILIMAP_NO_ERROR ||
           fail(imap, ERR_UNAVAILABLE, "Messages cannot be marked as read.", err);
}

// Without MOVE: a copy, and the original marked as deleted. Only with UIDPLUS can exactly these be
// removed; a plain EXPUNGE would take along what somebody else has marked.
static int move_by_copy(struct imap *imap, struct mailimap_set *set, const char *name)
{
    int code = mailimap_uid_copy(imap->session, set, name);
    code = code == MAILIMAP_NO_ERROR ? add_flag(imap, set, mailimap_flag_new_deleted()) : code;
    return code == MAILIMAP_NO_ERROR && imap->can_expunge ? mailimap_uid_expunge(imap->session, set)
                                                          : code;
}

bool imap_move(struct imap *imap, const uint32_t *uids, size_t count, struct str folder,
               struct error *err)
{
    struct mailimap_set *set = set_of(uids, count);
    const char *name = imap_folder_name(imap, folder).ptr;
    begin(imap);
    int code = imap->can_move ? mailimap_uid_move(imap->session, set, name)
                              : move_by_copy(imap, set, name);
    mailimap_set_free(set);
    return code == MAILIMAP_NO_ERROR ||
           fail(imap, ERR_NOT_FOUND, "Messages cannot be moved to the folder that is set.", err);
}

// --- waiting ------------------------------------------------------------------------------------

bool imap_has_idle(const struct imap *imap)
{
    return imap->can_idle;
}

static bool wait_slices(struct imap *imap, const struct imap_idle *idle, enum imap_wait *ret,
                        struct error *err)
{
    int64_t until = clock_monotonic_us() + idle->ms * 1000;
    bool end = false;
    for (;;) {
        int64_t left = (until - clock_monotonic_us()) / 1000;
        *ret = imap_stream_wait(imap->stream, left < idle->slice_ms ? left : idle->slice_ms);
        if (*ret != IMAP_WAIT_TIMEOUT || left <= idle->slice_ms) {
            return true;
        }
        if (!idle->tick(idle->arg, &end, err)) {
            return false;
        }
        if (end) {
            return true;
        }
    }
}

static bool poll_server(struct imap *imap, const struct imap_idle *idle, bool *ret_changed,
                        struct error *err)
{
    enum imap_wait wait = IMAP_WAIT_TIMEOUT;
    if (!wait_slices(imap, idle, &wait, err)) {
        return false;
    }
    *ret_changed = wait == IMAP_WAIT_DATA;
    if (wait == IMAP_WAIT_STOPPED) {
        return true;
    }
    begin(imap);
    return mailimap_noop(imap->session) == MAILIMAP_NO_ERROR ||
           fail(imap, ERR_UNAVAILABLE, "The server does not answer as it should.", err);
}

bool imap_idle(struct imap *imap, const struct imap_idle *idle, bool *ret_changed,
               struct error *err)
{
    enum imap_wait wait = IMAP_WAIT_TIMEOUT;
    if (!imap->can_idle) {
        return poll_server(imap, idle, ret_changed, err);
    }
    begin(imap);
    if (mailimap_idle(imap->session) != MAILIMAP_NO_ERROR) {
        return fail(imap, ERR_UNAVAILABLE, "The server does not let us wait for mail.", err);
    }
    // What an earlier answer told in passing, IDLE does not tell again.
    if (told_of(imap) > imap->looked_at) {
        wait = IMAP_WAIT_DATA;
    } else if (!wait_slices(imap, idle, &wait, err)) {
        return false;
    }
    *ret_changed = wait == IMAP_WAIT_DATA;
    if (wait == IMAP_WAIT_STOPPED) {
        return true;
    }
    begin(imap);
    return mailimap_idle_done(imap->session) == MAILIMAP_NO_ERROR ||
           fail(imap, ERR_UNAVAILABLE, "The server ended the connection.", err);
}

// --- names of folders ---------------------------------------------------------------------------

// Characters of one run beyond ASCII: UTF-16 in base64 with ',' for '/', without padding.
static void put_run(mem_ctx *ctx, struct buf *out, struct buf *utf16)
{
    struct str coded = base64_encode(ctx, buf_str(utf16));
    buf_put_char(out, '&');
    for (size_t i = 0; i < coded.len && coded.ptr[i] != '='; i++) {
        buf_put_char(out, (char)(coded.ptr[i] == '/' ? ',' : coded.ptr[i]));
    }
    buf_put_char(out, '-');
    buf_reset(utf16);
}

static void put_unit(struct buf *utf16, uint32_t unit)
{
    buf_put_char(utf16, (char)(unit >> 8));
    buf_put_char(utf16, (char)(unit & 0xff));
}

static uint32_t next_char(struct str text, size_t *at)
{
    unsigned char first = (unsigned char)text.ptr[(*at)++];
    int more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    uint32_t c = more == 0 ? first : first & (0x3fu >> more);
    for (; more > 0 && *at < text.len; more--) {
        c = c << 6 | ((unsigned char)text.ptr[(*at)++] & 0x3fu);
    }
    return c;
}

struct str imap_folder_name(mem_ctx *ctx, struct str name)
{
    struct buf out;
    struct buf utf16;
    size_t at = 0;
    buf_init(&out, ctx, name.len * 8 + 16);
    buf_init(&utf16, ctx, name.len * 4 + 16);
    while (at < name.len) {
        uint32_t c = next_char(name, &at);
        bool plain = c >= 0x20 && c < 0x7f;
        if (plain && utf16.len > 0) {
            put_run(ctx, &out, &utf16);
        }
        if (plain) {
            buf_put_char(&out, (char)c);
            buf_put_c(&out, c == '&' ? "-" : "");
        } else if (c < 0x10000) {
            put_unit(&utf16, c);
        } else {
            put_unit(&utf16, 0xd800 + ((c - 0x10000) >> 10));
            put_unit(&utf16, 0xdc00 + ((c - 0x10000) & 0x3ff));
        }
    }
    if (utf16.len > 0) {
        put_run(ctx, &out, &utf16);
    }
    return buf_str(&out);
}
