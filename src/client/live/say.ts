import { Refusal } from '../refusal.js'
import { type Content, SEALED_TYPE } from '../sealing/sealed-message.js'
import type { Ledger } from './ledger.js'
import type { Live } from './live.js'
import type { ReadMessage } from './opener.js'

/** What a program says. */
export interface Said extends Content {
  readonly messageId: string
  readonly epoch?: number
  /** True: sealed or not at all; false: as it is; absent: as the conversation does. */
  readonly sealed?: boolean
}

/** A message that the hub has stored. */
export interface Sent {
  readonly messageId: string
  readonly seq: number
  /** RFC 3339. */
  readonly at: string
  /** Whether members alone can read it. */
  readonly sealed: boolean
}

const PAGE = 100

/** Seals it where that is meant, and sends it. Rejects as `Live.send`, and with ClientError `cannot_seal`. */
export async function say(live: Live, ledger: Ledger, { sealed, ...said }: Said): Promise<Sent> {
  const { messageId, payload, contentType, epoch } = said
  const { conversation, failure } = ledger
  if (failure) throw failure
  const plain = { payload, ...(contentType !== undefined && { contentType }) }
  const content = await inTurn(ledger, async () =>
    ledger.state ? live.sealer.seal(ledger.state, messageId, plain, sealed) : plain,
  )
  const params = { conversation, messageId, ...content, ...(epoch !== undefined && { epoch }) }
  try {
    return { messageId, ...(await live.send(ledger, params)), sealed: content !== plain }
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'message_conflict' || content === plain) throw error
    // Nothing is sealed the same way twice: said again by another process, it is what that one stored.
    const earlier = await findSaid(live, ledger, messageId)
    if (earlier?.payload !== payload || earlier.contentType !== contentType) throw error
    const { seq, at } = earlier
    return { messageId, seq, at, sealed: true }
  }
}

const turns = new WeakMap<Ledger, Promise<unknown>>()

/** What is said first is sealed and sent first. */
function inTurn<T>(ledger: Ledger, act: () => Promise<T>): Promise<T> {
  const turn = (turns.get(ledger) ?? Promise.resolve()).then(act)
  turns.set(
    ledger,
    turn.catch(() => undefined),
  )
  return turn
}

/** A message of this user, as it was said. */
async function findSaid(live: Live, ledger: Ledger, messageId: string): Promise<ReadMessage | null> {
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    const page = await ledger.journal.before(before, PAGE)
    for (const event of page) {
      const isIt = event.type === 'message' && event.messageId === messageId
      if (!isIt || event.from.username !== live.home.credentials?.username) continue
      const read = await live.opener.open(event, ledger)
      return event.contentType === SEALED_TYPE && read.type === 'message' ? read : null
    }
    const [first] = page
    if (!first) return null
    before = first.seq
  }
}
