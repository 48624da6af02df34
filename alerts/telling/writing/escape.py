"""Escaping: text from outside becomes harmless text of one format.

Whoever writes a headline must not be able to write a mail header, call the members of a chat,
place a link, turn the reading direction or hide words. Every function here takes hostile text.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

import regex

JOINER = "\u2060"
"""WORD JOINER: invisible, and it parts `@` from the name that a chat would call."""

LINK_LIMIT = 1500
"""Longer addresses are left out: services cut messages, and a cut link leads elsewhere."""

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
"""Unicode categories of what is not seen: controls, bidi, zero width, lone surrogates."""
_EMOJI_JOINERS = "\u200c\u200d"
_BREAKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"
_SPACES = re.compile(r"\s+")
_MENTION = re.compile(r"[@＠](?=\S|$)")
_TAG = re.compile(r"<(?=[!@#/]|[^\W\d_])")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_MARKDOWN = re.compile(r"[\\`*_]|~(?=~)|(?<=~)~|\|(?=\|)|(?<=\|)\||^[-+#=]")
_FULL_WIDTH = str.maketrans("<>[]", "＜＞［］")
_URL_SAFE = "/:?#!$&+,;=%-._~"


def visible(text: str) -> str:
    """What a reader sees of `text`, on one line: no controls, no bidi, single spaces.

    >>> visible("Ban\\r\\nBcc: x@y.example")
    'Ban Bcc: x@y.example'
    """
    return _SPACES.sub(" ", "".join(_visible(c) for c in text))


def plain(text: str) -> str:
    """`visible`, and no chat reads a mention or a tag in it.

    >>> plain("<at id=1> <!channel>")
    '＜at id=1> ＜!channel>'
    """
    return _TAG.sub("＜", _MENTION.sub(lambda at: at[0] + JOINER, visible(text)))


def markdown(text: str) -> str:
    """`plain`, and no dialect of Markdown reads markup in it.

    Brackets become their full-width forms: for them there is no escape that CommonMark,
    Mattermost, Slack, Telegram, Discord and Python-Markdown share, least of all in a link.

    >>> markdown("[x](http://y.example) *z*")
    '［x］(http://y.example) \\\\*z\\\\*'
    """
    quiet = _ENTITY.sub("＆", plain(text).translate(_FULL_WIDTH))
    return _MARKDOWN.sub(lambda found: "\\" + found[0], quiet)


def link(url: str) -> str | None:
    """An address that can stand as a link in any format, or None: http(s) with a host only."""
    if len(url) > LINK_LIMIT or not url.isprintable() or not _is_web(url):
        return None
    return quote(url, safe=_URL_SAFE)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, ended by `…` where something is missing.

    A grapheme (UAX 29: a letter with its accents, a flag, a family of emoji) stays whole.
    """
    if len(text) <= limit:
        return text
    end = 0
    for grapheme in regex.finditer(r"\X", text):
        if grapheme.end() >= limit:
            break
        end = grapheme.end()
    return text[:end].rstrip() + "…"


def _visible(character: str) -> str:
    if character in _EMOJI_JOINERS or unicodedata.category(character) not in _HIDDEN:
        return character
    return " " if character in _BREAKS else ""


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and not _odd(parts.netloc)
    except ValueError:
        return False


def _odd(netloc: str) -> bool:
    """Names and passwords before the host deceive readers; brackets are Markdown's own."""
    return any(character in netloc for character in "@[]")
