import { join, relative } from 'node:path'
import type { Config } from '../config.js'
import type { Running } from '../server/start.js'

/** What an operator sees when the server is ready: where it listens, its root, and what to type next. */
export function startMessage(
  { identityUrl, hubUrl, rootFingerprint, trustDomain, created }: Running,
  config: Config,
): string {
  const root = relative('.', join(config.certsDir, 'root-ca.pem')) || 'root-ca.pem'
  const hex = rootFingerprint
  const made = created ? `\n  A new certificate authority was made in ${config.certsDir}; see its README.md.\n` : ''
  return `Hermes is ready.
${made}
  Identity  ${identityUrl}   register, fetch, fetch-my; API pages at ${identityUrl}/docs
  Hub       ${hubUrl}   conversations, with a client certificate
  Root CA   ${hex}
  Users     acct:<username>@${trustDomain}

Next, in another terminal:

  curl --cacert ${root} ${identityUrl}/.well-known/hermes
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out alice.key
  openssl req -new -key alice.key -subj /CN=alice -out alice.csr
  curl --cacert ${root} ${identityUrl}/register -H 'Accept: application/x-pem-file' -o alice.pem \\
    --data-urlencode username=alice --data-urlencode 'password=a long server password' --data-urlencode csr@alice.csr
  curl --cacert ${root} --cert alice.pem --key alice.key ${hubUrl}/me

Stop with Ctrl-C.
`
}
