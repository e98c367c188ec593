/* SPDX-License-Identifier: MIT */
/*
 * profile_ini_test.c - profiles from files: what they give, and what is said
 * of files that are wrong.
 */
#include "unit/front/_profile.h"

/* ---- files that are right ------------------------------------------------ */

static void
check_loads(const char *text)
{
    int err = load_text(text);

    CHECK_STR(said, "");
    CHECK_EQ(err, 0);
}

static void
test_ini_without_base_has_only_its_own(void **state)
{
    struct ch_profile_region *region;

    (void)state;
    check_loads("# a board\n"
                "[profile]\n"
                "name = my board\n"
                "\n"
                "[region fast]   ; on the chip\n"
                "  label = Fast RAM\n"
                "  caps0 = 8BIT | dma | MALLOC_CAP_DEFAULT\n"
                "  caps1 = 32BIT\n"
                "  start = 0x20000000\n"
                "  size = 64K\n"
                "  alias = 0x10000000\n"
                "[region slow]\n"
                "  caps = SPIRAM|8BIT\n"
                "  size = 0x100000\n");
    CHECK_STR(profile.name, "my board");
    CHECK_STR(profile.base, "");
    CHECK(profile.is_device && profile.soc == NULL);
    CHECK_EQ(profile.size_max, SIZE_MAX);
    CHECK_EQ(profile.bookkeeping, 0);
    CHECK_EQ(profile.n_regions, 2);
    region = region_named("fast");
    CHECK_STR(region->label, "Fast RAM");
    CHECK_EQ(region->caps[0], CH_CAP_8BIT | CH_CAP_DMA | CH_CAP_DEFAULT);
    CHECK_EQ(region->caps[1], CH_CAP_32BIT);
    CHECK_EQ(region->caps[2], 0);
    CHECK_EQ(region->start, 0x20000000);
    CHECK_EQ(region->size, 65536);
    CHECK_EQ(region->alias, 0x10000000);
    CHECK(!region->is_alias_inverted && !region->is_startup_stack);
    CHECK(!region->is_added);
    CHECK_EQ(region->engine, CH_ENGINE_TLSF);
    CHECK_EQ(region->backing, CH_MAPPING_ANON);
    CHECK_EQ(region->refusal, CH_REFUSAL_FALLBACK);
    region = region_named("slow");
    CHECK_STR(region->label, "slow");
    CHECK_EQ(region->start, 0);
    CHECK_EQ(region->size, 1 << 20);
}

static void
test_ini_every_key_is_taken(void **state)
{
    struct ch_profile_region *region;

    (void)state;
    check_loads("[profile]\nname=x\nbase=none\naccounting=host\n"
                "size_max=4M\nbookkeeping=0x20\n"
                "[region a]\nlabel=A\ncaps0=EXEC\ncaps1=0\ncaps2=32BIT\n"
                "start=0x40000000\nsize=0x2000\nlimit=none\n"
                "alias=0x50000000\ninverted=yes\nstartup_stack=yes\nadded=yes\n"
                "engine=tlsf\nbacking=file:/tmp/a\nrefusal=fail\nremove=no\n"
                "[region b]\ncaps=8BIT\nsize=elastic\nlimit=64M\nengine=slab\n"
                "start=any\nalias=none\n"
                "[region c]\ncaps=8BIT\nsize=4096\nbacking=file\npath=/tmp/c\n"
                "[region d]\ncaps=8BIT\nsize=4096\npath=/tmp/d\n");
    CHECK(!profile.is_device);
    CHECK_EQ(profile.size_max, 4 << 20);
    CHECK_EQ(profile.bookkeeping, 32);
    region = region_named("a");
    CHECK_EQ(region->caps[0], CH_CAP_EXEC);
    CHECK_EQ(region->caps[2], CH_CAP_32BIT);
    CHECK(region->is_alias_inverted && region->is_startup_stack);
    CHECK(region->is_added);
    CHECK_EQ(region->backing, CH_MAPPING_FILE);
    CHECK_STR(region->path, "/tmp/a");
    CHECK_EQ(region->refusal, CH_REFUSAL_FAIL);
    region = region_named("b");
    CHECK_EQ(region->size, 0);
    CHECK_EQ(region->limit, 64 << 20);
    CHECK_EQ(region->engine, CH_ENGINE_SLAB);
    CHECK_STR(region_named("c")->path, "/tmp/c");
    CHECK_EQ(region_named("d")->backing, CH_MAPPING_FILE);
}

static void
test_ini_base_gives_what_is_not_said(void **state)
{
    (void)state;
    check_loads("[region psram]\nsize = 2M\n"
                "[region iram]\nremove = yes\n"
                "[region ext]\nstart = 0x60000000\nsize = 8K\ncaps = 8BIT\n"
                "[profile]\nbase = esp32-psram\n");
    CHECK_STR(profile.name, "my");
    CHECK_STR(profile.base, "esp32-psram");
    CHECK(profile.is_device);
    CHECK_STR(profile.soc->name, "esp32");
    CHECK_EQ(profile.size_max, 4 << 20);
    CHECK_EQ(profile.bookkeeping, 32);
    CHECK_EQ(profile.n_regions, 6);
    CHECK_EQ(region_named("psram")->size, 2 << 20);
    CHECK_EQ(region_named("psram")->start, 0x3f800000);
    CHECK_EQ(region_named("psram")->caps[0], CH_CAP_SPIRAM | CH_CAP_DEFAULT);
    CHECK(region_named("iram") == NULL);
    /* By address, and what is added comes last. */
    CHECK_STR(profile.regions[0].name, "dram0");
    CHECK_STR(profile.regions[4].name, "ext");
    CHECK_STR(profile.regions[5].name, "psram");
}

static void
test_ini_options_are_applied_on_top(void **state)
{
    char conf[200];

    (void)state;
    check_loads("[profile]\nbase = esp32s3\n");
    snprintf(conf, sizeof conf,
        "profile=%s,memprot=off,psram=1M,ram0.limit=64K,rtc.backing=exec",
        path);
    CHECK_EQ(load(conf), 0);
    CHECK_STR(said, "");
    CHECK((region_named("ram0")->caps[0] & CH_CAP_EXEC) != 0);
    CHECK_EQ(region_named("ram0")->size, 64 << 10);
    CHECK_EQ(region_named("psram")->size, 1 << 20);
}

static void
test_ini_psram_does_not_grow_over_others(void **state)
{
    char conf[200];

    (void)state;
    check_loads("[profile]\nbase = esp32s3\n"
                "[region psram]\nstart=0x3c000000\nsize=1M\ncaps=SPIRAM\n"
                "[region next]\nstart=0x3c100000\nsize=1M\ncaps=SPIRAM\n");
    snprintf(conf, sizeof conf, "profile=%s,psram=2M", path);
    CHECK_EQ(load(conf), 0);
    CHECK(strstr(said, "psram=2MiB: profile 'my' has another region there")
          != NULL);
    CHECK_EQ(region_named("psram")->size, 1 << 20);
}

/* Executable memory is of its own kind, with the capability. */
static void
test_ini_exec_makes_memory_executable(void **state)
{
    (void)state;
    check_loads("[profile]\nbase = host\n"
                "[region exec]\ncaps = 32BIT\n"
                "[region rtc]\ncaps = RTCRAM|EXEC\n"
                "[region jit]\ncaps = EXEC\nsize = elastic\n"
                "[region both]\ncaps = EXEC|8BIT\nstart = 0x3fff0000\n"
                "alias = 0x40000000\nsize = 4K\n");
    CHECK_EQ(region_named("exec")->backing, CH_MAPPING_ANON);
    CHECK_EQ(region_named("rtc")->backing, CH_MAPPING_EXEC);
    CHECK_EQ(region_named("jit")->backing, CH_MAPPING_EXEC);
    CHECK_EQ(region_named("both")->backing, CH_MAPPING_ANON);
}

static void
test_ini_lines_may_end_anyhow(void **state)
{
    (void)state;
    check_loads("\r\n[ region   a ]\r\n\tcaps\t=\t8BIT\t\r\nsize=1M # big\r\n"
                "label = a#b;c   ; no more");
    CHECK_STR(region_named("a")->label, "a#b;c");
    CHECK_EQ(region_named("a")->size, 1 << 20);
}

/* ---- files that are wrong ------------------------------------------------ */

struct wrong {
    const char *text;
    const char *line; /* what is said, after "capheap: FILE:" */
};

static const struct wrong wrongs[] = {
    /* Lines. */
    {"caps = 8BIT\nsize = 4\n",
        "1:1: wants [profile] or [region NAME] before the first key"},
    {"[profile]\n  what\n", "2:3: wants KEY = VALUE, a section or a comment"},
    {"[profile\n", "1:9: wants ] at the end of a section's name"},
    {" [regions a]\n", "1:3: section 'regions a': wants [profile] or [region "
                       "NAME]"},
    {"[]\n", "1:2: section '': wants [profile] or [region NAME]"},
    {"[profile]\n[profile]\n", "2:2: section 'profile' is there twice"},
    {"[region]\n", "1:8: '': a region's name is a letter, then letters, "
                   "digits, - and _, at most 23 in all"},
    {"[region a.b]\n", "1:9: 'a.b': a region's name is a letter, then "
                       "letters, digits, - and _, at most 23 in all"},
    {"[region abcdefghijklmnopqrstuvwx]\n",
        "1:9: 'abcdefghijklmnopqrstuvwx': a region's name is a letter, then "
        "letters, digits, - and _, at most 23 in all"},
    {"[region a]\nsize=4K\ncaps=8BIT\n\n[region a]\nwhat\n",
        "5:9: region 'a' is there twice; the first is on line 1"},
    /* Keys. */
    {"[profile]\nnmae = a\n", "2:1: unknown key 'nmae'; did you mean 'name'?"},
    {"[profile]\nwombat = a\n",
        "2:1: unknown key 'wombat'; there are name, base, accounting, "
        "size_max, bookkeeping"},
    {"[region a]\nsize=4K\ncaps=8BIT\ncpas1 = 8BIT\n",
        "4:1: unknown key 'cpas1'; did you mean 'caps1'?"},
    {"[region a]\nsize=4K\ncaps=8BIT\nsize=8K\n",
        "4:1: key 'size' is there twice in its section"},
    {"[profile]\n= a\n", "2:1: unknown key ''; there are name, base, "
                         "accounting, size_max, bookkeeping"},
    /* Values of [profile]. */
    {"[profile]\nname =\n",
        "2:7: name: wants 1 to 23 characters that print, not ''"},
    {"[profile]\nbase = esp33\n",
        "2:8: base: no profile 'esp33'; did you mean 'esp32'?"},
    {"[profile]\nbase = ./other.ini\n",
        "2:8: base: no profile './other.ini'; 'capheap profiles' lists them"},
    {"[profile]\naccounting = auto\n",
        "2:14: accounting: wants host or device, not 'auto'"},
    {"[profile]\nsize_max = 0\n",
        "2:12: size_max: wants a size, or none, not '0'"},
    {"[profile]\nbookkeeping = 1M\n",
        "2:15: bookkeeping: wants bytes up to 4096, or none, not '1M'"},
    /* Values of a region; a value that was refused is all that is said. */
    {"[region a]\nsize=4K\ncaps = 8BIT|8BITT\n",
        "3:13: unknown capability '8BITT'; did you mean '8BIT'?"},
    {"[region a]\nsize=4K\ncaps = 8BIT|\n",
        "3:13: unknown capability ''; wants names as 8BIT with | between "
        "them, or 0"},
    {"[region a]\nsize=4K\ncaps = 8BIT,DMA\n",
        "3:8: unknown capability '8BIT,DMA'; wants names as 8BIT with | "
        "between them, or 0"},
    {"[region a]\nsize=4K\ncaps = INVALID\n",
        "3:8: unknown capability 'INVALID'; did you mean 'INVALID'?"},
    {"[region a]\nsize=4K\ncaps0 = \n",
        "3:8: caps0: wants names as 8BIT with | between them, or 0, not ''"},
    {"[region a]\nsize = big\ncaps=8BIT\n",
        "2:8: size: wants a size as 4M or 0x1920, or elastic, not 'big'"},
    {"[region a]\nsize=4K\ncaps=8BIT\nstart = 0xg\n",
        "4:9: start: wants an address as 0x3F800000, or any, not '0xg'"},
    {"[region a]\nsize=4K\ncaps=8BIT\nstart = 0x10000000000000000\n",
        "4:9: start: wants an address as 0x3F800000, or any, not "
        "'0x10000000000000000'"},
    {"[region a]\nsize=4K\ncaps=8BIT\nalias = -\n",
        "4:9: alias: wants an address as 0x400A0000, or none, not '-'"},
    {"[region a]\nsize=elastic\ncaps=8BIT\nlimit = auto\n",
        "4:9: limit: wants a size as 64M, or none, not 'auto'"},
    {"[region a]\nsize=4K\ncaps=8BIT\nadded = 1\n",
        "4:9: added: wants yes or no, not '1'"},
    {"[region a]\nsize=4K\ncaps=8BIT\nengine = buddy\n",
        "4:10: engine: wants tlsf or slab, not 'buddy'"},
    {"[region a]\nsize=4K\ncaps=8BIT\nrefusal = abort\n",
        "4:11: refusal: wants fallback or fail, not 'abort'"},
    {"[region a]\nsize=4K\ncaps=8BIT\nbacking = file:x\n",
        "4:11: backing: wants anon, huge, lock, exec, secret, or file:PATH "
        "with a path that begins with / and is shorter than 256 bytes"},
    {"[region a]\nsize=4K\ncaps=8BIT\npath = x\n",
        "4:8: path: wants a path that begins with /, shorter than 256, not "
        "'x'"},
    {"[region a]\nsize=4K\ncaps=8BIT\nlabel = \001\n",
        "4:9: label: wants 1 to 23 characters that print, not '\\x01'"},
    /* What must hold of a region. */
    {"[region a]\ncaps=8BIT\n",
        "1:1: a new region wants a size: bytes, or elastic"},
    {"[region a]\nsize=4K\n", "1:1: the region has no capability; wants caps"},
    {"[region a]\nsize=4K\ncaps=8BIT\nstart=0x1002\n",
        "1:1: start, size and alias are multiples of 4"},
    {"[region a]\nsize=4097\ncaps=8BIT\n",
        "1:1: start, size and alias are multiples of 4"},
    {"[region a]\nsize=252\ncaps=8BIT\n",
        "1:1: size: wants 256 bytes at least"},
    {"[region a]\nsize=4K\ncaps=8BIT\nstart=0xfffffffffffffffc\n",
        "1:1: the region ends beyond all addresses"},
    {"[region a]\nsize=0xfffffffffffffffc\ncaps=8BIT\nstart=4\n",
        "1:1: the region ends beyond all addresses"},
    {"[region a]\nsize=4K\ncaps=8BIT\nlimit=4K\n",
        "1:1: limit is for elastic regions; this one has a size"},
    {"[region a]\nsize=4K\ncaps=8BIT\nengine=slab\n",
        "1:1: engine=slab wants an elastic region"},
    {"[region a]\nsize=elastic\ncaps=8BIT\nstart=0x1000\n",
        "1:1: an elastic region has neither start nor alias"},
    {"[region a]\nsize=elastic\ncaps=8BIT\nstartup_stack=yes\n",
        "1:1: an elastic region has no startup stack"},
    {"[region a]\nsize=elastic\ncaps=8BIT\nlimit=100\n",
        "1:1: limit: wants 4 KiB at least, and less than 128 TiB"},
    {"[region a]\nsize=4K\ncaps=8BIT\ninverted=yes\n",
        "1:1: inverted wants an alias"},
    {"[region a]\nsize=4K\ncaps=EXEC\nbacking=anon\n",
        "1:1: a region with EXEC and no alias is exec"},
    {"[region a]\nsize=elastic\ncaps=8BIT\nengine=slab\nbacking=huge\n",
        "1:1: the region behind plain malloc is anon"},
    {"[region a]\nsize=4K\ncaps=8BIT\nbacking=file\n",
        "1:1: a file has a path"},
    {"[region a]\nsize=4K\ncaps=8BIT\npath=/a\nbacking=lock\n",
        "1:1: path is for backing = file"},
    {"[region a]\nsize=4K\ncaps=8BIT\nbacking=lock\npath=/a\n",
        "1:1: path is for backing = file"},
    {"[profile]\nbase=host\n\n[region a]\nsize=elastic\ncaps=8BIT\n"
     "engine=slab\n",
        "4:1: engine=slab is for one region, and there is one"},
    /* Between regions. */
    {"[region a]\nsize=4K\ncaps=8BIT\nstart=0x1000\n"
     "[region b]\nsize=4K\ncaps=8BIT\nstart=0x1ffc\n",
        "5:1: region 'b' has addresses of region 'a'"},
    {"[region a]\nsize=4K\ncaps=8BIT\nstart=0x1000\n"
     "[region b]\nsize=4K\ncaps=8BIT\nstart=0x8000\nalias=0xffc\n",
        "5:1: region 'b' has addresses of region 'a'"},
    {"[profile]\nbase=esp32\n[region x]\nsize=4K\ncaps=8BIT\n"
     "start=0x400a0000\n",
        "3:1: region 'x' has addresses of region 'diram1'"},
    {"[profile]\nbase=esp32\n[region dram0]\nsize=64K\n",
        "3:1: region 'dram0' has addresses of region 'dram1'"},
    {"[profile]\nbase=esp32\n[region iran]\nremove=yes\n",
        "3:1: the base has no such region"},
    {"[profile]\nbase=esp32\n[region iram]\nremove=yes\nsize=4K\n",
        "3:1: a removed region has no other keys"},
    {"", "0:1: there is no region"},
    {"[profile]\nname=a\n", "2:1: there is no region"},
};

static void
test_ini_wrong_files_are_said_with_line_and_column(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrongs); i++) {
        char expected[700];
        char *second;

        CHECK_EQ(load_text(wrongs[i].text), (uint64_t)-EINVAL);
        snprintf(expected, sizeof expected, "capheap: %s:%s\n", path,
            wrongs[i].line);
        /* What follows from it may be said as well: that nothing is left. */
        second = strstr(said, ": there is no region\n");
        if (second != NULL && strstr(wrongs[i].line, "no region") == NULL) {
            while (second[-1] != '\n') {
                second--;
            }
            *second = '\0';
        }
        CHECK_STR(said, expected);
        CHECK_STR(profile.name, "host");
        CHECK_EQ(profile.n_regions, 5);
    }
}

static void
test_ini_all_problems_are_said_at_once(void **state)
{
    char expected[900];

    (void)state;
    CHECK_EQ(load_text("[profile]\nname = x\naccounting = yes\n"
                       "[region a]\nsize = huge\ncaps = 8BITS|DMAA\n"
                       "[region b]\nsize = 4K\ncaps = 8BIT\nstart = 0x1001\n"
                       "[something]\nwhat = ever\n"),
        (uint64_t)-EINVAL);
    snprintf(expected, sizeof expected,
        "capheap: %s:3:14: accounting: wants host or device, not 'yes'\n"
        "capheap: %s:5:8: size: wants a size as 4M or 0x1920, or elastic, not "
        "'huge'\n"
        "capheap: %s:6:8: unknown capability '8BITS'; did you mean '8BIT'?\n"
        "capheap: %s:6:14: unknown capability 'DMAA'; did you mean 'DMA'?\n"
        "capheap: %s:11:2: section 'something': wants [profile] or [region "
        "NAME]\n"
        "capheap: %s:7:1: start, size and alias are multiples of 4\n",
        path, path, path, path, path, path);
    CHECK_STR(said, expected);
}

static void
test_ini_more_regions_than_fit_are_said(void **state)
{
    char text[8000] = "";

    (void)state;
    for (unsigned i = 0; i < CH_PROFILE_REGIONS_MAX; i++) {
        snprintf(text + strlen(text), 100,
            "[region r%u]\nsize = 4K\ncaps = 8BIT\n", i);
    }
    check_loads(text);
    CHECK_EQ(profile.n_regions, CH_PROFILE_REGIONS_MAX);
    strcat(text, "[region one]\nsize = 4K\ncaps = 8BIT\n");
    CHECK_EQ(load_text(text), (uint64_t)-EINVAL);
    CHECK(strstr(said, ":97:9: region 'one': there are 32 regions already\n")
          != NULL);
}

/* ---- files that are not read --------------------------------------------- */

static void
test_ini_file_that_others_may_write_is_refused(void **state)
{
    char conf[96];

    (void)state;
    check_loads("[region a]\nsize=4K\ncaps=8BIT\n");
    snprintf(conf, sizeof conf, "profile=%s", path);
    CHECK(chmod(path, 0646) == 0);
    CHECK_EQ(load(conf), (uint64_t)-EPERM);
    CHECK(strstr(said, "my.ini: not read: wants a regular file") != NULL);
    CHECK_STR(profile.name, "host");
    CHECK(chmod(path, 0600) == 0);
    CHECK_EQ(load(conf), 0);
}

static void
test_ini_file_that_is_not_there_is_said(void **state)
{
    (void)state;
    CHECK_EQ(load("profile=/nonexistent/a.ini"), (uint64_t)-ENOENT);
    CHECK_STR(said, "capheap: /nonexistent/a.ini: not read: no such file\n");
    CHECK_STR(profile.name, "host");
    CHECK(load("profile=/dev/zero") < 0);
    CHECK(load("profile=/tmp") < 0);
}

static void
test_ini_file_too_long_is_refused(void **state)
{
    static char text[CH_OPTION_FILE_MAX + 2];

    (void)state;
    memset(text, '\n', CH_OPTION_FILE_MAX);
    memcpy(text, "[region a]\nsize=4K\ncaps=8BIT", 28);
    check_loads(text);
    text[CH_OPTION_FILE_MAX] = '\n';
    CHECK_EQ(load_text(text), (uint64_t)-EFBIG);
    CHECK(strstr(said, "not read: longer than 16 KiB") != NULL);
}

/* ---- hostile files ------------------------------------------------------- */

/* Whatever came in, a profile that loads has what every profile has. */
static void
check_whole(int err)
{
    CHECK(profile.n_regions > 0);
    CHECK(profile.n_regions <= CH_PROFILE_REGIONS_MAX);
    CHECK((err == 0) == (said[0] == '\0'));
    CHECK(err == 0 || strcmp(profile.name, "host") == 0);
    for (unsigned i = 0; i < profile.n_regions; i++) {
        const struct ch_profile_region *region = &profile.regions[i];

        CHECK(memchr(region->name, '\0', sizeof region->name) != NULL);
        CHECK(memchr(region->label, '\0', sizeof region->label) != NULL);
        CHECK(memchr(region->path, '\0', sizeof region->path) != NULL);
        CHECK(region_named(region->name) == region);
        CHECK_EQ((region->start | region->size | region->alias) % 4, 0);
        CHECK(region->start + region->size <= (uint64_t)1 << 47);
        CHECK(region->backing <= CH_MAPPING_FILE);
    }
}

static void
load_bytes(const char *text, size_t n)
{
    char conf[96];

    write_bytes(text, n);
    snprintf(conf, sizeof conf, "profile=%s", path);
    check_whole(load(conf));
}

static const char seed_text[] =
    "[profile]\nname = board\nbase = esp32-psram\naccounting = device\n"
    "size_max = 4M\nbookkeeping = 32\n"
    "[region iram]\nremove = yes\n"
    "[region psram]\nsize = 0x200000\ncaps0 = SPIRAM|DEFAULT\n"
    "caps2 = 8BIT|32BIT\nadded = yes\nbacking = file:/tmp/x\n"
    "[region ext]\nlabel = EXT\nstart = 0x60000000\nsize = 8K\ncaps = 8BIT\n"
    "alias = 0x70000000\ninverted = yes\nstartup_stack = no\n"
    "[region pool]\nsize = elastic\nlimit = 64M\ncaps = DMA\nengine = tlsf\n"
    "refusal = fail\n";

/* Bytes are changed, dropped, doubled and moved about. */
static size_t
mutate(char *text, size_t n, uint64_t *random)
{
    static const char bytes[] = "[]=|#;\n \t\r\0\377xX0k-_9aZ";
    unsigned n_steps = 1 + (unsigned)unit_below(random, 3);

    for (unsigned i = 0; i < n_steps && n > 2; i++) {
        size_t at = unit_below(random, n - 1);
        size_t length = 1 + unit_below(random, n - at < 9 ? n - at : 9);

        switch (unit_below(random, 4)) {
        case 0:
            text[at] = bytes[unit_below(random, sizeof bytes - 1)];
            break;
        case 1:
            memmove(text + at, text + at + length, n - at - length);
            n -= length;
            break;
        case 2:
            if (n + length < CH_OPTION_FILE_MAX) {
                memmove(text + at + length, text + at, n - at);
                n += length;
            }
            break;
        default:
            text[at] = (char)unit_random(random);
            break;
        }
    }
    return n;
}

static void
test_ini_random_files_give_whole_profiles(void **state)
{
    static char text[CH_OPTION_FILE_MAX];
    uint64_t random = unit_seed(20261121);
    unsigned n_loaded = 0;

    (void)state;
    for (unsigned i = 0; i < 6000; i++) {
        size_t n = sizeof seed_text - 1;

        memcpy(text, seed_text, n);
        n = mutate(text, n, &random);
        load_bytes(text, n);
        n_loaded += said[0] == '\0';
    }
    /* Some changes do no harm; a test in which none loads tests nothing. */
    CHECK(n_loaded > 50 && n_loaded < 5900);
}

static void
test_ini_cut_anywhere_gives_whole_profiles(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof seed_text; n++) {
        load_bytes(seed_text, n);
    }
    CHECK_STR(said, "");
    CHECK_STR(profile.name, "board");
    CHECK_EQ(profile.n_regions, 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ini_without_base_has_only_its_own),
        cmocka_unit_test(test_ini_every_key_is_taken),
        cmocka_unit_test(test_ini_base_gives_what_is_not_said),
        cmocka_unit_test(test_ini_options_are_applied_on_top),
        cmocka_unit_test(test_ini_psram_does_not_grow_over_others),
        cmocka_unit_test(test_ini_exec_makes_memory_executable),
        cmocka_unit_test(test_ini_lines_may_end_anyhow),
        cmocka_unit_test(test_ini_wrong_files_are_said_with_line_and_column),
        cmocka_unit_test(test_ini_all_problems_are_said_at_once),
        cmocka_unit_test(test_ini_more_regions_than_fit_are_said),
        cmocka_unit_test(test_ini_file_that_others_may_write_is_refused),
        cmocka_unit_test(test_ini_file_that_is_not_there_is_said),
        cmocka_unit_test(test_ini_file_too_long_is_refused),
        cmocka_unit_test(test_ini_random_files_give_whole_profiles),
        cmocka_unit_test(test_ini_cut_anywhere_gives_whole_profiles),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
