import type { IdentityStore } from '../../store/identity-store.js'
import { endOf, refusalOf } from '../standing.js'
import type { Session } from './session.js'

/** Looks at the certificates of sessions again; resolves when those that are no longer good are ended. */
export type Examine = (sessions: Iterable<Session>) => Promise<void>

/** One whose certificate cannot be read is ended too: the guard will tell when it comes back. */
export function examination(identities: Pick<IdentityStore, 'findByFingerprint'>, now: () => Date): Examine {
  const examine = async (session: Session): Promise<void> => {
    try {
      const record = await identities.findByFingerprint(session.options.fingerprint)
      const refusal = record ? refusalOf(record, now().getTime()) : 'certificate_unknown'
      if (refusal) session.lifetime.refuse(refusal)
      else if (record) session.lifetime.endBy(endOf(record))
    } catch (error) {
      session.lifetime.fail(error)
    }
  }
  return async (sessions) => {
    await Promise.all([...sessions].map(examine))
  }
}
