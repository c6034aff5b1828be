"""Start a node as `corridor run` does, with a clock of this suite's and, if asked, a rule broken.

Run as `python wrapped.py CLOCK BREAK corridor-arguments...`; BREAK is "-" for none.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def main() -> None:
    """Run the command line of the product in this process."""
    clock, broken, *arguments = sys.argv[1:]
    from chaos import clock as clocks

    clocks.install(Path(clock))
    if broken != "-":
        from chaos import breaking

        breaking.BREAKS[broken]()
    from corridor.cli.main import main as corridor

    sys.argv = ["corridor", *arguments]
    corridor()


if __name__ == "__main__":
    main()
