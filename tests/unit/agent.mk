# The guest's agent: its modules are linked with their test, but for the program's main.
AGENT_SOURCES := $(filter-out %/main.c,$(wildcard guest-images/agent/*.c))
$(BUILD)/unit/agent_%: tests/unit/agent_%.c $(AGENT_SOURCES) $(wildcard guest-images/agent/*.h)
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) -D_GNU_SOURCE -Iguest-images/agent $(CFLAGS) $(LDHARD) -o $@ $(filter %.c,$^) -lcmocka -ljansson -lz
