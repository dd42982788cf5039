"""The controller of an interactive gallery installation."""
