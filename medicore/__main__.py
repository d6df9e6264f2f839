"""``python -m medicore``: the command line."""

from medicore.cli import main

if __name__ == "__main__":
    main()
