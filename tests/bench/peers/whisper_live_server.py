"""WhisperLive in its batch mode, its own defaults but for the limit of clients; runs in an environment of its own."""

from __future__ import annotations

import sys

from whisper_live.server import TranscriptionServer  # type: ignore[import-not-found] # in an environment of its own

MOST_CLIENTS = 64
"""Its default of 4 would end the measurement, not its speed."""


def main() -> None:
    port, model = int(sys.argv[1]), sys.argv[2]
    TranscriptionServer().run(
        "127.0.0.1",
        port=port,
        backend="faster_whisper",
        faster_whisper_custom_model_path=model,
        single_model=True,
        batch_enabled=True,
        max_clients=MOST_CLIENTS,
        max_connection_time=3_600,
    )


if __name__ == "__main__":
    main()
