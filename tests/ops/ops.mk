# tests/ops/<name>.c is one program: its tables of calls, the harness, the services and what is below them.
OPS_SHARED := tests/ops/harness.c tests/ops/images.c
OPS_TESTS  := $(patsubst tests/ops/%.c,$(BUILD)/ops/%,$(filter-out $(OPS_SHARED),$(wildcard tests/ops/*.c)))

$(BUILD)/ops/%: $(BUILD)/obj/tests/ops/%.o $(OPS_SHARED:%.c=$(BUILD)/obj/%.o) $(patsubst %,$(BUILD)/lib/%.a,$(LINK_services))
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(CFLAGS) $(LDHARD) -o $@ $(filter %.o,$^) $(call archives,$(LINK_services)) $(LIBS)

.PHONY: ops
## ops           operations in-process, without HTTP
ops: $(OPS_TESTS)
	@bad=0; for t in $(OPS_TESTS); do echo "== $$t"; $$t || bad=1; done; exit $$bad
