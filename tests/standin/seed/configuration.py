"""Seeding the control plane: what the platform really has, and what is hard to bring back."""

from contextlib import closing

from tests.standin.seed.control_plane import ControlPlane, seed_inventory
from tests.standin.seed.odd_configuration import seed_odd_configuration


def seed_control_plane(project: str) -> None:
    """Make the platform's configuration in a project that has none.

    Raises:
        RuntimeError: The control plane refuses something.
    """
    with closing(ControlPlane(project)) as plane:
        seed_inventory(plane)
        seed_odd_configuration(plane)
