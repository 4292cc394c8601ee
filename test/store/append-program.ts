import { randomUUID } from 'node:crypto'
import { SILENT } from '../../src/store/logger.js'
import { openStore } from '../../src/store/open.js'
import { POOL_LIMITS } from '../../src/store/postgres/pools.js'
import { entry, event } from './fixtures.js'

/**
 * A program that appends to conversations, many at once, and prints `<id> <seq>` for each append when it is
 * acknowledged, until it is killed. Arguments: URL of the database, id of the sender, uuids of the conversations.
 */
const IN_FLIGHT = 40

const [url = '', sender = '', ...uuids] = process.argv.slice(2)
const { log } = await openStore({ url, limits: POOL_LIMITS, now: () => new Date(), logger: SILENT })

for (const uuid of uuids) {
  const snapshot = await log.load(uuid)
  if (snapshot === null) throw new Error(`There is no conversation ${uuid}`)
  const { id } = snapshot
  let seq = snapshot.lastSeq
  const appendNext = () => {
    const next = event(++seq, Number(sender), { messageId: randomUUID(), body: 'x'.repeat(300) })
    log.append(entry(id, [next]), (failure) => {
      if (failure !== null) throw new Error(failure.reason)
      // Synchronous on a pipe, so that what is printed was acknowledged and nothing else.
      process.stdout.write(`${id} ${next.seq}\n`)
      appendNext()
    })
  }
  for (let i = 0; i < IN_FLIGHT; i++) appendNext()
}
