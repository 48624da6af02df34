"""The words of a text: one form of them, where they stand, sentences."""
