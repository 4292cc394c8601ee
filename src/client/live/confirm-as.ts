import { setTimeout as sleep } from 'node:timers/promises'
import { selfOf } from '../home.js'
import type { Self } from '../invitation.js'
import { type Confirmation, confirmInvitation, type VerifiedAcceptance } from '../inviter.js'
import { Refusal } from '../refusal.js'
import { type Known, sealingConfirmation } from '../sealing/confirmation.js'
import { stateSealingKey } from '../sealing/statement.js'
import { verify } from '../verification-error.js'
import { callAs } from './call-as.js'
import { isDoubted } from './doubted.js'
import type { Ledger } from './ledger.js'
import type { Live } from './live.js'

/** The members changed while this side signed: so often it looks again. */
const TRIES = 10
const LOOK_MS = 1000

/**
 * A key that this device would not seal for itself it hands on as one to be compared; its own is that of the moment.
 */
function knownOf({ home }: Live, { state, members }: Ledger): Known {
  const self = selfOf(home)
  if (!state) return { sealing: [], isSealed: false }
  const sealing = members.flatMap(({ username }) => {
    const said = state.sealing[username]
    if (!said || username === self.username) return []
    const { key, signature } = said
    return [{ username, key, signature, ...(isDoubted(home.contacts, username, state) && { isLater: true }) }]
  })
  return { sealing: [stateSealingKey(self, home.authorities.pin), ...sealing], isSealed: state.isSealed }
}

/**
 * Pass 3: tells keys to seal for, and signs over the members as the log of this device has them, and again when they
 * changed meanwhile. Throws VerificationError `roster_mismatch` when the hub goes on to have others; Refusal;
 * ClientError.
 */
export async function confirmAs(
  live: Live,
  self: Self,
  acceptance: VerifiedAcceptance,
  options: Omit<Confirmation, 'members'>,
): Promise<void> {
  const { conversation } = acceptance.transcript
  const ledger = live.ledgerOf(conversation)
  for (let tries = 1; ; tries += 1) {
    const changed = ledger.changes.next
    try {
      const { pin } = live.home.authorities
      const sealing = await sealingConfirmation(pin, acceptance, knownOf(live, ledger), options)
      const params = confirmInvitation(self, acceptance, { ...options, ...sealing, members: ledger.members })
      const { seq } = await callAs(live.home, live.link, self.fingerprint, 'confirm', params)
      await live.reached(conversation, seq)
      return
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (error.code === 'invitation_state' && error.data.state === 'joined') return
      if (error.code !== 'roster_changed') throw error
      verify(tries < TRIES, 'roster_mismatch', 'the hub has other members than its log shows')
      await Promise.race([changed, sleep(LOOK_MS, undefined, { ref: false })])
    }
  }
}
