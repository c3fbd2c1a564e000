#!/bin/sh
# The same with curl and jq.
#   LOOM_SCIM_URL and LOOM_SCIM_API_KEY in the environment, then: sh leaver.sh acme ada@acme.com
set -eu
api() {
  printf 'header = "authorization: Bearer %s"\n' "$LOOM_SCIM_API_KEY" |
    curl --silent --show-error --fail-with-body --config - "$@"
}
users=$LOOM_SCIM_URL/v1/connections/$1/users
id=$(api --get --data-urlencode "filter=userName eq \"$2\"" "$users" | jq -r '.items[0].id // empty')
[ -n "$id" ] || { echo "$2 is not there"; exit 0; }
api --request POST "$users/$id/deactivate" > /dev/null
echo "$2 is deactivated"
