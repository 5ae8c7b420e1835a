"""Command line: `python -m instruments COMMAND`; every command is loaded only when it is asked."""

import importlib
import signal
import sys

COMMANDS = {
    "score": "instruments.scoring.lines",
    "check": "instruments.check.command",
    "pages": "instruments.pages.site",
    "licences": "instruments.library.licences",
    "sources": "instruments.pages.citations",
    "fhir": "instruments.interchange.fhir_command",
    "wording": "instruments.library.wording_command",
    "analyse": "instruments.analysis.command",
}


def main(arguments: list[str]) -> int:
    """Run a command; 2 when it does not exist."""
    if not arguments or arguments[0] not in COMMANDS:
        sys.stderr.write(f"usage: python -m instruments {{{','.join(COMMANDS)}}} ...\n")
        return 2
    module = importlib.import_module(COMMANDS[arguments[0]])
    return int(module.main(arguments[1:]))


if __name__ == "__main__":
    # Whoever stops reading (`| head`) ends the command quietly.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main(sys.argv[1:]))
