#!/bin/sh
# SPDX-License-Identifier: MIT
# cxx-threads.sh - a C++ program with threads, containers and exceptions.
. tests/preload/_common.sh
need "$CXX"

cat >"$tmp/threads.cc" <<'CC'
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace
{

struct job {
    std::string name;
    std::vector<int> data;
    std::shared_ptr<std::map<int, std::string>> shared;
};

class queue
{
  public:
    void put(std::unique_ptr<job> j)
    {
        std::unique_lock<std::mutex> lock(mutex);
        room.wait(lock, [this] { return jobs.size() < 500; });
        jobs.push_back(std::move(j));
        some.notify_one();
    }

    std::unique_ptr<job> get()
    {
        std::unique_lock<std::mutex> lock(mutex);
        some.wait(lock, [this] { return !jobs.empty(); });
        auto j = std::move(jobs.front());
        jobs.pop_front();
        room.notify_one();
        return j;
    }

  private:
    std::mutex mutex;
    std::condition_variable some, room;
    std::deque<std::unique_ptr<job>> jobs;
};

thread_local std::unordered_map<int, std::string> cache;
std::atomic<std::uint64_t> total;

void
consume(queue &q)
{
    while (auto j = q.get()) {
        std::uint64_t n = std::accumulate(j->data.begin(), j->data.end(), 0u);

        cache[static_cast<int>(n % 1000)] = j->name;
        try {
            if (n % 13 == 0) {
                throw std::runtime_error(j->name);
            }
            std::ostringstream text;
            text << j->name << n << j->shared->size();
            n += text.str().size();
        } catch (const std::exception &e) {
            n += std::string(e.what()).size();
        }
        total += n;
    }
}

void
produce(queue &q, unsigned seed)
{
    auto shared = std::make_shared<std::map<int, std::string>>();

    for (int i = 0; i < 30000; i++) {
        auto j = std::make_unique<job>();

        seed = seed * 1664525 + 1013904223;
        j->name = std::string(seed % 100, 'n') + std::to_string(i);
        j->data.resize(seed % 300, i);
        if (i % 50 == 0) {
            shared = std::make_shared<std::map<int, std::string>>();
            for (unsigned k = 0; k < seed % 40; k++) {
                (*shared)[static_cast<int>(k)] = j->name;
            }
        }
        j->shared = shared;
        q.put(std::move(j));
    }
}

int
depth(int n)
{
    std::vector<int> local(static_cast<std::size_t>(n % 50 + 1), n);

    return n == 0 ? 0 : depth(n - 1) + local.back() - n + 1;
}

struct alignas(64) line {
    std::uint64_t v[8];
};

} // namespace

int
main()
{
    queue q;
    std::vector<std::thread> producers, consumers;

    for (int i = 0; i < 4; i++) {
        consumers.emplace_back(consume, std::ref(q));
    }
    for (unsigned i = 0; i < 4; i++) {
        producers.emplace_back(produce, std::ref(q), i + 1);
    }
    for (auto &t : producers) {
        t.join();
    }
    for (int i = 0; i < 4; i++) {
        q.put(nullptr);
    }
    for (auto &t : consumers) {
        t.join();
    }
    std::vector<std::future<int>> futures;
    for (int i = 0; i < 200; i++) {
        futures.push_back(std::async(std::launch::async, depth, 200 + i));
    }
    for (auto &f : futures) {
        total += static_cast<std::uint64_t>(f.get());
    }
    std::vector<std::unique_ptr<line>> lines;
    for (std::uint64_t i = 0; i < 200000; i++) {
        lines.push_back(std::make_unique<line>(line{{i}}));
        total += (reinterpret_cast<std::uintptr_t>(lines.back().get()) & 63);
    }
    std::cout << total << '\n';
}
CC

"$CXX" -std=c++17 -O2 -pthread -o "$tmp/threads" "$tmp/threads.cc"
for turn in 1 2 3; do
    both "threads$turn" "$tmp/threads"
done
