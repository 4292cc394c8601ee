import { v7 as createMessageId } from 'uuid'
import { selfOf } from '../home.js'
import type { LogState } from '../log/state.js'
import { type SealingStatement, STATEMENT_TYPE, stateSealingKey } from '../sealing/statement.js'
import type { Ledger } from './ledger.js'
import type { Live } from './live.js'

/** Messages are removed after a while, 30 days by default: who comes with a new device then is told again. */
const AGAIN_MS = 7 * 86_400_000

/**
 * Says in each conversation whose members seal for a key that this user has no more which one he has; where he said so
 * by a message, again after a week. Where it cannot be said now, the next connection does it.
 */
export async function tellKey(
  { home, send }: Pick<Live, 'home' | 'send'>,
  ledgers: readonly Pick<Ledger, 'state' | 'conversation'>[],
): Promise<void> {
  const self = selfOf(home)
  const said = stateSealingKey(self, home.authorities.pin)
  const content = { payload: JSON.stringify(said), contentType: STATEMENT_TYPE }
  for (const ledger of ledgers) {
    if (!isDue(ledger.state, said, home.now())) continue
    const { conversation } = ledger
    await send(ledger as Ledger, { conversation, messageId: createMessageId(), ...content }).catch(() => undefined)
  }
}

function isDue(state: LogState | null, said: SealingStatement, now: Date): boolean {
  const before = state?.standing === 'member' ? state.sealing[said.username] : undefined
  if (before === undefined) return false
  return before.key !== said.key || (before.at !== undefined && now.getTime() - Date.parse(before.at) >= AGAIN_MS)
}
