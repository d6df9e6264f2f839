"""The content store, scratch folders, and the environments in which steps are performed again."""
