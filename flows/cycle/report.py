"""What a cycle did, as rows for a table and as Markdown for the Prefect UI."""

from __future__ import annotations

from flows.cycle.summary import Summary

_LABELS = {
    "polled": "sources polled",
    "waiting": "sources not due yet",
    "entries": "entries seen",
    "pages": "pages fetched",
    "new": "articles new",
    "backlog": "of these, backlog",
    "changed": "articles changed",
    "matches": "matches",
    "alerts": "alerts",
    "deliveries": "deliveries",
    "undelivered": "deliveries put off",
    "held_back": "deliveries held back",
    "failed": "sources failed",
}


def rows(summary: Summary) -> list[tuple[str, str]]:
    """Label and value of everything counted, in the order of the cycle."""
    counted = [(label, str(getattr(summary, name))) for name, label in _LABELS.items()]
    counted.append(("errors", str(len(summary.errors))))
    counted.append(("seconds", f"{summary.seconds:.1f}"))
    return counted


def record(summary: Summary) -> dict[str, object]:
    """The same for programs."""
    counted = {name: getattr(summary, name) for name in _LABELS}
    return {
        "run_id": summary.run_id,
        "outcome": summary.outcome,
        **counted,
        "errors": list(summary.errors),
        "seconds": round(summary.seconds, 2),
    }


def sentence(summary: Summary) -> str:
    """One line for a log."""
    return (
        f"{summary.outcome}: {summary.polled} sources ({summary.failed} failed), "
        f"{summary.new} new articles, {summary.alerts} alerts, {summary.deliveries} deliveries, "
        f"{len(summary.errors)} errors, {summary.seconds:.1f} s"
    )


def markdown_report(summary: Summary) -> str:
    """A table of the counts and the errors. What came from outside is in code spans."""
    lines = [f"## Cycle {summary.run_id}: {summary.outcome}", "", "| | |", "|---|---:|"]
    lines += [f"| {label} | {value} |" for label, value in rows(summary)]
    if summary.errors:
        lines += ["", "### Errors", ""]
        lines += [f"- `{error.replace('`', 'ˋ')}`" for error in summary.errors]
    return "\n".join(lines) + "\n"
