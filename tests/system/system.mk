# System tests: real guests, ssh, kill -9. The image they boot is built into SYSTEM_IMAGES unless it is there.
SYSTEM_IMAGES ?= $(abspath $(BUILD))/images
PYTEST        := PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -p no:cacheprovider -q
SYSTEM_TESTS  := $(addprefix tests/system/test_,story.py guest.py role.py life.py survival.py warm.py)

.PHONY: system-test system-images bench-boot fresh-test
system-images: guest
	@$(MAKE) --no-print-directory images IMAGES=$(SYSTEM_IMAGES)
## system-test   the story of a learner with real guests: ssh, yum, stop, terminate, kill -9
system-test: $(BUILD)/groundschool system-images
	@SYSTEM_PROGRAM=$(BUILD)/groundschool SYSTEM_IMAGES=$(SYSTEM_IMAGES) $(PYTEST) $(SYSTEM_TESTS)
## bench-boot    how long RunInstances to ssh login takes, as a table
bench-boot: $(BUILD)/groundschool system-images
	@SYSTEM_PROGRAM=$(BUILD)/groundschool SYSTEM_IMAGES=$(SYSTEM_IMAGES) PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/system/boot_time.py
## fresh-test    `make run` on a fresh Debian 12, in a folder of its own
fresh-test:
	@tests/system/fresh.sh
