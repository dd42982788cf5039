"""`python -m installation`: the command line."""

from installation.run.parent import tie_to_parent

tie_to_parent()

from installation.cli import main  # noqa: E402  a child is tied before it does anything slow

main()
