#!/usr/bin/python3
"""Tells rpm what an image made of Debian packages already holds: base.py TREE WORK.

For every package in TREE's dpkg status there comes to be an entry in TREE's rpm database, under the name the table
gives it, with the true version, the files, the configuration files and the libraries (as sonames) of the package.
No file is touched: all of them are %ghost files of RPMs that are entered with --justdb.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from debian import Deb, parse_control
from package import HERE, licence_of, run, spec_path
from table import Table, rpm_version

LINKED = ("/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32")
LIBRARY = re.compile(r"^/usr/lib/x86_64-linux-gnu/[^/]+\.so\.[^/]*$|^/usr/lib64/ld-linux")


class Base:
    """One RPM that stands for Debian packages of the tree."""

    def __init__(self, name, provides):
        self.name = name
        self.debs, self.requires, self.provides = [], set(), set(provides)
        self.files, self.config = set(), set()


def installed(tree):
    """The packages in the tree, by name."""
    text = (tree / "var/lib/dpkg/status").read_text(encoding="utf-8")
    debs = (Deb(fields) for fields in parse_control(text) if fields["Status"].endswith(" installed"))
    return {deb.name: deb for deb in debs}


def merged(path):
    """The path in the one layout there is: /bin and its like are links into /usr."""
    return "/usr" + path if re.match(r"/(s?bin|lib(64)?)/", path) else path


def add_files(base, tree, deb):
    for name in (deb.name, f"{deb.name}:{deb.fields['Architecture']}"):
        file = tree / f"var/lib/dpkg/info/{name}.list"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        for path in lines:
            full = tree / merged(path).lstrip("/")
            if path not in LINKED and (full.is_symlink() or full.is_file()):
                base.files.add(merged(path))
                if re.match(r"/s?bin/", path):
                    base.provides.add(path)
    base.config |= {line.split()[0] for line in deb.fields.get("Conffiles", "").split("\n") if line.strip()}


def add_sonames(base, tree):
    libraries = [str(tree) + path for path in sorted(base.files) if LIBRARY.match(path)]
    if libraries:
        found = subprocess.run(["/usr/lib/rpm/elfdeps", "--provides"], input="\n".join(libraries) + "\n",
                               check=True, capture_output=True, text=True).stdout
        base.provides |= set(found.split("\n")) - {""}


def add_requires(base, table, debs, owners):
    for deb in base.debs:
        for alternatives in deb.needs():
            present = [name for name in alternatives if name in debs] or \
                [owner for name in alternatives for owner in owners.get(name, [])]
            if present and table.rpm_name(present[0]) != base.name:
                base.requires.add(table.rpm_name(present[0]))


def collect(tree):
    """Every RPM to be entered."""
    table, debs, bases, owners = Table(HERE), installed(tree), {}, {}
    order = {deb: place for row in table.rows.values() for place, deb in enumerate(row.debs)}
    for deb in sorted(debs.values(), key=lambda one: order.get(one.name, 0)):
        name = table.rpm_name(deb.name)
        base = bases.setdefault(name, Base(name, table.row(name).provides))
        base.debs.append(deb)
        add_files(base, tree, deb)
        for virtual in deb.provides():
            owners.setdefault(virtual, []).append(deb.name)
    for base in bases.values():
        add_sonames(base, tree)
        add_requires(base, table, debs, owners)
    return [bases[name] for name in sorted(bases)]


HEAD = """
Name: groundschool-base
Version: 1
Release: 1
Summary: What the image of Debian packages holds
License: Distributable
%description
Stands for the Debian packages of the image.
%install
rmdir "%{buildroot}" && mv "%{tree}" "%{buildroot}"
"""


def package_section(base, tree):
    deb = base.debs[0]
    version, release = rpm_version(deb.version)
    lines = [f"%package -n {base.name}", f"Version: {version}", f"Release: {release}",
             f"Summary: {deb.summary()}", f"License: {licence_of(tree, deb.name)[1]}", "AutoReqProv: no"]
    if deb.fields.get("Homepage"):
        lines.append(f"URL: {deb.fields['Homepage']}")
    lines += [f"Provides: {name}" for name in sorted(base.provides)]
    lines += [f"Requires: {name}" for name in sorted(base.requires)]
    description = deb.description().replace("%", "%%")
    return "\n".join(lines + [f"%description -n {base.name}", description])


def files_section(base):
    lines = [f"%files -n {base.name}"]
    for path in sorted(base.files):
        lines.append(f'%ghost {"%config(noreplace) " if path in base.config else ""}"{spec_path(path)}"')
    return "\n".join(lines)


def release_section(tree):
    """system-release: what the system calls itself, and what dnf takes for $releasever."""
    text = (tree / "etc/os-release").read_text(encoding="utf-8")
    version = re.search(r'^VERSION_ID="?([\w.]+)', text, re.MULTILINE).group(1)
    return f"""
%package -n system-release
Version: {version}
Release: 1
Summary: The release of this system
License: Apache-2.0
AutoReqProv: no
Provides: system-release(releasever) = {version}
Provides: amazon-linux-release = {version}
%description -n system-release
Names the release of this system.
%files -n system-release
"""


def shadow(base_list, tree, copy):
    """A second tree of the same files, by hard links where it can be, for rpmbuild to read sizes and modes from."""
    shutil.rmtree(copy, ignore_errors=True)
    for base in base_list:
        for path in base.files:
            source, target = tree / path.lstrip("/"), copy / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_symlink() or target.exists():
                continue
            try:
                os.link(source, target, follow_symlinks=False)
            except OSError:
                shutil.copy2(source, target, follow_symlinks=False)


def main():
    tree, work = Path(sys.argv[1]), Path(sys.argv[2])
    bases = collect(tree)
    copy, spec, output = work / "base-tree", work / "base.spec", work / "base-rpms"
    shadow(bases, tree, copy)
    sections = [HEAD, release_section(tree)]
    for base in bases:
        sections += [package_section(base, tree), files_section(base)]
    spec.write_text("\n".join(sections), encoding="utf-8")
    defines = {"_topdir": work / "base", "_tmppath": work, "_rpmdir": output, "tree": copy,
               "_binary_payload": "w1.gzdio"}
    flags = [word for key, value in defines.items() for word in ("--define", f"{key} {value}")]
    run("rpmbuild", "-bb", "--quiet", "--load", HERE / "macros", *flags, spec)
    rpms = sorted(output.glob("*.rpm"))
    shutil.rmtree(tree / "var/lib/rpm", ignore_errors=True)
    run("rpm", "--dbpath", (tree / "var/lib/rpm").resolve(), "-i", "--justdb", "--nodeps", "--force",
        "--noscripts", "--ignoresize", "--noverify", *rpms)
    print(f"rpm knows {len(rpms)} packages of the image")


main()
