"""`python -m installation`: the command line."""

from installation.cli import main

main()
