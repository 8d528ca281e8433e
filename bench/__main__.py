"""``python -m bench NAME [options]``: one measurement; without a name, the list."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import bench


def main() -> None:
    names = sorted(found.name for found in pkgutil.iter_modules(bench.__path__) if not found.name.startswith("_"))
    name, *options = sys.argv[1:] or [""]
    if name not in names:
        sys.exit(f"python -m bench NAME [options]; NAME is one of: {', '.join(names)}")
    importlib.import_module(f"bench.{name}").main(options)


if __name__ == "__main__":
    main()
