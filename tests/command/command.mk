# The program's subcommands that need no running emulator, as a person calls them.
.PHONY: command-test
## command-test  groundschool image, account
command-test: $(BUILD)/groundschool
	@PROGRAM=$(abspath $(BUILD))/groundschool PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -p no:cacheprovider -q tests/command
