#!/usr/bin/env python3
"""Builds the Debian package of the node, with an environment of its own.

    python deploy/debian/build.py [--version 0.1.0-1] [--to build/deb]

Rules:

* what is packed is the wheel of this tree and the packages of requirements/runtime.txt, each
  compared with its hash, under /usr/lib/corridor; nothing of the system's Python libraries is used;
* the package fits the Python it is built with: Debian's `python3.11` where `.venv` is a 3.11;
* the same tree makes the same package, byte by byte (times are those of its last commit);
* nothing is fetched or made when the package is installed.

Needs `dpkg-deb`, which every Debian has. Where `lintian` is installed, it reads the result.
"""

import argparse
import gzip
import os
import re
import shutil
import subprocess
import sys
from email.utils import formatdate
from pathlib import Path

import manpage

from corridor import __version__
from corridor.cli.completion import SHELLS, script

HERE = Path(__file__).resolve().parent
TREE = HERE.parents[1]
NAME = "corridor-node"
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
HOME = "/usr/lib/corridor"
COMPLETIONS = {
    "bash": "usr/share/bash-completion/completions/corridor",
    "zsh": "usr/share/zsh/vendor-completions/_corridor",
    "fish": "usr/share/fish/vendor_completions.d/corridor.fish",
}
STARTER = f"""#!{HOME}/bin/python3 -I
from corridor.cli.main import main

main()
"""


def main() -> int:
    """Build the package; print where it is."""
    options = argparse.ArgumentParser(description="Build the Debian package of the node.")
    options.add_argument("--version", default=f"{__version__}-1", help="the package's version")
    options.add_argument("--to", type=Path, default=TREE / "build" / "deb", help="where to write")
    options.add_argument("--no-lint", action="store_true", help="do not have lintian read it")
    options.add_argument("--quick", action="store_true", help="pack quickly, not small: for trying")
    asked = options.parse_args()
    if not re.fullmatch(r"[0-9][A-Za-z0-9.+~]*-[A-Za-z0-9.+~]+", asked.version):
        print(f"build: {asked.version}: a version is like 0.1.0-1", file=sys.stderr)
        return 2
    if shutil.which("dpkg-deb") is None:
        print("build: needs dpkg-deb; a Debian package is built on Debian", file=sys.stderr)
        return 1
    try:
        package = build(asked.version, asked.to.resolve(), quick=asked.quick)
        if not asked.no_lint:
            read_by_lintian(package)
        print(package)
    except subprocess.CalledProcessError as error:
        print(f"build: failed: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return 1
    return 0


def build(version: str, to: Path, *, quick: bool) -> Path:
    """Lay out the package's files below `to` and pack them; return the package."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", _git("%ct"))
    root = to / "root"
    shutil.rmtree(root, ignore_errors=True)
    (root / "DEBIAN").mkdir(parents=True)
    environment(root, to)
    documents(root, version)
    service(root)
    control(root, version)
    modes(root)
    package = to / f"{NAME}_{version}_{architecture()}.deb"
    half = package.with_suffix(".part")
    packing = ("-Zgzip", "-z1") if quick else ("-Zxz",)
    run("dpkg-deb", "--root-owner-group", "--build", *packing, root, half)
    return half.replace(package)


def environment(root: Path, to: Path) -> None:
    """Lay out /usr/lib/corridor: Debian's Python, our packages, one command."""
    home = root / HOME[1:]
    site = home / "lib" / PYTHON / "site-packages"
    install = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-qq",
               "--no-input", "--no-deps", "--no-compile", "--target", site)  # fmt: skip
    locked = TREE / "requirements" / "runtime.txt"
    run(*install, "--only-binary", ":all:", "--require-hashes", "-r", locked)
    wheels = to / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", wheels, TREE)
    run(*install, "--no-index", *wheels.glob("*.whl"))
    shutil.rmtree(site / "bin", ignore_errors=True)  # commands of libraries, which nobody calls
    # Among them a shell for SQLite, which would damage an open store: the manual, Install.
    shutil.rmtree(site / "apsw" / "sqlite_extra_binaries", ignore_errors=True)
    for place in site.glob("*.dist-info/direct_url.json"):
        # It names the folder in which this was built, and RECORD names its sum.
        place.unlink()
        record = place.with_name("RECORD")
        lines = record.read_text("utf-8").splitlines(keepends=True)
        record.write_text("".join(one for one in lines if place.name not in one), "utf-8")
    (home / "bin").mkdir()
    (home / "bin" / "python3").symlink_to(f"/usr/bin/{PYTHON}")
    number = PYTHON.removeprefix("python")
    settings = f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {number}\n"
    (home / "pyvenv.cfg").write_text(settings)
    (home / "bin" / "corridor").write_text(STARTER)
    # The node's user cannot write here, and a command must not compile anew each time.
    run(sys.executable, "-m", "compileall", "-q", "-s", root, "--invalidation-mode",
        "unchecked-hash", site)  # fmt: skip
    (root / "usr" / "bin").mkdir()
    (root / "usr" / "bin" / "corridor").symlink_to("../lib/corridor/bin/corridor")


def documents(root: Path, version: str) -> None:
    """Lay out the man page, completions, the manual, and the files of those who watch."""
    doc = root / "usr" / "share" / "doc" / NAME
    doc.mkdir(parents=True)
    shutil.copy(HERE / "copyright", doc)
    told = f"{NAME} ({version}) unstable; urgency=medium\n\n  * See changelog.gz.\n\n"
    told += f" -- The Corridor developers <corridor@localhost>  {formatdate(made_s())}\n"
    packed(doc / "changelog.Debian.gz", told)
    packed(doc / "changelog.gz", (TREE / "CHANGELOG.md").read_text("utf-8"))
    for source, name in (("docs/manual", "manual"), ("proto", "protocol"), ("deploy", "deploy")):
        (doc / name).mkdir()
        for page in sorted((TREE / source).glob("*.md")):
            shutil.copy(page, doc / name)
    packed(root / "usr/share/man/man1/corridor.1.gz", manpage.page(version, made_s()))
    for shell in SHELLS:
        place = root / COMPLETIONS[shell]
        place.parent.mkdir(parents=True)
        place.write_text(script(shell), "utf-8")
    share = root / "usr" / "share" / "corridor"
    for source, pattern in (("prometheus", "*.yml"), ("prometheus", "*.toml"),
                            ("prometheus", "*.py"), ("grafana", "*.json")):  # fmt: skip
        (share / source).mkdir(parents=True, exist_ok=True)
        for file in sorted((TREE / "deploy" / source).glob(pattern)):
            shutil.copy(file, share / source)


def service(root: Path) -> None:
    """Lay out the units, and what /etc holds."""
    units = root / "usr" / "lib" / "systemd" / "system"
    units.mkdir(parents=True)
    for unit in (TREE / "deploy" / "systemd").glob("*.service"):
        shutil.copy(unit, units)
    rotate = root / "etc" / "logrotate.d" / "corridor-broker"
    rotate.parent.mkdir(parents=True)
    shutil.copy(HERE / "corridor-broker.logrotate", rotate)
    overrides = root / "usr" / "share" / "lintian" / "overrides" / NAME
    overrides.parent.mkdir(parents=True)
    shutil.copy(HERE / "lintian-overrides", overrides)


def control(root: Path, version: str) -> None:
    """Write what dpkg reads."""
    place = root / "DEBIAN"
    for name in ("postinst", "prerm", "postrm", "templates"):
        shutil.copy(HERE / name, place / name)
    (place / "conffiles").write_text("/etc/logrotate.d/corridor-broker\n")
    size = sum(-(-one.lstat().st_size // 1024) for one in root.rglob("*") if one.is_file())
    words = {"VERSION": version, "ARCHITECTURE": architecture(), "PYTHON": PYTHON,
             "SIZE": str(size), "GLIBC": newest_glibc(root)}  # fmt: skip
    text = (HERE / "control").read_text("utf-8")
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    (place / "control").write_text(text, "utf-8")
    # after the rest: what the package holds, for `dpkg --verify`
    sums = [f"{md5(one)}  {one.relative_to(root)}\n"
            for one in sorted(root.rglob("*"))
            if one.is_file() and not one.is_symlink() and place not in one.parents
            and "etc" not in one.relative_to(root).parts[:1]]  # fmt: skip
    (place / "md5sums").write_text("".join(sums), "utf-8")


def newest_glibc(root: Path) -> str:
    """Return the newest C library that a wheel asks for: "2.34"."""
    least = (2, 17)
    for wheel in root.glob(f"{HOME[1:]}/lib/*/site-packages/*.dist-info/WHEEL"):
        told = wheel.read_text("utf-8")
        asked = [
            (int(one), int(other)) for one, other in re.findall(r"manylinux_(\d+)_(\d+)", told)
        ]
        if asked and "manylinux2014" not in told:
            least = max(least, min(asked))  # any of a wheel's tags is enough for it
    return ".".join(map(str, least))


def modes(root: Path) -> None:
    """Give every file the mode that Debian expects, whatever the builder's umask is."""
    for one in [root, *root.rglob("*")]:
        if one.is_symlink():
            continue
        program = one.parent.name == "bin" or one.name in {"postinst", "prerm", "postrm"}
        one.chmod(0o755 if one.is_dir() or program else 0o644)


def read_by_lintian(package: Path) -> None:
    """Have lintian read the package, where it is installed; an error ends the build."""
    if shutil.which("lintian") is None:
        print("build: lintian is not installed: the package was not read by it", file=sys.stderr)
        return
    run("lintian", "--fail-on", "error", "--no-tag-display-limit", "--allow-root", package)


def packed(place: Path, text: str) -> None:
    """Write a compressed text that does not name its time."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def md5(path: Path) -> str:
    """Return the sum that dpkg compares; it guards against damage, not against anybody."""
    import hashlib  # noqa: PLC0415 - here only

    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def architecture() -> str:
    """Return Debian's name of this machine's kind."""
    asked = ("dpkg", "--print-architecture")
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def made_s() -> int:
    """Return the time that the package names, in Unix seconds; the same tree has the same."""
    return int(os.environ["SOURCE_DATE_EPOCH"])


def _git(form: str) -> str:
    asked = ("git", "-C", str(TREE), "log", "-1", f"--format={form}")
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def run(*command: object) -> None:
    """Run a command whose output goes to standard error: ours is the package's name alone."""
    subprocess.run([str(word) for word in command], check=True, stdout=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
