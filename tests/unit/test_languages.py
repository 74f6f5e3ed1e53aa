"""The languages that a user may name."""

from __future__ import annotations

from faster_whisper.tokenizer import _LANGUAGE_CODES

from martlive_desktop.core.speech.languages import LANGUAGES


def test_languages_are_those_that_the_recogniser_takes() -> None:
    assert frozenset(_LANGUAGE_CODES) == LANGUAGES.keys()
    assert (LANGUAGES["zh"], LANGUAGES["ht"]) == ("Mandarin", "Haitian Creole")
