#!/bin/bash
# Dresses a fresh Debian tree as an EC2 instance of Amazon Linux 2: dress.sh TREE TOOLS
# TOOLS holds the static programs "agent" and "init". Called by build.sh; every step may be run again.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tree=$1
tools=$2
in_tree() { chroot "$tree" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"; }

# Our files over Debian's. Owners are root's whoever made the checkout; sudo insists on modes without write bits.
lay_files() {
    cp -rT --no-preserve=ownership,mode "$here/tree" "$tree"
    chmod 0440 "$tree"/etc/sudoers.d/*
    install -D -m 0755 "$tools/agent" "$tree/usr/lib/groundschool/agent"
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

# What a boot does not need before the first login, or at all. Nothing here is missed by a lesson: logind comes up when
# sshd has, and the agent has given the network, the host keys, the entropy and the disk's size by then.
trim_units() {
    local units=$tree/etc/systemd/system unit

    for unit in e2scrub_all.timer e2scrub_reap.service fstrim.timer dpkg-db-backup.timer blk-availability.service \
        lvm2-monitor.service systemd-pstore.service cloud-init-local.service cloud-init.service cloud-config.service \
        cloud-final.service cloud-init-hotplugd.socket remote-fs.target; do
        in_tree systemctl -q disable "$unit" 2> /dev/null || true
    done
    for unit in systemd-networkd.service systemd-networkd.socket systemd-network-generator.service \
        modprobe@.service systemd-random-seed.service systemd-tmpfiles-setup-dev.service kmod-static-nodes.service \
        systemd-firstboot.service systemd-sysusers.service systemd-repart.service systemd-pcrphase.service \
        systemd-pcrphase-sysinit.service systemd-machine-id-commit.service systemd-binfmt.service \
        systemd-ask-password-console.path systemd-ask-password-wall.path systemd-initctl.socket \
        systemd-journald-audit.socket systemd-update-utmp-runlevel.service systemd-user-sessions.service \
        systemd-journal-flush.service user@.service dev-hugepages.mount sys-kernel-debug.mount \
        sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount \
        proc-sys-fs-binfmt_misc.automount dm-event.socket lvm2-lvmpolld.socket; do
        ln -sf /dev/null "$units/$unit"
    done
    : > "$tree/etc/tmpfiles.d/systemd-nologin.conf"
    rm -f "$tree"/usr/lib/systemd/system-generators/{cloud-init-generator,systemd-gpt-auto-generator} \
        "$tree"/usr/lib/systemd/system-generators/systemd-{crypt,verity,integrity}setup-generator \
        "$tree"/usr/lib/systemd/system-generators/systemd-{sysv,rc-local,hibernate-resume,system-update}-generator
    for unit in rsyslog cron systemd-logind getty@ serial-getty@; do
        install -D -m 0644 "$here/after-ssh.conf" "$units/$unit.service.d/10-after-ssh.conf"
    done
    rm -f "$tree"/usr/lib/systemd/system/sysinit.target.wants/systemd-update-utmp.service
    in_tree systemctl -q enable systemd-update-utmp groundschool-agent groundschool-tell-poweroff groundschool-tell-reboot
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
clean
