import fc from 'fast-check'
import t from 'tap'
import { HermesError } from '../../src/errors.js'
import type { Command } from '../../src/hub/conversation/commands.js'
import type { ConversationQueue } from '../../src/hub/conversation-queue.js'
import type { AppendFailure } from '../../src/store/event-log.js'
import * as world from './conversation/world.js'
import { MemoryLog } from './memory-log.js'
import { begun, elsewhere, openQueue, sending, settled, type Trace, taskOf } from './queue-fixture.js'

type Step =
  | { readonly do: 'send'; readonly message: number }
  | { readonly do: 'invite' | 'cancel' | 'refused' | 'elsewhere' | 'wait' | 'unreadable' }
  | { readonly do: 'commit'; readonly count: number }
  | { readonly do: 'fail'; readonly reason: AppendFailure['reason'] }

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), message: fc.nat(12) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('invite' as const, 'cancel', 'refused') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('commit' as const), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('wait' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('elsewhere' as const, 'unreadable') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      reason: fc.constantFrom('conflict' as const, 'duplicate', 'unavailable'),
    }),
  },
)

const CODES = { quota: 'quota_exceeded', revoked: 'certificate_rejected', unavailable: 'unavailable' } as const

function failureOf(reason: AppendFailure['reason']): AppendFailure {
  return reason === 'conflict' || reason === 'duplicate'
    ? { reason }
    : { reason, error: new HermesError(CODES[reason]) }
}

interface Submitted {
  readonly task: ReturnType<typeof taskOf>
  readonly messageId: string | null
}

class Run {
  readonly log = new MemoryLog()
  readonly trace: Trace = []
  readonly submitted: Submitted[] = []
  readonly #id = begun(this.log)
  readonly #queue = openQueue(this.log, this.trace)
  #others = 0

  async take(step: Step): Promise<void> {
    const queue = await this.#queue
    switch (step.do) {
      case 'send':
        return queue.submit(this.#message(1000 + step.message))
      case 'invite':
      case 'cancel':
      case 'refused':
        return queue.submit(this.#task(this.#command(step.do, queue)))
      case 'commit':
        return this.log.commit(step.count)
      case 'fail':
        return this.log.commit(1, failureOf(step.reason))
      case 'elsewhere':
        return elsewhere(this.log, world.send('alice', { messageId: world.invitationId(5000 + this.#others++) }))
      case 'unreadable':
        this.log.gates.load = async () => {
          this.log.gates.load = async () => {}
          throw new Error('unreadable')
        }
        return
      case 'wait':
        return settled()
    }
  }

  async finish(): Promise<void> {
    this.log.gates.load = async () => {}
    const queue = await this.#queue
    while (!queue.isIdle) {
      this.log.commit()
      await settled()
    }
  }

  /** What is in the log is what was answered with success, in the order of the answers; nothing else was published. */
  check(): void {
    const answers = this.trace.filter((line) => line.startsWith('answer '))
    same(answers.length, this.submitted.length, 'everyone is answered')
    same(new Set(answers).size, answers.length, 'nobody twice')
    const published = this.trace.filter((line) => line.startsWith('event ')).map((line) => Number(line.slice(6)))
    const events = this.log.eventsOf(this.#id)
    const own = events.filter(({ messageId, seq }) => seq > 1 && !isOther(messageId)).map(({ seq }) => seq)
    same(published.join(), own.join(), 'what is stored is published, in order')
    const answered = answers.flatMap((line) => this.#storedBy(Number(line.slice(7))))
    same(answered.join(), own.join(), 'and was answered with success, in order')
    const seqs = new Map(events.map(({ messageId, seq }) => [messageId, seq]))
    for (const { task, messageId } of this.submitted)
      if (messageId) same(answerOf(task)?.seq ?? seqs.get(messageId), seqs.get(messageId), 'the seq of the first')
  }

  /** The seq that an answer told of as new. */
  #storedBy(index: number): readonly number[] {
    const answer = answerOf(this.submitted[index]?.task)
    return answer && !answer.duplicate ? [answer.seq] : []
  }

  #message(number: number): Submitted['task'] {
    const task = sending(number, this.log, this.trace, 'hello', `${this.submitted.length}`)
    this.submitted.push({ task, messageId: world.invitationId(number) })
    return task
  }

  #task(command: Command): Submitted['task'] {
    const task = taskOf(`${this.submitted.length}`, command, this.trace)
    this.submitted.push({ task, messageId: null })
    return task
  }

  #command(type: 'invite' | 'cancel' | 'refused', { state }: ConversationQueue): Command {
    const number = this.submitted.length
    if (type === 'invite') return world.invite('alice', 'bob', { invitation: world.invitationId(number) })
    if (type === 'refused') return world.send('carol')
    const invitation = [...(state?.invitations.keys() ?? [])].at(-1) ?? world.I1
    return world.end('cancel', 'alice', { invitation, reason: `${number}` })
  }
}

function answerOf(task: Submitted['task'] | undefined): { seq: number; duplicate?: boolean } | null {
  const [outcome] = task?.outcomes ?? []
  return outcome && 'answer' in outcome ? (outcome.answer as { seq: number; duplicate?: boolean }) : null
}

function isOther(messageId: string | null): boolean {
  return messageId !== null && messageId >= world.invitationId(5000)
}

function same(found: unknown, wanted: unknown, what: string): void {
  if (found !== wanted) throw new Error(`${what}: found ${String(found)}, wanted ${String(wanted)}`)
}

t.test('whatever completes or fails, the log holds what was answered with success', async (t) => {
  const check = async (steps: readonly Step[]) => {
    const run = new Run()
    for (const step of steps) await run.take(step)
    await run.finish()
    run.check()
  }
  const schedules = fc.array(step, { minLength: 1, maxLength: 40, size: 'max' })
  await t.resolves(fc.assert(fc.asyncProperty(schedules, check), { numRuns: 300 }))
})
