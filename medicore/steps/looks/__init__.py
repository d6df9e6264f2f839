"""Looks: what an interval and a p-value may claim of a study that is looked at again and again."""
