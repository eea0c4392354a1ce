// SPDX-License-Identifier: GPL-3.0-or-later
//
// bare_mhd PORT THREADS BODYFILE [HEADER...]: libmicrohttpd and nothing else, answering every
// request with the same bytes and headers: what a page costs when it costs nothing to make. Ends
// when standard input ends.
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

struct page {
    char *body;
    size_t size;
    char **headers;  // "Name: value"
    int header_count;
};

static void add_header(struct MHD_Response *response, const char *line)
{
    char *name = must(strdup(line));
    char *colon = strchr(name, ':');
    if (colon != NULL) {
        *colon = '\0';
        (void)MHD_add_response_header(response, name, colon + 1 + strspn(colon + 1, " "));
    }
    free(name);
}

// A response of its own for each request, as a page that was just written has.
static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_size, void **state)
{
    const struct page *page = cls;
    (void)url, (void)method, (void)version, (void)upload_data, (void)upload_size;
    if (*state == NULL) {
        *state = cls;
        return MHD_YES;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(page->size, page->body, MHD_RESPMEM_MUST_COPY);
    for (int i = 0; i < page->header_count; i++) {
        add_header(response, page->headers[i]);
    }
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        die("bare_mhd PORT THREADS BODYFILE [HEADER...]");
    }
    struct page page = {.headers = argv + 4, .header_count = argc - 4};
    page.body = read_file(argv[3], &page.size);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, (uint16_t)strtoul(argv[1], NULL, 10), NULL, NULL, answer,
        &page, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)strtoul(argv[2], NULL, 10), MHD_OPTION_END);
    if (daemon == NULL) {
        die("bare_mhd: cannot listen");
    }
    printf("ready\n");
    (void)fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    MHD_stop_daemon(daemon);
    return 0;
}
