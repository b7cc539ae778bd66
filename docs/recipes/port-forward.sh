#!/bin/sh
# Judges all pods of a label at once, through `kubectl port-forward`: pprof may listen on the pod's loopback only.
# usage: port-forward.sh LABEL [OPTION…]     port-forward.sh app=shop --snapshots 3 --every 10s --max-growth 20%
# A pod that can't be reached does not lose the others, and makes the code 3.
set -u
label=${1:?a label such as app=shop}
shift
port=${PPROF_PORT:-6060}
folder=$(mktemp -d) || exit 2
forwards=''
trap 'for pid in $forwards; do kill "$pid" 2>/dev/null; done; rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM

pods=$(kubectl get pods -l "$label" --field-selector=status.phase=Running -o name) || exit 2
[ -n "$pods" ] || { echo "no running pod has the label $label" >&2; exit 2; }
for pod in $pods; do
  log=$folder/$(basename "$pod")
  kubectl port-forward --address 127.0.0.1 "$pod" ":$port" >"$log" 2>&1 &
  pid=$!
  forwards="$forwards $pid"
  tries=0
  while ! grep -q '^Forwarding from 127' "$log" && kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 150 ]; do
    sleep 0.2
    tries=$((tries + 1))
  done
  local_port=$(sed -n 's/^Forwarding from 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$log" | head -1)
  # Port 9 answers nobody: the pod counts as an instance without a dump.
  echo "http://localhost:${local_port:-9}" >>"$folder/targets"
  echo "$pod is localhost:${local_port:-9}$([ -n "$local_port" ] || printf ', not reached: %s' "$(tail -1 "$log")")" >&2
done
deadlock-lint check --targets "$folder/targets" "$@"
