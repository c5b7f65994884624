"""`groundschool account`: what it does to the database when no emulator runs, and what it refuses."""
import os
import re
import subprocess

PROGRAM = os.environ["PROGRAM"]


def account(folder, *words):
    return subprocess.run([PROGRAM, "account", *words, "--state", str(folder / "state")], capture_output=True, text=True, timeout=60)


def rows(folder):
    """The numbers, names and addresses that `list` shows."""
    return [line.split()[:3] for line in account(folder, "list").stdout.splitlines()[1:]]


def test_an_account_is_added_and_listed(tmp_path):
    """`add` shows the root user's key and password once; the password is the one that was wished, or a long one."""
    done = account(tmp_path, "add", "--name", "One", "--email", "one@example.com", "--id", "111122223333", "--password", "Correct-Horse-7")
    assert done.returncode == 0, done.stderr
    assert "one@example.com and the password Correct-Horse-7" in done.stdout
    assert re.search(r"^export AWS_ACCESS_KEY_ID=AKIA[A-Z2-7]{16}$", done.stdout, re.M)
    done = account(tmp_path, "add", "--name", "Two", "--email", "two@example.com")
    assert re.search(r"the password [\w-]{23}$", done.stdout, re.M), done.stdout
    assert rows(tmp_path)[0] == ["111122223333", "One", "one@example.com"] and len(rows(tmp_path)) == 2


def test_what_add_refuses(tmp_path):
    """A taken number or address and a weak password make no account."""
    assert account(tmp_path, "add", "--id", "111122223333", "--email", "one@example.com").returncode == 0
    for words, complaint in ((["--id", "111122223333"], "exists already"), (["--email", "ONE@example.com"], "another account has"),
                             (["--password", "weak"], "minimum length of 8"), (["--id", "12"], "12 digits")):
        done = account(tmp_path, "add", *words)
        assert done.returncode == 1 and complaint in done.stderr, done.stderr
    assert len(rows(tmp_path)) == 1


def test_secrets_are_made_anew(tmp_path):
    """`root-key` and `root-password` show a new one; `reset` leaves both."""
    account(tmp_path, "add", "--id", "111122223333", "--email", "one@example.com")
    assert "export AWS_ACCESS_KEY_ID=AKIA" in account(tmp_path, "root-key", "111122223333").stdout
    assert "the password Correct-Horse-7" in account(tmp_path, "root-password", "111122223333", "--password", "Correct-Horse-7").stdout
    assert "as new" in account(tmp_path, "reset", "111122223333").stdout
    assert [r[0] for r in rows(tmp_path)] == ["111122223333"]


def test_an_account_is_removed(tmp_path):
    """`remove` takes the account out of the list; what is not there is not removed."""
    account(tmp_path, "add", "--id", "111122223333")
    assert account(tmp_path, "remove", "111122223333").returncode == 0 and rows(tmp_path) == []
    done = account(tmp_path, "remove", "111122223333")
    assert done.returncode == 1 and "no account of that id" in done.stderr
    done = account(tmp_path, "remvoe", "111122223333")
    assert done.returncode == 1 and "did you mean remove?" in done.stderr
    assert account(tmp_path, "reset").returncode == 1
