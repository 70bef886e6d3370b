"""`python -m honnin` is the `honnin` command."""

from honnin.sites.commands import main

main()
