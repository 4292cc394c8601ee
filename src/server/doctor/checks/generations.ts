import type { KnownAuthority } from '../../../store/examination.js'
import { kindOf } from '../../../store/revocation-store.js'
import { type AuthorityFacts, type Check, type Facts, failure, ok, warning } from '../facts.js'

const NAME = 'generations of CAs'
const RESTORE = 'restore the file from a backup: it stands for certificates that were issued'

/** Which CAs issue, which go on for what they issued, and whether they are those that the database knows. */
export function generations({ authorities: read, database, now }: Facts): readonly Check[] {
  // What is wrong with the files is told as it is.
  if ('problem' in read) return []
  return [judge(read.value, 'value' in database ? database.value.authorities : [], now)]
}

function judge(found: readonly AuthorityFacts[], known: readonly KnownAuthority[], now: Date): Check {
  const strange = known.find(
    ({ name, fingerprint }) => found.find((one) => one.name === name)?.fingerprint !== fingerprint,
  )
  if (strange !== undefined)
    return failure(NAME, `${strange.name}-ca.pem is missing, or not the one that the database knows`, RESTORE)
  const revoked = found.find(({ isNewest, isRevoked }) => isNewest && isRevoked)
  if (revoked !== undefined)
    return failure(
      NAME,
      `${revoked.name} is revoked, and has no successor`,
      `"hermes admin rotate-ca ${kindOf(revoked.name)}"`,
    )
  const forgotten = known.find(({ name, isRevoked }) => isRevoked && !found.find((one) => one.name === name)?.isRevoked)
  if (forgotten !== undefined)
    return failure(
      NAME,
      `${forgotten.name} was revoked, but the root's CRL does not list it any more`,
      `"hermes admin root-crl --revoke ${forgotten.name}", beside the newest root-ca.crl`,
    )
  const kept = known.find(({ name, isRetired }) => isRetired && found.find((one) => one.name === name)?.hasKey)
  if (kept !== undefined)
    return warning(NAME, `${kept.name} was retired, but its key is here`, `"hermes admin retire-ca ${kept.name}"`)
  const idle = found.find(({ name, isNewest, hasKey }) => {
    const end = known.find((one) => one.name === name)?.lastEnd
    return !isNewest && hasKey && end !== undefined && (end === null || end <= now)
  })
  if (idle !== undefined)
    return warning(
      NAME,
      `no certificate that ${idle.name} issued is good any more, but its key is still here`,
      `"hermes admin retire-ca ${idle.name}"`,
    )
  return ok(NAME, found.map(sentence).join('; '))
}

function sentence({ name, isNewest, hasKey, isRevoked }: AuthorityFacts): string {
  if (isNewest) return `${name} issues`
  if (isRevoked) return `${name} is revoked`
  return hasKey ? `${name} goes on for what it issued` : `${name} is retired`
}
