#!/usr/bin/env bash
# Two users, from nothing to a conversation, with bash, GNU coreutils, openssl (3) and curl (7.82 or newer) alone.
#
#   docs/examples/handshake.sh [path of root-ca.pem]
#
# HERMES_IDENTITY_URL and HERMES_HUB_URL name the server; by default the one that `npm start` runs.
# Each user's files stand in a folder of his own: what alice knows, bob knows only by what the hub relays.
# Every value that goes into a signature is said to come from memory, from the pin, or from the message.
set -Eeuo pipefail
trap '[ "$BASH_SUBSHELL" -gt 0 ] || echo "handshake: stopped at line $LINENO" >&2' ERR

IDENTITY=${HERMES_IDENTITY_URL:-https://localhost:8443}
HUB=${HERMES_HUB_URL:-https://localhost:9443}
ROOT_CA=${1:-certs/root-ca.pem}
[ -r "$ROOT_CA" ] || { echo "handshake: $ROOT_CA cannot be read; give the path of root-ca.pem" >&2; exit 1; }
ROOT_CA=$(realpath "$ROOT_CA")

umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

say() { printf '\n== %s\n' "$*"; }
die() { echo "handshake: $*" >&2; exit 1; }

# ---- Small tools --------------------------------------------------------------------------------------------------

# One request; answers the body, and stops with the problem when the status is 400 or more.
request() {
  local answer
  answer=$(curl -sS --cacert "$ROOT_CA" -w '\n%{http_code}' "$@")
  [ "${answer##*$'\n'}" -lt 400 ] || die "refused: ${answer%$'\n'*}"
  printf '%s' "${answer%$'\n'*}"
}

# hub <user> <path> [json]: a request to the hub with the certificate of <user>; with a body it is a POST.
hub() {
  request --cert "$1/certificate.pem" --key "$1/key.pem" "$HUB$2" ${3+--json "$3"}
}

# The tools that pick from JSON rest on this: a quote inside a JSON string is always written \", so that
# "name":" with plain quotes can only be a member, never part of what somebody wrote. The values picked are UUIDs,
# fingerprints, times, base64url and PEM, none of which holds a quote.

# field <name>: the first member <name> that is a string.
field() { grep -o "\"$1\":\"[^\"]*\"" | sed -n "1s/^\"$1\":\"\(.*\)\"\$/\1/p"; }

# object <name>: the first member <name> that is an object without objects in it.
object() { grep -o "\"$1\":{[^{}]*}" | sed -n 1p; }

# event <type> <invitation>: the event of that type about that invitation, out of a list of events.
event() {
  sed 's/{"conversation":/\n&/g' | grep -F "\"type\":\"$1\"" | grep -F "\"invitation\":\"$2\"" | sed -n 1p
}

fingerprint() { echo "sha256:$(openssl x509 -in "$1" -outform der | openssl dgst -sha256 -r | cut -d' ' -f1)"; }
to_base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
from_base64url() {
  local text
  text=$(tr -- '-_' '+/')
  while [ $((${#text} % 4)) -ne 0 ]; do text+='='; done
  openssl base64 -d -A <<<"$text"
}

# The digest of the members in `members`: "<username> <fingerprint>" and a newline for each, sorted by their bytes.
roster_digest() {
  local member
  echo "sha256:$(
    grep -o '"members":\[[^]]*\]' | grep -o '{[^{}]*}' | while read -r member; do
      echo "$(field username <<<"$member") $(field fingerprint <<<"$member")"
    done | LC_ALL=C sort | openssl dgst -sha256 -r | cut -d' ' -f1
  )"
}

# signed_bytes <accept or confirm> <file of the transcript>: never the bare challenge.
signed_bytes() {
  printf '%64s' ''
  printf 'Hermes v1 invitation %s\0' "$1"
  cat "$2"
}

# sign <key> <accept or confirm> <transcript>: ECDSA with SHA-256, as a P-256 key says, in base64url.
sign() { signed_bytes "$2" "$3" | openssl dgst -sha256 -sign "$1" | to_base64url; }

# verify <certificate> <accept or confirm> <transcript> <signature in base64url>
verify() {
  openssl x509 -in "$1" -noout -pubkey >verify.pub
  from_base64url <<<"$4" >verify.sig
  signed_bytes "$2" "$3" | openssl dgst -sha256 -verify verify.pub -signature verify.sig >/dev/null
}

# verify_certificate <certificate> <username>: up to the pinned root, for a client, and of that user.
verify_certificate() {
  openssl verify -x509_strict -purpose sslclient -CAfile "$ROOT_CA" -untrusted ca.pem "$1" >/dev/null
  openssl x509 -in "$1" -noout -ext subjectAltName | grep -Fqx "    URI:acct:$2@$DOMAIN" || die "$1 is not $2's"
}

# ---- The pin: what both users were given by the operator, and never take from a message ---------------------------

ROOT=$(fingerprint "$ROOT_CA")
DOMAIN=$(request "$IDENTITY/.well-known/hermes" | field trustDomain)
request "$IDENTITY/ca" >ca.pem
say "The root is $ROOT"

# ---- Register -----------------------------------------------------------------------------------------------------

register() { # <username>
  mkdir "$1"
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1/key.pem"
  openssl req -new -key "$1/key.pem" -subj "/CN=$1" -out "$1/request.pem"

  # Two passwords: the server checks the first and never learns the second, which locks the private key it keeps.
  openssl rand -base64 18 | tr -d '\n' >"$1/password"
  openssl rand -base64 18 | tr -d '\n' >"$1/key-password"
  openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000 \
    -in "$1/key.pem" -passout "file:$1/key-password" -out "$1/locked-key.pem"

  request "$IDENTITY/register" -H 'Accept: application/x-pem-file' \
    --data-urlencode "username=$1" --data-urlencode "password@$1/password" \
    --data-urlencode "csr@$1/request.pem" --data-urlencode "encryptedPrivateKey@$1/locked-key.pem" \
    >"$1/certificate.pem"
  verify_certificate "$1/certificate.pem" "$1"
}

# New names each time: a name is never given out twice.
suffix=$(openssl rand -hex 3)
alice=alice-$suffix
bob=bob-$suffix
say "$alice and $bob register"
register "$alice"
register "$bob"
alice_fingerprint=$(fingerprint "$alice/certificate.pem")
bob_fingerprint=$(fingerprint "$bob/certificate.pem")
echo "$alice is $alice_fingerprint"
echo "$bob is $bob_fingerprint"

# ---- Start and invite ---------------------------------------------------------------------------------------------

say "$alice fetches the certificate of $bob, verifies it, and starts a conversation"
request "$IDENTITY/fetch/$bob" -H 'Accept: application/x-pem-file' >"$alice/bob.pem"
verify_certificate "$alice/bob.pem" "$bob"
alice_sees_bob=$(fingerprint "$alice/bob.pem")
started=$(hub "$alice" /conversations "{\"participants\":[{\"username\":\"$bob\",\"fingerprint\":\"$alice_sees_bob\"}]}")
conversation=$(field conversation <<<"$started")
echo "conversation $conversation"

say "$alice invites $bob with a challenge"
alice_challenge=$(openssl rand 32 | to_base64url)
invite=$(hub "$alice" "/conversations/$conversation/invitations" \
  "{\"username\":\"$bob\",\"fingerprint\":\"$alice_sees_bob\",\"challenge\":\"$alice_challenge\"}")
invitation=$(field invitation <<<"$invite")
expires=$(field expiresAt <<<"$invite")
roster=$(field roster <<<"$invite")
[ "$(roster_digest <<<"$invite")" = "$roster" ] || die 'the roster is not the digest of the members shown'
echo "invitation $invitation until $expires"

# ---- Accept: what bob does ----------------------------------------------------------------------------------------

say "$bob reads the invitation and verifies it"
pushed=$(hub "$bob" '/events?wait=20')
bob_invitation=$(field invitation <<<"$pushed")
invited=$(event invited "$bob_invitation" <<<"$pushed")
bob_inviter=$(object from <<<"$invited" | field username)
printf '%b' "$(field certificate <<<"$invited")" >"$bob/inviter.pem"
verify_certificate "$bob/inviter.pem" "$bob_inviter"
bob_inviter_fingerprint=$(fingerprint "$bob/inviter.pem")
[ "$bob_inviter_fingerprint" = "$(object from <<<"$invited" | field fingerprint)" ] || die 'another certificate is named'
[ "$(object invitee <<<"$invited" | field fingerprint)" = "$bob_fingerprint" ] || die 'the invitation is for another'

# The members are shown, so that bob signs what he can see: he computes their digest himself.
bob_roster=$(roster_digest <<<"$invited")
[ "$bob_roster" = "$(field roster <<<"$invited")" ] || die 'the roster is not the digest of the members shown'
grep -o '"members":\[[^]]*\]' <<<"$invited" | grep -Fq "\"$bob_inviter_fingerprint\"" || die 'the inviter is no member'

# Clients refuse an invitation that has ended, or that ends over 30 days ahead.
bob_expires=$(field expiresAt <<<"$invited")
ahead=$(($(date -d "$bob_expires" +%s) - $(date +%s)))
{ [ "$ahead" -gt 0 ] && [ "$ahead" -le $((30 * 86400)) ]; } || die "the invitation ends at $bob_expires"
echo "invited by $bob_inviter, $bob_inviter_fingerprint, verified up to the root"

bob_challenge=$(openssl rand 32 | to_base64url)

# From bob's memory: his name, certificate and challenge. From the pin: hub. The rest he was shown and has verified;
# no attachment was shown, so that both digests are "-".
cat >"$bob/transcript" <<END
hermes-invitation-v1
hub=$ROOT
conversation=$(field conversation <<<"$invited")
invitation=$bob_invitation
expires=$bob_expires
inviter=$bob_inviter
inviter-certificate=$bob_inviter_fingerprint
inviter-challenge=$(field challenge <<<"$invited")
invitee=$bob
invitee-certificate=$bob_fingerprint
invitee-challenge=$bob_challenge
roster=$bob_roster
inviter-attachment=-
invitee-attachment=-
END

say "Somebody with another key tries to answer for $bob"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out wrong.pem
wrong=$(sign wrong.pem accept "$bob/transcript")
refusal=$(curl -sS --cacert "$ROOT_CA" --cert "$bob/certificate.pem" --key "$bob/key.pem" \
  "$HUB/invitations/$bob_invitation/accept" --json "{\"challenge\":\"$bob_challenge\",\"signature\":\"$wrong\"}")
[ "$(field code <<<"$refusal")" = invalid_signature ] || die "the hub did not refuse: $refusal"
echo "refused: $(field code <<<"$refusal")"

say "$bob accepts with his signature and a challenge of his own"
bob_signature=$(sign "$bob/key.pem" accept "$bob/transcript")
hub "$bob" "/invitations/$bob_invitation/accept" \
  "{\"challenge\":\"$bob_challenge\",\"signature\":\"$bob_signature\"}" >/dev/null

# ---- Confirm: what alice does -------------------------------------------------------------------------------------

say "$alice verifies the signature and confirms with hers"
accepted=$(hub "$alice" "/conversations/$conversation/events?after=2" | event accepted "$invitation")
printf '%b' "$(field certificate <<<"$accepted")" >"$alice/invitee.pem"
verify_certificate "$alice/invitee.pem" "$bob"
[ "$(fingerprint "$alice/invitee.pem")" = "$alice_sees_bob" ] || die "$bob answered with another certificate"

# From alice's memory: everything that she sent or was answered to `invite`. From the message: bob's challenge.
cat >"$alice/transcript" <<END
hermes-invitation-v1
hub=$ROOT
conversation=$conversation
invitation=$invitation
expires=$expires
inviter=$alice
inviter-certificate=$alice_fingerprint
inviter-challenge=$alice_challenge
invitee=$bob
invitee-certificate=$alice_sees_bob
invitee-challenge=$(field challenge <<<"$accepted")
roster=$roster
inviter-attachment=-
invitee-attachment=-
END
verify "$alice/invitee.pem" accept "$alice/transcript" "$(field signature <<<"$accepted")"
echo "the signature of $bob verifies"

# Three lines more. Nobody joined meanwhile, so that the members are those of the invitation.
cat - >>"$alice/transcript" <<END
confirmation-roster=$roster
confirmation-attachment=-
commit-attachment=-
END
alice_signature=$(sign "$alice/key.pem" confirm "$alice/transcript")
hub "$alice" "/invitations/$invitation/confirm" "{\"signature\":\"$alice_signature\"}" >/dev/null

say "$bob verifies the signature of $alice: both know whom they talk to"
joined=$(hub "$bob" '/events?wait=20' | event joined "$bob_invitation")
cat - >>"$bob/transcript" <<END
confirmation-roster=$(field confirmationRoster <<<"$joined")
confirmation-attachment=-
commit-attachment=-
END
verify "$bob/inviter.pem" confirm "$bob/transcript" "$(field inviterSignature <<<"$joined")"
echo "the signature of $alice verifies"

# ---- Talk ---------------------------------------------------------------------------------------------------------

new_uuid() { cat /proc/sys/kernel/random/uuid; }

say "$alice sends, $bob reads and acknowledges; and back"
hub "$alice" "/conversations/$conversation/messages" \
  "{\"messageId\":\"$(new_uuid)\",\"payload\":\"Hello bob\"}" >/dev/null
hub "$bob" "/conversations/$conversation/events?after=4" | field payload
hub "$bob" "/conversations/$conversation/ack" '{"seq":5}' >/dev/null
hub "$bob" "/conversations/$conversation/messages" \
  "{\"messageId\":\"$(new_uuid)\",\"payload\":\"Hello alice\"}" >/dev/null
hub "$alice" "/conversations/$conversation/events?after=5" | field payload

say 'Done'
