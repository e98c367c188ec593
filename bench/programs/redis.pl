# SPDX-License-Identifier: MIT
# Writes commands in the redis protocol: strings that are replaced by others
# of another length, hashes, lists, sorted sets, and deletions.

use strict;
use warnings;

my $count = shift;
my $keys = int($count / 4) + 1;

sub command {
    print "*", scalar @_, "\r\n", map { "\$" . length($_) . "\r\n$_\r\n" } @_;
}

for my $i (1 .. $count) {
    my $key = $i * 7919 % $keys;
    my $kind = $i % 8;
    if ($kind < 3) {
        command("SET", "s$key", "v" x ($i * 31 % 400));
    } elsif ($kind == 3) {
        command("HSET", "h" . $key % 5000, "f$i", "value$i");
    } elsif ($kind == 4) {
        command("RPUSH", "l" . $key % 2000, "x" x ($i % 60));
    } elsif ($kind == 5) {
        command("ZADD", "z" . $key % 500, $i, "member$i");
    } elsif ($kind == 6) {
        command("DEL", "s" . ($key * 3 % $keys));
    } else {
        command("APPEND", "s$key", "a" x ($i % 50));
    }
}
