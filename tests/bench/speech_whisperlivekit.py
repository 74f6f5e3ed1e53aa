"""Runs WhisperLiveKit for the speech bench: LocalAgreement on faster-whisper, its own defaults for all else.

Its Python interface, without the web server around it, which only costs. A line of its transcript is validated and
stays; what it still calls a buffer is not counted. So its stable words are final, too.
"""

from __future__ import annotations

import asyncio
from typing import Any

from whisperlivekit import AudioProcessor, TranscriptionEngine

from tests.bench.speech_feed import Runner


async def main() -> None:
    runner = Runner()
    engine = TranscriptionEngine(
        model_path=runner.task.model,
        lan="en",
        backend="faster-whisper",
        backend_policy="localagreement",
        pcm_input=True,
        **runner.task.settings,
    )
    processor = AudioProcessor(transcription_engine=engine)
    answers = await processor.create_tasks()
    loop = asyncio.get_running_loop()

    def feed(chunk: bytes) -> None:
        asyncio.run_coroutine_threadsafe(processor.process_audio(chunk), loop).result()

    async def listen() -> None:
        async for answer in answers:
            runner.say(0, _validated(answer), is_final=True)

    listening = asyncio.create_task(listen())
    await asyncio.to_thread(runner.play, feed)
    await processor.process_audio(b"")
    await listening
    runner.end()


def _validated(answer: Any) -> str:
    return " ".join(line.text.strip() for line in answer.lines if line.text)


if __name__ == "__main__":
    asyncio.run(main())
