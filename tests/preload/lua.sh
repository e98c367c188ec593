#!/bin/sh
# SPDX-License-Identifier: MIT
# lua.sh - an interpreter that does everything by realloc.
. tests/preload/_common.sh
lua=$(command -v lua5.4 || command -v lua5.3 || command -v lua) ||
    skip "no lua here"

cat >"$tmp/job.lua" <<'LUA'
math.randomseed(7)
local out = {}
local t = {}
for i = 1, 300000 do
    t[(i * 7919) % 200003] = string.rep("x", i % 120)
end
for i = 1, 200003, 3 do
    t[i] = nil
end
local sum = 0
for i = 1, 200003 do
    sum = sum + #(t[i] or "")
end
out[#out + 1] = sum

local function depth(n)
    if n == 0 then
        return 0
    end
    return 1 + depth(n - 1)
end
out[#out + 1] = depth(150000)

local parts = {}
for i = 1, 100000 do
    parts[i] = tostring(i * i % 1000003)
end
local text = table.concat(parts, ",")
out[#out + 1] = #text
out[#out + 1] = select(2, text:gsub("99", "<>"))

local co = {}
for i = 1, 20000 do
    co[i] = coroutine.create(function(a)
        local b = coroutine.yield(a * 2)
        return { a, b }
    end)
    coroutine.resume(co[i], i)
end
local total = 0
for i = 1, 20000 do
    local _, r = coroutine.resume(co[i], i)
    total = total + r[1] + r[2]
end
out[#out + 1] = total
local big = string.rep("0123456789", 3000000)
out[#out + 1] = #(big .. big)
collectgarbage()
print(table.concat(out, " "))
LUA

both lua "$lua" "$tmp/job.lua"
