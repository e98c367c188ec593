/* SPDX-License-Identifier: MIT */
/*
 * multi_heap_shared_test.c - heaps among threads, in memory that has an owner
 * already, and over each other.
 */
#include "multi_heap_util.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>

#include "multi_heap_platform.h"

#define SIZE (64 * KIB)

static _Alignas(4096) char buffer[SIZE];

static multi_heap_handle_t
make(void *start, size_t size)
{
    multi_heap_handle_t heap = multi_heap_register(start, size);

    assert_non_null(heap);
    return heap;
}

/* ---- the caller's lock --------------------------------------------------- */

static multi_heap_lock_t lock;

static void *
try_lock(void *arg)
{
    int error = pthread_mutex_trylock(&lock);

    if (error == 0) {
        pthread_mutex_unlock(&lock);
    }
    return (void *)(intptr_t)error;
}

/* Whether some other thread finds the lock taken. */
static bool
is_locked(void)
{
    pthread_t thread;
    void *error;

    assert_int_equal(pthread_create(&thread, NULL, try_lock, NULL), 0);
    pthread_join(thread, &error);
    return (intptr_t)error == EBUSY;
}

static bool
see_lock(void *block_ptr, size_t block_size, int block_used, void *user_data)
{
    *(bool *)user_data = is_locked();
    return true;
}

static void
test_set_lock_is_held_around_a_walk(void **state)
{
    multi_heap_handle_t heap = make(buffer, SIZE);
    bool was_locked = true;

    MULTI_HEAP_LOCK_INIT(&lock);
    multi_heap_walk(heap, see_lock, &was_locked);
    assert_false(was_locked);
    multi_heap_set_lock(heap, &lock);
    multi_heap_walk(heap, see_lock, &was_locked);
    assert_true(was_locked);
    assert_false(is_locked());
    multi_heap_set_lock(heap, NULL);
    multi_heap_walk(heap, see_lock, &was_locked);
    assert_false(was_locked);
    /* A heap that is registered has none, whoever had the buffer before. */
    multi_heap_set_lock(heap, &lock);
    heap = make(buffer, SIZE);
    multi_heap_walk(heap, see_lock, &was_locked);
    assert_false(was_locked);
}

/* One step for each function that works on a heap. */
struct step {
    multi_heap_handle_t heap;
    char *p;
    int at;   /* which function */
    int done; /* atomic */
};

static bool
see_nothing(void *block_ptr, size_t block_size, int block_used, void *user_data)
{
    return true;
}

static void
take_step(struct step *step)
{
    multi_heap_info_t info;

    switch (step->at) {
    case 0:
        multi_heap_malloc(step->heap, 10);
        break;
    case 1:
        step->p = multi_heap_realloc(step->heap, step->p, 20);
        break;
    case 2:
        multi_heap_free(step->heap, step->p);
        break;
    case 3:
        multi_heap_aligned_alloc(step->heap, 10, 64);
        break;
    case 4:
        multi_heap_get_info(step->heap, &info);
        break;
    case 5:
        multi_heap_check(step->heap, false);
        break;
    case 6:
        multi_heap_walk(step->heap, see_nothing, NULL);
        break;
    case 7:
        multi_heap_free_size(step->heap);
        break;
    case 8:
        multi_heap_minimum_free_size(step->heap);
        break;
    case 9:
        multi_heap_reset_minimum_free_bytes(step->heap);
        break;
    case 10:
        multi_heap_restore_minimum_free_bytes(step->heap, 0);
        break;
    case 11:
        multi_heap_get_allocated_size(step->heap, step->p);
        break;
    case 12:
        multi_heap_get_full_block_size(step->heap, step->p);
        break;
    case 13:
        multi_heap_find_containing_block(step->heap, step->p);
        break;
    case 14:
        multi_heap_aligned_free(step->heap, step->p);
        break;
    case 15:
        multi_heap_aligned_alloc_offs(step->heap, 100, 64, 16);
        break;
    default:
        break;
    }
}

#define N_STEPS 16

static void *
step_in_thread(void *arg)
{
    struct step *step = arg;

    take_step(step);
    __atomic_store_n(&step->done, 1, __ATOMIC_RELEASE);
    return NULL;
}

static void
test_set_lock_keeps_others_out_and_is_recursive(void **state)
{
    for (int at = 0; at < N_STEPS; at++) {
        struct step step = {.heap = make(buffer, SIZE), .at = at};
        pthread_t thread;

        step.p = multi_heap_malloc(step.heap, 10);
        MULTI_HEAP_LOCK_INIT(&lock);
        multi_heap_set_lock(step.heap, &lock);
        MULTI_HEAP_LOCK(&lock);
        pthread_create(&thread, NULL, step_in_thread, &step);
        usleep(3000);
        assert_int_equal(__atomic_load_n(&step.done, __ATOMIC_ACQUIRE), 0);
        /* Who holds it gets in. */
        multi_heap_malloc(step.heap, 10);
        MULTI_HEAP_UNLOCK(&lock);
        pthread_join(thread, NULL);
        assert_int_equal(step.done, 1);
        assert_false(is_locked());
    }
}

/* ---- threads ------------------------------------------------------------- */

#define N_THREADS 4
#define N_LIVE    16
#define N_ROUNDS  20000

struct worker {
    pthread_t thread;
    multi_heap_handle_t heap;
    uint64_t seed;
    bool failed;
};

struct block {
    unsigned char *p;
    size_t size;
    unsigned char mark;
};

static void
change(struct worker *worker, struct block *block)
{
    size_t size = 1 + rng_below(&worker->seed, 500);
    size_t kept = block->size < size ? block->size : size;
    unsigned char *q;

    worker->failed |= !is_filled(block->p, block->size, block->mark);
    if (rng_below(&worker->seed, 3) == 0) {
        q = multi_heap_realloc(worker->heap, block->p, size);
        if (q == NULL) {
            return;
        }
        worker->failed |= block->p != NULL && !is_filled(q, kept, block->mark);
    } else {
        multi_heap_free(worker->heap, block->p);
        q = multi_heap_aligned_alloc(
            worker->heap, size, 4 << rng_below(&worker->seed, 5));
    }
    *block = (struct block){
        q, q != NULL ? size : 0, (unsigned char)rng_next(&worker->seed)};
    if (q != NULL) {
        memset(q, block->mark, size);
    }
}

static void *
work(void *arg)
{
    struct worker *worker = arg;
    struct block blocks[N_LIVE] = {{NULL, 0, 0}};

    for (size_t i = 0; i < N_ROUNDS; i++) {
        change(worker, &blocks[rng_below(&worker->seed, N_LIVE)]);
    }
    for (size_t i = 0; i < N_LIVE; i++) {
        multi_heap_free(worker->heap, blocks[i].p);
    }
    return NULL;
}

static void
check_threads(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap =
        capheap_multi_heap_register(buffer, SIZE, accounting);
    size_t free_size = multi_heap_free_size(heap);
    struct worker workers[N_THREADS];

    for (size_t i = 0; i < N_THREADS; i++) {
        workers[i] = (struct worker){.heap = heap, .seed = test_seed(1) + i};
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_false(workers[i].failed);
    }
    assert_int_equal(multi_heap_free_size(heap), free_size);
    assert_int_equal(info_of(heap).total_blocks, 1);
    assert_int_equal(info_of(heap).total_allocated_bytes, 0);
    assert_true(multi_heap_check(heap, true));
}

static void
test_threads_share_a_heap(void **state)
{
    for_each_accounting(check_threads);
}

/* ---- over memory of malloc ----------------------------------------------- */

static void
test_heap_in_a_block_of_malloc_works(void **state)
{
    static const size_t sizes[] = {
        1000, 5000, 20 * KIB, 100 * KIB, 2 * MIB, 40 * MIB};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *block = malloc(sizes[i]);
        char *before = malloc(sizes[i]);
        multi_heap_handle_t heap = make(block, sizes[i]);
        char *p = multi_heap_malloc(heap, 100);

        assert_non_null(p);
        assert_true(p >= block && p + 100 <= block + sizes[i]);
        memset(p, 0x42, 100);
        /* The page's other blocks, from before and after, are malloc's. */
        free(before);
        free(malloc(sizes[i]));
        assert_true(malloc_usable_size(block) >= sizes[i]);
        assert_true(is_filled((unsigned char *)p, 100, 0x42));
        multi_heap_free(heap, p);
        assert_true(multi_heap_check(heap, true));
        free(block);
    }
}

static void
free_by_libc(void *p)
{
    free(p);
}

static void
realloc_by_libc(void *p)
{
    free(realloc(p, 10));
}

static void
test_libc_free_of_a_block_aborts_and_tells_the_right_call(void **state)
{
    char *block = malloc(SIZE);
    multi_heap_handle_t heap = make(block, SIZE);
    /* The first block of a heap may be where malloc's own begins. */
    char *first = multi_heap_malloc(heap, 100);
    char *p = multi_heap_malloc(heap, 100);
    char *q = multi_heap_malloc(make(buffer, SIZE), 100);
    char address[32];

    assert_aborts(free_by_libc, p, "multi_heap_free");
    assert_aborts(free_by_libc, q, "multi_heap_free");
    snprintf(address, sizeof(address), "%p", (void *)q);
    assert_aborts(free_by_libc, q, address);
    assert_aborts(realloc_by_libc, p, "multi_heap");
    multi_heap_free(heap, first);
    free(block);
}

static void
test_block_of_malloc_can_be_freed_and_used_anew(void **state)
{
    for (size_t i = 0; i < 1000; i++) {
        size_t size = 1000 + 100 * (i % 300);
        char *block = malloc(size);
        multi_heap_handle_t heap = make(block, size);
        char *p = multi_heap_malloc(heap, 100);

        memset(p, (int)i, 100);
        /* The block goes with a block of the heap still in it. */
        free(block);
        block = malloc(size);
        memset(block, 0, size);
        free(block);
    }
}

/* ---- over each other ----------------------------------------------------- */

static void
test_heap_within_a_block_of_a_heap_works(void **state)
{
    multi_heap_handle_t outer = make(buffer, SIZE);
    char *block = multi_heap_malloc(outer, 16 * KIB);
    multi_heap_handle_t inner = make(block, 16 * KIB);
    char *p = multi_heap_malloc(inner, 1000);
    char *q = multi_heap_malloc(outer, 1000);

    assert_true(p >= block && p + 1000 <= block + 16 * KIB);
    assert_true(q < block || q >= block + 16 * KIB);
    memset(p, 1, 1000);
    memset(q, 2, 1000);
    multi_heap_free(inner, p);
    multi_heap_free(outer, q);
    assert_true(multi_heap_check(inner, true));
    multi_heap_free(outer, block);
    assert_int_equal(info_of(outer).total_blocks, 1);
}

static void
test_register_anew_begins_anew(void **state)
{
    multi_heap_handle_t heap = make(buffer, SIZE);
    size_t free_size = multi_heap_free_size(heap);
    multi_heap_handle_t other;

    multi_heap_malloc(heap, 1000);
    heap = make(buffer, SIZE);
    assert_int_equal(multi_heap_free_size(heap), free_size);
    assert_int_equal(multi_heap_minimum_free_size(heap), free_size);
    assert_int_equal(info_of(heap).allocated_blocks, 0);
    /* Two that overlap in part: the older one is over. */
    other = make(buffer + SIZE / 2, SIZE / 4);
    heap = make(buffer, SIZE / 2 + 4096);
    assert_non_null(multi_heap_malloc(heap, 1000));
    assert_null(multi_heap_malloc(other, 10));
    assert_int_equal(multi_heap_free_size(other), 0);
}

static size_t
resident(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    size_t pages = 0;
    size_t size;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu %zu", &size, &pages), 2);
    fclose(file);
    return pages * 4096;
}

static size_t
address_space(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    size_t size = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu", &size), 1);
    fclose(file);
    return size * 4096;
}

static void
register_many(char *block, size_t size, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        multi_heap_handle_t heap = multi_heap_register(block, size);

        assert_non_null(heap);
        assert_non_null(multi_heap_malloc(heap, 10));
    }
}

static void
test_register_a_million_times_grows_nothing(void **state)
{
    /* Comprehensive poisoning fills the buffer each time. */
    size_t size = 4096;
    char *block = malloc(size);
    size_t held;
    size_t mapped;

    register_many(block, size, 1000);
    held = resident();
    mapped = address_space();
    register_many(block, size, 1000 * 1000);
    assert_int_equal(address_space(), mapped);
    /* The kernel counts pages in batches. */
    assert_true(resident() <= held + MIB);
    free(block);
}

/* Programs do this in loops: a buffer for each turn, never retired. */
static void
test_register_buffers_that_come_and_go_grows_little(void **state)
{
    size_t held = 0;

    for (size_t i = 0; i < 20000; i++) {
        size_t size = 4096 + 512 * (i % 17);
        char *block = malloc(size);

        multi_heap_malloc(make(block, size), 100);
        free(block);
        if (i == 2000) {
            held = resident();
        }
    }
    assert_true(resident() <= held + MIB);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_lock_is_held_around_a_walk),
        cmocka_unit_test(test_set_lock_keeps_others_out_and_is_recursive),
        cmocka_unit_test(test_threads_share_a_heap),
        cmocka_unit_test(test_heap_in_a_block_of_malloc_works),
        cmocka_unit_test(
            test_libc_free_of_a_block_aborts_and_tells_the_right_call),
        cmocka_unit_test(test_block_of_malloc_can_be_freed_and_used_anew),
        cmocka_unit_test(test_heap_within_a_block_of_a_heap_works),
        cmocka_unit_test(test_register_anew_begins_anew),
        cmocka_unit_test(test_register_a_million_times_grows_nothing),
        cmocka_unit_test(test_register_buffers_that_come_and_go_grows_little),
    };

    for_each_level(argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
