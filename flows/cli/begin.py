"""Commands to begin with: `init` and `check`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.console import ConfigOption, house, out, say, say_error

if TYPE_CHECKING:
    from flows.configuration.settings import House


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.callback()(version)
    app.command()(init)
    app.command()(check)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version as installed

        out().print(f"noroshi {installed('noroshi')}")
        raise typer.Exit


def version(
    show: Annotated[
        bool,
        typer.Option(
            "--version", help="print the version and exit", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """Watch the news on Hong Kong–Japan–China relations; tell people when something happens.

    Example: noroshi init && noroshi check && noroshi run
    """


def init(
    folder: Annotated[Path, typer.Argument(help="where to write (default: here)")] = Path(),
    force: Annotated[bool, typer.Option(help="overwrite files that exist")] = False,
) -> int:
    """Write a commented noroshi.toml and .env.example.

    Example: noroshi init
    """
    for name, template in (("noroshi.toml", "noroshi.toml"), (".env.example", "env.example")):
        target = folder / name
        if target.exists() and not force:
            say_error(f"{target} exists and was left as it is; --force overwrites it")
            return 2
        _write(template, target)
        say(f"wrote {target}")
    say("next: set `contact` and a channel in noroshi.toml, then `noroshi check`, `noroshi run`")
    return 0


def _write(template: str, target: Path) -> None:
    from importlib.resources import files

    from flows.errors import FlowError

    text = files("flows").joinpath("templates", template).read_text(encoding="utf-8")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        what = f"it cannot be written ({error.strerror})"
        raise FlowError(target, what, "name a folder that you may write to") from error


def check(config: ConfigOption = None) -> int:
    """Validate settings, secrets, rules, sources, channels and the data folder; send nothing.

    Example: noroshi check
    """
    from flows.configuration.flaws import deaf

    settings = house(config)
    problems = [
        *_channel_problems(settings),
        *_lake_problems(settings),
        *_rule_problems(settings),
        *deaf(settings),
        *_template_problems(settings),
    ]
    unusable = _folder_problems(settings)
    for line in (*problems, *unusable):
        say_error(line)
    for line in _remarks(settings):
        say(f"note: {line}")
    out().print(_overview(settings), markup=False)
    if problems:
        return 2
    return 1 if unusable else 0


def _channel_problems(settings: House) -> list[str]:
    from alerts.errors import ChannelError
    from alerts.telling.sending.channel import check as check_channel

    if missing := list(settings.missing_secrets()):
        return missing
    problems = []
    places = {table.name: index for index, table in enumerate(settings.settings.channel)}
    for channel in settings.channels():
        try:
            check_channel(channel)
        except ChannelError as error:
            problems.append(f"{settings.at('channel', places[channel.name], 'url')}: {error}")
    return problems


def _lake_problems(settings: House) -> list[str]:
    """One line for each key of the lake's store that is not set."""
    where, lake = settings.at("lake", "data"), settings.lake
    return [
        f"{where}: [lake] data is in an S3 store, which wants {name}, and that is not set; put "
        f"{name}=… into .env or the environment"
        for name in (lake.unset if lake else ())
    ]


def _template_problems(settings: House) -> list[str]:
    from alerts.telling.writing.render import proof

    return list(proof(settings.templates)) if settings.templates else []


def _rule_problems(settings: House) -> list[str]:
    """Rules that contradict themselves, can never match, or stand behind a wider one."""
    from flows.configuration.flaws import flaws_of, place

    return [
        f"{place(settings, flaw)}: rule {flaw.rule_id!r}: {flaw.what}; {flaw.remedy}"
        for flaw in flaws_of(settings)
    ]


def _folder_problems(settings: House) -> list[str]:
    import tempfile

    folder = settings.data_folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return []
    except OSError as error:
        remedy = "give this user write access, or set another data_folder"
        return [f"{folder}: the data folder cannot be written ({error.strerror}); {remedy}"]


def _remarks(settings: House) -> list[str]:
    from extractors.feeds.shipped import refusal
    from flows.configuration.variables import secret_names, unheard

    remarks = []
    if settings.settings.contact is None:
        remarks.append("no `contact` is set; hosts like to know whom to ask about requests")
    elif not re.search(r"\S[@.:]\S", settings.settings.contact):
        remarks.append("`contact` is neither a mail address nor a web address; nobody can answer")
    remarks += unheard(settings.environment, secret_names(settings.settings))
    if not settings.settings.channel:
        remarks.append("no [[channel]] is set: alerts are recorded and sent to nobody")
    for channel in settings.settings.channel:
        if "@" in channel.url and not channel.url.startswith("env:"):
            remarks.append(f"channel {channel.name!r} may hold a password; move it to .env")
    for source in settings.sources:
        if source.enabled and (why := refusal(source.url)):
            remarks.append(f"source {source.id!r}: {why}")
    return remarks


def _overview(settings: House) -> str:
    on = sum(source.enabled for source in settings.sources)
    rules = sum(rule.enabled for rule in settings.book.rules)
    return (
        f"{_file(settings)}: {on} sources on, {len(settings.sources) - on} off; {rules} rules on; "
        f"{len(settings.settings.channel)} channels; data in {settings.data_folder}"
    )


def _file(settings: House) -> str:
    return str(settings.file) if settings.file else "built-in settings"
