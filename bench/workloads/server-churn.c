/* SPDX-License-Identifier: MIT */
/*
 * server-churn: a server whose threads die and hand their tables of blocks to
 * a successor, which frees what it did not allocate.  Does memory follow the
 * work when threads come and go?  (The question of the larson benchmark.)
 *
 *     server-churn [scale [lanes]]
 */

#include "workload.h"

enum {
    LANES = 4,
    SLOTS = 1000,
    SMALLEST = 16,
    LARGEST = 500,
    STEPS_A_LIFE = 20000,
    LIVES = 1600,
};

struct slot {
    void *block;
    size_t size;
};

/* Belongs to whichever thread of the lane is alive: one at a time. */
struct lane {
    struct wl_rng rng;
    size_t lives_left;
    uint64_t sum;
    struct slot slots[SLOTS];
};

/* What main waits for; the threads in between are detached. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t lanes_done; /* under lock */
} finish = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

static void
slot_fill(struct slot *slot, struct wl_rng *rng)
{
    slot->size = wl_rng_between(rng, SMALLEST, LARGEST);
    slot->block = wl_must(malloc(slot->size));
    wl_stamp(slot->block, slot->size, slot->size);
}

static uint64_t
slot_empty(struct slot *slot)
{
    const uint64_t stamp = wl_stamp_read(slot->block, slot->size);

    wl_require(stamp == slot->size, "a block was overwritten");
    free(slot->block);
    return stamp;
}

static void
lane_done(void)
{
    pthread_mutex_lock(&finish.lock);
    finish.lanes_done++;
    pthread_cond_signal(&finish.changed);
    pthread_mutex_unlock(&finish.lock);
}

static void *
lane_life(void *argument)
{
    struct lane *lane = argument;

    for (size_t i = 0; i < STEPS_A_LIFE; i++) {
        struct slot *slot = &lane->slots[wl_rng_below(&lane->rng, SLOTS)];

        lane->sum += slot_empty(slot);
        slot_fill(slot, &lane->rng);
    }
    lane->lives_left--;
    if (lane->lives_left > 0) {
        pthread_detach(wl_thread_start(lane_life, lane));
    } else {
        lane_done();
    }
    return NULL;
}

static void
wait_for_lanes(size_t lanes)
{
    pthread_mutex_lock(&finish.lock);
    while (finish.lanes_done < lanes) {
        pthread_cond_wait(&finish.changed, &finish.lock);
    }
    pthread_mutex_unlock(&finish.lock);
}

/* The main thread makes every lane's first blocks, as larson does. */
static void
lane_init(struct lane *lane, uint64_t seed, size_t lives)
{
    lane->rng = wl_rng_seed(seed);
    lane->lives_left = lives;
    for (size_t i = 0; i < SLOTS; i++) {
        slot_fill(&lane->slots[i], &lane->rng);
    }
}

int
main(int argc, char **argv)
{
    const size_t lives = wl_scaled(wl_scale(argc, argv), LIVES);
    const size_t lanes = argc > 2 ? strtoul(argv[2], NULL, 10) : LANES;
    struct lane *lane = wl_must(calloc(lanes, sizeof(*lane)));
    uint64_t sum = 0;

    for (size_t i = 0; i < lanes; i++) {
        lane_init(&lane[i], i, lives);
    }
    for (size_t i = 0; i < lanes; i++) {
        pthread_detach(wl_thread_start(lane_life, &lane[i]));
    }
    wait_for_lanes(lanes);
    for (size_t i = 0; i < lanes; i++) {
        sum += lane[i].sum;
    }
    free(lane);
    return wl_finish(sum);
}
