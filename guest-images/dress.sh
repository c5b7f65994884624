#!/bin/bash
# Dresses a fresh Debian tree as an EC2 instance of Amazon Linux 2: dress.sh TREE TOOLS AUTHORITY
# TOOLS holds the static programs "agent" and "init", AUTHORITY is the certificate that AWS's endpoints are signed by. Called by build.sh; every step may be run again.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tree=$1
tools=$2
authority=$3
in_tree() { chroot "$tree" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"; }

# Our files over Debian's. Owners are root's whoever made the checkout; sudo insists on modes without write bits.
lay_files() {
    cp -rT --no-preserve=ownership,mode "$here/tree" "$tree"
    chmod 0440 "$tree"/etc/sudoers.d/*
    install -D -m 0755 "$tools/agent" "$tree/usr/lib/groundschool/agent"
    install -m 0755 "$here/repo/sources/ec2-utils/ec2-metadata" "$tree/usr/bin/ec2-metadata"
    rm -f "$tree/etc/os-release" "$tree/etc/debian_version" "$tree/etc/skel/.profile" "$tree/etc/bash.bashrc"
    ln -s ../usr/lib/os-release "$tree/etc/os-release"
    ln -sf bashrc "$tree/etc/bash.bashrc"
    ln -sf system-release "$tree/etc/redhat-release"
    ln -sf dnf-3 "$tree/usr/bin/yum"
    mkdir -p "$tree/var/lib/rsyslog" "$tree/var/lib/cloud/scripts" "$tree/var/lib/groundschool"
    chmod 0700 "$tree/var/lib/groundschool" "$tree/var/lib/rsyslog"
    cp "$tree"/etc/skel/.bash* "$tree/root/"
    rm -f "$tree/root/.profile"
}

# wheel has Amazon's number, which Debian gives to uucp, a user that nothing here needs.
make_users() {
    in_tree getent group wheel > /dev/null || {
        in_tree userdel uucp
        in_tree groupadd -g 10 wheel
    }
    in_tree id ec2-user > /dev/null 2>&1 ||
        in_tree useradd -m -u 1000 -U -G wheel,adm,systemd-journal -s /bin/bash -c 'EC2 Default User' ec2-user
    in_tree passwd -q -l root
    chmod 0700 "$tree/home/ec2-user"
}

make_locales() {
    local name

    for name in en_US ko_KR; do
        in_tree localedef -i "$name" -f UTF-8 "$name.UTF-8"
    done
}

# Amazon's unit names for Debian's services.
name_units() {
    local units=$tree/etc/systemd/system

    ln -sf /usr/lib/systemd/system/ssh.service "$units/sshd.service"
    ln -sf /usr/lib/systemd/system/cron.service "$units/crond.service"
}

# What a boot does not need before the first login, or at all. Nothing here is missed by a lesson: the agent has given
# the network, the host keys, the entropy and the disk's size, and the initrd has mounted the root as it stays.
trim_units() {
    local units=$tree/etc/systemd/system wants=$tree/usr/lib/systemd/system unit

    for unit in e2scrub_all.timer e2scrub_reap.service fstrim.timer dpkg-db-backup.timer blk-availability.service \
        lvm2-monitor.service systemd-pstore.service cloud-init-local.service cloud-init.service cloud-config.service \
        cloud-final.service cloud-init-hotplugd.socket remote-fs.target dm-event.socket lvm2-lvmpolld.socket; do
        in_tree systemctl -q disable "$unit" 2> /dev/null || true
    done
    for unit in cryptsetup.target integritysetup.target veritysetup.target dev-hugepages.mount dev-mqueue.mount \
        kmod-static-nodes.service proc-sys-fs-binfmt_misc.automount sys-fs-fuse-connections.mount \
        sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount systemd-ask-password-console.path \
        systemd-binfmt.service systemd-firstboot.service systemd-journal-flush.service \
        systemd-machine-id-commit.service systemd-pcrphase.service systemd-pcrphase-sysinit.service \
        systemd-random-seed.service systemd-repart.service systemd-sysusers.service \
        systemd-tmpfiles-setup-dev.service systemd-update-utmp.service; do
        rm -f "$wants/sysinit.target.wants/$unit"
    done
    rm -f "$wants"/sockets.target.wants/{systemd-initctl.socket,systemd-journald-audit.socket} \
        "$wants"/multi-user.target.wants/{dbus.service,systemd-ask-password-wall.path} \
        "$wants"/multi-user.target.wants/{systemd-update-utmp-runlevel.service,systemd-user-sessions.service} \
        "$tree/etc/modules-load.d/modules.conf"
    for unit in systemd-remount-fs.service systemd-journald-audit.socket systemd-user-sessions.service user@.service \
        modprobe@.service; do
        ln -sf /dev/null "$units/$unit"
    done
    for unit in nologin tmp; do
        : > "$tree/etc/tmpfiles.d/systemd-$unit.conf"
    done
    find "$tree/usr/lib/systemd/system-generators" -type f ! -name systemd-fstab-generator -delete
    for unit in rsyslog cron systemd-logind getty@ serial-getty@; do
        install -D -m 0644 "$here/units/late.conf" "$units/$unit.service.d/10-late.conf"
    done
    for unit in systemd-journald systemd-udevd systemd-logind systemd-hostnamed; do
        install -D -m 0644 "$here/units/plain.conf" "$units/$unit.service.d/10-plain.conf"
    done
    in_tree systemctl -q set-default multi-user.target
    in_tree systemctl -q enable groundschool-agent groundschool-tell-poweroff groundschool-tell-reboot \
        groundschool-show-host-keys systemd-update-utmp serial-getty@ttyS0
}

# What speaks to ec2.us-east-1.amazonaws.com reaches the emulator, and trusts it: its authority signs for amazonaws.com
# alone. The AWS CLI has a list of authorities of its own; here it uses the system's.
trust_authority() {
    install -D -m 0644 "$authority" "$tree/usr/local/share/ca-certificates/groundschool.crt"
    in_tree update-ca-certificates
    ln -sf /etc/ssl/certs/ca-certificates.crt "$tree/usr/lib/python3/dist-packages/awscli/botocore/cacert.pem"
}

# Leaves nothing that two instances must not share, and nothing of the build.
clean() {
    : > "$tree/etc/machine-id"
    : > "$tree/etc/hostname"
    : > "$tree/etc/resolv.conf"
    ln -sf /etc/machine-id "$tree/var/lib/dbus/machine-id"
    rm -f "$tree"/etc/ssh/ssh_host_* "$tree/var/lib/systemd/random-seed" "$tree"/etc/apt/sources.list \
        "$tree"/etc/apt/sources.list.d/* "$tree"/etc/apt/apt.conf.d/*mmdebstrap* "$tree/etc/update-motd.d"/*
    rm -rf "$tree"/var/lib/apt/lists/* "$tree"/var/cache/{apt,debconf,ldconfig,man}/* "$tree"/var/log/{apt,journal} \
        "$tree"/boot/vmlinuz-* "$tree"/boot/initrd.img-* "$tree"/boot/System.map-* "$tree"/vmlinuz* "$tree"/initrd.img* \
        "$tree"/usr/share/{man,info,lintian,bug,locale,i18n/locales,initramfs-tools,icons,gtk-doc}/* \
        "$tree"/usr/lib/modules/*/kernel/drivers/{infiniband,media,comedi,soundwire,hv,vfio,cxl,nvdimm} \
        "$tree"/usr/lib/modules/*/kernel/drivers/net/{ethernet,wireless} \
        "$tree"/tmp/* "$tree"/var/tmp/*
    find "$tree/var/log" -type f -exec truncate -s 0 {} +
    in_tree depmod "$(ls "$tree/usr/lib/modules")"
}

lay_files
make_users
make_locales
name_units
trim_units
trust_authority
clean
