# SPDX-License-Identifier: GPL-2.0-or-later
# A short way to what people do every day; Meson does the work.
#
#   make                 build build/vigiad and build/vigia
#   make deps            install what is missing, with apt
#   make demo            the course's lab, with measured failovers (root, or sudo)
#   make check           every test (root, or sudo, for the lab tests)
#   make check-sanitize  the unit tests and labs under AddressSanitizer and UBSan
#   make check-soak      whatever may happen to three gateways at 20 ms adverts, under ASan and in the release build, both at once,
#                        for SOAK_SECONDS (300); then reloads at 10 ms, RELOAD_SECONDS (150) at one a second, and as long without a pause
#   make install         DESTDIR=, prefix=/usr/local
#   make bench           keepalived beside us, as tables: the short form, under 5 minutes; bench/run --full does all
BUILD := build
prefix ?= /usr/local
DESTDIR ?=
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: all deps demo check check-sanitize check-soak bench install clean

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@command -v meson >/dev/null || { echo "make: meson is missing; 'make deps' installs all that is needed" >&2; exit 1; }
	@meson setup $(BUILD) >/dev/null

deps:
	@tools/install-packages check

demo:
	@tools/install-packages demo
	@$(MAKE) --no-print-directory all
	@$(SUDO) $(BUILD)/vigia lab demo -d labs/07-1-gateway

check:
	@tools/install-packages check
	@tools/check all

check-sanitize:
	@tools/install-packages check
	@tools/check sanitize

SOAK_SECONDS ?= 300
RELOAD_SECONDS ?= 150
check-soak: all
	@tools/install-packages check
	@$(SUDO) tools/soak $(SOAK_SECONDS)
	@for period in 1 0; do $(SUDO) env VIGIA_BUILD_DIR=$(abspath $(BUILD)) VIGIA_SOAK_SECONDS=$(RELOAD_SECONDS) \
		VIGIA_SOAK_PERIOD=$$period /usr/bin/python3 -m pytest -q -s -p no:cacheprovider tests/lab/test_reload.py \
		-k 10_ms || exit 1; done

bench: all
	@tools/install-packages check
	@$(SUDO) env VIGIA_BUILD_DIR=$(abspath $(BUILD)) bench/run

install: $(BUILD)/build.ninja
	@meson configure $(BUILD) -Dprefix=$(prefix)
	@ninja -C $(BUILD)
	@meson install -C $(BUILD) --no-rebuild --quiet $(if $(DESTDIR),--destdir $(abspath $(DESTDIR)))

clean:
	@rm -rf $(BUILD) $(BUILD)-*
