# What a decision costs, with ratios to reading the same documents in the same run.
$(BUILD)/bench/policy: $(BUILD)/obj/tests/bench/policy.o $(patsubst %,$(BUILD)/lib/%.a,$(LINK_policy))
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(CFLAGS) $(LDHARD) -o $@ $< $(call archives,$(LINK_policy)) $(LIBS)
.PHONY: bench-policy
## bench-policy  CPU per IAM decision
bench-policy: $(BUILD)/bench/policy
	@$(BUILD)/bench/policy api-spec/data/managed-policies.json
