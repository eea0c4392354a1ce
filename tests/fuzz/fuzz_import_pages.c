// SPDX-License-Identifier: GPL-3.0-or-later
//
// A file of another desk's export: its name is the first line, its text the rest. Whatever it is,
// each list has what it says, and every member that the import asks for can be asked for.
#include "desk/import/pages.h"
#include "fuzz.h"

static void look_at(const struct import_list *list)
{
    assert(list->kind < IMPORT_KIND_COUNT && list->count > 0);
    for (size_t i = 0; i < list->count; i++) {
        struct jr_value object = import_list_at(list, i);
        assert(!jr_absent(object));
        assert(import_id(object, "id") >= 0);
        assert(import_comment_ticket(list, object) >= 0);
        (void)import_time(object, "updated_at");
    }
    assert(jr_kind(list->items) != JR_LIST || jr_count(list->items) == list->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "fuzz");
    struct str path;
    struct str text;
    struct import_piece piece;
    struct error err = {0};
    str_cut(fuzz_input(data, size), '\n', &path, &text);
    if (import_piece_read(ctx, path, text, &piece, &err)) {
        assert(piece.count <= IMPORT_KIND_COUNT);
        for (size_t i = 0; i < piece.count; i++) {
            look_at(&piece.lists[i]);
        }
    } else {
        assert(err.code == ERR_BAD_REQUEST && err.message[0] != '\0');
    }
    mem_free(ctx);
    return 0;
}
