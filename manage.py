#!/usr/bin/env python
"""Django's commands. Without DATABASE_URL and REDIS_URL the embedded servers are adopted or started."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch.settings")
    if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ:
        execute()
        return
    from dispatch.embedded.process import LauncherError
    from dispatch.embedded.servers import running

    try:
        with running() as environment:
            os.environ.update(environment)
            execute()
    except LauncherError as error:
        sys.exit(str(error))


def execute() -> None:
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
