"""Names: which RPM a Debian package becomes, from the table `packages` and the heads of specs/*.spec."""

import re
from pathlib import Path


class Row:
    """One RPM made from whole Debian packages."""

    def __init__(self, name, debs, options):
        self.name, self.debs = name, debs
        self.provides = options.get("provides", [])
        self.suggests = options.get("suggests", [])
        self.links = dict(link.split(":", 1) for link in options.get("link", []))


class Spec:
    """A hand-written spec file: the Debian packages it draws from and the RPMs it makes."""

    def __init__(self, path):
        self.path, self.name = path, path.stem
        text = path.read_text(encoding="utf-8")
        self.debs = re.findall(r"\S+", "".join(re.findall(r"^# debs:(.*)$", text, re.MULTILINE)))
        self.makes = [self.name] + re.findall(r"^%package -n (\S+)", text, re.MULTILINE)
        self.makes += [f"{self.name}-{part}" for part in re.findall(r"^%package (?!-n)(\S+)", text, re.MULTILINE)]
        wanted = "\n".join(re.findall(r"^(?:Requires|Recommends)[^:]*:(.*)$", text, re.MULTILINE))
        self.wants = re.findall(r"(?<![\w.%{=<>-])[a-zA-Z][\w.+-]*", re.sub(r"%\{[^}]*\}|[<>=]+\s*\S+", " ", wanted))


class Table:
    def __init__(self, folder):
        folder = Path(folder)
        self.rows = {}
        for line in (folder / "packages").read_text(encoding="utf-8").splitlines():
            words = line.split("#")[0].split()
            if words:
                debs = words[1].split(",") if len(words) > 1 else [words[0]]
                pairs = (word.split("=", 1) for word in words[2:])
                options = {key: value.split(",") for key, value in pairs}
                self.rows[words[0]] = Row(words[0], debs, options)
        self.specs = [Spec(path) for path in sorted((folder / "specs").glob("*.spec"))]
        self.left_out = set(read_words(folder / "left-out"))
        self.row_of_deb = {deb: row for row in self.rows.values() for deb in row.debs}
        self.spec_of_deb = {deb: spec for spec in self.specs for deb in spec.debs}
        self.spec_of_rpm = {rpm: spec for spec in self.specs for rpm in spec.makes}

    def rpm_name(self, deb):
        """The RPM that holds a Debian package: by its row, its spec, or under its own name."""
        if deb in self.row_of_deb:
            return self.row_of_deb[deb].name
        if deb in self.spec_of_deb:
            return self.spec_of_deb[deb].name
        return deb

    def row(self, rpm):
        return self.rows.get(rpm) or Row(rpm, [rpm], {})


def rpm_version(debian_version):
    """RPM's version and release for a Debian version: no epoch, no hyphen, and a release without tildes."""
    upstream, _, revision = debian_version.split(":")[-1].rpartition("-")
    if not upstream:
        upstream, revision = revision, "1"
    return upstream.replace("-", "."), re.sub(r"[~+]", ".", revision).replace("..", ".")


def read_words(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return [word for line in lines for word in line.split("#")[0].split()]
