"""Asking hosts: HTTP within bounds and manners, robots.txt, bot checks, kept answers."""
