"""The words for what a show was like, in the languages of the tips: for exports, chapters and the summary."""

# ruff: noqa: RUF001 - Chinese has punctuation of its own.

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlive_desktop.core.report import Finding

FALLBACK = "en"

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        # Why a moment is a clip.
        "why.mark": "You marked this moment",
        "why.product": "{product}, with its price and how to buy",
        "why.answer": "You answer {viewer}: {question}",
        "why.lively": "Louder and quicker than usual",
        "why.chat": "{count} chat lines in {seconds} seconds",
        "why.recap": "{product} once more for newcomers",
        # Titles of chapters.
        "title.begin": "Welcome",
        "title.mark": "A moment to remember",
        "title.product": "{product}",
        "title.answer": "{question}",
        "title.lively": "A lively moment",
        "title.chat": "The chat is busy",
        "title.recap": "{product} once more",
        "title.starting": "Starting soon",
        "title.break": "Break",
        "title.main": "On air",
        # What was done, in one sentence each.
        "answers.all": "You answered every question.",
        "answers.some": "You answered {part} of {whole} questions.",
        "answers.none": "No question was answered.",
        "prices.all": "Every price came within a minute.",
        "prices.some": "{part} of {whole} prices came within a minute.",
        "prices.none": "No price came within a minute.",
        "calls.all": "You said how to buy after every price.",
        "calls.some": "You said how to buy after {part} of {whole} prices.",
        "calls.none": "You did not say how to buy after a price.",
        "recaps.all": "Newcomers got every recap in time.",
        "recaps.some": "Newcomers got {part} of {whole} recaps in time.",
        "recaps.none": "Newcomers got no recap in time.",
        "points.all": "You said every talking point.",
        "points.some": "You said {part} of {whole} talking points.",
        "points.none": "No talking point was said.",
        "silence.none": "You left no long silence.",
        "silence.one": "Only one silence was long, {quiet_s} seconds.",
        "silence.some": "Only {quiet_s} seconds were long silences.",
        "pace.all": "Your pace was easy to follow all the time.",
        "pace.some": "Your pace was easy to follow {in_range} % of the time.",
        "claims.none": "You made no risky claim.",
        "claims.one": "One claim was risky.",
        "claims.some": "{count} claims were risky.",
        "sound.one": "Your sound had trouble once.",
        "sound.some": "Your sound had trouble {count} times.",
        "picture.one": "Your picture had trouble once.",
        "picture.some": "Your picture had trouble {count} times.",
        "tips.all": "You acted on every tip.",
        "tips.some": "You acted on {part} of {whole} tips.",
        "tips.none": "No tip was acted on.",
        # What to do next time.
        "next.answers": "Next time, answer more viewers: this time {part} of {whole} got an answer.",
        "next.answers.none": "Next time, answer the viewers who ask: this time nobody got an answer.",
        "next.prices": "Next time, say each price in the first minute: this time {part} of {whole} came so early.",
        "next.prices.none": "Next time, say each price in the first minute: this time none came so early.",
        "next.calls": "Next time, say how to buy right after the price: this time {part} of {whole} prices had it.",
        "next.calls.none": "Next time, say how to buy right after the price: this time no price had it.",
        "next.recaps": "Next time, recap every five minutes: this time {part} of {whole} recaps came.",
        "next.recaps.none": "Next time, recap every five minutes: this time no recap came.",
        "next.points": "Next time, bring more talking points: this time {part} of {whole} were said.",
        "next.points.none": "Next time, bring your talking points: this time none was said.",
        "next.silence": "Next time, fill the pauses: this time {quiet_s} seconds were long silences.",
        "next.pace": "Next time, slow down a little: your pace was easy to follow {in_range} % of the time.",
        "next.claims": "Next time, use the safer lines: {count} claims were risky.",
        "next.claims.one": "Next time, use the safer line: one claim was risky.",
        "next.sound": "Next time, test your sound before you start: it had trouble {count} times.",
        "next.sound.one": "Next time, test your sound before you start: it had trouble once.",
        "next.picture": "Next time, keep an eye on your picture: it had trouble {count} times.",
        "next.picture.one": "Next time, keep an eye on your picture: it had trouble once.",
        "next.tips": "Next time, try what the tips say: this time you acted on {part} of {whole}.",
        "next.tips.none": "Next time, try what the tips say: this time you acted on none.",
        # What the show was.
        "show.items": "You showed {names} in {time}.",
        "show.live": "You were live for {time}.",
        "show.open.one": "One question is still open.",
        "show.open": "{count} questions are still open.",
        "show.little": "Too little was heard to say more.",
        "time.short": "less than a minute",
        "time.one": "one minute",
        "time": "{count} minutes",
        "names.two": "{first} and {second}",
        "names.more": "{first}, {second} and {more} more",
        "space": " ",
        # How a summary begins, chosen by a model.
        "opening.1": "Your show in short:",
        "opening.2": "Here is how it went:",
        "opening.3": "A look back:",
    },
    "zh": {
        "why.mark": "你标记的时刻",
        "why.product": "{product}：价格和购买方式都说了",
        "why.answer": "回答 {viewer}：{question}",
        "why.lively": "比平时更响、更快",
        "why.chat": "{seconds} 秒内有 {count} 条弹幕",
        "why.recap": "为新观众回顾 {product}",
        "title.begin": "开场",
        "title.mark": "值得回看的时刻",
        "title.product": "{product}",
        "title.answer": "{question}",
        "title.lively": "热烈的时刻",
        "title.chat": "弹幕热烈",
        "title.recap": "再看 {product}",
        "title.starting": "即将开始",
        "title.break": "休息",
        "title.main": "直播中",
        "answers.all": "每个问题你都回答了。",
        "answers.some": "{whole} 个问题，你回答了 {part} 个。",
        "answers.none": "观众的问题还没有回答。",
        "prices.all": "每个价格都在一分钟内说了。",
        "prices.some": "{whole} 个价格中有 {part} 个在一分钟内说了。",
        "prices.none": "没有价格在一分钟内说出。",
        "calls.all": "每次报价后你都说了怎么买。",
        "calls.some": "{whole} 次报价中，{part} 次之后说了怎么买。",
        "calls.none": "报价后还没有说怎么买。",
        "recaps.all": "给新观众的回顾都很及时。",
        "recaps.some": "{whole} 次回顾中有 {part} 次及时。",
        "recaps.none": "还没有及时给新观众回顾。",
        "points.all": "每个卖点都讲到了。",
        "points.some": "{whole} 个卖点，讲到了 {part} 个。",
        "points.none": "卖点还没有讲到。",
        "silence.none": "没有长时间的冷场。",
        "silence.one": "只有一次冷场，{quiet_s} 秒。",
        "silence.some": "冷场一共只有 {quiet_s} 秒。",
        "pace.all": "语速始终让人跟得上。",
        "pace.some": "{in_range} % 的时间语速让人跟得上。",
        "claims.none": "没有说过有风险的话。",
        "claims.one": "有一句话有风险。",
        "claims.some": "有 {count} 句话有风险。",
        "sound.one": "声音出过一次问题。",
        "sound.some": "声音出过 {count} 次问题。",
        "picture.one": "画面出过一次问题。",
        "picture.some": "画面出过 {count} 次问题。",
        "tips.all": "每条提示你都照做了。",
        "tips.some": "{whole} 条提示，你照做了 {part} 条。",
        "tips.none": "提示还没有照做。",
        "next.answers": "下次多回答观众：这次 {whole} 个问题回答了 {part} 个。",
        "next.answers.none": "下次多回答观众：这次还没有人得到回答。",
        "next.prices": "下次在第一分钟说出价格：这次 {whole} 个中有 {part} 个做到了。",
        "next.prices.none": "下次在第一分钟说出价格：这次还没有做到。",
        "next.calls": "下次报价后马上说怎么买：这次 {whole} 次中有 {part} 次做到了。",
        "next.calls.none": "下次报价后马上说怎么买：这次还没有做到。",
        "next.recaps": "下次每五分钟回顾一次：这次 {whole} 次中做到了 {part} 次。",
        "next.recaps.none": "下次每五分钟回顾一次：这次还没有回顾。",
        "next.points": "下次多讲卖点：这次 {whole} 个讲到了 {part} 个。",
        "next.points.none": "下次把卖点讲出来：这次还没有讲到。",
        "next.silence": "下次别让直播间冷下来：这次冷场 {quiet_s} 秒。",
        "next.pace": "下次说慢一点：这次 {in_range} % 的时间语速让人跟得上。",
        "next.claims": "下次用更稳妥的说法：这次有 {count} 句话有风险。",
        "next.claims.one": "下次用更稳妥的说法：这次有一句话有风险。",
        "next.sound": "下次开播前先试声音：这次出过 {count} 次问题。",
        "next.sound.one": "下次开播前先试声音：这次出过一次问题。",
        "next.picture": "下次多留意画面：这次出过 {count} 次问题。",
        "next.picture.one": "下次多留意画面：这次出过一次问题。",
        "next.tips": "下次试试照提示做：这次 {whole} 条照做了 {part} 条。",
        "next.tips.none": "下次试试照提示做：这次还没有照做。",
        "show.items": "你用 {time}展示了 {names}。",
        "show.live": "你直播了 {time}。",
        "show.open.one": "还有一个问题没有回答。",
        "show.open": "还有 {count} 个问题没有回答。",
        "show.little": "听到的话太少，暂时说不了更多。",
        "time.short": "不到一分钟",
        "time.one": "一分钟",
        "time": "{count} 分钟",
        "names.two": "{first} 和 {second}",
        "names.more": "{first}、{second} 等 {count} 件",
        "space": "",
        "opening.1": "这场直播：",
        "opening.2": "回顾一下：",
        "opening.3": "简单总结：",
    },
}
"""Sentences by language; names and numbers stand in them as they are."""

NAME_CHARACTERS = 40
"""Of a product or a viewer; a longer name would be the whole sentence."""


def words_for(language: str) -> Mapping[str, str]:
    """The sentences of `language` (ISO 639 code), or the English ones."""
    return WORDS.get(language, WORDS[FALLBACK])


def praise_of(finding: Finding, language: str) -> str:
    """What `finding` says, as a sentence."""
    numbers = dict(finding.numbers)
    part, whole = numbers.get("part"), numbers.get("whole")
    if part is not None:
        form = "all" if part == whole else "some" if part else "none"
    elif "in_range" in numbers:
        form = "all" if numbers["in_range"] == 100 else "some"
    else:
        form = {0: "none", 1: "one"}.get(int(numbers["count"]), "some")
    return _filled(words_for(language)[f"{finding.kind}.{form}"], numbers)


def advice_of(finding: Finding, language: str) -> str:
    """What to do about `finding` in the next show, as a sentence; empty: nothing, all of it went well."""
    numbers = dict(finding.numbers)
    if numbers.get("part", -1) == numbers.get("whole") or numbers.get("in_range") == 100 or numbers.get("count") == 0:
        return ""
    sentences = words_for(language)
    form = ".none" if numbers.get("part") == 0 else ".one" if numbers.get("count") == 1 else ""
    key = f"next.{finding.kind}"
    return _filled(sentences.get(f"{key}{form}", sentences[key]), numbers)


def _filled(sentence: str, numbers: Mapping[str, float]) -> str:
    return sentence.format_map({name: f"{value:g}" for name, value in numbers.items()})


def time_of(duration_ms: int, language: str) -> str:
    """How long something took, in whole minutes."""
    minutes = round(duration_ms / 60_000)
    key = {0: "time.short", 1: "time.one"}.get(minutes, "time")
    return words_for(language)[key].format(count=minutes)


def list_of(names: Sequence[str], language: str) -> str:
    """`names` as they stand in a sentence: two at most, and how many more."""
    sentences = words_for(language)
    values = dict(zip(("first", "second"), map(short, names), strict=False))
    form = {1: "{first}", 2: sentences["names.two"]}.get(len(names), sentences["names.more"])
    return form.format(**values, count=len(names), more=len(names) - 2)


def short(text: str, most: int = NAME_CHARACTERS) -> str:
    """`text` on one line of at most `most` characters, without signs that cannot be seen."""
    seen = "".join(
        " " if one.isspace() else one for one in text if one.isspace() or unicodedata.category(one)[0] != "C"
    )
    line = " ".join(seen.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
