"""Findings: a sign in a sentence, and how the sentence speaks of it.

Reported, denied, considered or background: by the cues around the words of the event
(`vocabulary/modality.toml`), its clause, and the days that the sentence names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from alerts.reading.coding import Category, Direction, Status
from alerts.reading.words.fold import fold
from alerts.reading.words.passage import Passage
from alerts.reading.words.scan import Hit
from alerts.reading.words.sentence import clause, days
from alerts.reading.words.vocabulary import Sign

_DEEP = 600
"""CJK characters (three times as many Latin ones) that the news of a text is expected to take."""


class Finding(NamedTuple):
    """A sign in a sentence."""

    sign: Sign
    hits: tuple[Hit, ...]
    passage: Passage
    status: Status

    @property
    def place(self) -> tuple[str, int]:
        """Field and number of the sentence."""
        return self.passage.field, self.passage.number


def status_of(
    sign: Sign, hits: tuple[Hit, ...], passage: Passage, published: date | None
) -> Status:
    """How the sentence speaks of the event: denied > considered > background > reported."""
    if sign.status:
        return sign.status
    around = Around(hits, passage)
    refusal = sign.all[0].endswith(".refusal")
    if around.says("refuted", 10) if refusal else around.denies():
        return Status.DENIED
    if not refusal and around.is_supposed:
        return Status.CONSIDERED
    if sign.direction is Direction.EASING and around.is_withheld:
        return Status.DENIED
    if sign.direction is Direction.EASING and around.says("demand", 4):
        return Status.CONSIDERED
    if around.is_past(published):
        return Status.BACKGROUND
    if not sign.incident and (around.is_cause or around.tells_which):
        return Status.BACKGROUND
    if sign.category in _MEASURES and around.leads_noun:
        return Status.BACKGROUND
    if not (_is_answer(sign) or sign.incident) and around.says("object", 4):
        return Status.BACKGROUND
    if around.is_named and (passage.field == "text" or not sign.incident):
        return Status.BACKGROUND
    if passage.field == "text" and (sign.mention or around.is_deep or around.was_before):
        return Status.BACKGROUND
    return Status.REPORTED


_MEASURES = {
    Category.EXCHANGE_CANCELLATION,
    Category.SANCTIONS_LEGAL,
    Category.TRADE_RESTRICTION,
    Category.TRANSPORT,
    Category.VISA_ENTRY,
}
"""Categories whose signs are a thing and what is done to it."""


def _is_answer(sign: Sign) -> bool:
    """Whether the event is itself a protest; what is protested against is no news."""
    words = {Category.DIPLOMATIC_PROTEST, Category.PUBLIC_SENTIMENT}
    return sign.category in words and sign.all[0] != "public_sentiment.shrine"


_CUES = {
    cue: (f"modality.{cue}-before", f"modality.{cue}-after")
    for cue in (
        "denied",
        "refuted",
        "considered",
        "conditional",
        "demand",
        "cause",
        "relative",
        "object",
        "perfect",
        "earlier",
    )
}


_OF_VERBS = {"denied", "considered", "conditional", "demand"}
"""Cues that may stand between the noun of an event and its verb (imports may be banned)."""


_OF_CLAUSES = {"cause", "object"}
"""Cues that hold for their own clause alone: in 宣布停止進口, 日方表示遺憾 the halt is news."""


class Around:
    """The clause around the words of an event; offsets are those of the field."""

    __slots__ = ("_clause", "end", "head", "hits", "last", "passage", "scale", "start")

    def __init__(self, hits: Sequence[Hit], passage: Passage) -> None:
        self.passage = passage
        self.hits = hits
        self.start = min(hits)[0]
        self.head = hits[0][0]
        """Where the noun of the event begins: its verb may stand before it."""
        self.last = max(hits)[0]
        self.end = max([hit[1] for hit in hits])
        self.scale = passage.scale
        self._clause: tuple[int, int] | None = None

    @property
    def clause(self) -> tuple[int, int]:
        """Where it begins and ends: looked for once it is asked, as most sentences hold no cue."""
        if self._clause is None:
            base = self.passage.start
            low, high = clause(self.passage.text, self.start - base, self.end - base)
            self._clause = base + low, base + high
        return self._clause

    @property
    def low(self) -> int:
        """Where the clause begins."""
        return self.clause[0]

    @property
    def high(self) -> int:
        """Where it ends."""
        return self.clause[1]

    def denies(self) -> bool:
        """A denial before or among the words of the event, or soon after them. One within such a
        word is its own (姿見せず)."""
        among = self.passage.lists.get("modality.denied-after", ())
        between = [hit for hit in among if self.start <= hit.start < self.end]
        return self.says("denied", 14) or not all(self._is_own(hit) for hit in between)

    def _is_own(self, cue: Hit) -> bool:
        return any(hit.start <= cue.start and cue.end <= hit.end for hit in self.hits)

    def says(self, cue: str, reach: int) -> bool:
        """A cue of the kind before the event in its clause, or within `reach` after it."""
        before, after = _CUES[cue]
        lists = self.passage.lists
        if before in lists:
            low, point = self.clause[0], self._point(cue)
            cues = [hit for hit in lists[before] if low <= hit[0] and hit[1] <= point]
            if any(not self._is_lapse(hit) for hit in cues):
                return True
        if after not in lists:
            return False
        far = self.end + reach * self.scale
        if self.scale > 1 or cue in _OF_CLAUSES:
            far = min(far, self.clause[1])
        return any(self.end <= hit[0] <= far and not self._is_first(hit) for hit in lists[after])

    def _point(self, cue: str) -> int:
        """Before which a cue has to stand: in English "freed after years" the verb comes first."""
        if cue == "cause" and self.scale > 1:
            return self.start
        return self.last if cue in _OF_VERBS else self.head

    def _is_first(self, hit: Hit) -> bool:
        """A first time since the past (回歸後首次) is news."""
        return self.passage.text[hit.end - self.passage.start :][:1] in {"首", "初"}

    def _is_lapse(self, hit: Hit) -> bool:
        """How long it lasted ("reopens after two years") is no cause."""
        return bool(_LAPSE.match(self.passage.text, hit.start - self.passage.start))

    @property
    def is_supposed(self) -> bool:
        """Only considered, asked, or what might come."""
        return self.says("considered", 10) or self.supposes or self.asks or self.is_left_open

    @property
    def is_left_open(self) -> bool:
        """What may come of it is told right after it ("anti-Japanese feeling may run high"), or
        a Japanese headline asks (輸出停止か)."""
        return bool(_OPEN.match(self.passage.text, self.end - self.passage.start))

    @property
    def supposes(self) -> bool:
        """A "would" that nobody reports, or one who guesses: in "the airline said it would halt
        flights" it is the future seen from then, and news."""
        if not self.says("conditional", 10):
            return False
        lists = self.passage.lists
        return "modality.guesser" in lists or _TELLING.isdisjoint(lists)

    @property
    def is_now(self) -> bool:
        """A new step in the same breath, of which the past is only the frame."""
        return self._holds("modality.now")

    @property
    def is_besides(self) -> bool:
        """Further news, told as such ("meanwhile", 另外, また)."""
        return "modality.besides" in self.passage.lists

    @property
    def is_cause(self) -> bool:
        """What comes of it is the news ("after ...", 因..., ...を受け)."""
        return self.says("cause", 6)

    def is_past(self, published: date | None) -> bool:
        """A cue of the past in the clause, or a day more than a week before publication."""
        if self.is_now or self._is_to_come:
            return False
        if self._holds("modality.past") or self._opens("modality.past"):
            return True
        return self._of_a_year() if published is None else self._old(published)

    @property
    def _is_to_come(self) -> bool:
        """Told of the future ("twinned since 1973, will not host")."""
        low, base = self.clause[0], self.passage.start
        return bool(_WILL.search(self.passage.text[low - base : self.last - base]))

    def _of_a_year(self) -> bool:
        """A year, without a day, in the clause: where the text has no date, that is history."""
        return bool(_YEAR.search(self.passage.text[: self.high - self.passage.start]))

    def _opens(self, name: str) -> bool:
        """A time that opens a sentence holds for all of it."""
        start = self.passage.start
        hits = self.passage.lists.get(name, ())
        return self.passage.field == "text" and any(h.start - start <= 2 for h in hits)

    @property
    def asks(self) -> bool:
        """A question, not a report."""
        return self.passage.text.rstrip(" \n\"').").endswith("?")

    @property
    def tells_which(self) -> bool:
        """The event only says which person or thing is meant (停止した措置, 被取消的活動)."""
        after = self.passage.text[self.end - self.passage.start :]
        return self.says("relative", 0) or bool(_ATTRIBUTE.match(after))

    @property
    def is_withheld(self) -> bool:
        """What would ease is stopped or refused ("stopped approving", 拒絕解除)."""
        text, base = self.passage.text, self.passage.start
        verbs = (hit.start - base for hit in self.hits)
        return any(_WITHHELD.search(text[max(verb - 14, 0) : verb]) for verb in verbs)

    @property
    def leads_noun(self) -> bool:
        """Whether the verb stands before its noun as an attribute (延期の会議, 被取消的演出)."""
        base = self.passage.start
        ends = [hit[1] - base for hit in self.hits[1:] if hit[1] <= self.head]
        return any(_OF.match(self.passage.text, end) for end in ends)

    @property
    def is_named(self) -> bool:
        """A noun that recalls a known event (漁船衝突事件, the stabbing case)."""
        return bool(_CASE.match(self.passage.text[self.end - self.passage.start :]))

    @property
    def was_before(self) -> bool:
        """Told in the pluperfect, unless that only reports what somebody said."""
        said = [h.start for h in self.passage.lists.get("modality.speech", ())]
        return any(
            self.low <= had.start and had.end <= self.start and not any(s < had.start for s in said)
            for had in self.passage.lists.get("modality.pluperfect", ())
        )

    @property
    def lasts(self) -> bool:
        return self.says("perfect", 5)

    @property
    def is_deep(self) -> bool:
        """Far down in a long text, where the news is told and the story so far begins."""
        return self.start > _DEEP * self.scale and not self.is_now

    def _holds(self, name: str) -> bool:
        if name not in self.passage.lists:
            return False
        low, high = self.clause
        return any(low <= hit[0] < high for hit in self.passage.lists[name])

    def _old(self, published: date) -> bool:
        if not (told := days(self.passage.text, published)):
            return False
        (low, high), base = self.clause, self.passage.start
        near = 40 * self.scale
        named = [day for place, day in told if low - near <= base + place < high]
        return bool(named) and max(named) < published - timedelta(days=7)


_CASE = re.compile(
    f"(?:{fold('事件|事案|問題|騒動|風波|一事').text})"
    "| (?:incident|case|row|dispute|issue|scandal)s?\\b"
)
_OF = re.compile("の|的|(?:し|され)た")
_LAPSE = re.compile(
    r"after (?:(?:an?|the|more than|less than|nearly|almost|over|about|some|just|only) ){0,2}"
    r"(?:(?:\w+[- ])?(?:years|months|weeks|days|hours|decades?)\b(?! (?:ago|earlier|before|later))"
    r"|(?:year|month|week|day)\b(?![- ](?:ago|earlier))"
    r"|\w+-(?:year|month|week|day) (?:break|hiatus|gap|absence|pause|lull|interval)\b)"
)
_WILL = re.compile(r"\b(?:will|won't|shall)\b")
_OPEN = re.compile(" (?:may|might|could) |(?:へ|に)?か(?=$|[ \u3000」、。)])")
_TELLING = frozenset({"modality.speech", "modality.inform"})
_YEAR = re.compile(r"(?<![\d,])(?<!\d )(?<!\d, )(?:19|20)\d\d(?!\d|年\d{1,2}月\d)")
_WITHHELD = re.compile(
    r"\b(?:stop(?:s|ped|ping)?|ceas(?:e|es|ed|ing)(?: to)?|(?:refus|declin)(?:e|es|ed|ing) to"
    r"|fail(?:s|ed|ing)? to|no longer|halt(?:s|ed|ing)?) $"
    f"|(?:{fold('停止|拒絕|拒絶|不再|不予|未能|未獲|無意').text})$"
)
"""What stands before a verb that it keeps from happening."""
_ATTRIBUTE = re.compile(
    f"(?:を?(?:し|され|行っ))?(?:た|ている|ていた)(?!{fold('方針|疑|容疑|可能|形|模様|上|後|際|場合|件').text})(?=[一-鿿ァ-ヶ])"
    "|で(?=[\u4e00-\u9fffァ-ヶ]|$)"
    "|(?:する)?など(?:し|して)[^、。]{0,6}(?:された|した)(?=[\u4e00-\u9fffァ-ヶ])"
    f"|の(?={fold('活動家|男|女|船長|乗組員|容疑者|被告|社員|記者|(?:香港|中国|日本)人?(?:活動家|男|女|船長|乗組員|記者|社員|人)').text})"
    "|させ?た?として[^、。]{0,16}(?:逮捕|起訴|拘束|送検)された(?=[\u4e00-\u9fffァ-ヶ])"
    f"|する(?={fold('若者|人|市民|団体|デモ|集会|声|動き|企業|住民|議員|勢力|運動').text})"
)
"""What follows a Japanese event that only describes a noun, or is the cause (禁輸で)."""
