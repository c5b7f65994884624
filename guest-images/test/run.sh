#!/bin/bash
# Tests a built stock image with real guests: run.sh --images DIR
# Prints a line for every rule and closes with "N passed, N failed". Needs QEMU and an ssh client, and no emulator.
set -euo pipefail

[ "${1-}" = --images ] && [ -d "${2-}" ] || {
    echo "usage: run.sh --images DIR" >&2
    exit 2
}
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 "$(dirname "$0")/test_image.py" "$2"
