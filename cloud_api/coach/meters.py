"""What is counted of the coach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge, Histogram

if TYPE_CHECKING:
    from cloud_api.service import Telemetry


class Meters:
    """Metrics beside those that every service has; labels never carry anything that somebody said."""

    def __init__(self, telemetry: Telemetry) -> None:
        registry = telemetry.registry
        self.refusals = telemetry.refusals
        self.tips = Counter(
            "martlive_coach_tips", "Tips by where they were asked for, and whose words they have.",
            ["where", "source"], registry=registry,
        )  # fmt: skip
        self.answers = Counter(
            "martlive_coach_answers", "Answers by source; none: not known.", ["source"], registry=registry
        )
        self.drafts = Counter(
            "martlive_coach_drafts",
            "What became of questions to the language model.",
            ["where", "outcome"],
            registry=registry,
        )
        self.seconds = Histogram(
            "martlive_coach_seconds", "Time of tips and answers.", ["what"],
            buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0), registry=registry,
        )  # fmt: skip
        self.shows = Gauge("martlive_coach_shows", "Shows in memory.", registry=registry)
        self.streams = Gauge("martlive_coach_streams", "Streams that are connected.", registry=registry)
        self.sound_seconds = Counter("martlive_coach_sound_seconds", "Sound that came.", registry=registry)
        self.pictures = Counter("martlive_coach_pictures", "Pictures by what was done.", ["outcome"], registry=registry)
