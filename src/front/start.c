/* SPDX-License-Identifier: MIT */
/*
 * start.c - puts the floors together, once.
 *
 * malloc() may be called before any constructor, so nothing here may need one:
 * all state is constant-initialised.  The start has two halves.  The first
 * makes the heap and calls nothing that allocates; the second, which runs with
 * the heap in use, registers with libc, which may allocate.
 *
 * Locks: start.lock, rank START, held during the first half.
 */
#include "front/start.h"

#include "base/arith.h"
#include "front/bootstrap.h"
#include "front/other_malloc.h"
#include "front/place.h"
#include "front/plain.h"
#include "front/route.h"
#include "front/verbose.h"
#include "heap/slab/arena.h"
#include "heap/slab/cache.h"
#include "heap/slab/large.h"
#include "heap/tlsf/registry.h"
#include "map/meta.h"
#include "os/fault.h"
#include "os/program.h"
#include "os/thread.h"
#include "os/vm.h"
#include "region/budget.h"
#include "region/mapping.h"
#include "sync/hook.h"
#include "sync/lock.h"

/* Address space that is reserved at first where there is enough of it. */
#define WINDOW        (64 * CH_GIB)
#define WINDOW_LEAST  (64 * CH_MIB)
#define FIRST_RESERVE (64 * CH_MIB)
#define META_RESERVE  (16 * CH_MIB)
/* Limits below this are too near to the size of a huge page. */
#define THP_LIMIT CH_GIB

static struct {
    struct ch_lock lock;
    uint32_t done;       /* atomic: the first half is over */
    uint32_t registered; /* atomic: the second half has begun */
    bool is_bounding;    /* const after the first half */
    struct ch_options options;
} start;

static int
charge_meta(size_t bytes)
{
    return ch_budget_take(bytes) ? 0 : -1;
}

static enum ch_region_thp
region_thp(const struct ch_options *options)
{
    switch (options->thp) {
    case CH_OPTION_THP_ALWAYS:
        return CH_REGION_THP_ALWAYS;
    case CH_OPTION_THP_NEVER:
        return CH_REGION_THP_NEVER;
    default:
        return options->limit != 0 && options->limit < THP_LIMIT
                   ? CH_REGION_THP_NEVER
                   : CH_REGION_THP_AUTO;
    }
}

/* How much address space to begin with under a limit on it. */
static size_t
share_of(size_t address_limit, size_t divisor, size_t most)
{
    return ch_min_size(address_limit / divisor, most);
}

static void
make_heap(const struct ch_options *options)
{
    size_t limit = ch_vm_address_limit();
    size_t window = WINDOW;
    struct ch_region_options region = {
        .first_reserve = share_of(limit, 16, FIRST_RESERVE),
        .dirty_max = options->dirty_max,
        .purge_delay_ms = options->purge_delay_ms,
        .thp = region_thp(options),
    };

    if (limit < WINDOW / 4) {
        window = ch_max_size(ch_pow2_up(limit) * 4, WINDOW_LEAST);
    }
    ch_budget_set_limit(
        options->limit != CH_OPTION_NO_LIMIT
            ? ch_min_size(options->limit, ch_place_plain_limit())
            : ch_place_plain_limit());
    ch_meta_init(share_of(limit, 64, META_RESERVE), charge_meta);
    ch_large_init(region.thp != CH_REGION_THP_NEVER);
    /* Without memory for it now, each call will try and fail by itself. */
    (void)!ch_arena_init(options->arenas, &region, window);
}

static void
before_fork(void)
{
    ch_hooks_before_fork();
    ch_lock(&start.lock);
    ch_place_before_fork();
    ch_plain_before_fork();
    ch_fixed_before_fork();
    ch_mapping_before_fork();
    ch_cache_before_fork();
    ch_arena_before_fork();
}

static void
after_fork_parent(void)
{
    ch_arena_after_fork_parent();
    ch_cache_after_fork_parent();
    ch_mapping_after_fork_parent();
    ch_fixed_after_fork_parent();
    ch_plain_after_fork_parent();
    ch_place_after_fork_parent();
    ch_unlock(&start.lock);
    ch_hooks_after_fork_parent();
}

static void
after_fork_child(void)
{
    ch_arena_after_fork_child();
    ch_cache_after_fork_child();
    ch_mapping_after_fork_child();
    ch_fixed_after_fork_child();
    ch_plain_after_fork_child();
    ch_place_after_fork_child();
    ch_lock_reset(&start.lock);
    ch_hooks_after_fork_child();
}

/* True when the device bounds plain malloc as well: the program was made for
   it, or the options say so. */
static bool
is_bounding(const struct ch_options *options)
{
    if (!ch_place_is_device()
        || options->malloc_from == CH_OPTION_MALLOC_HOST) {
        return false;
    }
    return options->malloc_from == CH_OPTION_MALLOC_DEVICE
           || ch_program_is_linked("libcapheap.so", &start);
}

/* What must be seen call by call cannot use the fast paths. */
static bool
may_be_fast(void)
{
    return ch_other_malloc() == NULL && !start.is_bounding
           && !ch_plain_is_exact;
}

/* Somebody begins, or ends, to listen to every call. */
static void
on_hooks(bool is_on)
{
    ch_cache_set_fast(!is_on && may_be_fast());
}

static void
make_places(const struct ch_options *options)
{
    ch_plain_init(options->exact, (enum ch_poison)options->poisoning);
    ch_place_init();
    start.is_bounding = is_bounding(options);
    if (start.is_bounding) {
        ch_route_bound();
    }
}

static void
first_half(void)
{
    ch_lock(&start.lock);
    if (start.done == 0) {
        ch_options_load(&start.options);
        /* Addresses of the device first, before anything else takes them. */
        ch_place_load(&start.options);
        make_heap(&start.options);
        make_places(&start.options);
        ch_verbose_active(&start.options);
        if (start.options.stats_at_exit) {
            ch_stderr_keep();
        }
        (void)!ch_cache_init(may_be_fast());
        ch_hooks_watch(on_hooks);
        /* release: pairs with the acquire in ch_start() */
        __atomic_store_n(&start.done, 1, __ATOMIC_RELEASE);
    }
    ch_unlock(&start.lock);
}

bool
ch_start(void)
{
    if (CH_LIKELY(__atomic_load_n(&start.done, __ATOMIC_ACQUIRE) != 0)) {
        return true;
    }
    if (!ch_bootstrap_is_over()) {
        return false;
    }
    first_half();
    if (__atomic_exchange_n(&start.registered, 1, __ATOMIC_RELAXED) == 0) {
        (void)!ch_thread_at_fork(
            before_fork, after_fork_parent, after_fork_child);
    }
    return true;
}

const struct ch_options *
ch_start_options(void)
{
    return __atomic_load_n(&start.done, __ATOMIC_ACQUIRE) != 0
               ? &start.options
               : &ch_options_default;
}
