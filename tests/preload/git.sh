#!/bin/sh
# SPDX-License-Identifier: MIT
# git.sh - a history of some hundred commits, repacked with threads.
. tests/preload/_common.sh
need git

HOME=$tmp
GIT_CONFIG_NOSYSTEM=1
GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org
GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org
export HOME GIT_CONFIG_NOSYSTEM
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL

# The whole history as one stream, and commits by hand on top of it.
history_stream()
{
    awk 'BEGIN {
        for (c = 1; c <= 300; c++) {
            printf "commit refs/heads/main\n"
            printf "committer C <c@example.org> %d +0000\n", 1600000000 + c
            m = "change " c
            printf "data %d\n%s\n", length(m), m
            for (f = 0; f < 8; f++) {
                text = ""
                for (l = 0; l < 60; l++)
                    text = text sprintf("line %d of file %d in %d\n", l,
                        (c * 31 + f) % 97, l % 7 == c % 7 ? c : 0)
                printf "M 100644 inline dir%d/file%d\ndata %d\n%s\n", f % 5,
                    (c * 31 + f) % 97, length(text), text
            }
        }
        print "done"
    }'
}

# story FOLDER PRELOAD
story()
{
    mkdir "$1"
    (
        cd "$1"
        LD_PRELOAD=$2
        export LD_PRELOAD
        git init -q -b main .
        git config pack.threads 4
        history_stream | git fast-import --quiet --done
        git reset -q --hard
        for i in 1 2 3 4 5 6 7 8; do
            GIT_AUTHOR_DATE="$((1700000000 + i)) +0000"
            GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
            export GIT_AUTHOR_DATE GIT_COMMITTER_DATE
            seq "$i" $((i * 3000)) >big
            git add -A
            git commit -q -m "big $i"
        done
        git checkout -q -b side HEAD~5
        echo side >side
        git add side
        git commit -q -m side
        git checkout -q main
        git merge -q -m merge side
        git repack -q -a -d -f --depth=50 --window=20
        git gc -q
        git fsck --full --strict 2>&1
        git log --stat --graph --all --format='%H %an %s'
        git blame -s dir1/file1
        git diff HEAD~100 --stat
        git grep -c 'line 5 of' HEAD
        git clone -q . ../"$1".clone
        git -C ../"$1".clone rev-parse HEAD
        git count-objects -v | grep -v size
    )
}

cd "$tmp"
story plain '' >git.plain
story under "$CAPHEAP_SO" >git.under
same git
