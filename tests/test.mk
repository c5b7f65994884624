# `make test` is everything, from nothing; `make check` the quick half that a person runs before a commit. A part is one row: its name, and what it runs.
TEST_LOGS := $(BUILD)/test-logs
ASAN      := $(MAKE) --no-print-directory SANITIZE=1 BUILD=$(BUILD)-asan
SUB       := $(MAKE) --no-print-directory

QUICK_PARTS := "unit=$(SUB) unit" "ops=$(SUB) ops" "checks=$(SUB) checks"
WHOLE_PARTS := "build=$(SUB) -j2 all" $(QUICK_PARTS) "lint=$(SUB) -j2 lint" "wire=$(SUB) wire-test" "fuzz=$(SUB) fuzz-short" \
               "asan=$(ASAN) -j2 all && $(ASAN) unit && $(ASAN) ops"
# With machines: the image is built first, then used by all. Parts whose files are not there yet are left out.
IMAGES_BUILT := $(abspath $(BUILD))/images
has = $(if $(wildcard $(1)),$(2))
WHOLE_PARTS += "images=$(SUB) images IMAGES=$(IMAGES_BUILT)"
WHOLE_PARTS += $(call has,guest-images/repo/test.sh,"repo=guest-images/repo/test.sh --images $(IMAGES_BUILT)")
WHOLE_PARTS += $(call has,guest-images/test/run.sh,"image=guest-images/test/run.sh --images $(IMAGES_BUILT)")
WHOLE_PARTS += "command=$(SUB) command-test"
WHOLE_PARTS += $(call has,tests/api/api.mk,"api=$(SUB) api-test" "asan-api=$(ASAN) api-test")
WHOLE_PARTS += $(call has,tests/system/system.mk,"system=$(SUB) system-test")
WHOLE_PARTS += $(call has,tests/system/fresh.sh,"fresh=$(SUB) fresh-test")

.PHONY: check test
## check         the quick half of the tests, under a minute
check:
	@$(SUB) -j2 all
	@tests/run $(TEST_LOGS) $(QUICK_PARTS)
## test          install what the tests need, build, run every test
test: test-deps
	@tests/run $(TEST_LOGS) $(WHOLE_PARTS)
