"""The catalogue of cue kinds."""

from __future__ import annotations

from martlive_desktop.core.coach.catalogue import CATALOGUE


def test_severity_and_cooldown_of_every_kind() -> None:
    assert {name: (kind.severity, kind.cooldown_ms // 1000) for name, kind in CATALOGUE.items()} == {
        "mic_silent": (0, 60),
        "obs_muted": (0, 60),
        "clipping": (1, 180),
        "mic_low": (1, 300),
        "noise": (2, 600),
        "echo": (1, 300),
        "black": (0, 30),
        "frozen": (0, 60),
        "wrong_scene": (1, 120),
        "claim_medical": (1, 30),
        "off_platform": (1, 30),
        "do_not_say": (1, 30),
        "price_mismatch": (1, 60),
        "disclosure": (1, 900),
        "chat_unanswered": (1, 45),
        "dead_air": (1, 45),
        "price_missing": (2, 120),
        "cta_missing": (2, 120),
        "talking_point": (2, 120),
        "behind_plan": (2, 300),
        "reset": (2, 300),
        "ask_room": (2, 480),
        "pace_fast": (2, 180),
        "energy_drop": (2, 600),
        "greet": (3, 180),
        "demo": (3, 240),
        "flat": (3, 300),
        "filler_cluster": (3, 300),
        "well_done": (3, 900),
    }


def test_claims_and_praise_are_known() -> None:
    assert {name for name, kind in CATALOGUE.items() if kind.is_claim} == {
        "claim_medical",
        "off_platform",
        "do_not_say",
    }
    assert {name for name, kind in CATALOGUE.items() if kind.is_praise} == {"well_done"}
