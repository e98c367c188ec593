// SPDX-License-Identifier: MIT
//
// heap_caps_cxx_test.cc - heap_caps from C++: the headers, functions without
// captures as callbacks, and blocks beside those of operator new.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include <esp_heap_caps.h>
#include <esp_heap_caps_init.h>
#include <multi_heap.h>

namespace
{

int failures;

void
check(bool ok, const char *what, int line)
{
    if (!ok) {
        std::fprintf(stderr, "line %d: %s\n", line, what);
        failures++;
    }
}

#define CHECK(c) check((c), #c, __LINE__)

template <class T> struct ByteAllocator {
    using value_type = T;

    T *allocate(std::size_t n)
    {
        void *p = heap_caps_malloc(n * sizeof(T), MALLOC_CAP_8BIT);

        if (p == nullptr) {
            throw std::bad_alloc();
        }
        return static_cast<T *>(p);
    }

    void deallocate(T *p, std::size_t) noexcept
    {
        heap_caps_free(p);
    }
};

struct CapsFree {
    void operator()(void *p) const noexcept
    {
        heap_caps_free(p);
    }
};

unsigned told;

void
test_callback()
{
    CHECK(heap_caps_register_failed_alloc_callback(
              [](std::size_t size, std::uint32_t caps, const char *op) {
                  told += size == 64 && caps == 0
                          && std::strcmp(op, "heap_caps_malloc") == 0;
              })
          == ESP_OK);
    CHECK(heap_caps_malloc(64, 0) == nullptr);
    CHECK(told == 1);
}

void
test_containers()
{
    std::vector<int, ByteAllocator<int>> numbers;
    std::unique_ptr<void, CapsFree> block(
        heap_caps_calloc(1, 100, MALLOC_CAP_8BIT | MALLOC_CAP_INTERNAL));

    for (int i = 0; i < 1000; i++) {
        numbers.push_back(i);
    }
    CHECK(numbers[999] == 999);
    CHECK(block != nullptr);
    CHECK(static_cast<char *>(block.get())[99] == 0);
    CHECK(heap_caps_check_integrity_all(true));
}

void
test_beside_new()
{
    int *p = new int[100];
    void *q = heap_caps_malloc_prefer(
        100, 2, MALLOC_CAP_INVALID, MALLOC_CAP_8BIT | MALLOC_CAP_DEFAULT);

    CHECK(heap_caps_get_allocated_size(p) >= 100 * sizeof(int));
    heap_caps_free(p);
    CHECK(q != nullptr);
    ::operator delete(q);
}

void
test_walk()
{
    unsigned n = 0;
    multi_heap_info_t info;

    heap_caps_walk_all(
        [](walker_heap_into_t heap, walker_block_info_t block, void *data) {
            *static_cast<unsigned *>(data) +=
                heap.start <= reinterpret_cast<std::intptr_t>(block.ptr);
            return true;
        },
        &n);
    heap_caps_get_info(&info, 0);
    CHECK(info.total_blocks == info.allocated_blocks + info.free_blocks);
    CHECK(n >= info.free_blocks);
}

} // namespace

int
main()
{
    test_callback();
    test_containers();
    test_beside_new();
    test_walk();
    return failures != 0;
}
