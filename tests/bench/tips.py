"""Ten thousand tips under hostile plans, chats, talk and language models: `make bench-tips` writes docs/benchmarks.md."""

from __future__ import annotations

import argparse
from collections import Counter

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from martlive_desktop.core.plan import ShowPlan
from tests.bench.coach import write_section
from tests.fakes.hostile import ANSWERS, PLANS, STEPS, attack

BEGIN, END = "<!-- tips: made by make bench-tips -->", "<!-- end of tips -->"
BATCH = 200


def main() -> None:
    """Attack until there are enough tips."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--tips", type=int, default=10_000)
    parser.add_argument("--print", action="store_true", help="only print; leave docs/benchmarks.md as it is")
    asked = parser.parse_args()
    kinds: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    faults: list[str] = []
    decided_s: list[float] = []
    shows = 0

    @settings(
        max_examples=BATCH,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(plan=PLANS, steps=STEPS, answers=st.lists(ANSWERS, max_size=4))
    def batch(plan: ShowPlan, steps: list[tuple[str, str, str]], answers: list[str]) -> None:
        nonlocal shows
        outcome = attack(plan, steps, answers)
        shows += 1
        kinds.update(tip.kind for tip in outcome.tips)
        sources.update(tip.source for tip in outcome.tips)
        faults.extend(outcome.faults())
        decided_s.extend(outcome.decided_s)

    while kinds.total() < asked.tips:
        batch()
        print(f"{kinds.total()} tips, {len(faults)} faults", flush=True)
    for fault in faults[:20]:
        print(fault)
    ordered = sorted(decided_s)
    p95_ms = 1000 * ordered[int(0.95 * len(ordered))]
    text = (
        "| tips | hostile shows | words from the rules / the model | ungrounded, too long, or a claim | decided p50 / p95 / max ms |\n"
        "| --- | --- | --- | --- | --- |\n"
        f"| {kinds.total()} | {shows} | {sources['rules']} / {sources['local']} | {len(faults)} | "
        f"{1000 * ordered[len(ordered) // 2]:.1f} / {p95_ms:.1f} / {1000 * ordered[-1]:.0f} |\n\n"
        f"By kind: {', '.join(f'{kind} {count}' for kind, count in kinds.most_common())}."
    )
    print(text)
    if not asked.print:
        write_section(BEGIN, END, text)


if __name__ == "__main__":
    main()
