import { join, relative } from 'node:path'
import type { Config } from '../config.js'
import type { Running } from '../server/running.js'
import { shellWord } from '../server/shell-word.js'

/** What an operator sees when the server is ready: where it listens, its root, and what to type next. */
export function startMessage(
  { identityUrl, hubUrl, pkiUrl, metricsUrl, rootFingerprint, trustDomain, created }: Running,
  config: Config,
): string {
  const root = shellWord(relative('.', join(config.certsDir, 'root-ca.pem')))
  const curl = `curl -sS --cacert ${root}`
  // An operator's own certificate of the identity listener chains to another root.
  const identityCurl = config.tlsCertFile === null ? curl : 'curl -sS'
  const people =
    config.tlsCertFile === null ? `  People    hermes join ${identityUrl} --fingerprint ${rootFingerprint}\n` : ''
  return `Hermes is ready.
${created ? newAuthority(config) : ''}
  Identity  ${identityUrl}   register, fetch, fetch-my; API pages at ${identityUrl}/docs
  Hub       ${hubUrl}   conversations, with a client certificate
  CA        ${pkiUrl}/crl/users, ${pkiUrl}/ocsp   what is revoked
  Root CA   ${rootFingerprint}   what clients pin
  Users     acct:<username>@${trustDomain}
${people}${metricsUrl === null ? '' : `  Metrics   ${metricsUrl}   for Prometheus on this machine\n`}
${created ? firstUser(identityCurl, curl, identityUrl, hubUrl) : 'README.md goes on: users, a conversation, a new device, the life of a certificate.'}

Stop with Ctrl-C.
`
}

/** Only once: typed again, the commands would write over a key. */
function firstUser(identityCurl: string, curl: string, identityUrl: string, hubUrl: string): string {
  return `A first user, in another terminal in this folder; each user needs a name and a key of his own
(README.md goes on, with a key kept for the next device and a conversation):

  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out carol.key
  openssl req -new -key carol.key -subj /CN=carol -out carol-request.pem
  ${identityCurl} ${identityUrl}/register -H 'Accept: application/x-pem-file' \\
    --data-urlencode username=carol --data-urlencode 'password=a long server password' \\
    --data-urlencode csr@carol-request.pem | tee carol.pem
  ${curl} --cert carol.pem --key carol.key ${hubUrl}/me`
}

function newAuthority({ certsDir }: Config): string {
  return `
  A new certificate authority was made in ${certsDir}. Back up its keys together with the database;
  certs/README.md in Hermes' own folder says how, and how to move the root key offline.
`
}
