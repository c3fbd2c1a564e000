#!/bin/sh
# The same with curl and jq; curl waits for the end of the run.
#   LOOM_SCIM_URL and LOOM_SCIM_API_KEY in the environment, then: sh reconcile.sh acme people.csv mapping.yaml
set -eu
printf 'header = "authorization: Bearer %s"\n' "$LOOM_SCIM_API_KEY" |
  curl --silent --show-error --fail-with-body --config - --form "source=@$2" --form "mapping=<$3" \
    "$LOOM_SCIM_URL/v1/connections/$1/runs" |
  jq -e '.report.run | .id, .status._tag, .status._tag == "Completed"'
