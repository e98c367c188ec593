# SPDX-License-Identifier: MIT
#
# capheap: works from a fresh clone with GNU make and gcc alone.
#
# Targets
#   all            libcapheap.so, libcapheap.a, libcapheap-noreplace.a, capheap
#   demo           a short tour (demo/demo.sh)
#   check          every test; the last line is "N passed, N failed"
#   check-layers check-symbols check-headers check-unit check-api check-defect
#   check-fault check-preload check-stress check-tsan check-asan check-tools check-icount
#                  the parts of check, each with the same closing line
#   bench          the side-by-side measurements (bench/)
#   install uninstall   prefix, libdir, includedir, datadir, mandir, bindir,
#                  DESTDIR
#   format         clang-format -i over the tree
#   clean
#
# Variables
#   CC=clang       another compiler; every flavour has its own build/ folder
#   DEBUG=1        CH_CONFIG_DEBUG=1 and -O1
#   WERROR=1       warnings are errors
#   SAN=thread | SAN=address,undefined
#                  build/<cc>-<san>/libcapheap-noreplace.a and the stress
#                  programs with that sanitizer, instead of the library
#   T=substring    only the tests whose name contains it, e.g. T=unit/base
#   TEST_JOBS=2    so many tests at a time
#   TEST_TIMEOUT=300   seconds one test may take
#   STRESS_SECONDS=10  seconds each stress program runs
#   V=1            show whole commands
#   CFLAGS LDFLAGS CPPFLAGS   added in front of the flags that the house needs
#
# Sources are found by wildcard (src/*/*.c, src/*/*/*.c, tools/*.c); nothing
# has to be listed here when a file is added, save in two places below:
# INTERPOSE_SRCS, the sources of libc's and C++'s names, which
# libcapheap-noreplace.a leaves out, and TOOL_SRCS_FROM_SRC, what the command
# takes from src/.  Names that the library exports stand in
# src/capheap.symbols, one a line.  Conventions for tests stand at the
# top of tests/run-tests.sh.  config.mk (from ./configure) is read if there.

-include config.mk

VERSION := 0.1.0
SONAME := libcapheap.so.0

ifeq ($(origin CC),default)
CC := gcc
endif
CC_ID := $(notdir $(lastword $(filter-out -%,$(CC))))
ifeq ($(origin CXX),default)
CXX := $(if $(findstring clang,$(CC_ID)),$(subst clang,clang++,$(CC)),g++)
endif
LD ?= ld
OBJCOPY ?= objcopy
NPROC := $(shell nproc 2>/dev/null || echo 1)

prefix ?= /usr/local
PREFIX ?= $(prefix)
bindir ?= $(PREFIX)/bin
libdir ?= $(PREFIX)/lib
includedir ?= $(PREFIX)/include
datadir ?= $(PREFIX)/share
mandir ?= $(datadir)/man
pkgconfigdir ?= $(libdir)/pkgconfig
INSTALL ?= install

empty :=
comma := ,
space := $(empty) $(empty)

# One folder a flavour, so that objects of two compilers never mix.
FLAVOUR := $(CC_ID)$(if $(filter 1,$(DEBUG)),-debug)$(if \
	$(SAN),-$(subst $(comma),-,$(SAN)))
BUILD := build/$(FLAVOUR)
TOP := $(CURDIR)

# ---- sources -------------------------------------------------------------

# Lowest first.  tests/check/layers.sh holds the same list for #include.
FLOORS := base os sync map region heap front diag api
INTERPOSE_SRCS := $(wildcard src/api/libc.c src/api/libc_info.c src/api/cxx.c)
SRCS := $(sort $(wildcard src/*/*.c src/*/*/*.c))
TOOL_SRCS := $(sort $(wildcard tools/*.c))
TOOL_SRCS_FROM_SRC ?= $(wildcard src/base/*.c src/os/*.c src/front/caps.c \
	src/front/options*.c src/front/profile*.c)

OBJS := $(SRCS:%.c=$(BUILD)/%.o)
INTERPOSE_OBJS := $(INTERPOSE_SRCS:%.c=$(BUILD)/%.o)
NOREPLACE_OBJS := $(filter-out $(INTERPOSE_OBJS),$(OBJS))
TOOL_OBJS := $(TOOL_SRCS:%.c=$(BUILD)/%.o)
TOOL_BASE_OBJS := $(TOOL_SRCS_FROM_SRC:%.c=$(BUILD)/%.o)
SYMBOLS := $(wildcard src/capheap.symbols)

# ---- flags ---------------------------------------------------------------

# $(call cc-option,FLAG): FLAG if the compiler takes it.
cc-option = $(shell echo 'int x;' | $(CC) -Werror $(1) -x c -c -o /dev/null - \
	2>/dev/null && echo '$(1)')
IS_CLANG := $(findstring clang,$(shell $(CC) --version 2>/dev/null))

# Debian 12's valgrind does not read what clang writes by default.
DWARF := $(if $(IS_CLANG),-gdwarf-4,-g)
CFLAGS ?= -O2 $(DWARF)
OPT_CFLAGS := $(if $(filter 1,$(DEBUG)),-O1)
OPT_CPPFLAGS := $(if $(filter 1,$(DEBUG)),-DCH_CONFIG_DEBUG=1)
WARN_ERROR := $(if $(filter 1,$(WERROR)),-Werror)
WARN_CFLAGS := -Wall -Wextra -Wundef -Wshadow -Wconversion $(WARN_ERROR)
# The emulated APIs' own folders, and behind everything else the stand-ins
# that some of their headers need.
API_DIRS := $(patsubst %/,%,$(sort $(wildcard include/capheap/*/)))
API_COMPAT := $(addprefix -idirafter ,$(wildcard $(API_DIRS:%=%/compat)))
INC_CPPFLAGS := -D_GNU_SOURCE= -Iinclude -Isrc $(API_COMPAT)

# The compiler must not turn the allocator's own code into calls of it, nor
# assume what malloc returns, nor loops of its own into calls of libc, which may
# be out of reach yet and costs a program 64 KiB of it; the rest keeps the fast path to one load of TLS
# and no PLT.
LIB_CFLAGS := -std=gnu11 -fPIC -fvisibility=hidden -ftls-model=initial-exec \
	-fno-builtin-malloc -fno-builtin-calloc -fno-builtin-realloc \
	-fno-builtin-free -fexceptions -fno-stack-protector \
	$(call cc-option,-fno-semantic-interposition) \
	$(call cc-option,-fno-tree-loop-distribute-patterns) \
	$(call cc-option,-fno-plt) $(call cc-option,-fcf-protection=none)

ifeq ($(SAN),)
LIB_CFLAGS += -fomit-frame-pointer -ffunction-sections -fdata-sections
SAN_CFLAGS :=
else
SAN_CFLAGS := -O1 -fsanitize=$(SAN) -fno-omit-frame-pointer \
	-fno-sanitize-recover=all
endif

COMPILE = $(CC) $(CPPFLAGS) $(INC_CPPFLAGS) $(OPT_CPPFLAGS) $(CFLAGS) \
	$(OPT_CFLAGS) $(LIB_CFLAGS) $(SAN_CFLAGS) $(WARN_CFLAGS)

LIB_LDFLAGS := -shared -Wl,-soname,$(SONAME) -Wl,-z,now -Wl,-z,relro \
	-Wl,-z,max-page-size=65536 -Wl,-z,nodelete -Wl,-z,noexecstack -Wl,-Bsymbolic-functions \
	-Wl,--hash-style=gnu -Wl,--no-undefined -static-libgcc

# Test programs call malloc for its effects, with arguments that a compiler
# rightly finds odd.
TEST_CFLAGS := -std=gnu11 -O1 $(DWARF) -fno-builtin -Wall -Wextra -Wundef -Wshadow \
	-Wno-unused-parameter $(WARN_ERROR) \
	$(if $(IS_CLANG),,-Wno-alloc-size-larger-than -Wno-use-after-free \
	-Wno-free-nonheap-object -Wno-mismatched-dealloc -Wno-unused-result)
TEST_CXXFLAGS := -std=c++17 -O1 $(DWARF) -fno-builtin -Wall -Wextra \
	-Wno-unused-parameter $(WARN_ERROR)
DEFECT_CFLAGS := -std=gnu11 -O0 $(DWARF) -fno-builtin -w
TEST_CPPFLAGS := $(INC_CPPFLAGS) $(OPT_CPPFLAGS) -Itests $(API_DIRS:%=-I%)

# The commands are long; V=1 shows them.
quiet = $(if $(filter 1,$(V)),,@printf '  %-4s %s\n' '$(1)' '$@' && )

# ---- the library and the command -----------------------------------------

LIBS := libcapheap.so libcapheap.a libcapheap-noreplace.a
COMMAND := $(if $(TOOL_SRCS),capheap)

.PHONY: all
ifeq ($(SAN),)
all: $(if $(SRCS),$(LIBS) $(SONAME)) $(COMMAND)
else
all: $(BUILD)/libcapheap-noreplace.a stress-programs
endif

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: FORCE
FORCE:

# $(call remember,TEXT): rewrites the target only when TEXT has changed, so
# that what depends on it is made again.
remember = @mkdir -p $(@D); echo '$(1)' | cmp -s - $@ || echo '$(1)' >$@

$(BUILD)/flags: FORCE
	$(call remember,$(subst ',,$(COMPILE) $(LDFLAGS)))
$(BUILD)/objects: FORCE
	$(call remember,$(OBJS) $(TOOL_OBJS) $(TOOL_BASE_OBJS))

# The top folder holds one flavour at a time; this says which.
build/current: FORCE
	$(call remember,$(FLAVOUR))

$(BUILD)/src/%.o: src/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,CC)$(COMPILE) -MMD -MP -c -o $@ $<

$(BUILD)/tools/%.o: tools/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,CC)$(COMPILE) -MMD -MP -c -o $@ $<

# A versioned malloc would not interpose: a program's reference to
# malloc@GLIBC_2.2.5 takes an unversioned definition or one of that version.
# So only capheap_* stand in the version node, and there is no "local: *":
# -fvisibility=hidden hides the rest.
$(BUILD)/names: $(SYMBOLS)
	@mkdir -p $(@D)
	@sed 's/#.*//; s/[[:space:]]//g; /^$$/d' $(SYMBOLS) /dev/null >$@

$(BUILD)/capheap.map: $(BUILD)/names
	@{ echo 'CAPHEAP_0 {'; \
	  sed -n '/^capheap_/{x;s/^$$/global:/p;x;s/.*/    &;/p;}' $<; \
	  echo '};'; } >$@

# What every process runs comes first, and what it writes to.
$(BUILD)/order.ld: src/startup.order
	@mkdir -p $(@D)
	@{ echo 'SECTIONS { .text.first : {'; \
	  sed -n 's/^file \(.*\)/*src\/\1.o(.text .text.*)/p' $<; \
	  sed -n 's/^text //p' $< | sed \
	    's/.*/*(.text.& .text.hot.& .text.unlikely.& .text.startup.&)/'; \
	  echo '*pthread_atfork.o*(.text) } }'; \
	  echo 'INSERT BEFORE .text;'; \
	  echo 'SECTIONS { .bss.first : {'; \
	  sed -n 's/^bss //p' $< | sed 's/.*/*(.bss.& .bss.&.*)/'; \
	  echo '} } INSERT BEFORE .bss;'; } >$@

$(BUILD)/libcapheap.so: $(OBJS) $(BUILD)/capheap.map $(BUILD)/order.ld \
		$(BUILD)/objects
	$(call quiet,LINK)$(CC) $(CFLAGS) $(LDFLAGS) $(LIB_LDFLAGS) \
		-Wl,--version-script=$(BUILD)/capheap.map \
		-Wl,-T,$(BUILD)/order.ld -o $@ $(OBJS)

# A static archive is one object in which only the exported names are global,
# so that nothing of the house can clash with a program's own names.
# Code of the library has a section of its own, so that a heap trace can tell
# it from the program's.
$(BUILD)/one-object.ld:
	@mkdir -p $(@D)
	@echo 'SECTIONS { capheap_text : { *(.text .text.*) } }' >$@

define one-object
	@rm -f $@
	$(call quiet,LD)$(LD) -r -T $(BUILD)/one-object.ld -o $(@:.a=.o) $(1)
	@test ! -s $(BUILD)/names || \
		$(OBJCOPY) --keep-global-symbols=$(BUILD)/names $(@:.a=.o)
	@$(AR) rcs $@ $(@:.a=.o)
endef

$(BUILD)/libcapheap.a: $(OBJS) $(BUILD)/names $(BUILD)/objects \
		$(BUILD)/one-object.ld
	$(call one-object,$(OBJS))

ifeq ($(SAN),)
$(BUILD)/libcapheap-noreplace.a: $(NOREPLACE_OBJS) $(BUILD)/names \
		$(BUILD)/objects $(BUILD)/one-object.ld
	$(call one-object,$(NOREPLACE_OBJS))
else
# Sanitizers keep tables in linked sections, which ld -r may tear apart.
$(BUILD)/libcapheap-noreplace.a: $(NOREPLACE_OBJS) $(BUILD)/objects
	@rm -f $@
	@$(AR) rcs $@ $(NOREPLACE_OBJS)
endif

# An archive, so that the command takes only what it calls.
$(BUILD)/tool-base.a: $(TOOL_BASE_OBJS) $(BUILD)/objects
	@rm -f $@
	@$(AR) rcs $@ $(TOOL_BASE_OBJS)

$(BUILD)/capheap: $(TOOL_OBJS) $(BUILD)/tool-base.a
	$(call quiet,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(TOOL_OBJS) \
		$(BUILD)/tool-base.a $(TOOL_LIBS)

ifeq ($(SAN),)
# The copy is renamed into place: a process that has the old one mapped
# (a preloaded shell, say) must not see its text change.
$(LIBS) capheap: %: $(BUILD)/% build/current
	@cp $< $@.new && mv -f $@.new $@

$(SONAME): | libcapheap.so
	@ln -sfn libcapheap.so $@
endif

# ---- test programs -------------------------------------------------------

# A line "/* link: FLAGS */" in a test program adds to its link.
link-line = $$(sed -n 's|^/\* link: \(.*\) \*/$$|\1|p' $<)

# Linked by floor: a test gets the objects of its own floor and of those
# below, all of them, so that a call upward anywhere is a link error.
floor-objs = $(filter $(BUILD)/src/$(1)/%,$(OBJS))
upto = $(if $(filter $(1),$(firstword $(2))),$(1),$(firstword $(2)) \
	$(call upto,$(1),$(wordlist 2,99,$(2))))
upto-objs = $(foreach f,$(call upto,$(1),$(FLOORS)),$(call floor-objs,$(f)))
heap-own-objs = $(foreach s,$(wildcard src/heap/*.c),$(s:%.c=$(BUILD)/%.o))

define unit-rule
$$(BUILD)/tests/unit/$(1)/%_test: tests/unit/$(1)/%_test.c $(2) $$(BUILD)/flags
	@mkdir -p $$(@D); rm -f $$@
	$$(call quiet,CC)$$(CC) $$(CPPFLAGS) $$(TEST_CPPFLAGS) $$(CFLAGS) $$(TEST_CFLAGS) \
		-MMD -MP -MF $$@.d -MT $$@ $$(LDFLAGS) -o $$@ $$< $(2) \
		$$(link-line) -lcmocka -lpthread
endef
$(foreach f,$(FLOORS),$(eval $(call unit-rule,$(f),$(call upto-objs,$(f)))))
$(foreach e,slab tlsf,$(eval $(call unit-rule,heap/$(e),$(call \
	upto-objs,region) $(heap-own-objs) $(call floor-objs,heap/$(e)))))

LINK_SO := -L$(BUILD) -lcapheap -Wl,-rpath,$(TOP)/$(BUILD)
BUILD_SO := $(BUILD)/libcapheap.so $(BUILD)/$(SONAME)

$(BUILD)/$(SONAME): | $(BUILD)/libcapheap.so
	@ln -sfn libcapheap.so $@

$(BUILD)/tests/api/%_test: tests/api/%_test.c $(BUILD)/flags | $(BUILD_SO)
	@mkdir -p $(@D); rm -f $@
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(TEST_CPPFLAGS) $(CFLAGS) $(TEST_CFLAGS) \
		-MMD -MP -MF $@.d -MT $@ $(LDFLAGS) -o $@ $< $(LINK_SO) \
		$(link-line) -lcmocka -lpthread -ldl

$(BUILD)/tests/api/%_test.cxx: tests/api/%_test.cc $(BUILD)/flags | $(BUILD_SO)
	@mkdir -p $(@D); rm -f $@
	$(call quiet,CXX)$(CXX) $(CPPFLAGS) $(filter-out -D_GNU_SOURCE=,$(TEST_CPPFLAGS)) \
		$(TEST_CXXFLAGS) \
		-MMD -MP -MF $@.d -MT $@ $(LDFLAGS) -o $@ $< $(LINK_SO) \
		$(link-line) -lpthread -ldl

# Defects must reach the allocator as written: no optimiser, no warnings.
$(BUILD)/tests/defect/%: tests/defect/%.c $(BUILD)/flags
	@mkdir -p $(@D); rm -f $@
	$(call quiet,CC)$(CC) $(TEST_CPPFLAGS) $(DEFECT_CFLAGS) -MMD -MP -MF $@.d -MT $@ \
		-o $@ $< $(link-line) -lpthread

# Programs that scripts run under LD_PRELOAD: no trace of capheap in them.
define plain-rule
$$(BUILD)/tests/$(1)/%: tests/$(1)/%.c $$(BUILD)/flags
	@mkdir -p $$(@D); rm -f $$@
	$$(call quiet,CC)$$(CC) $$(CPPFLAGS) $$(TEST_CPPFLAGS) $$(CFLAGS) \
		$$(TEST_CFLAGS) $(2) -MMD -MP -MF $$@.d -MT $$@ $$(LDFLAGS) -o $$@ $$< \
		$$(link-line) -lpthread -ldl
endef
# Every folder of tests/ that has no rule of its own holds such programs and
# the scripts that run them.
SCRIPT_DIRS := $(filter-out unit api defect stress check,$(notdir $(patsubst \
	%/,%,$(sort $(wildcard tests/*/)))))
$(foreach d,$(SCRIPT_DIRS),$(eval $(call plain-rule,$(d))))

ifeq ($(SAN),)
$(eval $(call plain-rule,stress,-DCH_STRESS_PREFIXED=0))
else
$(BUILD)/tests/stress/%: tests/stress/%.c $(BUILD)/flags \
		$(BUILD)/libcapheap-noreplace.a
	@mkdir -p $(@D); rm -f $@
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(TEST_CPPFLAGS) -DCH_STRESS_PREFIXED=1 \
		$(CFLAGS) $(TEST_CFLAGS) $(SAN_CFLAGS) -MMD -MP -MF $@.d -MT $@ \
		$(LDFLAGS) -o $@ $< $(BUILD)/libcapheap-noreplace.a \
		$(link-line) -lpthread -ldl
endif

programs = $(patsubst %$(2),$(BUILD)/%$(3),$(sort $(1)))
UNIT_PROGRAMS := $(call programs,$(wildcard tests/unit/*/*_test.c \
	tests/unit/*/*/*_test.c),.c)
API_PROGRAMS := $(call programs,$(wildcard tests/api/*_test.c),.c) \
	$(call programs,$(wildcard tests/api/*_test.cc),.cc,.cxx)
DEFECT_PROGRAMS := $(call programs,$(wildcard tests/defect/*.c),.c)
STRESS_PROGRAMS := $(call programs,$(wildcard tests/stress/*.c),.c)
SCRIPT_PROGRAMS := $(call programs,$(wildcard \
	$(SCRIPT_DIRS:%=tests/%/*.c)),.c)

.PHONY: unit-programs api-programs defect-programs stress-programs
.PHONY: script-programs test-programs
unit-programs: $(UNIT_PROGRAMS)
api-programs: $(API_PROGRAMS)
defect-programs: $(DEFECT_PROGRAMS)
stress-programs: $(STRESS_PROGRAMS)
script-programs: $(SCRIPT_PROGRAMS)
test-programs: unit-programs api-programs defect-programs stress-programs \
	script-programs

# ---- check ---------------------------------------------------------------

# Names that begin with _ are helpers of the scripts beside them.
scripts = $(addprefix script:,$(filter-out tests/$(1)/_%,$(sort \
	$(wildcard tests/$(1)/*.sh))))
SAN_THREAD := build/$(FLAVOUR)-thread
SAN_ADDRESS := build/$(FLAVOUR)-address-undefined
san-tests = $(addprefix san:,$(STRESS_PROGRAMS:$(BUILD)/%=$(1)/%))

LAYERS_TESTS := $(filter script:tests/check/layers%,$(call scripts,check))
SYMBOLS_TESTS := $(filter script:tests/check/symbols%,$(call scripts,check))
HEADERS_TESTS := $(filter script:tests/check/headers%,$(call scripts,check))
UNIT_TESTS := $(addprefix run:,$(UNIT_PROGRAMS))
API_TESTS := $(addprefix run:,$(API_PROGRAMS))
DEFECT_TESTS := $(addprefix defect:,$(DEFECT_PROGRAMS))
STRESS_TESTS := $(addprefix preload:,$(STRESS_PROGRAMS))
TSAN_TESTS := $(call san-tests,$(SAN_THREAD))
ASAN_TESTS := $(call san-tests,$(SAN_ADDRESS))
PRELOAD_TESTS := $(call scripts,preload)
TOOLS_TESTS := $(call scripts,tools)
ICOUNT_TESTS := $(call scripts,bench)
OTHER_TESTS := $(foreach d,$(filter-out preload tools bench fault,\
	$(SCRIPT_DIRS)),$(call scripts,$(d)))
# A program in tests/fault/ without a script of its name runs by itself.
FAULT_TESTS := $(addprefix preload:,$(call programs,$(filter-out \
	$(patsubst %.sh,%.c,$(wildcard tests/fault/*.sh)),\
	$(wildcard tests/fault/*.c)),.c)) $(call scripts,fault)
ALL_TESTS := $(call scripts,check) $(UNIT_TESTS) $(API_TESTS) $(DEFECT_TESTS) \
	$(TOOLS_TESTS) $(FAULT_TESTS) $(PRELOAD_TESTS) $(OTHER_TESTS) $(ICOUNT_TESTS) \
	$(STRESS_TESTS) $(TSAN_TESTS) $(ASAN_TESTS)

TEST_JOBS ?= 1
TEST_TIMEOUT ?= 300
STRESS_SECONDS ?= 10
TEST_ENV = CC='$(CC)' CXX='$(CXX)' BUILD='$(BUILD)' DEBUG='$(DEBUG)' \
	CAPHEAP_SO='$(TOP)/libcapheap.so' CAPHEAP='$(TOP)/capheap' \
	TEST_BIN='$(TOP)/$(BUILD)/tests' TEST_JOBS='$(TEST_JOBS)' \
	TEST_TIMEOUT='$(TEST_TIMEOUT)' STRESS_SECONDS='$(STRESS_SECONDS)' T='$(T)'

# A test program that does not build counts as failed and does not keep the
# others from running, hence -k.  What of the same build stayed behind from
# earlier runs is stale then; a failing "unbuilt:" test says so.
submake = $(MAKE) --no-print-directory -k \
	$(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(NPROC))
UNBUILT := $(BUILD)/unbuilt
build-tests = +@mkdir -p $(BUILD); : >$(UNBUILT); $(foreach b,$(1),\
	$(submake) $(build-$(b)) || echo 'unbuilt:$(b)' >>$(UNBUILT);)
run-tests = @$(TEST_ENV) tests/run-tests.sh $(1)
run-built-tests = $(run-tests) $$(cat $(UNBUILT))
build-all := test-programs
build-unit := unit-programs
build-api := api-programs
build-defect := defect-programs
build-scripts := script-programs
build-stress := stress-programs
build-tsan := SAN=thread stress-programs
build-asan := SAN=address,undefined stress-programs

.PHONY: check check-layers check-symbols check-headers check-unit check-api
.PHONY: check-defect check-fault check-preload check-tools check-icount check-stress
.PHONY: check-tsan check-asan
check: all
	$(call build-tests,all tsan asan)
	$(call run-built-tests,$(ALL_TESTS))
check-layers:
	$(call run-tests,$(LAYERS_TESTS))
check-headers:
	$(call run-tests,$(HEADERS_TESTS))
check-symbols: all
	$(call run-tests,$(SYMBOLS_TESTS))
check-unit:
	$(call build-tests,unit)
	$(call run-built-tests,$(UNIT_TESTS))
check-api: all
	$(call build-tests,api)
	$(call run-built-tests,$(API_TESTS))
check-defect: all
	$(call build-tests,defect)
	$(call run-built-tests,$(DEFECT_TESTS))
check-fault: all
	$(call build-tests,scripts)
	$(call run-built-tests,$(FAULT_TESTS))
check-preload: all
	$(call build-tests,scripts)
	$(call run-built-tests,$(PRELOAD_TESTS))
check-tools: all
	$(call build-tests,scripts)
	$(call run-built-tests,$(TOOLS_TESTS))
check-icount: all
	$(call build-tests,scripts)
	$(call run-built-tests,$(ICOUNT_TESTS))
check-stress: all
	$(call build-tests,stress)
	$(call run-built-tests,$(STRESS_TESTS))
check-tsan:
	$(call build-tests,tsan)
	$(call run-built-tests,$(TSAN_TESTS))
check-asan:
	$(call build-tests,asan)
	$(call run-built-tests,$(ASAN_TESTS))

# ---- demo, bench ---------------------------------------------------------

.PHONY: demo bench bench-programs
demo: all
	@CC='$(CC)' CAPHEAP_SO='$(TOP)/libcapheap.so' \
		CAPHEAP='$(TOP)/capheap' sh demo/demo.sh

# bench/ builds its own programs, into build/<flavour>/bench.
bench-programs:
	$(MAKE) -C bench CC='$(CC)' OUT='$(TOP)/$(BUILD)/bench' all
bench: all bench-programs
	@CC='$(CC)' CAPHEAP_SO='$(TOP)/libcapheap.so' \
		CAPHEAP='$(TOP)/capheap' BENCH_BIN='$(TOP)/$(BUILD)/bench' \
		$(or $(firstword $(wildcard bench/run bench/run.sh)),bench/run) \
		$(BENCH_ARGS)

# ---- install -------------------------------------------------------------

HEADERS := $(patsubst include/%,%,$(sort $(wildcard include/*.h \
	include/*/*.h include/*/*/*.h include/*/*/*/*.h)))
MANUALS := $(patsubst man/%,%,$(sort $(wildcard man/man*/*.[1-9])))
# What other build systems take as it is.
SHARED := $(patsubst share/%,%,$(shell find share/capheap -type f | sort))
# The emulated APIs, each with its own header names in its own folder.
APIS := $(notdir $(API_DIRS))
PC_FILES := capheap.pc $(APIS:%=capheap-%.pc)
LIBFILES := libcapheap.so.$(VERSION) $(SONAME) libcapheap.so libcapheap.a \
	libcapheap-noreplace.a
D := $(DESTDIR)

define capheap-pc
prefix=$(PREFIX)
libdir=$(libdir)
includedir=$(includedir)

Name: capheap
Description: Memory allocator with capabilities, regions and device heaps
Version: $(VERSION)
Cflags: -I$${includedir}
Libs: -L$${libdir} -lcapheap
endef
# Behind all other folders, so that the real thing wins where there is one.
pc-compat = $(if $(wildcard include/capheap/$(1)/compat), -idirafter \
	$${includedir}/capheap/$(1)/compat)
define capheap-api-pc
prefix=$(PREFIX)
includedir=$(includedir)

Name: capheap-$(1)
Description: The $(1) heap API over capheap, with its own header names
Version: $(VERSION)
Requires: capheap
Cflags: -I$${includedir}/capheap/$(1)$(call pc-compat,$(1))
endef
.PHONY: install uninstall
install: all
	$(INSTALL) -d '$(D)$(libdir)' '$(D)$(pkgconfigdir)' '$(D)$(includedir)'
	$(INSTALL) -m 755 libcapheap.so '$(D)$(libdir)/libcapheap.so.$(VERSION)'
	ln -sfn libcapheap.so.$(VERSION) '$(D)$(libdir)/$(SONAME)'
	ln -sfn $(SONAME) '$(D)$(libdir)/libcapheap.so'
	$(INSTALL) -m 644 libcapheap.a libcapheap-noreplace.a '$(D)$(libdir)'
	$(if $(COMMAND),$(INSTALL) -d '$(D)$(bindir)')
	$(if $(COMMAND),$(INSTALL) -m 755 capheap '$(D)$(bindir)')
	set -e; for f in $(HEADERS); do \
		$(INSTALL) -D -m 644 "include/$$f" '$(D)$(includedir)'/"$$f"; \
	done
	set -e; for f in $(MANUALS); do \
		$(INSTALL) -D -m 644 "man/$$f" '$(D)$(mandir)'/"$$f"; \
	done
	set -e; for f in $(SHARED); do \
		$(INSTALL) -D -m 644 "share/$$f" '$(D)$(datadir)'/"$$f"; \
	done
	@printf '%s\n' $(call sh-lines,$(capheap-pc)) \
		>'$(D)$(pkgconfigdir)/capheap.pc'
	@$(foreach a,$(APIS),printf '%s\n' $(call sh-lines,$(call \
		capheap-api-pc,$(a))) >'$(D)$(pkgconfigdir)/capheap-$(a).pc';)

define newline


endef
# Several lines of text as several quoted words for the shell.
sh-lines = '$(subst $(newline),' ',$(1))'

uninstall:
	cd '$(D)$(libdir)' && rm -f $(LIBFILES)
	cd '$(D)$(pkgconfigdir)' && rm -f $(PC_FILES)
	rm -f '$(D)$(bindir)/capheap'
	-cd '$(D)$(includedir)' && rm -f $(HEADERS)
	-cd '$(D)$(includedir)' && find capheap -depth -type d -empty \
		-exec rmdir {} \; 2>/dev/null
	-test -z '$(MANUALS)' || { cd '$(D)$(mandir)' && rm -f $(MANUALS); }
	cd '$(D)$(datadir)' && rm -f $(SHARED)
	-cd '$(D)$(datadir)' && find capheap -depth -type d -empty \
		-exec rmdir {} \; 2>/dev/null

# ---- the rest ------------------------------------------------------------

.PHONY: format clean
format:
	find src include tools tests bench demo -type f \( -name '*.[ch]' -o \
		-name '*.cc' \) -exec clang-format -i {} +

clean:
	rm -rf build
	rm -f libcapheap.so $(SONAME) libcapheap.a libcapheap-noreplace.a capheap

-include $(patsubst %.o,%.d,$(OBJS) $(TOOL_OBJS))
-include $(addsuffix .d,$(UNIT_PROGRAMS) $(API_PROGRAMS) $(DEFECT_PROGRAMS) \
	$(STRESS_PROGRAMS) $(SCRIPT_PROGRAMS))
