#!/bin/sh
# Puts a load on a server and judges its goroutines: idle before, while it is loaded, and after.
# usage: PPROF=http://localhost:6060 load-stage.sh COMMAND [ARGUMENT…]
#        PPROF=http://localhost:6060 load-stage.sh wrk -t2 -c200 -d60s http://localhost:8080/
#        PPROF=http://localhost:6060 load-stage.sh k6 run k6.js
# Ends with the worst code of the checks (2, 3, 1, 0), or with 1 when only the load's own command failed.
set -u
: "${PPROF:?the URL of the server with pprof}"
out=${OUT:-deadlock-lint}        # reports and dumps go there
warm_up=${WARM_UP:-10}           # seconds until the load is steady
snapshots=${SNAPSHOTS:-4}
every=${EVERY:-10s}
settle=${SETTLE:-10}             # seconds after the load until requests have ended
left=${MAX_LEFT:-50}             # most goroutines more than before the load: how many there are under load varies
codes=''

# check NAME OPTION…: the reports are $out/NAME.*
check() {
  name=$1
  shift
  deadlock-lint check --pprof "$PPROF" "$@" --format text \
    --format "json=$out/$name.json" --format "junit=$out/$name.junit.xml" --format "sarif=$out/$name.sarif" \
    --format "gitlab=$out/$name.gitlab.json" --format "html=$out/$name.html" --format "markdown=$out/$name.md"
  codes="$codes $?"
}

mkdir -p "$out" || exit 2
deadlock-lint collect --pprof "$PPROF" --output - >"$out/before.dump" || exit

"$@" >"$out/load.txt" 2>&1 &
load=$!
sleep "$warm_up"
check loaded --snapshots "$snapshots" --every "$every"
wait "$load"
load_code=$?

sleep "$settle"
check after --before "$out/before.dump" --max-growth "$left"

for code in 2 3 1; do
  case " $codes " in *" $code "*) exit "$code" ;; esac
done
[ "$load_code" -eq 0 ] || { echo "the load failed with code $load_code, see $out/load.txt" >&2; exit 1; }
