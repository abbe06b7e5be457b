"""What there is to run: ``python -m vae_exp``."""

import difflib
import shlex
import sys

from vae_exp.cli.errors import BEFORE_TRAINING, print_error
from vae_exp.cli.parser import exit_codes
from vae_exp.configuration.command_line import COMMANDS


def main() -> None:
    """List the commands; exit with 2 where there are words, which are one command's."""
    with exit_codes():
        words = [word for word in sys.argv[1:] if word not in ("-h", "--help")]
        if words:
            near = difflib.get_close_matches(words[0], COMMANDS, n=1)
            name, *rest = [*near, *words[1:]] if near else ["run", *words]
            print_error(
                f"expected the name of a command in one word with vae_exp, got {words[0]}; "
                f"python -m vae_exp.{shlex.join([name, *rest])}"
            )
            sys.exit(BEFORE_TRAINING)
        width = max(map(len, COMMANDS))
        for name, what in COMMANDS.items():
            print(f"python -m vae_exp.{name:{width}}  {what}")
        print("\n--help after each of them says how; vae-exp is short for python -m vae_exp.run")


if __name__ == "__main__":
    main()
