/* SPDX-License-Identifier: MIT */
/*
 * cxx_new_test.cc - the twenty forms of operator new and delete.
 *
 * The functions are called by name, not through new-expressions: a compiler
 * may leave out an expression's allocation altogether.
 */
#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

/* clang declares the sized forms only with -fsized-deallocation. */
void operator delete(void *p, std::size_t n) noexcept;
void operator delete[](void *p, std::size_t n) noexcept;
void operator delete(void *p, std::size_t n, std::align_val_t a) noexcept;
void operator delete[](void *p, std::size_t n, std::align_val_t a) noexcept;

namespace
{

int n_failed;

bool
on_glibc()
{
    return std::getenv("CH_TEST_GLIBC") != nullptr;
}

void
check(bool ok, const char *what)
{
    if (!ok) {
        std::fprintf(stderr, "failed: %s\n", what);
        n_failed++;
    }
}

/* Out of the optimiser's sight. */
volatile std::size_t too_large = SIZE_MAX / 2 + 1;

constexpr std::align_val_t wide{256};
constexpr std::size_t sizes[] = {0, 1, 24, 1000, 5000, 100000, 50000000};

bool
is_aligned(const void *p, std::size_t alignment)
{
    return (reinterpret_cast<std::uintptr_t>(p) & (alignment - 1)) == 0;
}

/* Each new form, with the alignment that it owes. */
struct new_form {
    const char *name;
    std::size_t alignment;
    bool nothrow;
    void *(*call)(std::size_t);
};

const new_form new_forms[] = {
    {"new", 16, false, [](std::size_t n) { return operator new(n); }},
    {"new[]", 16, false, [](std::size_t n) { return operator new[](n); }},
    {"new nothrow", 16, true,
        [](std::size_t n) { return operator new(n, std::nothrow); }},
    {"new[] nothrow", 16, true,
        [](std::size_t n) { return operator new[](n, std::nothrow); }},
    {"new aligned", 256, false,
        [](std::size_t n) { return operator new(n, wide); }},
    {"new[] aligned", 256, false,
        [](std::size_t n) { return operator new[](n, wide); }},
    {"new aligned nothrow", 256, true,
        [](std::size_t n) { return operator new(n, wide, std::nothrow); }},
    {"new[] aligned nothrow", 256, true,
        [](std::size_t n) { return operator new[](n, wide, std::nothrow); }},
};

/* Each delete form, with the new forms whose blocks it takes. */
struct delete_form {
    const char *name;
    std::size_t alignment;
    bool array;
    void (*call)(void *, std::size_t);
};

const delete_form delete_forms[] = {
    {"delete", 16, false, [](void *p, std::size_t) { operator delete(p); }},
    {"delete[]", 16, true, [](void *p, std::size_t) { operator delete[](p); }},
    {"delete sized", 16, false,
        [](void *p, std::size_t n) { operator delete(p, n); }},
    {"delete[] sized", 16, true,
        [](void *p, std::size_t n) { operator delete[](p, n); }},
    {"delete nothrow", 16, false,
        [](void *p, std::size_t) { operator delete(p, std::nothrow); }},
    {"delete[] nothrow", 16, true,
        [](void *p, std::size_t) { operator delete[](p, std::nothrow); }},
    {"delete aligned", 256, false,
        [](void *p, std::size_t) { operator delete(p, wide); }},
    {"delete[] aligned", 256, true,
        [](void *p, std::size_t) { operator delete[](p, wide); }},
    {"delete sized aligned", 256, false,
        [](void *p, std::size_t n) { operator delete(p, n, wide); }},
    {"delete[] sized aligned", 256, true,
        [](void *p, std::size_t n) { operator delete[](p, n, wide); }},
    {"delete aligned nothrow", 256, false,
        [](void *p, std::size_t) { operator delete(p, wide, std::nothrow); }},
    {"delete[] aligned nothrow", 256, true,
        [](void *p, std::size_t) { operator delete[](p, wide, std::nothrow); }},
};

bool
is_array_form(const char *name)
{
    return std::strstr(name, "[]") != nullptr;
}

void
test_each_new_goes_with_each_delete()
{
    for (const new_form &n : new_forms) {
        for (const delete_form &d : delete_forms) {
            if (n.alignment != d.alignment
                || is_array_form(n.name) != d.array) {
                continue;
            }
            for (std::size_t size : sizes) {
                void *p = n.call(size);

                check(p != nullptr && is_aligned(p, n.alignment), n.name);
                std::memset(p, 0xff, size);
                d.call(p, size);
            }
        }
    }
}

void
test_new_zero_is_unique()
{
    for (const new_form &n : new_forms) {
        void *p = n.call(0);
        void *q = n.call(0);

        check(p != nullptr && q != nullptr && p != q, n.name);
        std::free(p);
        std::free(q);
    }
}

void
test_delete_null_does_nothing()
{
    for (const delete_form &d : delete_forms) {
        d.call(nullptr, 0);
        d.call(nullptr, 100);
    }
}

/* 'n' for NULL, 'b' for bad_alloc, 'o' for another exception, 'p' a block. */
char
outcome(const new_form &n, std::size_t size)
{
    try {
        void *p = n.call(size);

        std::free(p);
        return p == nullptr ? 'n' : 'p';
    } catch (const std::bad_alloc &) {
        return 'b';
    } catch (...) {
        return 'o';
    }
}

void
test_too_large_throws_or_gives_null()
{
    for (const new_form &n : new_forms) {
        check(outcome(n, too_large) == (n.nothrow ? 'n' : 'b'), n.name);
        if (on_glibc() && n.alignment > 16) {
            continue; /* libstdc++ rounds SIZE_MAX up to 0 */
        }
        check(outcome(n, SIZE_MAX) == (n.nothrow ? 'n' : 'b'), n.name);
    }
}

int handler_calls;

void
handler_that_gives_up_at_third_call()
{
    if (++handler_calls == 3) {
        std::set_new_handler(nullptr);
    }
}

void
test_new_handler_is_called_until_none()
{
    for (const new_form &n : new_forms) {
        handler_calls = 0;
        std::set_new_handler(handler_that_gives_up_at_third_call);
        check(outcome(n, too_large) == (n.nothrow ? 'n' : 'b'), n.name);
        check(handler_calls == 3, "new_handler called three times");
        std::set_new_handler(nullptr);
    }
}

struct lazy_alloc : std::bad_alloc {
};

void
test_new_handler_may_throw()
{
    for (const new_form &n : new_forms) {
        std::set_new_handler([] { throw lazy_alloc(); });
        check(outcome(n, too_large) == (n.nothrow ? 'n' : 'b'), n.name);
        std::set_new_handler(nullptr);
    }
}

void
test_new_handler_not_called_on_success()
{
    handler_calls = 0;
    std::set_new_handler([] { handler_calls++; });
    for (const new_form &n : new_forms) {
        check(outcome(n, 100) == 'p', n.name);
    }
    std::set_new_handler(nullptr);
    check(handler_calls == 0, "new_handler left alone");
}

void
test_exception_unwinds_through_library()
{
    bool caught = false;

    try {
        std::string guard(1000, 'x');

        operator delete(operator new(too_large));
    } catch (const std::bad_alloc &e) {
        caught = e.what() != nullptr;
    }
    check(caught, "bad_alloc caught outside of a scope");
}

void
test_thread_throws_like_main()
{
    std::thread other([] { test_too_large_throws_or_gives_null(); });

    other.join();
}

struct alignas(128) wide_type {
    unsigned char bytes[200];
};

void
test_containers_of_overaligned_types_are_aligned()
{
    std::vector<wide_type> all;

    for (int i = 0; i < 1000; i++) {
        all.emplace_back();
        check(is_aligned(&all.back(), 128), "vector of alignas(128)");
    }
}

void
test_operators_are_the_library_s()
{
    static const char *const names[] = {
        "_Znwm",
        "_Znam",
        "_ZnwmRKSt9nothrow_t",
        "_ZnamRKSt9nothrow_t",
        "_ZnwmSt11align_val_t",
        "_ZnamSt11align_val_t",
        "_ZnwmSt11align_val_tRKSt9nothrow_t",
        "_ZnamSt11align_val_tRKSt9nothrow_t",
        "_ZdlPv",
        "_ZdaPv",
        "_ZdlPvm",
        "_ZdaPvm",
        "_ZdlPvRKSt9nothrow_t",
        "_ZdaPvRKSt9nothrow_t",
        "_ZdlPvSt11align_val_t",
        "_ZdaPvSt11align_val_t",
        "_ZdlPvmSt11align_val_t",
        "_ZdaPvmSt11align_val_t",
        "_ZdlPvSt11align_val_tRKSt9nothrow_t",
        "_ZdaPvSt11align_val_tRKSt9nothrow_t",
    };

    if (on_glibc()) {
        return;
    }
    for (const char *name : names) {
        Dl_info info = {};
        void *at = dlsym(RTLD_DEFAULT, name);

        check(at != nullptr && dladdr(at, &info) != 0
                  && std::strstr(info.dli_fname, "capheap") != nullptr,
            name);
    }
}

} // namespace

int
main()
{
    test_operators_are_the_library_s();
    test_each_new_goes_with_each_delete();
    test_new_zero_is_unique();
    test_delete_null_does_nothing();
    test_too_large_throws_or_gives_null();
    test_new_handler_is_called_until_none();
    test_new_handler_may_throw();
    test_new_handler_not_called_on_success();
    test_exception_unwinds_through_library();
    test_thread_throws_like_main();
    test_containers_of_overaligned_types_are_aligned();
    return n_failed != 0;
}
