"""Run the command line as ``python -m hub.cli``, as the supervisor does."""

from hub.cli.main import main

main()
