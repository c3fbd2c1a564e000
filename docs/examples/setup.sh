#!/bin/sh
# The same with curl and jq: LOOM_SCIM_URL, LOOM_SCIM_API_KEY, LOOM_SCIM_TOKEN in the environment, then: sh setup.sh answers.json
set -eu
answers=$1
# The key goes in by standard input, and a body with the token by descriptor 3: an argument would stand in every process list.
api() {
  method=$1 path=$2
  shift 2
  printf 'header = "authorization: Bearer %s"\n' "$LOOM_SCIM_API_KEY" |
    curl --silent --show-error --fail-with-body --config - --request "$method" --header 'content-type: application/json' "$@" "$LOOM_SCIM_URL$path"
}
refused() {
  echo "$1" >&2
  exit 3
}
name=$(jq -r .name "$answers") id='' cursor=''
while [ -z "$id" ]; do
  page=$(api GET /v1/connections --get --data limit=200 ${cursor:+--data-urlencode "cursor=$cursor"}) || refused "$page"
  id=$(printf %s "$page" | jq -r --arg name "$name" '[.items[] | select(.name == $name) | .id][0] // empty')
  cursor=$(printf %s "$page" | jq -r '.nextCursor // empty')
  [ -n "$cursor" ] || break
done
if [ -z "$id" ]; then
  made=$(jq '{name}' "$answers" | api POST /v1/connections --data @/dev/fd/3 3<&0) || refused "$made"
  id=$(printf %s "$made" | jq -r .id)
fi
setup=$(api GET "/v1/connections/$id/setup") || refused "$setup"
while [ "$(printf %s "$setup" | jq .connected)" = false ]; do
  task=$(printf %s "$setup" | jq -r --slurpfile given "$answers" \
    '[.next[] | select((split(":")[0]) as $kind | ($given[0] | has($kind)) or ($kind | IN("verifyDomain", "probe", "connect", "token")))][0] // empty')
  [ -n "$task" ] || refused "a person has to answer: $(printf %s "$setup" | jq -r '.next | join(", ")')"
  setup=$(jq --arg kind "${task%%:*}" 'if $kind == "token" then {_tag: "Secret", secret: env.LOOM_SCIM_TOKEN}
    elif (.[$kind] | type) == "string" then {_tag: "Value", value: .[$kind]} else {_tag: "Confirm"} end' "$answers" |
    api POST "/v1/connections/$id/setup/tasks/$task" --data @/dev/fd/3 3<&0) || refused "$task: $setup"
  echo "$task: $(printf %s "$setup" | jq -r --arg task "$task" '[.steps[].tasks[] | select(.id == $task) | .problem // "done"][0] // "done"')"
  printf %s "$setup" | jq -e --arg task "$task" '[.steps[].tasks[] | select(.id == $task and (.done | not))] == []' > /dev/null || exit 4
done
echo "$id is connected"
