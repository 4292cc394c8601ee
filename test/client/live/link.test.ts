import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { ClientError } from '../../../src/client/client-error.js'
import { type CloseReason, closeReason } from '../../../src/client/close-reason.js'
import type { Notification } from '../../../src/client/frames.js'
import { type Connection, ConnectionClosed } from '../../../src/client/hub-client.js'
import { backoffMs, returnMs } from '../../../src/client/live/backoff.js'
import { Deferred } from '../../../src/client/live/deferred.js'
import { Link, type LinkChange, type LinkOptions } from '../../../src/client/live/link.js'
import { passesAfterMs, remedyAfterClose, remedyAfterFailure } from '../../../src/client/live/remedy.js'
import { Refusal } from '../../../src/client/refusal.js'
import { VerificationError } from '../../../src/client/verification-error.js'
import { CLOSE } from '../../../src/wire/frames.js'

const refusal = (code: string, retryAfterMs?: number) =>
  new Refusal({ code, message: code, status: 403, retryable: code === 'busy', retryAfterMs })

t.test('the wait doubles up to half a minute, half of it by chance', async (t) => {
  fc.assert(
    fc.property(fc.nat(2000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const ms = backoffMs(attempt, random)
      const ceiling = Math.min(30_000, 250 * 2 ** Math.min(attempt, 10))
      return ms >= Math.floor(ceiling / 2) && ms <= ceiling
    }),
  )
  t.not(backoffMs(3, 0), backoffMs(3, 1))
  t.same([0, 1500, 1e15].map(returnMs), [125, 1500, 3_600_000], 'nor is it the wait that the hub likes')
})

t.test('each close code and refusal has its remedy', async (t) => {
  const remedies = Object.values(CLOSE).map(({ code }) => [code, remedyAfterClose(closeReason(code, ''))])
  t.same(Object.fromEntries(remedies), {
    1012: 'wait',
    1013: 'wait',
    1003: 'none',
    4408: 'wait',
    4429: 'wait',
    4430: 'wait',
    4501: 'none',
    4502: 'renew',
    4503: 'none',
    4504: 'none',
    4505: 'none',
    4506: 'adopt',
  })
  t.equal(remedyAfterFailure(refusal('certificate_expired')), 'renew')
  t.equal(remedyAfterFailure(refusal('certificate_superseded')), 'adopt')
  t.equal(remedyAfterFailure(refusal('certificate_revoked')), 'none')
  t.equal(remedyAfterFailure(refusal('busy')), 'wait')
  t.equal(remedyAfterFailure(new ClientError('unreachable')), 'wait')
  t.equal(remedyAfterFailure(new ClientError('key_missing')), 'none')
  t.equal(remedyAfterFailure(new VerificationError('server_untrusted')), 'wait')
  t.equal(remedyAfterFailure(new Error('the disk is full')), 'none')
  t.equal(passesAfterMs(refusal('rate_limited', 7)), 7)
  t.equal(passesAfterMs(refusal('rate_limited', 1e12)), 3_600_000, 'what a timer holds')
  t.equal(passesAfterMs(refusal('epoch_conflict')), null)
})

/** A connection whose hub the test plays. */
class FakeConnection implements Connection {
  readonly calls: string[] = []
  readonly #pending: Deferred<never>[] = []
  readonly #batches: (readonly Notification[])[]
  readonly #closed = new Deferred<CloseReason>()
  readonly closed = this.#closed.promise
  #end: CloseReason | null = null
  answer: unknown = null

  constructor(...more: readonly Notification[]) {
    this.#batches = [[{ method: 'synced', params: {} }, ...more]]
  }

  async call(_method: string, params: object): Promise<never> {
    if (this.#end) throw new ConnectionClosed(this.#end)
    const pending = new Deferred<never>()
    this.calls.push((params as { readonly messageId: string }).messageId)
    this.#pending.push(pending)
    if (this.answer instanceof Error) pending.reject(this.answer)
    else if (this.answer !== null) pending.resolve(this.answer as never)
    return pending.promise
  }

  async batch(): Promise<readonly Notification[]> {
    const next = this.#batches.shift()
    if (next) return next
    await this.closed
    return []
  }

  end(code: number): void {
    const close = closeReason(code, '')
    this.#end = close
    for (const pending of this.#pending) pending.reject(new ConnectionClosed(close))
    this.#closed.resolve(close)
  }

  async close(): Promise<CloseReason> {
    this.end(1000)
    return this.closed
  }

  acknowledge(): void {}
  acknowledgeUpTo(): void {}
}

/** A link whose time is the test's: it passes when the link sleeps. */
function linkTo(open: (at: number) => Connection, more: Partial<LinkOptions> = {}) {
  const changes: LinkChange[] = []
  const lies: VerificationError[] = []
  const clock = { ms: 0 }
  const link = new Link({
    open: async () => open(clock.ms),
    mend: async () => undefined,
    take: async () => undefined,
    tell: (change) => void changes.push(change),
    refused: (error) => void lies.push(error),
    random: () => 1,
    sleep: async (ms) => {
      clock.ms += ms
      await setImmediate()
    },
    ...more,
  })
  t.teardown(() => link.close())
  const send = (messageId: string) => link.call('send', { conversation: '', messageId, payload: '' })
  return { link, changes, lies, clock, send }
}

for (const seconds of [1, 10, 60])
  t.test(`after ${seconds} s without a network everything unanswered is sent again, in order`, async (t) => {
    const [first, second] = [new FakeConnection(), new FakeConnection()]
    let attempts = 0
    const { link, clock, send } = linkTo((at) => {
      attempts += 1
      if (attempts === 1) return first
      if (at < seconds * 1000) throw new ClientError('unreachable', 'there is no network')
      return second
    })
    await link.synced
    const sent = ['a', 'b'].map(send)
    await setImmediate()
    first.end(1006)
    sent.push(send('c'))
    second.answer = { seq: 1, at: '', duplicate: false }
    await Promise.all(sent)
    t.same(first.calls, ['a', 'b'])
    t.same(second.calls, ['a', 'b', 'c'])
    t.ok(clock.ms >= seconds * 1000 && clock.ms < seconds * 2000 + 1000, `${clock.ms} ms`)
    t.ok(attempts <= 3 + Math.log2(seconds * 4), `${attempts} attempts`)
  })

t.test('what passes is sent again; what does not, rejects', async (t) => {
  const hub = new FakeConnection()
  const { link, send } = linkTo(() => hub)
  await link.synced
  hub.answer = refusal('busy', 5)
  const sent = send('a')
  await setImmediate()
  hub.answer = { seq: 1, at: '', duplicate: false }
  t.match(await sent, { seq: 1 })
  t.same(hub.calls, ['a', 'a'])
  hub.answer = refusal('epoch_conflict')
  await t.rejects(send('b'), { code: 'epoch_conflict' })
})

t.test('the hub says when to come back, and once back the waits begin anew', async (t) => {
  const draining = new FakeConnection({ method: 'draining', params: { reconnectAfterMs: 1500 } })
  const hubs = [new FakeConnection(), draining, new FakeConnection()]
  let opened = 0
  const { link, changes } = linkTo(() => hubs[opened++] ?? new FakeConnection())
  await link.synced
  for (const hub of hubs) {
    hub.end(1012)
    await setImmediate()
    await setImmediate()
  }
  const waits = changes.flatMap(({ retryInMs }) => (retryInMs === undefined ? [] : [retryInMs]))
  t.same(waits, [250, 1500, 250])
})

t.test('a certificate is mended before the next attempt, and what cannot be mended ends it', async (t) => {
  const mended: string[] = []
  let opened = 0
  const { link, send } = linkTo(
    () => {
      opened += 1
      if (opened === 1) throw refusal('certificate_expired')
      return new FakeConnection()
    },
    { mend: async (remedy) => void mended.push(remedy) },
  )
  await link.synced
  t.same(mended, ['renew'])
  await link.close()
  await t.rejects(send('a'), { code: 'link_ended' })

  const other = linkTo(
    () => {
      throw refusal('certificate_superseded')
    },
    {
      mend: async () => {
        throw new ClientError('key_missing', 'another key')
      },
    },
  )
  await t.rejects(other.link.synced, { code: 'key_missing' })
  t.match(other.changes.at(-1), { state: 'ended', reason: 'another key' })
})

t.test('somebody in the place of the hub is told of, and the link goes on', async (t) => {
  let opened = 0
  const { link, lies } = linkTo(() => {
    opened += 1
    if (opened === 1) throw new VerificationError('server_untrusted')
    return new FakeConnection()
  })
  await link.synced
  t.match(lies, [{ code: 'server_untrusted' }])
})
