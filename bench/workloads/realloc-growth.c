/* SPDX-License-Identifier: MIT */
/*
 * realloc-growth: does a growing block stay in place when it can, and move
 * cheaply when it cannot?
 *
 * Three kinds of growth: strings that gain 1 to 64 bytes at a time, vectors
 * that double side by side, and one buffer that grows by half to 96 MiB.
 */

#include "workload.h"

enum {
    STRINGS = 2000,
    STRING_STEPS = 4000000,
    STRING_LIMIT = 8 * WL_KIB,
    VECTORS = 512,
    VECTOR_ROUNDS = 120,
    VECTOR_LIMIT = 32 * WL_KIB,
    BUFFER_ROUNDS = 12,
    BUFFER_LIMIT = 96 * WL_MIB,
};

struct text {
    unsigned char *bytes;
    size_t length;
};

static void
text_resize(struct text *text, size_t length)
{
    text->bytes = wl_must(realloc(text->bytes, length));
    text->length = length;
}

static uint64_t
text_clear(struct text *text)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < text->length; i += 64) {
        sum += text->bytes[i];
    }
    free(text->bytes);
    *text = (struct text){0};
    return sum;
}

static uint64_t
text_append(struct text *text, struct wl_rng *rng)
{
    const size_t old = text->length;
    const size_t more = wl_rng_between(rng, 1, 64);
    uint64_t sum = 0;

    text_resize(text, old + more);
    memset(text->bytes + old, (int)(more & 0xff), more);
    if (text->length > STRING_LIMIT) {
        sum = text_clear(text);
    }
    return sum;
}

static uint64_t
grow_strings(size_t steps)
{
    static struct text texts[STRINGS];
    struct wl_rng rng = wl_rng_seed(5);
    uint64_t sum = 0;

    for (size_t i = 0; i < steps; i++) {
        sum += text_append(&texts[wl_rng_below(&rng, STRINGS)], &rng);
    }
    for (size_t i = 0; i < STRINGS; i++) {
        sum += text_clear(&texts[i]);
    }
    return sum;
}

static uint64_t
grow_vectors(size_t rounds)
{
    static struct text vectors[VECTORS];
    uint64_t sum = 0;

    for (size_t round = 0; round < rounds; round++) {
        for (size_t size = 16; size <= VECTOR_LIMIT; size *= 2) {
            for (size_t i = 0; i < VECTORS; i++) {
                text_resize(&vectors[i], size);
                memset(vectors[i].bytes + size / 2, (int)(i & 0xff), size / 2);
            }
        }
        for (size_t i = 0; i < VECTORS; i++) {
            vectors[i].bytes[0] = 1;
            sum += vectors[i].bytes[VECTOR_LIMIT - 1];
            free(vectors[i].bytes);
            vectors[i] = (struct text){0};
        }
    }
    return sum;
}

static uint64_t
grow_buffer(size_t rounds)
{
    uint64_t sum = 0;

    for (size_t round = 0; round < rounds; round++) {
        struct text buffer = {0};

        for (size_t size = 64; size < BUFFER_LIMIT; size += size / 2) {
            const size_t old = buffer.length;

            text_resize(&buffer, size);
            wl_touch_pages(buffer.bytes + old, size - old, 7);
        }
        sum += buffer.bytes[buffer.length - 1];
        free(buffer.bytes);
    }
    return sum;
}

int
main(int argc, char **argv)
{
    const double scale = wl_scale(argc, argv);
    uint64_t sum = grow_strings(wl_scaled(scale, STRING_STEPS));

    sum += grow_vectors(wl_scaled(scale, VECTOR_ROUNDS));
    sum += grow_buffer(wl_scaled(scale, BUFFER_ROUNDS));
    return wl_finish(sum);
}
