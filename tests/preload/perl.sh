#!/bin/sh
# SPDX-License-Identifier: MIT
# perl.sh - hashes, strings that grow, regular expressions, recursion, fork.
. tests/preload/_common.sh
need perl

cat >"$tmp/job.pl" <<'PERL'
use strict;
use warnings;
no warnings 'recursion';
use Digest::SHA qw(sha256_hex);

srand(7);
my @notes;
my %table;
for my $i (1 .. 150_000) {
    $table{"key" . ($i * 7919 % 100_003)} .= "v" x int(rand(200));
}
push @notes, scalar(keys %table);
delete $table{"key" . ($_ * 13 % 100_003)} for 1 .. 50_000;
my $sum = 0;
$sum += length $table{$_} for sort keys %table;
push @notes, $sum;

sub depth { my $n = shift; return $n ? [$n, depth($n - 1)] : [] }
my ($list, $n) = (depth(50_000), 0);
($n, $list) = ($n + 1, $list->[1]) while @$list;
push @notes, $n;

my $text = join ' ', map { chr(97 + $_ % 26) x ($_ % 17) } 1 .. 200_000;
my $count = () = $text =~ /(\w)\1{5,}/g;
push @notes, $count;
(my $copy = $text) =~ s/(a+)/<$1>/g;
push @notes, length $copy;
my @sorted = sort { $a cmp $b } split / /, $text;
push @notes, $sorted[1000], $sorted[-1];

for my $k (1 .. 5) {
    my $pid = open(my $child, '-|') // die;
    if (!$pid) {
        my @own = map { "y" x $_ } 1 .. 2000;
        print sha256_hex(join '', @own, $k);
        exit 0;
    }
    push @notes, <$child>;
    close $child or die;
}
print sha256_hex(join "\n", @notes), "\n";
PERL

both perl env PERL_HASH_SEED=0 perl "$tmp/job.pl"
