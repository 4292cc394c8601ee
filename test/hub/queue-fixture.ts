import type { Claim } from '../../src/bus/bus.js'
import { appendOf, apply, type Committed } from '../../src/hub/committed.js'
import type { Command, KnownMessage } from '../../src/hub/conversation/commands.js'
import { begin, decide } from '../../src/hub/conversation/decide.js'
import { emptyConversation } from '../../src/hub/conversation/evolve.js'
import { ConversationQueue, type Rivals } from '../../src/hub/conversation-queue.js'
import type { Outcome, Task } from '../../src/hub/task.js'
import type { ConversationId } from '../../src/wire/formats.js'
import { actor, CONVERSATION, invitationId, type Name, NOW, send } from './conversation/world.js'
import { MemoryLog } from './memory-log.js'

/** What came out of a queue, in order: `answer <name>` and `event <seq>`. */
export type Trace = string[]

/** Stores `started` by `by`, as another process would have. */
export function begun(log: MemoryLog, by: Name = 'alice', uuid: ConversationId = CONVERSATION): number {
  const before = emptyConversation(uuid)
  const event = begin({ type: 'start', at: NOW, by: actor(by), conversation: uuid, participants: [] })
  const created = { uuid, createdBy: actor(by).userId, createdAt: NOW }
  return log.write(appendOf(created, before, apply(0, before, [event]), undefined))
}

/** Stores what a command comes to, as another node would. */
export async function elsewhere(log: MemoryLog, command: Command, uuid: ConversationId = CONVERSATION): Promise<void> {
  const queue = new ConversationQueue(uuid, log, () => {})
  const { load } = log.gates
  log.gates.load = async () => {}
  await queue.open()
  log.gates.load = load
  const { state, id } = queue
  const { events } = state ? decide(state, command) : {}
  if (!state || !events) throw new Error('it is refused')
  log.write(appendOf(id, state, apply(id, state, events), undefined))
}

export async function openQueue(
  log: MemoryLog,
  trace: Trace = [],
  rivals: Rivals | null = null,
): Promise<ConversationQueue> {
  const queue = new ConversationQueue(CONVERSATION, log, ({ seq }: Committed) => trace.push(`event ${seq}`), rivals)
  if (!(await queue.open())) throw new Error('there is no conversation')
  return queue
}

/** A task of a command, whose outcome is told by `name`. */
export function taskOf(
  name: string,
  command: Command,
  trace: Trace,
  changes: Partial<Task> = {},
): Task & { readonly outcomes: Outcome[] } {
  const outcomes: Outcome[] = []
  return {
    origin: null,
    outcomes,
    decide: (state) => decide(state, command),
    done: (outcome) => {
      outcomes.push(outcome)
      trace.push(`answer ${name}`)
    },
    ...changes,
  }
}

/** A `send` of alice as the operation makes it: it looks its messageId up when it is decided again. */
export function sending(number: number, log: MemoryLog, trace: Trace, payload = 'hello', name = `${number}`) {
  const command = send('alice', { messageId: invitationId(number), payload })
  const { by, messageId } = command
  let stored: KnownMessage | null = null
  return taskOf(name, command, trace, {
    decide: (state, context) =>
      decide(state, { ...command, known: stored ?? context.findPending(by.userId, messageId) }),
    recall: async ({ id }) => {
      const found = await log.findMessage(id, by.userId, messageId)
      const { at, payload: text } = JSON.parse(found?.body ?? '{}')
      stored = found && { seq: found.seq, at: Date.parse(at), payload: text, contentType: null }
    },
  })
}

/** Lets everything that waits for nothing run. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A queue of a conversation that alice began. */
export async function opened(isShared = false) {
  const claims: Claim[] = []
  const log = new MemoryLog()
  const id = begun(log)
  const trace: Trace = []
  const queue = await openQueue(log, trace, isShared ? (claim) => void claims.push(claim) : null)
  return { log, id, trace, queue, claims }
}
