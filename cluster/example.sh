#!/usr/bin/env bash
# Starts a Ray cluster of two nodes on this machine, runs the stage `filter` on it, and holds what
# it writes to data/selected, which this machine's own processes wrote. `make cluster-example`.
set -euo pipefail
cd "$(dirname "$0")/.."
for folder in data/passages data/selected models/regressor/selected; do
  if [ ! -d "$folder" ]; then
    echo "$folder: not there yet; \`make repro\` or \`dvc pull\` first" >&2
    exit 1
  fi
done

port=${PORT:-6399}
work=$(mktemp -d)
# Who knows the token in ~/.ray may use the cluster, and nobody else on the network.
export RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0
ray get-auth-token --generate >"$work/token.log"
nodes=()
stop() {
  kill "${nodes[@]}" 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap stop EXIT
ray start --block --head --port="$port" --num-cpus=1 --include-dashboard=false \
  >"$work/head.log" 2>&1 &
nodes+=($!)
python - "$port" <<'PY'
import sys, time, ray
for _ in range(60):
    try:
        ray.init(f"127.0.0.1:{sys.argv[1]}", log_to_driver=False, logging_level="ERROR")
        break
    except ConnectionError:
        time.sleep(1)
PY
ray start --block --address="127.0.0.1:$port" --num-cpus=1 \
  --min-worker-port=0 --max-worker-port=0 >"$work/node.log" 2>&1 &
nodes+=($!)
python - "$port" <<'PY'
import sys, time, ray
ray.init(f"127.0.0.1:{sys.argv[1]}", log_to_driver=False, logging_level="ERROR")
for _ in range(60):
    nodes = [node["NodeID"][:8] for node in ray.nodes() if node["Alive"]]
    if len(nodes) == 2:
        print("nodes:", ", ".join(sorted(nodes)))
        break
    time.sleep(1)
else:
    sys.exit("the second node did not come up; see `ray start` in this script")
PY

# A folder of its own, with params.yaml as it is but for the section `compute`.
python - "$port" "$work" <<'PY'
import sys, yaml
from pathlib import Path
params = yaml.safe_load(Path("params.yaml").read_text())
params["compute"] |= {"backend": "ray", "address": f"127.0.0.1:{sys.argv[1]}", "workers": None}
Path(sys.argv[2], "params.yaml").write_text(yaml.safe_dump(params))
PY
here=$PWD
export PYTHONPATH="$here${PYTHONPATH:+:$PYTHONPATH}"
(cd "$work" && python -m stages.filter --passages "$here/data/passages" \
  --regressor "$here/models/regressor/selected" --out selected --scores scores \
  --metrics filter.json)
(cd "$work/selected" && sha256sum -- *) >"$work/ray.sums"
(cd data/selected && sha256sum -- *) | diff - "$work/ray.sums"
echo "the same bytes as data/selected, $(wc -l <"$work/ray.sums") files"
