#!/bin/sh
# SPDX-License-Identifier: MIT
# gxx.sh - compilers make the same object, bit for bit, under the library.
. tests/preload/_common.sh

cat >"$tmp/heavy.cc" <<'CC'
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

template <int N> struct fib {
    static constexpr long value = fib<N - 1>::value + fib<N - 2>::value;
};
template <> struct fib<1> { static constexpr long value = 1; };
template <> struct fib<0> { static constexpr long value = 0; };

template <typename... T> struct sum_of_sizes;
template <> struct sum_of_sizes<> { static constexpr size_t value = 0; };
template <typename T, typename... R> struct sum_of_sizes<T, R...> {
    static constexpr size_t value = sizeof(T) + sum_of_sizes<R...>::value;
};

template <size_t... I>
auto
make_table(std::index_sequence<I...>)
{
    return std::make_tuple(std::vector<std::array<char, I + 1>>(I)...);
}

using any = std::variant<int, double, std::string, std::vector<int>,
    std::map<std::string, std::set<long>>>;

int
main()
{
    auto table = make_table(std::make_index_sequence<60>());
    std::unordered_map<std::string, std::vector<any>> all;
    std::regex words("([a-z]+)(ing|ed)");
    std::function<long(long)> f = [&](long n) {
        return n < 2 ? n : f(n - 1) + f(n - 2);
    };

    all["a"].push_back(std::string("b"));
    std::visit([](auto &v) { std::cout << sizeof(v); }, all["a"][0]);
    std::cout << fib<300 % 80>::value << std::tuple_size<decltype(table)>()
              << sum_of_sizes<int, char, any>::value << f(10)
              << std::regex_match("walking", words) << '\n';
}
CC

n=0
for compiler in g++ clang++; do
    command -v $compiler >/dev/null 2>&1 || continue
    n=$((n + 1))
    $compiler -std=c++17 -O1 -pipe -frandom-seed=1 -c \
        -o "$tmp/$compiler.plain" "$tmp/heavy.cc"
    under $compiler -std=c++17 -O1 -pipe -frandom-seed=1 -c \
        -o "$tmp/$compiler.under" "$tmp/heavy.cc"
    cmp "$tmp/$compiler.plain" "$tmp/$compiler.under" ||
        fail "$compiler: another object under the library"
    # The linker allocates as well.
    cp "$tmp/$compiler.plain" "$tmp/heavy.o"
    $compiler -o "$tmp/link.plain" "$tmp/heavy.o"
    under $compiler -o "$tmp/link.under" "$tmp/heavy.o"
    cmp "$tmp/link.plain" "$tmp/link.under" ||
        fail "$compiler: another program under the library"
    cp "$tmp/link.plain" "$tmp/heavy"
    both "heavy_$compiler" "$tmp/heavy"
done
[ "$n" -gt 0 ] || skip "no C++ compiler here"
