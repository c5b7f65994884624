"""The RPM side: a tidy tree and a spec from Debian packages, and rpmbuild."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

from table import rpm_version

HERE = Path(__file__).resolve().parent

# What a guest image leaves out of every package: it has no manuals, and Debian's own bookkeeping says nothing to rpm.
LEFT_OUT = [f"usr/share/{name}" for name in (
    "doc", "man", "info", "locale", "lintian", "bug", "doc-base", "menu", "apport", "applications",
    "pixmaps", "reportbug", "vim/addons", "vim/registry")] + [
        "etc/init.d", "etc/ufw", "etc/apparmor.d", "etc/logcheck", "etc/default", "DEBIAN"]

# Directories that belong to the system, never to one package.
SYSTEM_DIRS = set("""
. etc etc/cron.d etc/cron.daily etc/logrotate.d etc/sysconfig etc/bash_completion.d etc/profile.d etc/ld.so.conf.d
etc/default etc/security usr usr/bin usr/sbin usr/lib usr/lib64 usr/libexec usr/share usr/include usr/src usr/games
usr/lib/x86_64-linux-gnu usr/lib/systemd usr/lib/systemd/system usr/lib/tmpfiles.d usr/lib/sysusers.d usr/lib/python3
usr/lib/python3/dist-packages usr/lib/python3.11 usr/share/bash-completion usr/share/bash-completion/completions
usr/share/licenses usr/share/perl5 usr/share/perl usr/share/zsh usr/share/zsh/vendor-completions usr/share/fish
usr/share/fish/vendor_completions.d usr/share/icons usr/share/file var var/lib var/log var/cache var/spool var/www run
""".split())


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout[-4000:]}")
    return done.stdout


def unpack(file, tree):
    """Unpacks a .deb and gives it the one layout there is here: everything under /usr."""
    tree.mkdir(parents=True, exist_ok=True)
    run("dpkg-deb", "-R" if not (tree / "DEBIAN").exists() else "-x", file, tree)
    for name in ("bin", "sbin", "lib", "lib64"):
        if (tree / name).is_dir() and not (tree / name).is_symlink():
            (tree / "usr").mkdir(exist_ok=True)
            run("cp", "-a", "--link", f"{tree / name}/.", tree / "usr" / name)
            shutil.rmtree(tree / name)


def licence_of(tree, deb):
    """The short licence names in a Debian copyright file, and the file."""
    file = tree / f"usr/share/doc/{deb}/copyright"
    if not file.is_file():
        return None, "Distributable"
    names = re.findall(r"^License: *([\w.+-]+)", file.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    return file, " and ".join(list(dict.fromkeys(names))[:4]) or "Distributable"


def tidy(tree, name, debs):
    """Takes out what a guest does not keep, and keeps each copyright file as the licence; returns its name."""
    licences = []
    folder = tree / f"usr/share/licenses/{name}"
    for deb in debs:
        file, licence = licence_of(tree, deb)
        if file:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, folder / (f"copyright.{deb}" if len(debs) > 1 else "copyright"))
        licences.append(licence)
    for path in LEFT_OUT:
        shutil.rmtree(tree / path, ignore_errors=True)
    compile_python(tree)
    known = [one for one in dict.fromkeys(licences) if one != "Distributable"]
    return known[0] if known else "Distributable"


def compile_python(tree):
    """Bytecode is shipped, as nobody but root could write it in the guest; it is never checked against the source."""
    for folder in (tree / "usr/lib/python3/dist-packages", tree / "usr/share"):
        if folder.is_dir() and next(folder.rglob("*.py"), None):
            run("/usr/bin/python3", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash",
                "-s", tree, "-p", "/", folder)


def conffiles(tree):
    file = tree / "DEBIAN/conffiles"
    return set(file.read_text(encoding="utf-8").split()) if file.exists() else set()


def file_list(tree, config):
    """The %files section: every path, with the mark rpm needs for it."""
    lines = []
    for folder, dirs, files in os.walk(tree):
        dirs.sort()
        where = os.path.relpath(folder, tree)
        if where not in SYSTEM_DIRS:
            lines.append(f'%dir "{spec_path("/" + where)}"')
        links = [name for name in dirs if os.path.islink(os.path.join(folder, name))]
        for name in sorted(files + links):
            path = "/" + os.path.normpath(os.path.join(where, name))
            mark = "%config(noreplace) " if path in config or path.startswith("/etc/") else ""
            mark = "%license " if path.startswith("/usr/share/licenses/") else mark
            lines.append(f'{mark}"{spec_path(path)}"')
    return lines


def spec_path(path):
    """A path as a %files section takes it: a character that means something there is matched by "?"."""
    return re.sub(r"[][*?{}]", "?", path).replace("%", "%%")


def scriptlets(tree):
    """What a converted package does on install: only what its files themselves ask for."""
    lines = []
    units = sorted(path.name for path in (tree / "usr/lib/systemd/system").glob("*")
                   if path.suffix in (".service", ".socket", ".timer") and "@" not in path.name)
    if units:
        names = " ".join(units)
        lines += ["%post", f"%service_post {names}", "%preun", f"%service_preun {names}",
                  "%postun", f"%service_postun {names}"]
    runtime = sorted(path.name for path in (tree / "usr/lib/tmpfiles.d").glob("*.conf"))
    if runtime:
        lines += ["%posttrans", f"systemd-tmpfiles --create {' '.join(runtime)} || :"]
    return lines


def spec_text(row, first, licence, requires, tree, config):
    """The spec of a converted package."""
    version, release = rpm_version(first.version)
    head = [f"Name: {row.name}", f"Version: {version}", f"Release: {release}",
            f"Summary: {first.summary()}", f"License: {licence}", "AutoReqProv: no"]
    if first.fields.get("Homepage"):
        head.append(f"URL: {first.fields['Homepage']}")
    if first.fields["Architecture"] == "all":
        head.append("BuildArch: noarch")
    head += [f"Provides: {name}" for name in row.provides]
    head += [f"Requires: {name}" for name in sorted(requires)]
    head += [f"Suggests: {name}" for name in row.suggests]
    body = ["%description", first.description().replace("%", "%%"), "%install",
            'rmdir "%{buildroot}" && mv "%{tree}" "%{buildroot}"'] + scriptlets(tree)
    return "\n".join(head + body + ["%files"] + file_list(tree, config)) + "\n"


class Builder:
    """Builds RPMs into one folder; several may run at once."""

    def __init__(self, work, output):
        self.work, self.output = Path(work), Path(output)
        self.output.mkdir(parents=True, exist_ok=True)

    def rpmbuild(self, name, spec, defines):
        top = self.work / "rpmbuild" / name
        top.mkdir(parents=True, exist_ok=True)
        flags = []
        for key, value in {"_topdir": top, "_tmppath": top, "_rpmdir": self.output, **defines}.items():
            flags += ["--define", f"{key} {value}"]
        text = run("rpmbuild", "-bb", "--quiet", "--load", HERE / "macros", *flags, spec)
        shutil.rmtree(top, ignore_errors=True)
        return text

    def convert(self, row, debs, files, requires):
        """One RPM from whole Debian packages: debs are their descriptions, files their .deb files by name."""
        tree = self.work / "trees" / row.name
        shutil.rmtree(tree, ignore_errors=True)
        config = set()
        for deb in debs:
            unpack(files[deb.name], tree)
            config |= conffiles(tree)
        licence = tidy(tree, row.name, [deb.name for deb in debs])
        for path, target in row.links.items():
            link = tree / path.lstrip("/")
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(target)
        os.chmod(tree, stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
        spec = self.work / "specs" / f"{row.name}.spec"
        spec.parent.mkdir(parents=True, exist_ok=True)
        spec.write_text(spec_text(row, debs[0], licence, requires, tree, config), encoding="utf-8")
        return self.rpmbuild(row.name, spec, {"tree": tree})

    def build_spec(self, spec, debs, files):
        """The RPMs of a hand-written spec, which finds its Debian packages unpacked under %{debs}."""
        trees = self.work / "trees" / f"spec-{spec.name}"
        shutil.rmtree(trees, ignore_errors=True)
        defines = {"debs": trees, "_sourcedir": HERE / "sources" / spec.name}
        for deb in debs:
            unpack(files[deb.name], trees / deb.name)
            version, release = rpm_version(deb.version)
            key = re.sub(r"\W", "_", deb.name)
            defines |= {f"version_{key}": version, f"release_{key}": release}
        return self.rpmbuild(spec.name, spec.path, defines)
