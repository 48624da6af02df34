"""What Apprise logged becomes a cause and a remedy, without any secret."""

from __future__ import annotations

import pytest

from alerts.telling.sending.refusal import Refusal, refusal, secrets

URL = "mmosts://bot%40x:p%2Fss@chat.example:8443/team/hooks/abcdef123456?channel=ops&icon_url=k"

LOGS = {
    "Failed to send JSON POST notification: Unauthorized, error=401.": ("401 Unauthorized", True),
    "Failed to send Mattermost notification to channel None: , error=404.": ("404 Not Found", True),
    "Failed to send ntfy notification to topic 'x': limit reached, error=42901.": ("429", False),
    "Failed to send JSON POST notification: , error=418.": ("418", True),
    "Failed to send JSON POST notification: , error=500.": ("500", False),
    "Failed to send Slack notification: , error=200.": ("200 OK but did not take", False),
    "Failed to send JSON POST notification: , error=302.": ("302 Found", False),
    "Failed to send JSON POST notification: , error=599.": ("599", False),
    "Socket Exception: (535, b'5.7.8 bad credentials')": ("535", True),
    "Socket Exception: {'a@b.example': (550, b'no such user')}": ("550", True),
    "Socket Exception: {'a@b': (550, b'no'), 'c@b': (451, b'later')}": ("550, 451", False),
    "Socket Exception: (421, b'try later')": ("421", False),
    "Socket Exception: [Errno 111] Connection refused": ("nothing listens", False),
    "Socket Exception: timed out": ("in time", False),
    "Socket Exception: [SSL: CERTIFICATE_VERIFY_FAILED] x": ("certificate", False),
}


@pytest.mark.parametrize(("line", "verdict"), LOGS.items())
def test_known_causes_are_named(line: str, verdict: tuple[str, bool]) -> None:
    found = refusal([line])
    assert verdict[0] in found.what
    assert found.permanent is verdict[1]
    assert found.remedy


def test_an_unknown_cause_is_quoted_without_secrets() -> None:
    line = (
        "Failed at https://chat.example:8443/team/hooks/abcdef123456"
        " for bot@x p/ss, channel ops\n\x1b[0m"
    )
    found = refusal([line], secrets(URL))
    assert found.what.startswith("Failed at https://***")
    for secret in ("chat.example", "8443", "team", "hooks", "abcdef123456", "bot@x", "p/ss", "ops"):
        assert secret not in found.what
    assert found.what.isprintable()


def test_silence_is_said() -> None:
    assert refusal([]) == Refusal(
        "the service refused the message without a reason",
        "it is sent again; `noroshi channels test` shows whether the channel works",
        permanent=False,
    )
