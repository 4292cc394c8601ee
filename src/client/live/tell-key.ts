import { v7 as createMessageId } from 'uuid'
import { selfOf } from '../home.js'
import { STATEMENT_TYPE, stateSealingKey } from '../sealing/statement.js'
import type { Ledger } from './ledger.js'
import type { Live } from './live.js'

/** Says in each conversation whose members seal for a key that this user has no more which one he has. */
export async function tellKey(live: Live, ledgers: readonly Ledger[]): Promise<void> {
  const self = selfOf(live.home)
  const said = stateSealingKey(self, live.home.authorities.pin)
  for (const ledger of ledgers) {
    const { state, conversation } = ledger
    const before = state?.standing === 'member' ? state.sealing[self.username] : undefined
    if (before === undefined || before.key === said.key) continue
    const content = { payload: JSON.stringify(said), contentType: STATEMENT_TYPE }
    await live.send(ledger, { conversation, messageId: createMessageId(), ...content })
  }
}
