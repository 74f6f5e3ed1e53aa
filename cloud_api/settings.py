"""What a service is told from outside: environment variables `MARTLIVE_...`; secrets come as files or variables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _listed(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Texts = Annotated[list[str], NoDecode, BeforeValidator(_listed)]
"""A list written with commas."""


class CloudSettings(BaseSettings):
    """Everything that any of the services reads; each reads what it needs."""

    model_config = SettingsConfigDict(env_prefix="MARTLIVE_", secrets_dir=None, extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    """Address to listen on; a container sets 0.0.0.0."""
    port: int = Field(default=0, ge=0, le=65_535)
    """0 is the service's own: gateway 8765, asr 8766, coach 8767, worker 8768, web 8764."""
    instance: str = ""
    """Name of this instance; empty: host name and process."""
    data_dir: Path = platformdirs.user_data_path("martlive-cloud", appauthor=False)
    """Where SQLite files lie, one for each service."""
    database_url: str = ""
    """SQLAlchemy's address of this service's own database, `postgresql+psycopg://...`; empty: SQLite in `data_dir`."""
    nats_url: str = Field(default="", validation_alias=AliasChoices("NATS_URL", "MARTLIVE_NATS_URL"))
    """Events go through NATS JetStream; empty: each service's relay calls the worker by HTTP."""

    internal_token: SecretStr = SecretStr("")
    """What services show to each other."""
    ticket_secret: SecretStr = SecretStr("")
    """Signs stream tickets; the same in every gateway; 32 bytes or more."""
    resume_secret: SecretStr = SecretStr("")
    """Signs the places from which streams go on; the same in every asr."""

    public_url: str = "http://127.0.0.1:8765"
    """Where clients reach the gateway."""
    asr_urls: Texts = ["http://127.0.0.1:8766"]
    """Instances of asr, or one name that resolves to all of them."""
    coach_url: str = "http://127.0.0.1:8767"
    worker_url: str = "http://127.0.0.1:8768"
    allowed_origins: Texts = []
    """Web pages that may talk to the gateway."""

    model: str = "whisper-base"
    """The speech model, by its name in the catalogue of models."""
    model_dir: Path | None = None
    """Its folder, where it lies in the image; without it, where the desktop keeps models."""
    asr_threads: int = Field(default=2, ge=1, le=128)
    """Cores for recognition."""
    partial_step_ms: int = Field(default=2_000, ge=400, le=10_000)
    """From one partial to the next, at the fastest."""
    max_streams: int = Field(default=0, ge=0)
    """Streams that one asr takes; 0: as many as its measured speed allows."""

    llm_base_url: str = ""
    """An OpenAI-compatible server (llama.cpp, vLLM); empty: the model runs in a child process of coach."""
    llm_model: str = "smollm2-135m"
    """Its name there, or in the catalogue of models; empty: no model, templates only."""
    llm_allowed_hosts: Texts = ["127.0.0.1", "localhost"]
    """Hosts that `llm_base_url` may name."""

    drain_s: float = Field(default=20.0, ge=0.0)
    """A service that is to stop lets its streams go on elsewhere within it."""
    otlp_endpoint: str = ""
    """Where traces go (OTLP over HTTP); empty: nowhere."""
    transcript_days: int = Field(default=30, ge=1)
    log_level: str = "INFO"

    def sqlite_url(self, service: str) -> str:
        """The database of `service`."""
        return self.database_url or f"sqlite:///{self.data_dir / service}.sqlite"
