# Checks of the source. The quick ones are part of `make check`; clang-tidy (minutes the first time, then only what changed)
# and the rest are `make lint`.
CHECK_PYTHON ?= /usr/bin/python3
QUICK_CHECKS := layers banned paths coverage format headers

.PHONY: checks $(addprefix check-,$(QUICK_CHECKS)) lint tidy cppcheck shellcheck
## checks        layers, banned words, coverage, faults, format, headers
checks: $(addprefix check-,$(QUICK_CHECKS))
check-layers check-banned check-paths: check-%:
	@$(CHECK_PYTHON) tests/checks/$* && echo "ok   check $*"
check-coverage: $(BUILD)/generate
	@$(CHECK_PYTHON) tests/checks/coverage $(BUILD) && echo "ok   check coverage"
check-format:
	@tests/checks/format && echo "ok   check format"
check-headers: $(BUILD)/gen/spec.stamp
	@CHECK_CC='$(CC) $(CPPFLAGS) -std=gnu11 $(WARN) -Wno-pedantic' tests/checks/headers && echo "ok   check headers"

## lint          clang-tidy, cppcheck, shellcheck
lint: tidy cppcheck shellcheck

# An object is made again when its source or a header of it changed: then it is judged again too.
TIDY_OBJECTS := $(patsubst %.c,$(BUILD)/tidy/%.ok,$(shell find emulator -name '*.c'))
TIDY_OTHERS  := $(patsubst %.c,$(BUILD)/tidy/%.ok,$(wildcard api-spec/*.c api-spec/*/*.c guest-images/agent/*.c guest-images/initrd/*.c))
tidy_run = @mkdir -p $(@D); echo "  TIDY $<"; clang-tidy --quiet $< -- $(CPPFLAGS) -std=gnu11 $(1) 2>$@.log || { cat $@.log; exit 1; }; mv $@.log $@
$(TIDY_OBJECTS): $(BUILD)/tidy/%.ok: %.c $(BUILD)/obj/%.o .clang-tidy
	$(call tidy_run)
$(TIDY_OTHERS): $(BUILD)/tidy/%.ok: %.c $(wildcard api-spec/generate/*.h guest-images/agent/*.h) .clang-tidy
	$(call tidy_run,-Iapi-spec)
tidy: $(TIDY_OBJECTS) $(TIDY_OTHERS)
	@echo "ok   clang-tidy: $(words $^) files"

# SC1007: `a= b=` is how this house empties two variables.
CPPCHECK := cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr -j 2 --error-exitcode=1 \
            --library=tests/checks/cppcheck.cfg --suppress=missingIncludeSystem -D_GNU_SOURCE
cppcheck:
	@$(CPPCHECK) -Iemulator -Iapi-spec emulator guest-images api-spec && echo "ok   cppcheck"
shellcheck:
	@grep -rlE -m 1 '^\#!/bin/(ba)?sh' .ci emulator guest-images api-spec tests | xargs shellcheck -x -S warning -e SC1007 && \
	  echo "ok   shellcheck"
