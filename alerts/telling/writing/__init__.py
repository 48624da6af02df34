"""What is told, in the words and format of its reader."""
