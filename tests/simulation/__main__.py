"""Write ``docs/simulation.md``."""

from tests.simulation.page import PAGE, text

if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
