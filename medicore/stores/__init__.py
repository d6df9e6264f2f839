"""Input and output: one technology per file, behind the ports of ``medicore.ports.files``."""
