"""The tables that say where results come from, by what they are about; trace.py joins them."""
