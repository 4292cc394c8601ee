import type { Pin } from '../certificates.js'
import { type Home, selfOf } from '../home.js'
import type { NumberedEvent, Verifier } from '../log/apply.js'
import { stateSealingKey } from '../sealing/statement.js'

/** This user, as events of his conversations are verified. */
export function verifierOf(home: Home, pin: Pin): Verifier {
  const self = selfOf(home)
  return { pin, username: self.username, sealing: stateSealingKey(self, pin) }
}

/** What else must hold before one's own stay begins. Throws VerificationError. */
export type CheckJoined = (event: Extract<NumberedEvent, { type: 'joined' }>) => Promise<void>
