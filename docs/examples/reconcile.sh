#!/bin/sh
# The same with curl and jq.
#   LOOM_SCIM_URL and LOOM_SCIM_API_KEY in the environment, then: sh reconcile.sh acme people.csv mapping.yaml
set -eu
api() {
  printf 'header = "authorization: Bearer %s"\n' "$LOOM_SCIM_API_KEY" |
    curl --silent --show-error --fail-with-body --config - "$@"
}
runs=$LOOM_SCIM_URL/v1/connections/$1/runs
begun=$(api --header 'prefer: wait=60' --form "source=@$2" --form "mapping=<$3" "$runs") || { echo "$begun" >&2; exit 3; }
# Records that cannot be used make no run fail, and somebody should hear of them.
bad=$(printf %s "$begun" | jq '.remarks | .problemCount + .contradictions')
[ "$bad" = 0 ] || printf %s "$begun" | jq -c .remarks >&2
report=$(printf %s "$begun" | jq .report)
[ "$report" != null ] || { echo "nothing to do"; [ "$bad" = 0 ] || exit 4; exit 0; }
id=$(printf %s "$report" | jq -r .run.id)
# It goes on whether or not anybody asks; of a pause, `until` says whether it ends by itself.
while printf %s "$report" | jq -e '.run.status | ._tag == "Running" or (._tag == "Paused" and .until != null)' > /dev/null; do
  sleep "${LOOM_SCIM_ASK_EVERY:-5}"
  report=$(api "$runs/$id") || { echo "$report" >&2; exit 4; }
done
printf %s "$report" | jq -c '[.run.id, .run.status, .counts]'
case $(printf %s "$report" | jq -r .run.status._tag) in
  Waiting) exit 6 ;;
  Paused) exit 7 ;;
  Completed) printf %s "$report" | jq -e '[.counts[] | select(.state != "done")] == []' > /dev/null && [ "$bad" = 0 ] || exit 4 ;;
  *) exit 3 ;;
esac
