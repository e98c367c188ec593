# SPDX-License-Identifier: MIT
# Builds, searches and empties hashes; prints a checksum.

use strict;
use warnings;

my $count = shift;
my (%words, %index);
my $sum = 0;

for my $i (1 .. $count) {
    my $key = "key" . ($i * 7919 % $count);
    push @{ $words{$key}{seen} }, $i;
    $words{$key}{text} .= "x" x ($i % 90);
    $index{ substr($key, -3) }{$key} = { id => $i, name => "n$i" };
}
for my $key (sort keys %words) {
    my @parts = split /x/, "ax" . $words{$key}{text} . "xb", 8;
    $sum += @parts + length(join(",", @parts, @{ $words{$key}{seen} }));
}
for my $round (1 .. 3) {
    delete @index{ grep { ($_ =~ /(\d)$/ ? $1 : 0) % 3 == $round % 3 }
          keys %index };
    my @copy = map { [ $_, "v" . $_ * $round ] } 1 .. $count / 2;
    $sum += length $_->[1] for @copy;
}
print "checksum $sum ", scalar(keys %words), " ", scalar(keys %index), "\n";
