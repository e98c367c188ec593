#!/bin/sh
# SPDX-License-Identifier: MIT
# g++: the compiler on a generated file full of templates, to assembly.

. "$(dirname "$0")/common"
need g++

source=$data/templates-$scale.cc
awk -v n="$(scaled 15)" 'BEGIN {
    print "#include <algorithm>\n#include <functional>\n#include <map>"
    print "#include <string>\n#include <tuple>\n#include <vector>"
    print "template <int N> struct Chain {"
    print "    std::tuple<Chain<N - 1>, int> t;"
    print "    int sum() const { return std::get<0>(t).sum() + N; }\n};"
    print "template <> struct Chain<0> { int sum() const { return 0; } };"
    for (i = 0; i < n; i++) {
        printf "struct Key%d { int v; bool operator<(const Key%d &o) ", i, i
        print "const { return v < o.v; } };"
        printf "int use%d(int x)\n{\n", i
        printf "    std::map<Key%d, std::vector<std::string>> m;\n", i
        printf "    m[Key%d{x}].push_back(std::to_string(x));\n", i
        printf "    std::vector<Key%d> keys;\n", i
        print "    for (auto &e : m) keys.push_back(e.first);"
        print "    std::sort(keys.begin(), keys.end());"
        print "    std::function<int(int)> f = [&](int y) {"
        print "        return y + static_cast<int>(m.size()); };"
        printf "    return f(Chain<%d>().sum());\n}\n", 20 + i % 20
    }
}' >"$source"
measure g++ -std=c++17 -O2 -S -o - "$source" | sed '/\.file/d' | cksum
