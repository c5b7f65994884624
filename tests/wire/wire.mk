# The wire layer judged by independent clients (Debian's botocore, cbor2).
WIRE_PYTHON  ?= /usr/bin/python3
WIRE_SECONDS ?= 60

$(BUILD)/wire/peer: $(BUILD)/obj/tests/wire/peer.o $(patsubst %,$(BUILD)/lib/%.a,$(LINK_wire))
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(CFLAGS) $(LDHARD) -o $@ $< $(call archives,$(LINK_wire)) $(LIBS)

.PHONY: wire-test
## wire-test     protocols and signatures against Debian's botocore
wire-test: $(BUILD)/wire/peer
	@WIRE_PEER=$< WIRE_SECONDS=$(WIRE_SECONDS) $(WIRE_PYTHON) -m unittest discover -s tests/wire -p 'test_*.py'
