# What requests cost, as a table with ratios to a bare libmicrohttpd answer in the same run.
$(BUILD)/bench/load: $(BUILD)/obj/tests/bench/load.o $(patsubst %,$(BUILD)/lib/%.a,$(LINK_wire))
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(CFLAGS) $(LDHARD) -o $@ $< $(call archives,$(LINK_wire)) $(LIBS)
.PHONY: bench
## bench         CPU and latency per request
bench: $(BUILD)/groundschool $(BUILD)/bench/load
	@/usr/bin/python3 tests/bench/run.py $(BUILD)/groundschool $(BUILD)/bench/load
