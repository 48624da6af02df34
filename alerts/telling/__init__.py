"""Who is told, in which words, through which channel? Notices, rendering, channels, outbox."""
