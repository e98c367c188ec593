-- SPDX-License-Identifier: MIT
-- Builds and drops tables, strings and closures; prints a checksum.

local count = tonumber(arg[1])
local sum = 0

local function tree(depth)
    if depth == 0 then
        return {}
    end
    return { tree(depth - 1), tree(depth - 1) }
end

local function nodes(t)
    if not t[1] then
        return 1
    end
    return 1 + nodes(t[1]) + nodes(t[2])
end

local live = {}
for i = 1, count * 4 do
    local slot = i * 7919 % count + 1
    live[slot] = { id = i, name = "item" .. i, pair = { i, i + 1 } }
    sum = sum + slot
end

for i = 1, count // 2500 do
    sum = sum + nodes(tree(12))
end

local pieces = {}
for i = 1, count do
    pieces[#pieces + 1] = string.rep("ab", i % 40) .. i
    if #pieces == 500 then
        sum = sum + #table.concat(pieces, ","):upper():gsub("AB", "c")
        pieces = {}
    end
end

local calls = {}
for i = 1, count do
    calls[i] = function(x) return x + i end
end
for i = 1, count do
    sum = sum + calls[i](1) + #live[i].name
end

print("checksum " .. sum)
