"""Tests that need a CUDA device; where there is none, each is skipped."""

import pytest
import torch


@pytest.fixture(autouse=True)
def cuda():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    yield
    torch.cuda.set_sync_debug_mode("default")
