/* SPDX-License-Identifier: MIT */
/*
 * icount - calls the allocator under callgrind so that the instructions of
 * each call can be told exactly.  bench/icount/run starts it and does the sum.
 *
 * Every figure is a difference.  A loop that makes n calls is counted, then
 * the same loop making n calls to a stub that only returns; what remains,
 * plus the stub's one `ret` a call, is what the calls cost with everything
 * below them.  The loop, the argument set-up and the counting itself cancel,
 * and so does the way to the function: both go through a pointer, so there is
 * no PLT stub to count.
 *
 * A *hit* is the straight path: a list is filled first, then a few blocks are
 * taken from it, and the run keeps the smallest count of many tries.  A *mean*
 * is taken over many thousand calls and holds its share of the slow paths.
 * A *pair* is the mean of a free and a malloc of random sizes in a heap of
 * fixed size, a *worst* the most that one of such calls took; each of them is
 * counted by itself.
 *
 * Each counted loop is one dump, named "figure kind calls".  Standard output
 * gets "malloc-of FILE", naming who was measured, and "endbr64 figure" where
 * the function begins with a landing pad, which is a matter of compiler
 * defaults and not counted.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/callgrind.h>

enum {
    BLOCK = 64,
    WARM = 256,      /* blocks on the list before a hit is counted */
    HITS = 4,        /* calls in one counted loop of hits */
    TRIES = 24,      /* loops of hits; the smallest counts */
    STEP = 3,        /* each starts so much further down the list */
    MANY = 4000,     /* blocks live in the loops for means */
    MEAN_ROUNDS = 4, /* loops for means, after as many to warm up */
    REMOTE = 4000,   /* blocks handed from one thread to the other */
    REMOTE_ROUNDS = 6,
    NAME_LENGTH = 80,
    FIXED_SIZE = 4 << 20, /* bytes of the heap of fixed size */
    FIXED_LIVE = 4000,    /* blocks live in it: half full */
    FIXED_FEW = 500,      /* so few that most frees join free neighbours */
    FIXED_LEAST = 16,     /* bytes of blocks in it, any size in between */
    FIXED_MOST = 1024,
    FIXED_PAIRS = 20000,  /* in one counted loop, and to warm up */
    FIXED_SINGLES = 1000, /* pairs of which each call is counted */
};

/*
 * All calls are made with three register arguments and have a result,
 * whatever the function takes and returns: the surplus is ignored, and what
 * free leaves in the result register is overwritten before anyone reads it.
 * The calling conventions of x86-64 and AArch64 allow it; C promises nothing.
 */
typedef void *(*call_fn)(void *block_or_size, size_t second, size_t third);

/* Where a loop's arguments come from and its results go. */
struct loop {
    call_fn call;
    void **blocks; /* blocks to pass, overwritten by results */
    size_t size;   /* the first argument of an allocation */
    size_t second; /* the second argument of any call */
    int passes_block;
};

/* ---- the stub ---------------------------------------------------------- */

/* In assembly, so that it is one instruction whatever the options are. */
extern char icount_stub[];
__asm__(".text\n"
        ".p2align 4\n"
        ".type icount_stub, %function\n"
        "icount_stub:\n"
        "    ret\n"
        ".size icount_stub, .-icount_stub\n");

/* ---- counted loops ----------------------------------------------------- */

/* noinline: call and stub have to run through the very same instructions. */
__attribute__((noinline)) static void
loop_alloc(const struct loop *loop, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        loop->blocks[i] = loop->call((void *)loop->size, loop->second, 0);
    }
}

__attribute__((noinline)) static void
loop_pass(const struct loop *loop, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        loop->blocks[i] = loop->call(loop->blocks[i], loop->second, 0);
    }
}

static void
loop_run(const struct loop *loop, size_t n)
{
    if (loop->passes_block) {
        loop_pass(loop, n);
    } else {
        loop_alloc(loop, n);
    }
}

/* A figure of NULL asks for the calls and not for the count. */
static void
count(const struct loop *loop, size_t n, const char *figure, const char *kind)
{
    char name[NAME_LENGTH];

    if (figure == NULL) {
        loop_run(loop, n);
        return;
    }
    snprintf(name, sizeof(name), "%s %s %zu", figure, kind, n);
    CALLGRIND_ZERO_STATS;
    loop_run(loop, n);
    CALLGRIND_DUMP_STATS_AT(name);
}

/* Counts the loop's own cost on scratch blocks. */
static void
count_stub(
    const struct loop *loop, size_t n, const char *figure, const char *kind)
{
    static void *scratch[MANY > REMOTE ? MANY : REMOTE];
    struct loop copy = *loop;

    copy.call = (call_fn)(void *)icount_stub;
    copy.blocks = scratch;
    count(&copy, n, figure, kind);
}

/* ---- what is measured -------------------------------------------------- */

static call_fn
find(const char *symbol)
{
    return (call_fn)dlsym(RTLD_DEFAULT, symbol);
}

static void
report_landing_pad(call_fn call, const char *figure)
{
    static const unsigned char endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};

    if (figure != NULL
        && memcmp((const void *)call, endbr64, sizeof(endbr64)) == 0) {
        printf("endbr64 %s\n", figure);
    }
}

static void
fill(call_fn alloc, void **blocks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        blocks[i] = alloc((void *)(size_t)BLOCK, BLOCK, 0);
    }
}

static void
empty(call_fn release, void **blocks, size_t n)
{
    for (size_t i = n; i-- > 0;) {
        release(blocks[i], BLOCK, 0);
    }
}

/* Takes blocks from a list that was filled just before. */
static void
alloc_hits(const struct loop *loop, call_fn release, const char *figure)
{
    void *blocks[WARM];
    struct loop part = *loop;

    for (size_t skip = 0; skip < TRIES * STEP; skip += STEP) {
        part.blocks = blocks;
        loop_run(&part, WARM);
        empty(release, blocks, WARM);
        loop_run(&part, skip);
        part.blocks = blocks + skip;
        count(&part, HITS, figure, "hit");
        empty(release, blocks, skip + HITS);
    }
    count_stub(loop, HITS, figure, "hit-stub");
}

/* Gives blocks back to a page from which others are still taken. */
static void
release_hits(const struct loop *loop, call_fn alloc, const char *figure)
{
    void *blocks[WARM];
    struct loop part = *loop;

    for (size_t skip = 0; skip < TRIES * STEP; skip += STEP) {
        fill(alloc, blocks, WARM);
        part.blocks = blocks;
        loop_run(&part, skip);
        part.blocks = blocks + skip;
        count(&part, HITS, figure, "hit");
        part.blocks = blocks + skip + HITS;
        loop_run(&part, WARM - skip - HITS);
    }
    count_stub(loop, HITS, figure, "hit-stub");
}

/* Both halves of a pair over a set that fills and empties, refills and all. */
static void
means(struct loop *alloc, struct loop *release, const char *alloc_figure,
    const char *release_figure)
{
    static void *blocks[MANY];

    alloc->blocks = release->blocks = blocks;
    for (size_t round = 0; round < MEAN_ROUNDS; round++) {
        loop_run(alloc, MANY);
        loop_run(release, MANY);
    }
    for (size_t round = 0; round < MEAN_ROUNDS; round++) {
        count(alloc, MANY, alloc_figure, "mean");
        count(release, MANY, release_figure, "mean");
    }
    count_stub(alloc, MANY, alloc_figure, "mean-stub");
    count_stub(release, MANY, release_figure, "mean-stub");
}

static void
measure_pair(struct loop alloc, struct loop release, const char *alloc_figure,
    const char *release_figure)
{
    if (alloc.call == NULL || release.call == NULL) {
        return;
    }
    report_landing_pad(alloc.call, alloc_figure);
    report_landing_pad(release.call, release_figure);
    alloc_hits(&alloc, release.call, alloc_figure);
    release_hits(&release, alloc.call, release_figure);
    means(&alloc, &release, alloc_figure, release_figure);
}

/* calloc's partner is free, which has its figures from malloc. */
static void
measure_calloc(void)
{
    struct loop alloc = {.call = find("calloc"), .size = 1, .second = BLOCK};
    struct loop release = {.call = find("free"), .passes_block = 1};

    report_landing_pad(alloc.call, "calloc");
    alloc_hits(&alloc, release.call, "calloc");
    means(&alloc, &release, "calloc", NULL);
}

/* Memory by capability, where the library has it; free() takes its blocks. */
static void
measure_caps(void)
{
    const size_t cap_default = (size_t)1 << 12;
    struct loop alloc = {.call = find("heap_caps_malloc"), .size = BLOCK};
    struct loop release = {.call = find("free"), .passes_block = 1};

    alloc.second = cap_default;
    if (alloc.call == NULL) {
        return;
    }
    report_landing_pad(alloc.call, "caps-malloc");
    report_landing_pad(release.call, "caps-free");
    alloc_hits(&alloc, release.call, "caps-malloc");
    means(&alloc, &release, "caps-malloc", "caps-free");
}

/* A few bytes less, which no allocator should move a block for. */
static void
measure_realloc(void)
{
    struct loop resize = {
        .call = find("realloc"), .second = BLOCK - 4, .passes_block = 1};
    void *blocks[WARM];

    report_landing_pad(resize.call, "realloc");
    fill(find("malloc"), blocks, WARM);
    resize.blocks = blocks;
    loop_run(&resize, WARM);
    for (size_t try = 0; try < TRIES; try++) {
        count(&resize, HITS, "realloc", "hit");
    }
    count_stub(&resize, HITS, "realloc", "hit-stub");
    empty(find("free"), blocks, WARM);
}

/* ---- frees by another thread ------------------------------------------- */

/*
 * The two threads take turns, one asleep in the barrier while the other is
 * counted, so that a count holds the loop of one thread and nothing else.
 */
static struct {
    pthread_barrier_t turn;
    void *blocks[REMOTE];
    struct loop alloc;
    struct loop release;
} remote;

static void *
remote_releaser(void *argument)
{
    for (size_t round = 0; round < 2 * REMOTE_ROUNDS; round++) {
        pthread_barrier_wait(&remote.turn);
        if (round < REMOTE_ROUNDS) {
            loop_run(&remote.release, REMOTE);
        } else {
            count(&remote.release, REMOTE, "remote-free", "mean");
        }
        pthread_barrier_wait(&remote.turn);
    }
    return argument;
}

static void
measure_remote(void)
{
    pthread_t thread;

    remote.alloc = (struct loop){
        .call = find("malloc"), .blocks = remote.blocks, .size = BLOCK};
    remote.release = (struct loop){
        .call = find("free"), .blocks = remote.blocks, .passes_block = 1};
    pthread_barrier_init(&remote.turn, NULL, 2);
    if (pthread_create(&thread, NULL, remote_releaser, NULL) != 0) {
        abort();
    }
    for (size_t round = 0; round < 2 * REMOTE_ROUNDS; round++) {
        if (round < REMOTE_ROUNDS) {
            loop_run(&remote.alloc, REMOTE);
        } else {
            count(&remote.alloc, REMOTE, "remote-malloc", "mean");
        }
        pthread_barrier_wait(&remote.turn);
        pthread_barrier_wait(&remote.turn);
    }
    pthread_join(thread, NULL);
    count_stub(&remote.alloc, REMOTE, "remote-malloc", "mean-stub");
    count_stub(&remote.release, REMOTE, "remote-free", "mean-stub");
}

/* ---- heaps of fixed size ----------------------------------------------- */

/* As enum capheap_accounting has them. */
enum {
    HOST = 1,
    DEVICE = 2
};

struct fixed {
    call_fn alloc;   /* heap, size */
    call_fn release; /* heap, block */
    void *heap;
    size_t n_live;
    void *blocks[FIXED_LIVE];
    unsigned which[FIXED_PAIRS]; /* the block that each pair renews */
    size_t sizes[FIXED_PAIRS];
    unsigned long random;
};

/* xorshift64 */
static unsigned long
fixed_random(struct fixed *fixed)
{
    fixed->random ^= fixed->random << 13;
    fixed->random ^= fixed->random >> 7;
    fixed->random ^= fixed->random << 17;
    return fixed->random;
}

static size_t
fixed_size(struct fixed *fixed)
{
    return FIXED_LEAST + fixed_random(fixed) % (FIXED_MOST - FIXED_LEAST + 1);
}

static void
fixed_choose(struct fixed *fixed)
{
    for (size_t i = 0; i < FIXED_PAIRS; i++) {
        fixed->which[i] = (unsigned)(fixed_random(fixed) % fixed->n_live);
        fixed->sizes[i] = fixed_size(fixed);
    }
}

/* noinline: as loop_alloc(). */
__attribute__((noinline)) static void
loop_pairs(const struct fixed *fixed, void **blocks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        void **block = &blocks[fixed->which[i]];

        fixed->release(fixed->heap, (size_t)*block, 0);
        *block = fixed->alloc(fixed->heap, fixed->sizes[i], 0);
    }
}

static void
count_pairs(const struct fixed *fixed, void **blocks, const char *figure,
    const char *kind)
{
    char name[NAME_LENGTH];

    snprintf(name, sizeof(name), "%s %s %d", figure, kind, FIXED_PAIRS);
    CALLGRIND_ZERO_STATS;
    loop_pairs(fixed, blocks, FIXED_PAIRS);
    CALLGRIND_DUMP_STATS_AT(name);
}

__attribute__((noinline)) static void *
count_single(call_fn call, void *heap, size_t argument, const char *name)
{
    void *result;

    CALLGRIND_ZERO_STATS;
    result = call(heap, argument, 0);
    CALLGRIND_DUMP_STATS_AT(name);
    return result;
}

static void
count_singles(struct fixed *fixed, const char *figure)
{
    char name[NAME_LENGTH];

    snprintf(name, sizeof(name), "%s worst 1", figure);
    for (size_t i = 0; i < FIXED_SINGLES; i++) {
        void **block = &fixed->blocks[fixed->which[i]];

        count_single(fixed->release, fixed->heap, (size_t)*block, name);
        *block = count_single(fixed->alloc, fixed->heap, fixed->sizes[i], name);
    }
    snprintf(name, sizeof(name), "%s worst-stub 1", figure);
    count_single((call_fn)(void *)icount_stub, fixed->heap, 0, name);
}

static void
measure_fixed(size_t accounting, size_t n_live, const char *figure)
{
    static char memory[FIXED_SIZE];
    static struct fixed fixed;
    static void *scratch[FIXED_LIVE];
    call_fn make = find("capheap_multi_heap_register");

    fixed.alloc = find("multi_heap_malloc");
    fixed.release = find("multi_heap_free");
    if (make == NULL || fixed.alloc == NULL || fixed.release == NULL) {
        return;
    }
    fixed.heap = make(memory, sizeof(memory), accounting);
    fixed.random = 88172645463325252UL;
    fixed.n_live = n_live;
    for (size_t i = 0; i < n_live; i++) {
        fixed.blocks[i] = fixed.alloc(fixed.heap, fixed_size(&fixed), 0);
    }
    for (size_t round = 0; round < MEAN_ROUNDS; round++) {
        fixed_choose(&fixed);
        loop_pairs(&fixed, fixed.blocks, FIXED_PAIRS);
        count_pairs(&fixed, fixed.blocks, figure, "pair");
    }
    fixed_choose(&fixed);
    count_singles(&fixed, figure);
    fixed.alloc = fixed.release = (call_fn)(void *)icount_stub;
    count_pairs(&fixed, scratch, figure, "pair-stub");
}

/* A library that cannot be preloaded is passed over with a mere warning. */
static void
report_owner(void)
{
    Dl_info info;

    if (dladdr((const void *)find("malloc"), &info) != 0) {
        printf("malloc-of %s\n", info.dli_fname);
    }
}

int
main(void)
{
    const struct loop from_size = {.size = BLOCK};
    const struct loop with_size = {.second = BLOCK, .passes_block = 1};
    struct loop take = from_size;
    struct loop give = with_size;

    report_owner();
    take.call = find("malloc");
    give.call = find("free");
    measure_pair(take, give, "malloc", "free");
    take.call = find("_Znwm");
    give.call = find("_ZdlPv");
    measure_pair(take, give, "new", "delete");
    give.call = find("_ZdlPvm");
    measure_pair(take, give, NULL, "delete-sized");
    measure_calloc();
    measure_caps();
    measure_realloc();
    measure_remote();
    measure_fixed(HOST, FIXED_LIVE, "fixed-host");
    measure_fixed(DEVICE, FIXED_LIVE, "fixed-device");
    measure_fixed(HOST, FIXED_FEW, "fixed-host-few");
    measure_fixed(DEVICE, FIXED_FEW, "fixed-device-few");
    return EXIT_SUCCESS;
}
