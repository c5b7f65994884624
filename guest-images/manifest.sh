#!/bin/bash
# Prints the manifest of the stock image: manifest.sh NAME INPUT_HASH APPEND DISK_SIZE_GIB DISK
# Other names under which the same image is offered are aliases; each says in its description what it really is.
set -euo pipefail

name=$1
hash=$2
append=$3
size_gib=$4
disk=$5
linux=/aws/service/ami-amazon-linux-latest
ubuntu=/aws/service/canonical/ubuntu/server
truth="(this is the Groundschool stock image under another name)"

ami_id() { printf 'ami-%.17s' "$(printf %s "$1" | sha256sum)"; }

# strings WORD...: a JSON array
strings() { printf '%s\n' "$@" | sed 's/.*/"&"/' | paste -sd, | sed 's/.*/[&]/'; }

# alias NAME DESCRIPTION USER OWNER_ID OWNER_ALIAS ROOT_DEVICE PARAMETER...
alias_of() {
    local alias_line=

    [ -z "$5" ] || printf -v alias_line '      "owner_alias": "%s",\n' "$5"
    cat << EOF
    {
      "name": "$1",
      "image_id": "$(ami_id "$1")",
      "description": "$2 $truth",
      "user": "$3",
      "owner_id": "$4",
$alias_line      "root_device_name": "$6",
      "ssm_parameters": $(strings "${@:7}")
    }
EOF
}

cat << EOF
{
  "format": 1,
  "image_id": "$(ami_id "$name")",
  "name": "$name",
  "description": "Groundschool stock image, made of Debian 12 packages and dressed like Amazon Linux 2 (2.0.20261101.0 x86_64 HVM gp2)",
  "architecture": "x86_64",
  "boot": "kernel",
  "kernel": "vmlinux",
  "initrd": "initrd.cpio",
  "append": "$append",
  "disk": "$disk",
  "disk_size_gib": $size_gib,
  "user": "ec2-user",
  "agent": true,
  "root_device_name": "/dev/xvda",
  "owner_alias": "amazon",
  "owner_id": "137112412989",
  "creation_date": "2026-11-01T00:00:00.000Z",
  "input_hash": "$hash",
  "ssm_parameters": $(strings $linux/amzn2-ami-hvm-x86_64-gp2 $linux/amzn2-ami-hvm-x86_64-ebs \
    $linux/amzn2-ami-minimal-hvm-x86_64-ebs $linux/amzn2-ami-kernel-5.10-hvm-x86_64-gp2 \
    $linux/amzn2-ami-kernel-5.10-hvm-x86_64-ebs),
  "aliases": [
$(alias_of al2023-ami-2023.9.20261101.0-kernel-6.1-x86_64 "Amazon Linux 2023 AMI 2023.9.20261101.0 x86_64 HVM kernel-6.1" \
    ec2-user 137112412989 amazon /dev/xvda \
    $linux/al2023-ami-kernel-default-x86_64 $linux/al2023-ami-kernel-6.1-x86_64),
$(alias_of al2023-ami-minimal-2023.9.20261101.0-kernel-6.1-x86_64 \
    "Amazon Linux 2023 AMI 2023.9.20261101.0 x86_64 Minimal HVM kernel-6.1" ec2-user 137112412989 amazon /dev/xvda \
    $linux/al2023-ami-minimal-kernel-default-x86_64 $linux/al2023-ami-minimal-kernel-6.1-x86_64),
$(alias_of ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20261101 \
    "Canonical, Ubuntu, 22.04 LTS, amd64 jammy image build on 2026-11-01" ubuntu 099720109477 "" /dev/sda1 \
    $ubuntu/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id $ubuntu/jammy/stable/current/amd64/hvm/ebs-gp2/ami-id),
$(alias_of ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261101 \
    "Canonical, Ubuntu, 24.04 LTS, amd64 noble image build on 2026-11-01" ubuntu 099720109477 "" /dev/sda1 \
    $ubuntu/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id $ubuntu/noble/stable/current/amd64/hvm/ebs-gp3/ami-id)
  ]
}
EOF
