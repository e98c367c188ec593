/* SPDX-License-Identifier: MIT */
/*
 * cache.c - threads come, get a cache, and leave it to the next.
 *
 * Arming.  Dirty memory that waits for its delay needs somebody to look at the
 * clock, and a thread that allocates now and then may take no slow path for
 * minutes.  So a thread that gave memory to its arena is armed: its fast paths
 * see the empty cache, its next calls come here, and one of them finds the
 * time ripe.  A thread that calls often is disarmed again: it will give memory
 * again, or come here for blocks.
 *
 * Locks: pool.lock (rank POOL) for the pool and in_use; pool.late (rank LATE)
 * for the use of ch_cache_late; cache->lock (rank CACHE).
 */
#include "heap/slab/cache.h"

#include "base/racy.h"
#include "heap/slab/arena.h"
#include "heap/slab/page_state.h"
#include "heap/slab/remote.h"
#include "map/meta.h"
#include "os/clock.h"
#include "os/thread.h"

/* Slow calls while armed before the thread is told apart from an idle one. */
#define ARMED_CALLS 8u
/* So many calls within this time are a busy thread's. */
#define ARMED_BUSY_MS 8u
/* Rounds of thread-exit callbacks that other libraries get before ours.  Not
   all that there are: a thread sanitizer takes the thread down in the last. */
#define EXIT_ROUNDS 2u
/* Caches without a thread that a steal looks at. */
#define STEAL_TRIES 4u

static struct {
    struct ch_lock lock;
    struct ch_lock late;
    struct ch_cache *all;   /* newest first; atomic */
    struct ch_cache *first; /* without a thread; lock */
    size_t n_pool;          /* atomic, relaxed */
    size_t n_caches;        /* lock */
} pool;

/* A cache that nobody has used.  Caller holds the pool lock. */
static struct ch_cache *
cache_new_locked(void)
{
    struct ch_cache *cache = ch_meta_alloc(sizeof *cache);

    if (cache == NULL) {
        return NULL;
    }
    cache->arena = ch_arena_get((unsigned)(pool.n_caches % ch_arena_count()));
    cache->next_all = pool.all;
    /* release: pairs with the acquire in ch_cache_first() */
    __atomic_store_n(&pool.all, cache, __ATOMIC_RELEASE);
    pool.n_caches++;
    return cache;
}

static void
pool_push_locked(struct ch_cache *cache)
{
    cache->in_use = false;
    cache->next_pool = pool.first;
    pool.first = cache;
    __atomic_store_n(&pool.n_pool, pool.n_pool + 1, __ATOMIC_RELAXED);
}

static struct ch_cache *
pool_pop_locked(void)
{
    struct ch_cache *cache = pool.first;

    if (cache != NULL) {
        pool.first = cache->next_pool;
        __atomic_store_n(&pool.n_pool, pool.n_pool - 1, __ATOMIC_RELAXED);
    }
    return cache;
}

/* Gives the thread a cache, the last one left behind if there is one. */
static struct ch_cache *
attach(void)
{
    struct ch_cache *cache;

    ch_lock(&pool.lock);
    cache = pool_pop_locked();
    if (cache == NULL) {
        cache = cache_new_locked();
    }
    if (cache != NULL) {
        cache->in_use = true;
        cache->exit_rounds = 0;
        cache->armed_calls = 0;
    }
    ch_unlock(&pool.lock);
    if (cache == NULL) {
        return &ch_cache_late;
    }
    ch_cache_self = cache;
    ch_cache_activate(cache);
    /* May call malloc(), which finds the cache ready. */
    ch_thread_watch(cache);
    return cache;
}

/* An armed thread looks at the clock. */
static void
check_armed(struct ch_cache *cache)
{
    uint64_t now = ch_clock_ms();

    if (!ch_arena_tick_all(now)) {
        ch_cache_activate(cache);
        cache->armed_calls = 0;
        return;
    }
    if (cache->armed_calls++ == 0) {
        cache->armed_ms = now;
    }
    if (cache->armed_calls >= ARMED_CALLS) {
        cache->armed_calls = 0;
        if (now - cache->armed_ms < ARMED_BUSY_MS) {
            ch_cache_activate(cache);
        }
    }
}

struct ch_cache *
ch_cache_enter(void)
{
    struct ch_cache *cache = ch_cache_self;

    if (CH_UNLIKELY(cache == NULL)) {
        cache = attach();
    }
    if (CH_UNLIKELY(cache == &ch_cache_late)) {
        ch_lock(&pool.late);
        cache->arena = ch_arena_get(0);
        return cache;
    }
    if (ch_cache_active != cache) {
        check_armed(cache);
    } else if (CH_UNLIKELY(CH_RACY_LOAD(ch_cache_fast_below) == 0)) {
        ch_cache_arm();
    }
    return cache;
}

void
ch_cache_leave(const struct ch_cache *cache)
{
    if (CH_UNLIKELY(cache == &ch_cache_late)) {
        ch_unlock(&pool.late);
    }
}

static uint32_t
list_length(const void *list)
{
    uint32_t n = 0;

    for (; list != NULL; list = *(void *const *)list) {
        n++;
    }
    return n;
}

/* Puts the class's list back into its page, which is then not current. */
static void
flush_class_locked(struct ch_cache *cache, size_t c)
{
    struct ch_page *page = cache->current[c];
    uint32_t n_free;

    if (page == NULL) {
        return;
    }
    n_free = list_length(cache->lists[c]);
    page->lfree = cache->lists[c];
    page->list = &page->lfree;
    cache->lists[c] = NULL;
    cache->current[c] = NULL;
    n_free += ch_remote_join(page);
    if (n_free == page->carved) {
        ch_page_release(cache, page, true);
    } else if (n_free == 0) {
        ch_page_retire(cache, page);
    } else {
        ch_page_offer(cache, page, page->carved - n_free);
    }
}

static void
flush_locked(struct ch_cache *cache)
{
    for (size_t c = 0; c < CH_N_CLASSES; c++) {
        flush_class_locked(cache, c);
    }
    ch_remote_drain(cache);
    ch_page_release_kept(cache);
}

/* The thread ends; see ch_thread_init(). */
static void
on_thread_exit(void *arg)
{
    struct ch_cache *cache = arg;

    if (cache->exit_rounds < EXIT_ROUNDS) {
        cache->exit_rounds++;
        ch_thread_watch(cache);
        return;
    }
    ch_cache_active = &ch_cache_empty;
    ch_cache_self = &ch_cache_late;
    ch_lock(&cache->lock);
    flush_locked(cache);
    ch_unlock(&cache->lock);
    ch_lock(&pool.lock);
    pool_push_locked(cache);
    ch_unlock(&pool.lock);
}

int
ch_cache_init(bool fast)
{
    ch_cache_set_fast(fast);
    return ch_thread_init(on_thread_exit);
}

/* Takes a page of class c from one cache without a thread. */
static struct ch_page *
steal_from(struct ch_cache *victim, struct ch_cache *cache, size_t c)
{
    struct ch_page *page;

    if (!ch_try_lock(&victim->lock)) {
        return NULL;
    }
    ch_remote_drain(victim);
    page = ch_page_pop_avail(victim, c);
    if (page != NULL) {
        /* A page on the victim's wake list is forwarded by its drain. */
        __atomic_store_n(&page->owner, cache, __ATOMIC_RELAXED);
    }
    ch_unlock(&victim->lock);
    return page;
}

struct ch_page *
ch_cache_steal(struct ch_cache *cache, size_t c)
{
    struct ch_page *page = NULL;
    unsigned tries = 0;

    if (__atomic_load_n(&pool.n_pool, __ATOMIC_RELAXED) == 0
        || !ch_try_lock(&pool.lock)) {
        return NULL;
    }
    for (struct ch_cache *v = pool.first;
         v != NULL && page == NULL && tries < STEAL_TRIES;
         v = v->next_pool, tries++) {
        page = steal_from(v, cache, c);
    }
    ch_unlock(&pool.lock);
    return page;
}

void
ch_cache_trim(void)
{
    struct ch_cache *self = ch_cache_self;

    for (struct ch_cache *c = ch_cache_first(); c != NULL; c = c->next_all) {
        if (c == self) {
            ch_lock(&c->lock);
            flush_locked(c);
            ch_remote_release_emptied(c);
            ch_unlock(&c->lock);
        } else if (ch_try_lock(&c->lock)) {
            ch_remote_release_ripe(c);
            ch_remote_release_emptied(c);
            ch_page_release_kept(c);
            ch_unlock(&c->lock);
        }
    }
}

struct ch_cache *
ch_cache_first(void)
{
    /* acquire: pairs with the release in cache_new_locked() */
    return __atomic_load_n(&pool.all, __ATOMIC_ACQUIRE);
}

void
ch_cache_count(size_t *n_threads, size_t *n_caches)
{
    ch_lock(&pool.lock);
    *n_caches = pool.n_caches;
    *n_threads = pool.n_caches - pool.n_pool;
    ch_unlock(&pool.lock);
}

void
ch_cache_before_fork(void)
{
    ch_lock(&pool.lock);
    ch_lock(&pool.late);
    for (struct ch_cache *c = pool.all; c != NULL; c = c->next_all) {
        ch_lock(&c->lock);
    }
    ch_lock(&ch_cache_late.lock);
}

void
ch_cache_after_fork_parent(void)
{
    ch_unlock(&ch_cache_late.lock);
    for (struct ch_cache *c = pool.all; c != NULL; c = c->next_all) {
        ch_unlock(&c->lock);
    }
    ch_unlock(&pool.late);
    ch_unlock(&pool.lock);
}

/*
 * The threads of the other caches are not here.  They held no lock, so each
 * was in none of its slow paths: its cache is sound, at worst one block that
 * was on its way is lost, and the next new thread takes it over.
 */
void
ch_cache_after_fork_child(void)
{
    ch_lock_reset(&ch_cache_late.lock);
    for (struct ch_cache *c = pool.all; c != NULL; c = c->next_all) {
        ch_lock_reset(&c->lock);
        if (c->in_use && c != ch_cache_self) {
            pool_push_locked(c);
        }
    }
    ch_lock_reset(&pool.late);
    ch_lock_reset(&pool.lock);
}
