/* SPDX-License-Identifier: MIT */
/*
 * storm.c - tasks that all want memory at once, of every kind there is.
 */
#include "storm.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_heap_caps.h"
#include "status.h"

#define N_TASKS   4u
#define N_BLOCKS  16u
#define N_TURNS   2000u
#define SIZE_MOST 512u

struct block {
    uint32_t *words; /* every kind of memory takes words */
    size_t n;        /* of them */
};

static const uint32_t kinds[] = {
    MALLOC_CAP_8BIT,
    MALLOC_CAP_32BIT,
    MALLOC_CAP_DMA,
    MALLOC_CAP_INTERNAL,
};
#define N_KINDS (sizeof kinds / sizeof *kinds)

static uint32_t
next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void
fill(struct block *block, size_t from)
{
    for (size_t i = from; i < block->n; i++) {
        block->words[i] = (uint32_t)(block->n * 2654435761u + i);
    }
}

static void
check(const struct block *block)
{
    size_t n_wrong = 0;

    for (size_t i = 0; i < block->n; i++) {
        n_wrong += block->words[i] != (uint32_t)(block->n * 2654435761u + i);
    }
    status_expect(n_wrong == 0, "tasks share a block");
}

static void
drop(struct block *block)
{
    if (block->words != NULL) {
        check(block);
        heap_caps_free(block->words);
        block->words = NULL;
    }
}

/* A new block in place of an old one; none while memory is short. */
static void
renew(struct block *block, uint32_t *random)
{
    size_t n = 1 + next_random(random) % (SIZE_MOST / sizeof(uint32_t));

    drop(block);
    block->words = next_random(random) % 4 == 0
                       ? malloc(n * sizeof(uint32_t))
                       : heap_caps_malloc(n * sizeof(uint32_t),
                           kinds[next_random(random) % N_KINDS]);
    block->n = n;
    if (block->words != NULL) {
        fill(block, 0);
    }
}

/* The same block in another kind of memory. */
static void
move(struct block *block, uint32_t *random)
{
    uint32_t kind = kinds[next_random(random) % N_KINDS];
    uint32_t *words;

    if (block->words == NULL) {
        return;
    }
    check(block);
    words = heap_caps_realloc(block->words, block->n * sizeof(uint32_t), kind);
    if (words != NULL) {
        block->words = words;
        check(block);
    }
}

static void *
rage(void *arg)
{
    uint32_t random = (uint32_t)(uintptr_t)arg;
    struct block blocks[N_BLOCKS] = {{NULL, 0}};

    for (unsigned turn = 0; turn < N_TURNS; turn++) {
        struct block *block = &blocks[next_random(&random) % N_BLOCKS];

        if (next_random(&random) % 4 == 0) {
            move(block, &random);
        } else {
            renew(block, &random);
        }
    }
    for (unsigned i = 0; i < N_BLOCKS; i++) {
        drop(&blocks[i]);
    }
    return NULL;
}

void
storm_run(void)
{
    pthread_t tasks[N_TASKS];
    unsigned n = 0;

    while (n < N_TASKS
           && pthread_create(&tasks[n], NULL, rage, (void *)(uintptr_t)(n + 1))
                  == 0) {
        n++;
    }
    for (unsigned i = 0; i < n; i++) {
        pthread_join(tasks[i], NULL);
    }
    status_expect(n == N_TASKS, "no task");
    printf(
        "storm     %u tasks are through, refused %u\n", n, status_refusals());
}
