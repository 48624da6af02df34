"""How it is kept: in one file or in a lake, whole whatever happens."""
