"""Libraries for graphics cards on this computer: where they lie, where they come from, and who has a card for them."""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from typing import TYPE_CHECKING

from martlive_desktop.adapters.component_store import ComponentStore, Source
from martlive_desktop.places import data_folder

if TYPE_CHECKING:
    from pathlib import Path

    from martlive_desktop.adapters.component_store import ComponentState, Engine, Need
    from martlive_desktop.inference.llama import WriterConfig
    from martlive_desktop.settings import Settings


def component_store() -> ComponentStore:
    """The components of this computer."""
    return ComponentStore(data_folder() / "components")


def component_source(settings: Settings) -> Source:
    """Where the user fetches from."""
    wish = settings.downloads
    return Source(mirror=wish.mirror, proxy=wish.proxy, offline_folder=wish.offline_folder)


def card_libraries(engine: Engine) -> Path | None:
    """The libraries that `engine` is to use on a graphics card; None: those that come with the program."""
    return component_store().libraries(engine)


def offered(engine: Engine) -> ComponentState | None:
    """The component for `engine` that is here, else one that a card of this computer could use.

    None: there is neither, or Python packages have what it would bring.
    """
    states = [one for one in component_store().list() if one.component.engine == engine]
    here = next((one for one in states if one.where != "missing"), None)
    if here is not None or (engine == "speech" and importlib.util.find_spec("nvidia")):
        return here
    return next((one for one in states if has_card(one.component.needs)), None)


def writer_config(model: Path) -> WriterConfig:
    """How the language model runs here: on the graphics card where there is room, else on the processor."""
    from martlive_desktop.inference.compute import GPU_SPARE_BYTES, free_gpu_bytes
    from martlive_desktop.inference.llama import WriterConfig

    libraries = card_libraries("writing")
    free_bytes = free_gpu_bytes()
    # All layers or none: half a model on the card is hardly faster, and takes its memory from the game. Only NVIDIA's
    # driver says what is free; with others the card is tried, and the processor goes on where it fails.
    is_tried = free_bytes > 2 * model.stat().st_size + GPU_SPARE_BYTES or (libraries is not None and not free_bytes)
    return WriterConfig(model, gpu_layers=-1, libraries=libraries) if is_tried else WriterConfig(model)


def has_card(need: Need) -> bool:
    """Whether this computer has a driver of this kind of graphics card; of NVIDIA also a card."""
    if need == "nvidia":
        from martlive_desktop.inference.compute import gpu_names

        return bool(gpu_names())
    try:
        ctypes.CDLL("vulkan-1.dll" if sys.platform == "win32" else "libvulkan.so.1")
    except OSError:
        return False
    return True
