#!/bin/sh
# The same with curl and jq.
#   LOOM_SCIM_URL and LOOM_SCIM_API_KEY in the environment, then: sh leaver.sh acme ada@acme.com
set -eu
api() {
  printf 'header = "authorization: Bearer %s"\n' "$LOOM_SCIM_API_KEY" |
    curl --silent --show-error --fail-with-body --config - "$@"
}
users=$LOOM_SCIM_URL/v1/connections/$1/users
filter=$(jq -nr --arg name "$2" '"userName eq \($name | tojson)"')
found=no cursor=
while :; do
  page=$(api --get --data-urlencode "filter=$filter" ${cursor:+--data-urlencode "cursor=$cursor"} "$users") || { echo "$page" >&2; exit 4; }
  for id in $(printf %s "$page" | jq -r '.items[].id'); do
    answer=$(api --request POST "$users/$id/deactivate") || { echo "$answer" >&2; exit 4; }
    doubt=$(printf %s "$answer" | jq -r '.doubt // empty')
    [ -z "$doubt" ] || { echo "$2: $doubt" >&2; exit 4; }
    found=yes
  done
  cursor=$(printf %s "$page" | jq -r '.nextCursor // empty')
  [ -n "$cursor" ] || break
done
if [ "$found" = yes ]; then echo "$2 is deactivated"
elif [ "$(printf %s "$page" | jq .verdict.complete)" = true ]; then echo "$2 is not there"
else echo "$2 was not found, but the server's list is not complete" >&2; exit 4
fi
