#!/bin/bash
# Enters what the image in TREE already holds into its rpm database (TREE/var/lib/rpm), one entry for each package.
# See base.py beside this file; the image's build calls this once its Debian packages are in.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tree=
while [ $# -gt 0 ]; do
    case "$1" in
    --root) tree=${2:?--root needs a folder}; shift 2 ;;
    -h|--help) echo "usage: base-rpms.sh --root TREE"; exit 0 ;;
    *) echo "base-rpms.sh: unknown option $1" >&2; exit 2 ;;
    esac
done
[ -f "$tree/var/lib/dpkg/status" ] || { echo "base-rpms.sh: --root must name a tree with Debian packages" >&2; exit 2; }

# Beside the tree, so that files can be linked rather than copied.
work=$(mktemp -d "$(cd "$tree/.." && pwd)/.base-rpms.XXXXXX")
trap 'rm -rf "$work"' EXIT
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$here/base.py" "$tree" "$work"
