"""Where things are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[4]
PACKAGE = REPOSITORY / "integrations" / "zenml"
SITE = PACKAGE / "tests" / "project"

COOPERAGE = Path(os.environ.get("COOPERAGE_BINARY", REPOSITORY / ".build" / "debug" / "cooperage"))
"""The program under test."""

VENV_PROGRAMS = Path(sys.executable).parent
"""Where `zenml` and `uv` of the tests' environment are."""

CACHE = Path(os.environ.get("COOPERAGE_TEST_ZENML_CACHE", REPOSITORY / ".tools" / "zenml-cache"))
"""What the servers of the tests share from one run to the next: making the base from Debian's packages takes a minute."""

EXCLUDE_NEWER = "2026-11-20"
"""Packages of the images are those of this day."""

PARENT_IMAGE = "zenmldocker/zenml:0.98.0-py3.11"
CATALOG_ENTRY = "zenml-0.98-py3.11"
