#!/usr/bin/python3
"""Makes the folder of a yum repository: make.py WORK OUTPUT [CACHE].

What the table and the specs name, and what that needs and the image lacks, is fetched with apt, turned into
RPMs by rpmbuild, as many at once as there are processors, and described by createrepo_c.
"""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from debian import Archive
from package import HERE, Builder, run
from table import Table, read_words

STARTED = time.monotonic()


def say(text):
    print(f"[repo {time.monotonic() - STARTED:4.0f}s] {text}", flush=True)


class Plan:
    """Which RPMs are to be made: for each the Debian packages in it and the RPMs it requires."""

    def __init__(self, archive, table, image):
        self.archive, self.table, self.image = archive, table, image
        self.debs, self.requires = {}, {}
        for spec in table.specs:
            self._add_spec(spec)
        for row in table.rows.values():
            if not set(row.debs) <= image:
                self._add(row.name)

    def _add_spec(self, spec):
        self.debs[spec.name] = spec.debs
        for rpm in spec.wants:
            self._add(rpm)

    def _add(self, rpm):
        row = self.table.row(rpm)
        if rpm in self.debs or rpm in self.table.spec_of_rpm or set(row.debs) <= self.image:
            return
        unknown = [deb for deb in row.debs if deb not in self.archive.debs]
        if unknown:
            raise SystemExit(f"{rpm}: Debian has no package {unknown[0]}")
        self.debs[rpm], self.requires[rpm] = row.debs, set()
        for deb in row.debs:
            for alternatives in self.archive.debs[deb].needs():
                self._need(rpm, row, alternatives)

    def _need(self, rpm, row, alternatives):
        deb = self.archive.choose(alternatives, self.image | set(row.debs) | set(self.table.spec_of_deb))
        if deb is None or deb in self.image or deb in self.table.left_out:
            return
        other = self.table.rpm_name(deb)
        if other != rpm:
            self.requires[rpm].add(other)
            self._add(other)


def build_all(plan, builder, files):
    """Builds everything, the hand-written specs first: they are the largest and the most wanted."""
    specs = {spec.name: spec for spec in plan.table.specs}

    def build(rpm):
        debs = [plan.archive.debs[name] for name in plan.debs[rpm]]
        if rpm in specs:
            return builder.build_spec(specs[rpm], debs, files)
        return builder.convert(plan.table.row(rpm), debs, files, plan.requires[rpm])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {pool.submit(build, rpm): rpm for rpm in plan.debs}
        for count, job in enumerate(as_completed(jobs), 1):
            if job.exception():
                pool.shutdown(cancel_futures=True)
                raise SystemExit(f"{jobs[job]}: {job.exception()}")
            if count % 20 == 0:
                say(f"  {count} of {len(jobs)} built")



def main():
    work, output = Path(sys.argv[1]), Path(sys.argv[2])
    cache = Path(sys.argv[3]) if len(sys.argv) > 3 else work / "debs"
    say("reading Debian's package lists")
    archive = Archive(work)
    plan = Plan(archive, Table(HERE), archive.image(read_words(HERE.parent / "packages.list")))
    names = sorted({deb for debs in plan.debs.values() for deb in debs})
    say(f"fetching {len(names)} Debian packages")
    files = archive.download(names, cache)
    say(f"building {len(plan.debs)} packages")
    build_all(plan, Builder(work, output), files)
    say("describing them (createrepo_c)")
    run("createrepo_c", "--quiet", "--no-database", "--simple-md-filenames",
        "--general-compress-type=gz", output)
    say(f"done: {len(list(output.glob('*.rpm')))} RPMs")


main()
