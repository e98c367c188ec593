/* SPDX-License-Identifier: MIT */
/*
 * history.c - what the station remembers: as many hours as memory allows.
 */
#include "history.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "status.h"

#define HOURS_MAX 600u
#define HOUR_SIZE 1024u
#define N_SAMPLES \
 ((HOUR_SIZE - sizeof(struct hour *) - sizeof(uint32_t)) / sizeof(uint16_t))

struct hour {
    struct hour *older;
    uint32_t number;
    uint16_t samples[N_SAMPLES];
};

_Static_assert(sizeof(struct hour) <= HOUR_SIZE, "an hour has its size");

static uint16_t
sample_of(uint32_t hour, size_t i)
{
    return (uint16_t)(hour * 3 + i);
}

static struct hour *
hour_create(uint32_t number, struct hour *older)
{
    struct hour *hour = malloc(HOUR_SIZE);

    if (hour == NULL) {
        return NULL;
    }
    hour->older = older;
    hour->number = number;
    for (size_t i = 0; i < N_SAMPLES; i++) {
        hour->samples[i] = sample_of(number, i);
    }
    return hour;
}

struct hour *
history_fill(void)
{
    struct hour *newest = NULL;
    uint32_t n = 0;

    while (n < HOURS_MAX) {
        struct hour *hour = hour_create(n, newest);

        if (hour == NULL) {
            break;
        }
        newest = hour;
        n++;
    }
    printf("history   %u of %u hours kept, the last at %p\n", n, HOURS_MAX,
        (void *)newest);
    return newest;
}

void
history_destroy(struct hour *newest)
{
    size_t n_wrong = 0;

    while (newest != NULL) {
        struct hour *older = newest->older;

        for (size_t i = 0; i < N_SAMPLES; i++) {
            n_wrong += newest->samples[i] != sample_of(newest->number, i);
        }
        free(newest);
        newest = older;
    }
    status_expect(n_wrong == 0, "an hour has wrong samples");
}
