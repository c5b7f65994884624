# Groundschool. `make run` and `make test` are all a user needs; `make help` lists the rest.
BUILD    ?= build
CC       ?= gcc
LAYERS   := base spec loop store wire http plant policy call services converge gateway
SANITIZE ?=

WARN  := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wstrict-prototypes \
         -Wmissing-prototypes -Wvla -Wundef -Wformat=2 -Wnull-dereference -Werror
HARD  := -O2 -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fPIE
LDHARD := -pie -Wl,-z,relro,-z,now,-z,pack-relative-relocs
ifneq ($(SANITIZE),)
HARD  := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -fPIE -DDEBUG
LDHARD := -pie -fsanitize=address,undefined
endif
# libxmlsec1's defines say how Debian built it.
XMLSEC   := -DXMLSEC_NO_SIZE_T -DXMLSEC_CRYPTO_OPENSSL=1 -DXMLSEC_NO_CRYPTO_DYNAMIC_LOADING=1 \
            -isystem /usr/include/xmlsec1 -isystem /usr/include/libxml2
CPPFLAGS := -D_GNU_SOURCE -Iemulator -I$(BUILD)/gen $(XMLSEC)
CFLAGS   := -std=gnu11 -g $(WARN) $(HARD)
LIBS     := -lmicrohttpd -luv -lsqlite3 -ljansson -lslirp -lcbor -lpcre2-8 -lz -lpng -lqrencode -lxmlsec1-openssl -lxmlsec1 -lxml2 -lssl -lcrypto -lcurl -lpthread -lm

# What a layer's tests link: the layer and those below it, top first (see emulator/LAYERS).
LINK_base     := base
LINK_spec     := spec tables base
LINK_loop     := loop base
LINK_store    := store base
LINK_wire     := wire spec tables base
LINK_http     := http loop base
LINK_plant    := plant loop base
LINK_policy   := policy base
LINK_call     := call spec tables store base
LINK_services := services handlers call policy wire spec tables store base
LINK_converge := converge plant services handlers call policy loop store spec tables base
LINK_gateway  := gateway services handlers call policy wire spec tables http store loop base
ALL_ARCHIVES  := converge gateway services handlers call policy wire spec tables http store plant loop base

archives = -Wl,--start-group $(patsubst %,$(BUILD)/lib/%.a,$(1)) -Wl,--end-group

.PHONY: all help
all: $(BUILD)/groundschool guest

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

# --- the emulator ------------------------------------------------------------------------------------
sources = $(shell find emulator/$(1) -name '*.c' 2>/dev/null | sort)
define layer_rules
OBJECTS_$(1) := $$(patsubst %.c,$$(BUILD)/obj/%.o,$$(call sources,$(1)))
$$(BUILD)/lib/$(1).a: $$(OBJECTS_$(1))
	@mkdir -p $$(@D) && rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rules,$(l))))

$(BUILD)/obj/%.o: %.c | $(BUILD)/gen/spec.stamp
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The generated tables: spec_<service>.c and spec_services.c -> tables.a, handlers.c -> handlers.a.
$(BUILD)/generate: api-spec/generate.c $(wildcard api-spec/generate/*.c) $(wildcard api-spec/generate/*.h)
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) -D_GNU_SOURCE -std=gnu11 -g -O2 $(WARN) -Iapi-spec -o $@ $(filter %.c,$^) -ljansson
$(BUILD)/gen/spec.stamp: $(BUILD)/generate $(wildcard api-spec/*.json api-spec/*/*.json)
	@mkdir -p $(@D)
	@echo "  GENERATE"
	@$(BUILD)/generate api-spec $(BUILD)/gen docs/coverage.md
	@touch $@
$(BUILD)/lib/tables.a: $(BUILD)/gen/spec.stamp emulator/spec/spec.h
	@mkdir -p $(@D) $(BUILD)/obj/gen && rm -f $@
	@for f in $(BUILD)/gen/spec_*.c; do o=$(BUILD)/obj/gen/$$(basename $$f .c).o; \
	  [ $$o -nt $$f -a $$o -nt emulator/spec/spec.h ] || { echo "  CC $$f"; $(CC) $(CPPFLAGS) $(CFLAGS) -g0 -c -o $$o $$f || exit 1; }; done
	@ar rcs $@ $(BUILD)/obj/gen/spec_*.o
$(BUILD)/lib/handlers.a: $(BUILD)/gen/spec.stamp
	@mkdir -p $(@D) $(BUILD)/obj/gen && rm -f $@
	@echo "  CC $(BUILD)/gen/handlers.c"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $(BUILD)/obj/gen/handlers.o $(BUILD)/gen/handlers.c
	@ar rcs $@ $(BUILD)/obj/gen/handlers.o

# Data of services: instance_types.c and managed_policies.c -> services.a.
$(BUILD)/generate-%: api-spec/generate_%.c api-spec/generate/output.c api-spec/generate/source.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) -D_GNU_SOURCE -std=gnu11 -g -O2 $(WARN) -Iapi-spec -o $@ $^ -ljansson -lcrypto
$(BUILD)/gen/instance_types.c: $(BUILD)/generate-types api-spec/data/instance-types.json
$(BUILD)/gen/managed_policies.c: $(BUILD)/generate-policies api-spec/data/managed-policies.json
$(BUILD)/gen/instance_types.c $(BUILD)/gen/managed_policies.c:
	@mkdir -p $(@D)
	@echo "  GENERATE $@"
	@$< api-spec $(BUILD)/gen
	@touch $@
DATA_OBJECTS := $(patsubst %,$(BUILD)/obj/gen/%.o,instance_types managed_policies)
$(DATA_OBJECTS): $(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -g0 -MMD -MP -c -o $@ $<
$(BUILD)/lib/services.a: $(DATA_OBJECTS)

MAIN_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard emulator/*.c))
$(BUILD)/groundschool: $(MAIN_OBJECTS) $(patsubst %,$(BUILD)/lib/%.a,$(ALL_ARCHIVES))
	@echo "  LD $@"
	@$(CC) $(CFLAGS) $(LDHARD) -o $@ $(MAIN_OBJECTS) $(call archives,$(ALL_ARCHIVES)) $(LIBS)

# --- what goes into the guest (static) -----------------------------------------------------------------
.PHONY: guest
guest: $(BUILD)/guest/agent $(BUILD)/guest/init
GUEST_FLAGS := -D_GNU_SOURCE -std=gnu11 -Os -g0 $(WARN) -fstack-protector-strong -static
$(BUILD)/guest/agent: $(wildcard guest-images/agent/*.c) $(wildcard guest-images/agent/*.h)
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(GUEST_FLAGS) -o $@ $(filter %.c,$^) -ljansson -lz && strip $@
$(BUILD)/guest/init: $(wildcard guest-images/initrd/*.c)
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(GUEST_FLAGS) -o $@ $(filter %.c,$^) && strip $@

# --- Debian packages -----------------------------------------------------------------------------------
RUN_PACKAGES  := $(shell sed 's/\#.*//' .ci/packages/run.list 2>/dev/null)
TEST_PACKAGES := $(shell sed 's/\#.*//' .ci/packages/test.list 2>/dev/null)
.PHONY: deps test-deps
## deps          install what building and running need
deps:
	@.ci/packages/install $(RUN_PACKAGES)
## test-deps     install what the tests need besides
test-deps:
	@.ci/packages/install $(RUN_PACKAGES) $(TEST_PACKAGES)

# --- run -------------------------------------------------------------------------------------------------
STATE  ?= $(or $(GROUNDSCHOOL_STATE),/var/lib/groundschool)
IMAGES ?= $(or $(GROUNDSCHOOL_IMAGES),$(STATE)/images)
.PHONY: run images
## run           install, build, prepare the stock image, serve on 127.0.0.1:4566 (ARGS='--listen ...' for more)
run: deps
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory images
	@exec $(BUILD)/groundschool serve --state $(STATE) --images $(IMAGES) $(ARGS)
## images        build the stock image and the package repository, unless they are up to date
images: guest
	@guest-images/build.sh --images $(IMAGES) --tools $(BUILD)/guest

# --- tests: tests/unit/<layer>_<noun>.c is one cmocka program linked with that layer and those below ---
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*.c))
define unit_rules
$$(BUILD)/unit/$(1)_%: $$(BUILD)/obj/tests/unit/$(1)_%.o $$(patsubst %,$$(BUILD)/lib/%.a,$$(LINK_$(1)))
	@mkdir -p $$(@D)
	@echo "  LD $$@"
	@$$(CC) $$(CFLAGS) $$(LDHARD) -o $$@ $$< $$(call archives,$$(LINK_$(1))) $$(LIBS) -lcmocka
endef
$(foreach l,$(LAYERS),$(eval $(call unit_rules,$(l))))
.SECONDARY:
.PHONY: unit unit-%
unit: $(UNIT_TESTS)
	@bad=0; for t in $(UNIT_TESTS); do echo "== $$t"; $$t || bad=1; done; exit $$bad
## unit-LAYER    the unit tests of one layer
unit-%:
	@$(MAKE) --no-print-directory $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/$*_*.c))
	@for t in $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/$*_*.c)); do echo "== $$t"; $$t || exit 1; done

# --- further tests and checks have their own files --------------------------------------------------------
-include $(wildcard tests/*/*.mk) tests/test.mk

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
