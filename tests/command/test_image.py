"""`groundschool image`: list, import, build, and what it refuses."""
import json
import os
import subprocess

import pytest

PROGRAM = os.environ["PROGRAM"]


def image(folder, *words):
    return subprocess.run([PROGRAM, "image", *words, "--images", str(folder / "images")],
                          capture_output=True, text=True, timeout=60)


def disk(folder, name, *options):
    path = folder / name
    subprocess.run(["qemu-img", "create", "-q", *options, str(path), "1200M"], check=True)
    return str(path)


@pytest.fixture
def qcow2(tmp_path):
    return disk(tmp_path, "a.qcow2", "-f", "qcow2")


def test_import_is_listed(tmp_path, qcow2):
    """An imported disk is an image with a manifest, listed with its size rounded up to GiB, and stands on its own."""
    done = image(tmp_path, "import", qcow2, "--name", "lesson 1", "--user=debian", "--boot", "uefi", "--description", "täst")
    assert done.returncode == 0, done.stderr
    rows = image(tmp_path, "list").stdout.splitlines()
    assert len(rows) == 2
    image_id, boot, size, unit, name = rows[1].split(maxsplit=4)
    assert (boot, size, unit, name) == ("uefi", "2", "GiB", "lesson 1")
    folder = tmp_path / "images" / image_id
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["user"] == "debian" and manifest["description"] == "täst" and manifest["agent"] is False
    assert sorted(os.listdir(tmp_path / "images")) == [image_id]
    os.unlink(qcow2)
    subprocess.run(["qemu-img", "check", "-q", str(folder / "disk.qcow2")], check=True)


def test_names_are_used_once(tmp_path, qcow2):
    """A second image of the same name is refused."""
    assert image(tmp_path, "import", qcow2, "--name", "twice").returncode == 0
    again = image(tmp_path, "import", qcow2, "--name", "twice")
    assert again.returncode == 1 and "already" in again.stderr
    assert len(os.listdir(tmp_path / "images")) == 1


def test_disks_that_lean_on_others_are_refused(tmp_path, qcow2):
    """A backing file or an outside data file could be any file of this machine; a raw disk is no qcow2."""
    backed = disk(tmp_path, "b.qcow2", "-f", "qcow2", "-b", qcow2, "-F", "qcow2")
    outside = disk(tmp_path, "c.qcow2", "-f", "qcow2", "-o", f"data_file={tmp_path}/c.raw")
    raw = disk(tmp_path, "d.raw", "-f", "raw")
    for path in (backed, outside):
        done = image(tmp_path, "import", path, "--name", "leaning")
        assert done.returncode == 1 and "leans on another file" in done.stderr
    assert image(tmp_path, "import", raw, "--name", "raw").returncode == 1
    assert image(tmp_path, "import", str(tmp_path / "none"), "--name", "none").returncode == 1
    assert not os.path.exists(tmp_path / "images") or os.listdir(tmp_path / "images") == []


@pytest.mark.parametrize("words, hint", [
    (["import", "FILE", "--nmae", "x"], "Did you mean --name?"),
    (["import", "FILE", "--name"], "--name needs a value"),
    (["import", "--name", "lesson"], "needs FILE.qcow2"),
    (["import", "FILE", "--name", "x"], "3 to 128"),
    (["import", "FILE", "--name", "lesson", "--boot", "kernel"], "--boot is bios or uefi"),
    (["import", "FILE", "--name", "lesson", "--user", "a b"], "--user"),
    (["import", "FILE", "--name", "lesson", "--architecture", "arm64"], "--architecture"),
    (["lits"], "did you mean list?"),
    (["build", "--source", "/nonexistent"], "--source DIR"),
])
def test_mistakes_are_explained(tmp_path, qcow2, words, hint):
    """What is not understood is refused with a hint, and nothing is made."""
    tail = [] if words[-1] == "--name" else ["--images", str(tmp_path / "images")]
    done = subprocess.run([PROGRAM, "image", *[qcow2 if w == "FILE" else w for w in words], *tail],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and hint in done.stderr
    assert not os.path.exists(tmp_path / "images")


def test_an_empty_folder_says_what_to_do(tmp_path):
    """Without images the list names the command that makes one; --help lists the words."""
    assert "image build" in image(tmp_path, "list").stdout
    assert "image import FILE.qcow2" in image(tmp_path, "--help").stdout
