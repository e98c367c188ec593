#!/bin/sh
# SPDX-License-Identifier: MIT
# profiles.sh - one firmware, built once, on several chips and on the host.
#
# What it prints under a chip's profile is known to the byte: where each buffer
# lies, what is refused, and what is free.  To write it down anew:
#
#     tests/firmware/profiles.sh --write
. tests/firmware/_firmware.sh

expected=tests/firmware/expected

# Figures count pointers, and plugins are machine code.
is_exact()
{
    [ "$(uname -m)" = x86_64 ]
}

# run CONF [STATUS]: the station's output to $tmp/out; it must end with STATUS,
# 0 by default, say nothing on stderr, and have freed all that it took.
run()
{
    status=0
    CAPHEAP_CONF=$1 "$tmp/station" >"$tmp/out" 2>"$tmp/err" || status=$?
    [ "$status" = "${2-0}" ] ||
        fail "$1: exit status $status: $(cat "$tmp/err" "$tmp/out")"
    [ ! -s "$tmp/err" ] || fail "$1: says $(cat "$tmp/err")"
    says "$1" 'leaked    nothing$'
}

# says CONF LINE: that the last run printed a line with this beginning.
says()
{
    grep -q "^$2" "$tmp/out" || fail "$1: no line '$2': $(cat "$tmp/out")"
}

# The host's addresses and figures are those of the moment.
without_figures()
{
    sed -e 's/ 0x[0-9a-f]*/ ADDRESS/g' -e '/^start /d' -e '/^end /d' \
        -e '/^Heap summary/,/^    free /d'
}

build_firmware "$tmp/station" host_main.c

for profile in esp32 esp32-psram esp32c3; do
    run "profile=$profile"
    if [ "${1-}" = --write ]; then
        cp "$tmp/out" "$expected/$profile.txt"
    elif is_exact; then
        diff "$expected/$profile.txt" "$tmp/out" ||
            fail "$profile: the output is another one"
    fi
    # Guards cost memory, and nothing else.
    for poisoning in light comprehensive; do
        run "profile=$profile,poisoning=$poisoning"
    done
done

# Exact figures, and a bound, so that what is free is no matter of the moment.
host=profile=host,exact=1,limit=256M
run $host
without_figures <"$tmp/out" >"$tmp/host"
if [ "${1-}" = --write ]; then
    cp "$tmp/host" "$expected/host.txt"
fi
diff "$expected/host.txt" "$tmp/host" || fail "host: the output is another one"

# Plain malloc on the host's memory has no end, the rest is the chip's.
run profile=esp32,malloc=host
says malloc=host 'history   600 of 600 hours'
says malloc=host 'camera    1 of 240x160'

# A chip that is too small: the station says what it lacks, and ends in order.
cat >"$tmp/small.ini" <<'INI'
[region ram]
caps = 8BIT|32BIT|DMA|INTERNAL|DEFAULT
size = 20K
INI
run "profile=$tmp/small.ini,accounting=device" 1
says small.ini 'plugin    trampoline interpreted'
says small.ini 'PROBLEM   no memory for a picture'
[ "$(grep -c PROBLEM "$tmp/out")" = 1 ] || fail "small.ini: $(cat "$tmp/out")"
