"""The rules that hold a protocol together: what contradicts itself, and what nothing computes, is refused by name."""
