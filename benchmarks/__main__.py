"""Runs every benchmark of this folder, each in a process of its own, and writes benchmarks/RESULTS.md.

    python -m benchmarks [--large] [NAME ...]

A benchmark is a module that prints a table and leaves with 1 when a limit of its own is passed. `--large` sets OPENTOM_BENCH_LARGE=1 for those
that have a size of a million.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    names = sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))
    parser = argparse.ArgumentParser(description="Measure, and write benchmarks/RESULTS.md.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(names)}")
    parser.add_argument("--large", action="store_true", help="also at a million targets")
    options = parser.parse_args()
    unknown = set(options.names) - set(names)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    environment = os.environ | {"PYTHONPATH": f"{HERE.parent}{os.pathsep}{HERE.parent / 'src'}"}
    if options.large:
        environment["OPENTOM_BENCH_LARGE"] = "1"
    parts = [
        f"# Results\n\nPython {platform.python_version()}, {os.cpu_count()} cores. Remade by `make bench`; ratios within one run are what counts.\n"
    ]
    failed = []
    for name in options.names or names:
        print(f"=== {name}", flush=True)
        done = subprocess.run([sys.executable, str(HERE / f"{name}.py")], env=environment, capture_output=True, text=True, check=False)
        print(done.stdout + done.stderr, flush=True)
        failed += [name] if done.returncode else []
        words = done.stdout or (done.stderr.strip().splitlines() or [""])[-1] + "\n"
        parts.append(f"\n## {name}{'' if done.returncode == 0 else ': FAILED'}\n\n```text\n{words}```\n")
    if not options.names:
        (HERE / "RESULTS.md").write_text("".join(parts))
    if failed:
        print(f"failed: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
