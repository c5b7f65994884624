# The wire layer judged by independent clients: Debian's botocore (with cbor2), and the one of another Python on the PATH, if it
# has one, for it is newer.
WIRE_PYTHONS ?= $(sort /usr/bin/python3 $(shell python3 -c 'import botocore, sys; print(sys.executable)' 2>/dev/null))
WIRE_SECONDS ?= 60

$(BUILD)/wire/peer: $(BUILD)/obj/tests/wire/peer.o $(patsubst %,$(BUILD)/lib/%.a,$(LINK_wire))
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(CFLAGS) $(LDHARD) -o $@ $< $(call archives,$(LINK_wire)) $(LIBS)

.PHONY: wire-test
## wire-test     protocols and signatures against botocore, about WIRE_SECONDS (60) at most
wire-test: $(BUILD)/wire/peer
	@for python in $(WIRE_PYTHONS); do \
	  echo "== wire, botocore $$($$python -c 'import botocore; print(botocore.__version__)')"; \
	  WIRE_PEER=$< WIRE_SECONDS=$$(( $(WIRE_SECONDS) / $(words $(WIRE_PYTHONS)) )) PYTHONDONTWRITEBYTECODE=1 \
	    $$python -m unittest discover -s tests/wire -p 'test_*.py' || exit 1; done
