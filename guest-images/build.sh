#!/bin/bash
# Builds the stock image from Debian packages: build.sh --images DIR --tools DIR
#
# DIR/<name>/ gets the disk, the kernel, the initrd and the manifest, all at once at the end. The packages come from
# where the machine's own apt gets Debian 12; --tools names the folder with the static programs "agent" and "init".
# Needs root, but neither mounts nor loop devices, so an ordinary container serves. A second run with the same
# inputs ends at once. What the programs print goes to DIR/build.log.
set -euo pipefail
export LC_ALL=C.UTF-8

here=$(cd "$(dirname "$0")" && pwd)
name=amzn2-ami-hvm-2.0.20261101.0-x86_64-gp2
disk_size_gib=8
modules="virtio_pci virtio_blk virtio_net virtio_console virtio_rng"
append="root=/dev/xvda1 rw console=tty0 console=ttyS0,115200n8 quiet net.ifnames=0 mitigations=off lsm=landlock,yama audit=0 \
random.trust_cpu=on cryptomgr.notests no5lvl init_on_alloc=0 systemd.show_status=no"
images=
tools=

die() {
    echo "build.sh: $*" >&2
    exit 1
}

while [ $# -gt 0 ]; do
    case $1 in
    --images) images=${2-} ;;
    --tools) tools=${2-} ;;
    *) die "unknown option $1 (usage: build.sh --images DIR --tools DIR)" ;;
    esac
    shift 2 || die "$1 needs a folder"
done
[ -n "$images" ] && [ -n "$tools" ] || die "usage: build.sh --images DIR --tools DIR"
for tool in agent init; do
    [ -x "$tools/$tool" ] || die "$tools/$tool is missing (make guest builds it)"
done
[ "$(id -u)" -eq 0 ] || die "must be run by root"
for program in mmdebstrap mke2fs qemu-img cpio lz4 rpm openssl; do
    command -v $program > /dev/null ||
        die "$program is missing (apt-get install mmdebstrap e2fsprogs qemu-utils cpio lz4 rpm openssl)"
done

mkdir -p "$images"
images=$(cd "$images" && pwd)
tools=$(cd "$tools" && pwd)
log=$images/build.log
authority=$images/authority

# --- progress -------------------------------------------------------------------------------------------
steps=6
step=0
failed() {
    printf '\n'
    tail -n 15 "$log" | sed 's/^/    /' >&2
    die "step $step failed; all of it stands in $log"
}

# run TITLE FUNCTION: in a process of its own, where the first command that fails ends it
run() {
    local began=$SECONDS

    step=$((step + 1))
    printf '  [%d/%d] %-42s' $step $steps "$1"
    echo "=== $1" >> "$log"
    "$2" >> "$log" 2>&1 &
    wait $! || failed
    printf '%4d s\n' $((SECONDS - began))
}

# --- the authority ----------------------------------------------------------------------------------------
# The emulator signs the certificates of AWS's endpoints with its key; guests trust it for those names and no others.
make_authority() {
    local new

    [ ! -s "$authority/certificate.pem" ] || return 0
    new=$(mktemp -d "$images/.authority.XXXXXX")
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7300 -subj /CN=Groundschool \
        -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign \
        -addext 'nameConstraints=critical,permitted;DNS:amazonaws.com' \
        -keyout "$new/key.pem" -out "$new/certificate.pem" 2> "$log" || die "openssl: $(tail -n 1 "$log")"
    rm -rf "$authority"
    mv "$new" "$authority"
}
make_authority

# --- is there anything to do? -----------------------------------------------------------------------------
input_hash() {
    (
        cd "$here"
        find build.sh dress.sh manifest.sh packages.list tree units repo/sources/ec2-utils -type f -print0 | sort -z | xargs -0 sha256sum
        [ ! -d repo ] || find repo -maxdepth 1 -type f \( -name '*.py' -o -name 'base*' \) -print0 | sort -z | xargs -0r sha256sum
        cd "$tools" && sha256sum agent init
        sha256sum < "$authority/certificate.pem"
    ) | sha256sum | cut -d' ' -f1
}

build_repository() {
    [ ! -x "$here/repo/build.sh" ] || "$here/repo/build.sh" --images "$images"
}

hash=$(input_hash)
if grep -qs "\"input_hash\": \"$hash\"" "$images/$name/manifest.json"; then
    echo "The stock image is up to date."
    build_repository
    exit
fi

work=$(mktemp -d "$images/.build.XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/tree
disk=disk-${hash:0:12}.qcow2
out=$work/out
mkdir "$out"
: > "$log"

# --- the parts --------------------------------------------------------------------------------------------

# The machine's own apt says where Debian 12 comes from, in whatever form its files have; other archives are left out.
list_sources() {
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed=

    [ ! -e $keyring ] || signed="[signed-by=$keyring] "
    apt-get indextargets --format '$(ORIGIN)|$(CODENAME)|deb '"$signed"'$(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' | sed -nE 's/^Debian\|bookworm(-updates|-security)?\|//p' | sort -u
}

fetch_packages() {
    local options=() line

    list_sources > "$work/sources.list"
    if [ ! -s "$work/sources.list" ]; then
        apt-get update
        list_sources > "$work/sources.list"
    fi
    [ -s "$work/sources.list" ] || die "apt knows no source of Debian 12 (bookworm)"
    while read -r line; do
        options+=(--aptopt="$line")
    done < <(apt-config dump | grep -E '^Acquire::(http|https)::|^Acquire::(Check-|Retries)')
    INITRD=No mmdebstrap --mode=root --variant=essential "${options[@]}" \
        --include="$(sed '/^#/d; /^$/d' "$here/packages.list" | paste -sd,)" \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        bookworm "$tree" "$work/sources.list"
}

# The kernel unpacked: QEMU enters it directly, and a guest without KVM need not unpack it at every boot.
unpack_kernel() {
    local packed setup_sectors offset length

    packed=$(echo "$tree"/boot/vmlinuz-*)
    setup_sectors=$(od -An -tu1 -j $((0x1f1)) -N 1 "$packed")
    offset=$(od -An -tu4 -j $((0x248)) -N 4 "$packed")
    length=$(od -An -tu4 -j $((0x24c)) -N 4 "$packed")
    dd if="$packed" iflag=skip_bytes,count_bytes bs=1M skip=$(((setup_sectors + 1) * 512 + offset)) \
        count=$((length - 4)) status=none | lz4 -d - > "$out/vmlinux"
}

make_initrd() {
    local version folder=$work/initrd path

    version=$(ls "$tree/usr/lib/modules")
    mkdir -p "$folder/modules"
    install -m 0755 "$tools/init" "$folder/init"
    for path in $(for module in $modules; do
        chroot "$tree" modprobe -S "$version" --show-depends "$module"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'); do
        install -m 0644 "$tree$path" "$folder/modules/"
        basename "$path" >> "$folder/modules/order"
    done
    (cd "$folder" && find . | sort | cpio --quiet -o -H newc -R 0:0) > "$out/initrd.cpio"
}

dress() {
    "$here/dress.sh" "$tree" "$tools" "$authority/certificate.pem"
    [ ! -x "$here/repo/base-rpms.sh" ] || "$here/repo/base-rpms.sh" --root "$tree"
}

# Inode tables are written here, so that no guest spends its first minutes on them.
make_disk() {
    truncate -s ${disk_size_gib}G "$work/disk.raw"
    mke2fs -q -t ext4 -L / -m 1 -J size=64 -E lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0 \
        -d "$tree" "$work/disk.raw"
    qemu-img convert -O qcow2 "$work/disk.raw" "$out/$disk"
    rm "$work/disk.raw"
}

# The image appears whole, and an older one goes only then. Older disks stay, since the disks of instances that were
# made from them name them as their base.
publish() {
    "$here/manifest.sh" $name "$hash" "$append" $disk_size_gib "$disk" > "$out/manifest.json"
    [ ! -d "$images/$name" ] || find "$images/$name" -name 'disk*.qcow2' ! -name "$disk" -exec ln -t "$out" {} +
    rm -rf "$work/old"
    [ ! -e "$images/$name" ] || mv "$images/$name" "$work/old"
    mv "$out" "$images/$name"
}

echo "Building the stock image $name (about two minutes; details in $log)"
began=$SECONDS
run "fetching and installing Debian packages" fetch_packages
run "unpacking the kernel" unpack_kernel
run "making the initrd" make_initrd
run "dressing it as an EC2 instance" dress
run "writing the disk" make_disk
run "writing the manifest" publish
echo "  done in $((SECONDS - began)) s: $images/$name ($(du -sh "$images/$name" | cut -f1))"
build_repository
