"""What each `rebound` does before it does anything, done once in the process that forks them.

Typer reads the signatures of a module's commands, and a few modules are imported when they are first used:
that takes a tenth of the processor time of a `rebound plan`.
"""

from importlib import import_module

from tests.commands import every_command

for name in ("_strptime", "netrc", "typer._adapters"):
    import_module(name)
every_command()
