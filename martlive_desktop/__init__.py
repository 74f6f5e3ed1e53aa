"""MartLive, a private coach for people who stream live."""

import os

__version__ = "0.1.0"

# Before NumPy is loaded, here and in every process that starts from here: the threads of its OpenBLAS spin for a tenth of
# a second after each small product of matrices, half as much CPU again as the recognition itself.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Before CTranslate2 is loaded: its oneDNN keeps compiled code for 1,024 shapes of matrices, and speech has a shape for every
# length of a window: 150 of them took 200 MB, and half a percent less CPU.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "8")

# Before ONNX Runtime is loaded: from 1.29 on it sends what it is used for, with a number for this computer, to its makers.
# Source: its Privacy.md, "Disabling Telemetry".
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
