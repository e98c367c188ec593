/* SPDX-License-Identifier: MIT */
/*
 * sensor.c - a task that measures and one that reads what it reports.
 *
 * A report is a frame in the ring: its length, JSON text, the text's CRC.
 * The reader makes a tree of it, and the text again of the tree, which must
 * be what was sent.  What it keeps of a report goes to the journal: a heap of
 * its own, of which the oldest entries leave when it is full.
 */
#include "sensor.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crc.h"
#include "esp_heap_caps.h"
#include "json.h"
#include "multi_heap.h"
#include "ring.h"
#include "status.h"

#define RING_SIZE    4096u
#define JOURNAL_SIZE 8192u
#define TEXT_MAX     256u
#define N_REPORTS    400u

/* An entry of the journal; its text stands behind it. */
struct entry {
    struct entry *next; /* younger; NULL: none */
    uint32_t id;
    char text[];
};

struct journal {
    void *memory;
    multi_heap_handle_t heap;
    struct entry *oldest;
    struct entry *newest;
    unsigned n_entries;
    unsigned most_entries;
};

struct station {
    const uint32_t *crc_table; /* const */
    struct ring *ring;         /* const */
    struct journal journal;    /* the reader's */
    unsigned n_read;           /* the reader's */
    long sum;                  /* the reader's */
};

/* ---- the journal --------------------------------------------------------- */

static bool
journal_init(struct journal *journal)
{
    *journal = (struct journal){
        .memory = heap_caps_malloc(JOURNAL_SIZE, MALLOC_CAP_8BIT),
    };
    if (journal->memory != NULL) {
        journal->heap = multi_heap_register(journal->memory, JOURNAL_SIZE);
    }
    return journal->heap != NULL;
}

static void
journal_drop_oldest(struct journal *journal)
{
    struct entry *entry = journal->oldest;

    journal->oldest = entry->next;
    journal->n_entries--;
    multi_heap_free(journal->heap, entry);
}

static void
journal_append(struct journal *journal, struct entry *entry)
{
    if (journal->oldest == NULL) {
        journal->oldest = entry;
    } else {
        journal->newest->next = entry;
    }
    journal->newest = entry;
    journal->n_entries++;
    if (journal->n_entries > journal->most_entries) {
        journal->most_entries = journal->n_entries;
    }
}

/* Makes room by dropping the oldest entries. */
static void
journal_add(struct journal *journal, uint32_t id, const char *text)
{
    size_t size = sizeof(struct entry) + strlen(text) + 1;
    struct entry *entry;

    while ((entry = multi_heap_malloc(journal->heap, size)) == NULL) {
        if (journal->oldest == NULL) {
            status_problem("an entry does not fit in an empty journal");
            return;
        }
        journal_drop_oldest(journal);
    }
    *entry = (struct entry){.id = id};
    memcpy(entry->text, text, strlen(text) + 1);
    journal_append(journal, entry);
}

/* What is there must be the last reports, in their order. */
static void
journal_check(const struct journal *journal)
{
    uint32_t id = N_REPORTS - journal->n_entries;

    for (const struct entry *entry = journal->oldest; entry != NULL;
         entry = entry->next) {
        status_expect(entry->id == id++, "the journal lost an entry");
    }
    status_expect(id == N_REPORTS, "the journal has another length");
    status_expect(multi_heap_check(journal->heap, true), "a corrupt journal");
}

static void
journal_fini(struct journal *journal)
{
    while (journal->oldest != NULL) {
        journal_drop_oldest(journal);
    }
    heap_caps_free(journal->memory);
}

/* ---- the task that measures ---------------------------------------------- */

/* Text of report `id`; places are of different length, and some are quoted. */
static size_t
report_text(char *text, size_t size, unsigned id)
{
    static const char *const places[] = {
        "roof",
        "the \\\"north\\\" wall",
        "cellar\\nbehind the boiler, second shelf",
        "pond",
    };

    return (size_t)snprintf(text, size,
        "{\"id\":%u,\"place\":\"%s\",\"values\":[%u,%d,%u],\"ok\":%s,"
        "\"note\":null}",
        id, places[id % 4], id * 7 % 50, -(int)(id % 20), id * id % 1000,
        id % 3 != 0 ? "true" : "false");
}

static void *
measure(void *arg)
{
    struct station *station = arg;
    char text[TEXT_MAX];

    for (unsigned id = 0; id < N_REPORTS; id++) {
        uint32_t n = (uint32_t)report_text(text, sizeof text, id);
        uint32_t crc = crc_of(station->crc_table, text, n);

        ring_write(station->ring, &n, sizeof n);
        ring_write(station->ring, text, n);
        ring_write(station->ring, &crc, sizeof crc);
    }
    ring_close(station->ring);
    return NULL;
}

/* ---- the task that reads ------------------------------------------------- */

/* The text of the next report, to be freed; NULL: there is none. */
static char *
receive(struct station *station)
{
    uint32_t n;
    uint32_t crc = 0;
    char *text;

    if (!ring_read(station->ring, &n, sizeof n)) {
        return NULL;
    }
    text = n < TEXT_MAX ? malloc(n + 1) : NULL;
    if (text == NULL) {
        status_problem("no memory for a report");
        return NULL;
    }
    text[n] = '\0';
    status_expect(ring_read(station->ring, text, n)
                      && ring_read(station->ring, &crc, sizeof crc),
        "a report has no end");
    status_expect(crc == crc_of(station->crc_table, text, n),
        "a report came with a wrong checksum");
    return text;
}

static long
sum_of(const struct json *values)
{
    long sum = 0;

    for (const struct json *at = values->first; at != NULL; at = at->next) {
        sum += at->number;
    }
    return sum;
}

static void
keep(struct station *station, const struct json *report)
{
    const struct json *id = json_find(report, "id");
    const struct json *place = json_find(report, "place");
    const struct json *values = json_find(report, "values");

    if (id == NULL || place == NULL || values == NULL) {
        status_problem("a report lacks a member");
        return;
    }
    station->sum += sum_of(values);
    journal_add(&station->journal, (uint32_t)id->number, place->text);
}

static void
digest(struct station *station, const char *text)
{
    bool is_out_of_memory;
    struct json *report = json_parse(text, &is_out_of_memory);
    char *again;

    if (report == NULL) {
        status_problem(
            is_out_of_memory ? "no memory for a tree" : "a report is no JSON");
        return;
    }
    again = json_print(report);
    status_expect(again != NULL && strcmp(again, text) == 0,
        "a report is another one after parsing");
    keep(station, report);
    free(again);
    json_destroy(report);
}

static void *
read_reports(void *arg)
{
    struct station *station = arg;
    char *text;

    while ((text = receive(station)) != NULL) {
        digest(station, text);
        free(text);
        station->n_read++;
    }
    return NULL;
}

/* ---- both ---------------------------------------------------------------- */

static void
run_tasks(struct station *station)
{
    pthread_t tasks[2];

    if (pthread_create(&tasks[0], NULL, read_reports, station) != 0
        || pthread_create(&tasks[1], NULL, measure, station) != 0) {
        status_problem("no task");
        return;
    }
    pthread_join(tasks[0], NULL);
    pthread_join(tasks[1], NULL);
}

static void
say_what_came(const struct station *station)
{
    printf("ring      %u bytes at %p, reports %u, sum %ld\n", RING_SIZE,
        ring_buffer(station->ring), station->n_read, station->sum);
    printf("journal   %u bytes at %p, entries %u, free %zu\n", JOURNAL_SIZE,
        station->journal.memory, station->journal.most_entries,
        multi_heap_free_size(station->journal.heap));
}

void
sensor_run(const uint32_t *crc_table)
{
    struct station station = {
        .crc_table = crc_table,
        .ring = ring_create(RING_SIZE),
    };

    if (station.ring == NULL || !journal_init(&station.journal)) {
        status_problem("no memory for the ring and the journal");
        return;
    }
    run_tasks(&station);
    status_expect(station.n_read == N_REPORTS, "a report is lost");
    journal_check(&station.journal);
    say_what_came(&station);
    journal_fini(&station.journal);
    ring_destroy(station.ring);
}
