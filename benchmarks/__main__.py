"""``python -m benchmarks``: every benchmark, one after the other."""

from benchmarks import bootstrap

if __name__ == "__main__":
    bootstrap.main()
