"""The demo: a news site, an inbox and a chat on loopback, and the real pipeline over them."""
