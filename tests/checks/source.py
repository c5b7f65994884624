"""What the checks share: the project's own files, their text without comments, and complaints that name file and line."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)

complaints = []


def complain(path, line, message):
    complaints.append((str(path.relative_to(ROOT)), line, message))


def complain_at(path, text, position, message):
    complain(path, text.count("\n", 0, position) + 1, message)


def finish():
    """Prints the complaints and ends the program; the exit status is 1 when there was one."""
    for path, line, message in sorted(complaints):
        print(f"{path}:{line}: {message}")
    sys.exit(1 if complaints else 0)


def project_files():
    """Every file that is, or is about to be, in the repository."""
    try:
        listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                check=True, capture_output=True, text=True).stdout.split("\0")
        paths = [ROOT / name for name in listed if name]
    except (OSError, subprocess.CalledProcessError):  # a copy without its history
        paths = [path for path in ROOT.rglob("*") if not path.relative_to(ROOT).parts[0].startswith(("build", ".git"))]
    return sorted(path for path in paths if path.is_file() and not path.is_symlink())


def c_files(*folders):
    for path in project_files():
        if path.suffix in (".c", ".h") and path.relative_to(ROOT).parts[0] in folders:
            yield path


def without_comments(text, keep_strings=True):
    """The same text with every comment (and string) blanked, so that positions stay."""
    def blank(match):
        token = match.group()
        if token[0] in "\"'" and keep_strings:
            return token
        inner = re.sub(r"[^\n]", " ", token)
        return token[0] + inner[1:-1] + token[-1] if token[0] in "\"'" else inner
    return TOKEN.sub(blank, text)
