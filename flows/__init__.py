"""Orchestration: the cycle, the other flows, the settings and the command line.

    cli, demo           what a person types, and the sample site of `noroshi demo`
    orchestration       what knows Prefect: its server, the schedules, flows as tasks
    watch               fetch → extract → store → match → deliver
    backfill, replay, digest, maintain, seed, prepare, backtest, check, doctor
                        what else can be run: one flow a file
    expiry              what is past its time
    cycle               the steps of a cycle, and their parts
    configuration       noroshi.toml read, checked, written, and what it leads to
    progress, errors    for all of them

Each imports only from below; import-linter holds it. Only `orchestration` and `demo` load Prefect.
"""
