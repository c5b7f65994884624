"""Debian's side of the repository: which packages there are, what they need, and their files.

Everything is asked of the machine's own apt, so no mirror is named here.  Only index files whose
origin is Debian are read; what else the machine has in /etc/apt is not used.
"""

import os
import re
import subprocess
from pathlib import Path


class Deb:
    """One version of one Debian package, as its index describes it."""

    def __init__(self, fields):
        self.name = fields["Package"]
        self.version = fields["Version"]
        self.fields = fields

    def needs(self):
        """What it depends on: a list of alternatives, each a list of names."""
        text = ", ".join(filter(None, (self.fields.get("Pre-Depends"), self.fields.get("Depends"))))
        return [[bare_name(one) for one in group.split("|")] for group in text.split(",") if group.strip()]

    def provides(self):
        return [bare_name(one) for one in self.fields.get("Provides", "").split(",") if one.strip()]

    def summary(self):
        return self.fields.get("Description", self.name).split("\n")[0]

    def description(self):
        lines = self.fields.get("Description", "").split("\n")[1:]
        return "\n".join("" if line.strip() == "." else line.strip() for line in lines)


def bare_name(dependency):
    """The name in "name:arch (>= version)"."""
    return re.match(r"[^\s:(\[]+", dependency.strip()).group(0)


def parse_control(text):
    """Control paragraphs as dictionaries; a continued field keeps its lines."""
    for paragraph in re.split(r"\n\s*\n", text):
        fields, last = {}, None
        for line in paragraph.split("\n"):
            if line[:1] in (" ", "\t") and last:
                fields[last] += "\n" + line
            elif ":" in line:
                last, value = line.split(":", 1)
                fields[last] = value.strip()
        if fields:
            yield fields


def version_is_newer(one, other):
    return subprocess.run(["dpkg", "--compare-versions", one, "gt", other]).returncode == 0


class Archive:
    """The newest version of every Debian package that this machine's apt knows."""

    def __init__(self, work):
        self.work = Path(work)
        self.debs, self.providers = {}, {}
        (self.work / "apt").mkdir(parents=True, exist_ok=True)
        (self.work / "apt/status").touch()
        targets = self._targets() or self._targets(update=True)
        if not targets:
            raise SystemExit("apt knows no Debian packages: add a Debian source to /etc/apt")
        self._write_sources(targets)
        for target in targets:
            self._read_index(target["Filename"])
        for deb in self.debs.values():
            for name in deb.provides():
                self.providers.setdefault(name, []).append(deb.name)

    @staticmethod
    def _targets(update=False):
        if update:
            subprocess.run(["apt-get", "-q", "update"], check=True, stdout=subprocess.DEVNULL)
        text = subprocess.run(["apt-get", "indextargets", "Created-By: Packages", "Origin: Debian"],
                              check=True, capture_output=True, text=True).stdout
        return [t for t in parse_control(text) if os.path.exists(t["Filename"])]

    def _write_sources(self, targets):
        """A sources list of Debian alone, which shares the index files that apt already has."""
        with open(self.work / "apt/sources.list", "w", encoding="utf-8") as out:
            for target in targets:
                signed = target.get("Signed-By")
                option = f" [signed-by={signed}]" if signed else ""
                out.write(f"deb{option} {target['Repo-URI']} {target['Release']} {target['Component']}\n")

    def _read_index(self, filename):
        text = subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", filename],
                              check=True, capture_output=True, text=True).stdout
        for fields in parse_control(text):
            known = self.debs.get(fields["Package"])
            if known is None or version_is_newer(fields["Version"], known.version):
                self.debs[fields["Package"]] = Deb(fields)

    def _apt(self, *arguments, cwd=None):
        options = {
            "Dir::Etc::sourcelist": self.work / "apt/sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::State::status": self.work / "apt/status",
            "Dir::Cache": self.work / "apt",
            "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "root",
            "APT::Get::List-Cleanup": "false",
        }
        flags = [f"-o{name}={value}" for name, value in options.items()]
        done = subprocess.run(["apt-get", "-q", *flags, *arguments], cwd=cwd, check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"apt-get {arguments[0]} failed:\n{done.stderr}")
        return done.stdout

    def image(self, names):
        """The set of packages that an image made from these names holds."""
        essential = sorted(deb.name for deb in self.debs.values() if deb.fields.get("Essential") == "yes")
        text = self._apt("-s", "install", *essential, *names)
        return set(re.findall(r"^Inst (\S+)", text, re.MULTILINE))

    def choose(self, alternatives, preferred):
        """The name that serves a dependency: one of the preferred if it can be, else the first that exists."""
        candidates = []
        for name in alternatives:
            candidates += [name] if name in self.debs else []
            candidates += self.providers.get(name, [])
        for name in candidates:
            if name in preferred:
                return name
        return candidates[0] if candidates else None

    def download(self, names, folder):
        """Fetches the packages into the folder, those that are not there yet; returns name -> file."""
        folder.mkdir(parents=True, exist_ok=True)
        files = {name: folder / os.path.basename(self._filename(name)) for name in names}
        missing = [name for name, file in files.items() if not file.exists()]
        if missing:
            self._apt("download", *(f"{name}={self.debs[name].version}" for name in missing), cwd=folder)
        return files

    def _filename(self, name):
        deb = self.debs[name]
        version = deb.version.replace(":", "%3a")
        return f"{name}_{version}_{deb.fields['Architecture']}.deb"
