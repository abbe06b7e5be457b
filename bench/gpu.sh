#!/bin/sh
# What needs a CUDA device, in at most eight minutes: every option beside the CPU, resuming, number
# formats, steps that do not wait, data that do not fit; then the speed of a step.
#     bench/gpu.sh [--root <folder that has, or gets, MNIST>]
set -e
cd "$(dirname "$0")/.."
if ! python -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then
    echo "no CUDA device here: nothing to check"
    exit 0
fi
python -m pytest tests/cuda
python -m bench.gpu "$@"
