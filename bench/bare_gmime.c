// SPDX-License-Identifier: GPL-3.0-or-later
//
// bare_gmime SECONDS FILE...: parses the mails in turn with GMime and decodes every part, as intake
// must, and does nothing with them. Prints messages= seconds= rate=.
#include <gmime/gmime.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

static void decode_part(GMimeObject *parent, GMimeObject *object, gpointer data)
{
    (void)parent, (void)data;
    if (!GMIME_IS_PART(object)) {
        return;
    }
    GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(object));
    if (content != NULL) {
        GMimeStream *memory = g_mime_stream_mem_new();
        (void)g_mime_data_wrapper_write_to_stream(content, memory);
        g_object_unref(memory);
    }
}

static void parse(const char *bytes, size_t size)
{
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes, size);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    if (message != NULL) {
        g_mime_message_foreach(message, decode_part, NULL);
        g_object_unref(message);
    }
    g_object_unref(parser);
    g_object_unref(stream);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        die("bare_gmime SECONDS FILE...");
    }
    g_mime_init();
    int count = argc - 2;
    char **mails = must(calloc((size_t)count, sizeof(char *)));
    size_t *sizes = must(calloc((size_t)count, sizeof(size_t)));
    for (int i = 0; i < count; i++) {
        mails[i] = read_file(argv[i + 2], &sizes[i]);
    }
    double begun = now_s();
    double end = begun + strtod(argv[1], NULL);
    long done = 0;
    while (now_s() < end) {
        parse(mails[done % count], sizes[done % count]);
        done++;
    }
    double seconds = now_s() - begun;
    printf("messages=%ld seconds=%.3f rate=%.1f\n", done, seconds, (double)done / seconds);
    return 0;
}
