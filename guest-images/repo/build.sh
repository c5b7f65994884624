#!/bin/bash
# Builds the on-board yum repository: DIR/repo with the RPMs and their repodata, from Debian's packages alone.
# A repository made from the same sources is left as it is.  See README.md beside this file.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)

usage() {
    cat <<'END'
usage: build.sh --images DIR [--cache DIR] [--force]

  --images DIR  makes DIR/repo; the log is DIR/repo.log
  --cache DIR   keeps the fetched Debian packages there for the next build
  --force       builds also when nothing has changed
END
}

fail() {
    echo "build.sh: $*" >&2
    exit 1
}

images='' cache='' force=''
while [ $# -gt 0 ]; do
    case "$1" in
    --images) images=${2:?--images needs a folder}; shift 2 ;;
    --cache) cache=${2:?--cache needs a folder}; shift 2 ;;
    --force) force=yes; shift ;;
    -h|--help) usage; exit 0 ;;
    *) usage >&2; fail "unknown option $1" ;;
    esac
done
[ -n "$images" ] || { usage >&2; exit 2; }
for tool in rpmbuild createrepo_c dpkg-deb apt-get python3; do
    command -v "$tool" >/dev/null || fail "$tool is missing: apt-get install rpm createrepo-c dpkg apt python3"
done

mkdir -p "$images"
images=$(cd "$images" && pwd)
hash=$(cd "$here" && find . ../packages.list -type f ! -name '*.md' ! -name '*.pyc' ! -name 'test*' -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
if [ -z "$force" ] && [ "$(cat "$images/repo/.input-hash" 2>/dev/null)" = "$hash" ]; then
    echo "[repo] up to date"
    exit 0
fi

work=$images/.repo-work
rm -rf "$work"
mkdir -p "$work/new"
log=$images/repo.log
trap 'echo "build.sh: stopped; see $log" >&2' ERR
[ -z "$cache" ] || cache=$(mkdir -p "$cache" && cd "$cache" && pwd)
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$here/make.py" "$work" "$work/new" ${cache:+"$cache"} 2>&1 | tee "$log"
echo "$hash" > "$work/new/.input-hash"
chmod -R a+rX "$work/new"

# The old repository stands until the new one is whole.
[ ! -e "$images/repo" ] || mv "$images/repo" "$work/old"
mv "$work/new" "$images/repo"
rm -rf "$work"
