"""Seeding without a stack trace: torch keeps one for each device that there is not, milliseconds
each time, in case that it appears."""

import torch

if not torch.cuda.is_available():
    torch.cuda.manual_seed_all = lambda seed: None
if not torch.xpu.is_available():
    torch.xpu.manual_seed_all = lambda seed: None
