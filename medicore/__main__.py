"""``medicore`` and ``python -m medicore``: the command line."""

import signal


def main() -> None:
    """Run the command line; Ctrl-C while it is loaded ends it at once and silently, since nothing has begun."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from medicore.cli import main as run

    run()


if __name__ == "__main__":
    main()
