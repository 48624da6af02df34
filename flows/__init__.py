"""Orchestration: the cycle, its Prefect flows, the settings and the command line."""
