"""`python -m honnin` is the `honnin` command."""

from honnin.cli import main

main()
