#!/bin/sh
# The same with curl and jq: LOOM_SCIM_URL, LOOM_SCIM_API_KEY, LOOM_SCIM_TOKEN in the environment, then: sh setup.sh answers.json
set -eu
answers=$1
# The key and the token go in by standard input and a file descriptor: an argument would stand in every process list.
api() {
  method=$1 path=$2
  shift 2
  printf 'header = "authorization: Bearer %s"\n' "$LOOM_SCIM_API_KEY" |
    curl --silent --show-error --fail-with-body --config - --request "$method" --header 'content-type: application/json' "$@" "$LOOM_SCIM_URL$path"
}
name=$(jq -r .name "$answers")
id=$(api GET '/v1/connections?limit=200' | jq -r --arg name "$name" '[.items[] | select(.name == $name) | .id][0] // empty')
[ -n "$id" ] || id=$(jq '{name}' "$answers" | api POST /v1/connections --data @/dev/fd/3 3<&0 | jq -r .id)
setup=$(api GET "/v1/connections/$id/setup")
while [ "$(printf %s "$setup" | jq .connected)" = false ]; do
  task=$(printf %s "$setup" | jq -r --slurpfile given "$answers" \
    '[.next[] | select((split(":")[0]) as $kind | ($given[0] | has($kind)) or ($kind | IN("verifyDomain", "probe", "connect", "token")))][0] // empty')
  [ -n "$task" ] || { echo "a person has to answer: $(printf %s "$setup" | jq -c .next)" >&2; exit 3; }
  body=$(mktemp)
  jq --arg kind "${task%%:*}" 'if $kind == "token" then {_tag: "Secret", secret: env.LOOM_SCIM_TOKEN}
    elif (.[$kind] | type) == "string" then {_tag: "Value", value: .[$kind]} else {_tag: "Confirm"} end' "$answers" > "$body"
  setup=$(api POST "/v1/connections/$id/setup/tasks/$task" --data "@$body") || { rm -f "$body"; echo "$setup" >&2; exit 3; }
  rm -f "$body"
  echo "$task: $(printf %s "$setup" | jq -r --arg task "$task" '[.steps[].tasks[] | select(.id == $task) | .problem // "done"][0] // "done"')"
  printf %s "$setup" | jq -e --arg task "$task" '[.steps[].tasks[] | select(.id == $task and (.done | not))] == []' > /dev/null || exit 4
done
echo "$id is connected"
