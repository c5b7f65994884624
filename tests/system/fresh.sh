#!/bin/bash
# `make run` on a fresh Debian 12: a minimal root with nothing but make, the checkout copied in, and the program answering
# there with the stock image. So no package that building or running needs can be missing from .ci/packages/run.list, and
# the steps of the Dockerfile are proven too.
#
#   FRESH_FOLDER   where the root is made (about 4 GB); a temporary folder when unset
#   FRESH_GUEST=no leaves out the guest that is booted at the end
# Packages come from where this machine's own apt gets them. Needs root; works without CAP_SYS_ADMIN, as in a container,
# where /dev, /proc and /sys cannot be mounted and are made up for.
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d "${FRESH_FOLDER:-/var/tmp}/fresh.XXXXXX")
root=$folder/root
log=$folder/log
address=127.$((RANDOM % 100 + 101)).$((RANDOM % 256)).1
port=4566
server=

say() { echo "fresh: $*"; }
in_root() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "${proxies[@]}" "$@"; }

# Whatever still runs with the new root as its own is ours: found by its root, ended by its pid.
ours() {
    local process
    for process in /proc/[0-9]*; do
        case $(readlink "$process/root" 2> /dev/null) in
        "$root" | "$root/"*) basename "$process" ;;
        esac
    done
}

end_processes() {
    local signal pid
    for signal in TERM TERM KILL KILL; do
        for pid in $(ours); do
            kill -$signal "$pid" 2> /dev/null || true
        done
        [ -n "$(ours)" ] || return 0
        sleep 1
    done
}

clean() {
    local status=$? place
    [ $status -eq 0 ] || { say "failed; the last lines were:"; tail -n 40 "$log" >&2 || true; }
    end_processes
    for place in dev/pts dev sys proc; do
        ! mountpoint -q "$root/$place" || umount -l "$root/$place"
    done
    if grep -q " $root/" /proc/self/mounts; then
        say "a mount is left below $root, so the folder stays"
    else
        rm -rf "$folder"
    fi
    exit $status
}
trap clean EXIT
trap 'exit 1' INT TERM

# step TITLE COMMAND...: with the time it took
step() {
    local title=$1 began=$SECONDS
    shift
    echo "=== $title" >> "$log"
    "$@" >> "$log" 2>&1
    say "$title: $((SECONDS - began)) s"
}

# The sources of Debian 12 as the machine's own apt has them, and how it reaches them.
make_root() {
    local options=() line
    # shellcheck disable=SC2016
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' 'Origin: Debian' | grep -E ' bookworm(-updates|-security)? ' | sort -u > "$folder/sources.list"
    [ -s "$folder/sources.list" ] || { echo "apt knows no source of Debian 12"; return 1; }
    while read -r line; do
        options+=(--aptopt="$line")
    done < <(apt-config dump | grep -E '^Acquire::(http|https)::|^Acquire::(Check-|Retries)')
    mmdebstrap --mode=root --variant=minbase --include=make,ca-certificates "${options[@]}" bookworm "$root" "$folder/sources.list"
    apt-config dump | grep -E '^Acquire::(http|https)::|^Acquire::(Check-|Retries)' > "$root/etc/apt/apt.conf.d/99fresh" || true
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/" 2> /dev/null || true
    cp -rL /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2> /dev/null || true
    in_root update-ca-certificates
}

# A checkout as `git clone` gives it.
copy_checkout() {
    mkdir "$root/groundschool"
    git -c safe.directory="$top" -C "$top" archive HEAD | tar -x -C "$root/groundschool"
}

# Mounted where that is allowed, as on a machine or in a privileged container.
give_devices() {
    if ! { mount -t proc proc "$root/proc" && mount -t sysfs sysfs "$root/sys" && mount --rbind /dev "$root/dev" &&
        mount --make-rslave "$root/dev"; }; then
        say "no mounts here; going on without"
    fi
}

serve() {
    in_root GROUNDSCHOOL_LISTEN="$address:$port" GROUNDSCHOOL_PUBLIC_POOL="127.$((RANDOM % 50 + 50)).77.0/24" \
        GROUNDSCHOOL_ADMIN_TOKEN=fresh-machine-token make -C /groundschool run > "$folder/run.log" 2>&1 < /dev/null &
    server=$!
}

health() { curl -sf --noproxy '*' -m 5 "http://$address:$port/_groundschool/health"; }

await_health() {
    until health; do
        kill -0 $server 2> /dev/null || { cat "$folder/run.log"; return 1; }
        sleep 1
    done
}

typed() {
    local keys
    mapfile -t keys < <(grep -v ENDPOINT "$root/var/lib/groundschool/environment")
    env AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_PAGER='' "${keys[@]}" \
        /usr/bin/aws --endpoint-url "http://$address:$port" --output text "$@"
}

stock_image_is_there() {
    typed ec2 describe-images --owners amazon --filters 'Name=name,Values=amzn2-ami-hvm-*-gp2' \
        --query 'Images[0].ImageId' | tee /dev/stderr | grep -q '^ami-'
}

boot_guest() {
    local instance
    instance=$(typed ec2 run-instances --instance-type t2.micro --query 'Instances[0].InstanceId' \
        --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2)
    typed ec2 wait instance-status-ok --instance-ids "$instance"
    typed ec2 terminate-instances --instance-ids "$instance"
    typed ec2 wait instance-terminated --instance-ids "$instance"
}

# The second start is quick: nothing is installed, built or prepared again.
serve_again() {
    end_processes
    serve
    await_health
    ! grep -E '  CC |\[1/|Installing' "$folder/run.log"
}

proxies=()
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [ -z "${!name-}" ] || proxies+=("$name=${!name}")
done
[ "$(id -u)" -eq 0 ] || { say "must be run by root"; exit 1; }
: > "$log"
step "a minimal Debian 12" make_root
step "the checkout" copy_checkout
give_devices 2>> "$log"
serve
step "make run, until the health check answers" await_health
step "the stock image is there" stock_image_is_there
[ "${FRESH_GUEST-yes}" = no ] || step "a guest boots" boot_guest
step "make run a second time" serve_again
say "passed"
