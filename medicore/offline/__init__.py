"""What travels with an export: a program that needs nothing of MediCore, and that MediCore never imports."""
