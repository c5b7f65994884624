# Fuzzing with libFuzzer. tests/fuzz/<layer>_<noun>.c is one target, linked with that layer and those below, all built by
# clang with coverage, ASan and UBSan; tests/fuzz/corpus/<layer>_<noun>/ are the inputs it starts from.
FUZZ_SHORT_SECONDS ?= 10
FUZZ_LONG_SECONDS  ?= 1800
FUZZ_BUILD  := $(BUILD)/fuzz
FUZZ_NAMES  := $(foreach l,$(LAYERS),$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/$(l)_*.c)))
FUZZ_CHECKS := address,undefined
FUZZ_HARD   := -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,$(FUZZ_CHECKS) -fno-sanitize-recover=all -DDEBUG

define fuzz_rules
$$(BUILD)/bin/$(1)_%: $$(BUILD)/obj/tests/fuzz/$(1)_%.o $$(patsubst %,$$(BUILD)/lib/%.a,$$(LINK_$(1)))
	@mkdir -p $$(@D)
	@echo "  LD $$@"
	@$$(CC) $$(CFLAGS) -fsanitize=fuzzer,$$(FUZZ_CHECKS) -o $$@ $$< $$(call archives,$$(LINK_$(1))) $$(LIBS)
endef
$(foreach l,$(LAYERS),$(eval $(call fuzz_rules,$(l))))

# New inputs go to the build directory; a finding is left there as <name>-crash-... and fails the run.
fuzz_run = @for name in $(FUZZ_NAMES); do \
	  mkdir -p $(FUZZ_BUILD)/corpus/$$name tests/fuzz/corpus/$$name; \
	  echo "== fuzz $$name for $(1) s"; \
	  $(FUZZ_BUILD)/bin/$$name -max_total_time=$(1) -rss_limit_mb=1024 -timeout=10 -verbosity=0 -print_final_stats=1 \
	    -artifact_prefix=$(FUZZ_BUILD)/$$name- $(FUZZ_BUILD)/corpus/$$name tests/fuzz/corpus/$$name \
	    > $(FUZZ_BUILD)/$$name.log 2>&1 || { tail -40 $(FUZZ_BUILD)/$$name.log; exit 1; }; \
	  grep -h number_of_executed_units $(FUZZ_BUILD)/$$name.log; done

.PHONY: fuzz fuzz-short fuzz-build
fuzz-build:
	@$(MAKE) --no-print-directory BUILD=$(FUZZ_BUILD) CC=clang HARD='$(FUZZ_HARD)' $(patsubst %,$(FUZZ_BUILD)/bin/%,$(FUZZ_NAMES))
## fuzz-short    every fuzz target for FUZZ_SHORT_SECONDS (10)
fuzz-short: fuzz-build
	$(call fuzz_run,$(FUZZ_SHORT_SECONDS))
## fuzz          every fuzz target for FUZZ_LONG_SECONDS (1800)
fuzz: fuzz-build
	$(call fuzz_run,$(FUZZ_LONG_SECONDS))
