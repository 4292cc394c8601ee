import { issuerFile, issuersAmong } from '../../certificates/files.js'
import { shellWord } from '../../shell-word.js'
import { type CertificateFacts, type Check, type Facts, failure, ok, warning } from '../facts.js'

const DAY_MS = 86_400_000
const MEND = 'mend that: a server does not start with it'
/** Days before the end of a CA at which its successor should be made. */
const ROOT_DAYS = 365
const NEWEST = 'put the newest root-ca.crl back, from a backup or the machine that has the root key'
/** A CRL of the root is for a year. */
const CRL_DAYS = 60

const day = (date: Date) => date.toISOString().slice(0, 10)

export function authorities({ authorities: read }: Facts): Check {
  const name = 'certificate authorities'
  if ('problem' in read) return failure(name, read.problem, MEND)
  const names = read.value.map((one) => one.name).join(', ')
  return ok(name, `root, ${names}: chain, purposes, and each key is its certificate's`)
}

/** One check for each certificate of a CA. */
export function authorityEnds({ certificates, config, now }: Facts): readonly Check[] {
  const files = certificates.map(({ name }) => `${name}.pem`)
  return certificates
    .filter(({ name }) => name !== 'server')
    .map((certificate) => {
      if (certificate.name === 'root-ca') return endCheck(certificate, now, ROOT_DAYS, 'plan another root')
      const kind = certificate.name.startsWith('users') ? 'users' : 'servers'
      const newest = issuerFile(issuersAmong(files, kind)[0] ?? kind)
      if (newest !== certificate.name) return ok(`end of ${certificate.name}`, `${newest} has taken its place`)
      return endCheck(certificate, now, config.certificateDays, `"hermes admin rotate-ca ${kind}"`)
    })
}

function endCheck(certificate: CertificateFacts, now: Date, days: number, remedy: string): Check {
  const { name, notBefore, notAfter } = certificate
  const what = `end of ${name}`
  if (notAfter <= now) return failure(what, `it expired on ${day(notAfter)}`, remedy)
  if (notBefore > now) return failure(what, `it is not valid before ${notBefore.toISOString()}`, 'correct the clock')
  if (notAfter.getTime() - now.getTime() < days * DAY_MS)
    return warning(what, `it expires on ${day(notAfter)}, within ${days} days`, remedy)
  return ok(what, `it is good until ${day(notAfter)}`)
}

/** It renews itself at two thirds of its life: one that is older shows that this does not work. */
export function serverCertificate({ certificates, listenerPairs: pairs, now }: Facts): Check {
  const name = 'server certificate'
  if ('problem' in pairs) return failure(name, pairs.problem, MEND)
  const server = certificates.find((certificate) => certificate.name === 'server')
  if (server === undefined) return warning(name, 'there is none yet', 'start the server, which issues it')
  const { notBefore, notAfter } = server
  const restart = 'start the server, which issues another; its log says why it did not'
  if (notAfter <= now) return failure(name, `it expired on ${day(notAfter)}`, restart)
  const left = (notAfter.getTime() - now.getTime()) / (notAfter.getTime() - notBefore.getTime())
  if (left < 0.3) return warning(name, `it expires on ${day(notAfter)} and was not renewed`, restart)
  return ok(name, `it is good until ${day(notAfter)}, and renews itself`)
}

export function rootCrl({ rootCrl: read, authorities: cas, database, now }: Facts): Check {
  const [name, remedy] = ['CRL of the root', '"hermes admin root-crl" on the machine that has the root key']
  if ('problem' in read) return failure(name, read.problem, 'problem' in cas ? 'mend the CA first' : remedy)
  const { number, nextUpdate } = read.value
  const known = 'value' in database ? database.value.rootCrl : null
  if (known !== null && number < known)
    return failure(
      name,
      `it is older than the last, whose number was ${known}: what that revoked is good again`,
      NEWEST,
    )
  if (nextUpdate <= now) return failure(name, `it ended on ${day(nextUpdate)}: verifiers refuse every chain`, remedy)
  if (nextUpdate.getTime() - now.getTime() < CRL_DAYS * DAY_MS)
    return warning(name, `it ends on ${day(nextUpdate)}`, remedy)
  return ok(name, `it is good until ${day(nextUpdate)}`)
}

export function rootKey({ isRootKeyHere, config }: Facts): Check {
  const name = 'root key'
  if (!isRootKeyHere) return ok(name, 'it is not on this machine')
  const remedy = `move ${shellWord(`${config.certsDir}/root-ca.key`)} to a place that no network reaches; the server needs it no more`
  return warning(name, 'it is on this machine: whoever gets in here can make any CA of this installation', remedy)
}
