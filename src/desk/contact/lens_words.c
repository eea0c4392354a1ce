// SPDX-License-Identifier: GPL-3.0-or-later
//
// Two tries in one: below ANCHORED stand patterns that begin where the word begins, below FLOATING
// those that may begin anywhere in it. A node has the predicates of patterns that end there: those
// that want the word to end too, and those that do not mind what follows.
#include "base/str.h"
#include "desk/contact/lens_internal.h"

enum { ANCHORED, FLOATING, FIRST_FREE };

struct cell {
    uint32_t predicate;
    uint32_t next;  // index + 1
};

struct node {
    uint32_t ends;     // cells of patterns that want the word to end here; index + 1
    uint32_t goes_on;  // cells of those that do not mind
};

struct child {
    uint64_t key;  // node << 8 | byte, plus 1; 0 for a free place
    uint32_t node;
};

struct lens_words {
    mem_ctx *ctx;
    struct node *nodes;
    size_t node_count, node_capacity;
    struct cell *cells;
    size_t cell_count, cell_capacity;
    struct child *children;
    size_t child_count, child_size;  // the size is a power of two
};

struct lens_words *lens_words_new(mem_ctx *ctx)
{
    struct lens_words *words = mem_new(ctx, struct lens_words);
    words->ctx = words;
    words->node_capacity = 64;
    words->nodes = mem_array(words, struct node, words->node_capacity);
    words->node_count = FIRST_FREE;
    words->child_size = 128;
    words->children = mem_array(words, struct child, words->child_size);
    return words;
}

static struct child *child_place(const struct lens_words *words, uint32_t node, unsigned char byte)
{
    uint64_t key = ((uint64_t)node << 8 | byte) + 1;
    size_t i = (size_t)(key * 0x9E3779B97F4A7C15 >> 32) & (words->child_size - 1);
    while (words->children[i].key != 0 && words->children[i].key != key) {
        i = (i + 1) & (words->child_size - 1);
    }
    return &words->children[i];
}

// 0 when there is none: no node leads back to the root.
static uint32_t child_of(const struct lens_words *words, uint32_t node, char byte)
{
    return child_place(words, node, (unsigned char)byte)->node;
}

static void children_double(struct lens_words *words)
{
    struct child *old = words->children;
    size_t old_size = words->child_size;
    words->child_size *= 2;
    words->children = mem_array(words, struct child, words->child_size);
    for (size_t i = 0; i < old_size; i++) {
        if (old[i].key != 0) {
            uint64_t node_byte = old[i].key - 1;
            *child_place(words, (uint32_t)(node_byte >> 8), node_byte & 0xFF) = old[i];
        }
    }
    mem_free(old);
}

static uint32_t child_make(struct lens_words *words, uint32_t node, char byte)
{
    uint32_t there = child_of(words, node, byte);
    if (there != 0) {
        return there;
    }
    if (words->node_count == words->node_capacity) {
        words->node_capacity *= 2;
        words->nodes = mem_grow(words, words->nodes, struct node, words->node_capacity);
    }
    uint32_t made = (uint32_t)words->node_count++;
    words->nodes[made] = (struct node){0};
    if (2 * ++words->child_count > words->child_size) {
        children_double(words);
    }
    struct child *place = child_place(words, node, (unsigned char)byte);
    place->key = ((uint64_t)node << 8 | (unsigned char)byte) + 1;
    place->node = made;
    return made;
}

void lens_words_add(struct lens_words *words, struct str pattern, uint32_t predicate)
{
    bool floating = pattern.len > 0 && pattern.ptr[0] == '*';
    bool open = pattern.len > 1 && pattern.ptr[pattern.len - 1] == '*';
    struct str letters =
        str_sub(pattern, floating ? 1 : 0, pattern.len - (floating ? 1 : 0) - (open ? 1 : 0));
    uint32_t node = floating ? FLOATING : ANCHORED;
    for (size_t i = 0; i < letters.len; i++) {
        node = child_make(words, node, letters.ptr[i]);
    }
    if (words->cell_count == words->cell_capacity) {
        words->cell_capacity = words->cell_capacity == 0 ? 64 : 2 * words->cell_capacity;
        words->cells = mem_grow(words, words->cells, struct cell, words->cell_capacity);
    }
    uint32_t *list = open ? &words->nodes[node].goes_on : &words->nodes[node].ends;
    words->cells[words->cell_count++] = (struct cell){predicate, *list};
    *list = (uint32_t)words->cell_count;
}

static void report(const struct lens_words *words, uint32_t list,
                   void (*found)(void *cls, uint32_t predicate), void *cls)
{
    for (uint32_t i = list; i != 0; i = words->cells[i - 1].next) {
        found(cls, words->cells[i - 1].predicate);
    }
}

void lens_words_find(const struct lens_words *words, struct str word,
                     void (*found)(void *cls, uint32_t predicate), void *cls)
{
    for (size_t from = 0; from <= word.len; from++) {
        // The first turn is the anchored one; each later turn begins one byte further.
        uint32_t node = from == 0 ? ANCHORED : FLOATING;
        size_t i = from == 0 ? 0 : from - 1;
        for (; i < word.len; i++) {
            node = child_of(words, node, word.ptr[i]);
            if (node == 0) {
                break;
            }
            report(words, words->nodes[node].goes_on, found, cls);
            if (i + 1 == word.len) {
                report(words, words->nodes[node].ends, found, cls);
            }
        }
    }
}
