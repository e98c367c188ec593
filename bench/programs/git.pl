# SPDX-License-Identifier: MIT
# Writes a history for git fast-import: files that gain, lose and change lines.

use strict;
use warnings;

my $commits = shift;
my $state = 42;
my @files;

sub draw {
    my ($bound) = @_;
    $state = ($state * 1103515245 + 12345) % 2147483648;
    return int($state / 65536) % $bound;
}

sub line { return join(" ", map { "word" . draw(3000) } 1 .. 8) . "\n" }

push @files, [ map { line() } 1 .. 100 ] for 1 .. 80;
for my $n (1 .. $commits) {
    my $when = 1600000000 + $n * 60;
    my $message = "commit $n\n";
    print "commit refs/heads/main\n";
    print "committer A U Thor <author\@example.com> $when +0000\n";
    print "data ", length $message, "\n$message";
    for (1 .. 3) {
        my $name = draw(scalar @files);
        my $file = $files[$name];
        my $at = draw(scalar @$file);
        splice @$file, $at, draw(4), map { line() } 0 .. draw(5);
        my $text = join "", @$file;
        print "M 644 inline dir", $name % 9, "/file$name\n";
        print "data ", length $text, "\n$text\n";
    }
}
print "done\n";
