import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import type { Message } from '../../../src/client/live/arrivals.js'
import { Journal } from '../../../src/client/live/journal.js'
import { type LogEvent, parseLogEvent } from '../../../src/client/live/log-event.js'
import { LogState } from '../../../src/client/log/state.js'
import { SEALED_TYPE } from '../../../src/client/sealing/sealed-message.js'
import { STATEMENT_TYPE } from '../../../src/client/sealing/statement.js'

const conversation = '60038410-eb81-4348-9143-26d9203e1dd0'
const fingerprint = `sha256:${'7'.repeat(64)}`
const state = LogState.parse({
  conversation,
  standing: 'member',
  lastSeq: 1,
  firstSeq: 1,
  members: { alice: fingerprint },
  former: {},
  recovered: [],
  invitations: {},
})

function message(seq: number, payload: string, more: object = {}): LogEvent {
  const from = { username: 'alice', fingerprint }
  const messageId = `01900000-0000-7000-8000-${String(seq).padStart(12, '0')}`
  const at = '2027-01-02T03:04:05.678Z'
  return parseLogEvent({ type: 'message', conversation, seq, at, from, messageId, payload, ...more })
}

const folder = await mkdtemp(join(tmpdir(), 'hermes-journal-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
let count = 0

/** A journal of messages with the seqs given. */
async function journalOf(seqs: readonly number[], payload = (seq: number) => `number ${seq}`) {
  const path = join(folder, `${++count}.jsonl`)
  const journal = new Journal(path)
  journal.append({ state }, ...seqs.map((seq) => ({ event: message(seq, payload(seq)) })))
  await journal.flush()
  return { path, journal }
}

async function seqsOf(events: AsyncIterable<LogEvent>): Promise<number[]> {
  const seqs: number[] = []
  for await (const { seq } of events) seqs.push(seq)
  return seqs
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

t.test('pages from any place, forwards and backwards, before and after a restart', async () => {
  const steps = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 300 })
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(700), fc.integer({ min: 1, max: 200 }), async (gaps, place, limit) => {
      const seqs = gaps.map((_, index) => gaps.slice(0, index + 1).reduce((sum, gap) => sum + gap))
      const { path, journal } = await journalOf(seqs)
      const again = new Journal(path)
      const recalled = await again.recall()
      if (recalled?.state.lastSeq !== seqs.at(-1)) return false
      for (const one of [journal, again]) {
        const after = await seqsOf(one.after(place))
        const before = (await one.before(place, limit)).map(({ seq }) => seq)
        const isRight =
          after.join() === seqs.filter((seq) => seq > place).join() &&
          before.join() ===
            seqs
              .filter((seq) => seq < place)
              .slice(-limit)
              .join() &&
          ((await one.find(place)) !== null) === seqs.includes(place)
        if (!isRight) return false
      }
      return true
    }),
    { numRuns: 40 },
  )
})

t.test('whatever text a message has is kept as it is', async (t) => {
  const texts = ['\u2028 \u2029 \n \r\n', '\u0000', '𝔘𝔫𝔦𝔠𝔬𝔡𝔢', '{"state":{}}', 'x'.repeat(65_536)]
  const { path } = await journalOf(upTo(texts.length), (seq) => texts[seq - 1] ?? '')
  const again = new Journal(path)
  await again.recall()
  const found: string[] = []
  for await (const event of again.after(0)) if (event.type === 'message') found.push(event.payload)
  t.same(found, texts)
})

t.test('a last line that was cut off is forgotten, and what follows is whole', async (t) => {
  const { path } = await journalOf(upTo(3))
  const whole = (await stat(path)).size
  await appendFile(path, '{"event":{"type":"mess')
  const again = new Journal(path)
  t.equal((await again.recall())?.state.lastSeq, 3)
  t.equal((await stat(path)).size, whole)
  again.append({ event: message(4, 'four') }, { taken: 2 })
  await again.flush()
  const third = new Journal(path)
  t.match(await third.recall(), { state: { lastSeq: 4, members: { alice: fingerprint } }, taken: 2 })
  t.same(await seqsOf(third.after(1)), [2, 3, 4])
  t.equal((await stat(path)).mode & 0o077, 0)
})

t.test('a line that is none of a journal is found when it is read', async (t) => {
  const { path } = await journalOf(upTo(200))
  await writeFile(path, (await readFile(path, 'utf8')).replace('number 100', 'number "100'))
  const again = new Journal(path)
  await again.recall()
  await t.rejects(seqsOf(again.after(0)), { name: 'ClientError', code: 'directory_damaged', message: /jsonl/ })
  await writeFile(path, 'what is this\n')
  await t.rejects(new Journal(path).recall(), { code: 'directory_damaged' })
  await writeFile(path, '')
  t.equal(await new Journal(path).recall(), null, 'nothing was written yet')
})

t.test('an event that changes the state is forgotten where its state was cut off', async (t) => {
  const from = { username: 'alice', fingerprint }
  const at = '2027-01-02T03:04:05.678Z'
  const left = parseLogEvent({ type: 'left', conversation, seq: 4, at, from, reason: 'left', text: '"type":"message"' })
  const { path } = await journalOf(upTo(3))
  const whole = (await stat(path)).size
  for (const tail of ['', '{"state":{"conver', `${JSON.stringify({ event: message(5, 'five') })}\n`]) {
    await appendFile(path, `${JSON.stringify({ event: left })}\n${tail}`)
    const again = new Journal(path)
    t.match(await again.recall(), { state: { lastSeq: 3, standing: 'member' } })
    t.same(await seqsOf(again.after(0)), [1, 2, 3])
    t.equal((await stat(path)).size, whole)
  }
  const again = new Journal(path)
  await again.recall()
  again.append({ event: left }, { state: { ...state, lastSeq: 4, standing: 'left' } }, { event: message(5, 'five') })
  await again.flush()
  t.match(await new Journal(path).recall(), { state: { lastSeq: 5, standing: 'left' } })
  t.same(await seqsOf(again.after(0)), upTo(5))

  const said = { ...message(4, 'a key'), contentType: STATEMENT_TYPE }
  const key = await journalOf(upTo(3))
  await appendFile(key.path, `${JSON.stringify({ event: said })}\n{"state":{"conver`)
  t.match(await new Journal(key.path).recall(), { state: { lastSeq: 3 } }, 'so is a message that tells a key')

  const began = new Journal(join(folder, 'began.jsonl'))
  began.append({ event: left })
  await began.flush()
  t.equal(await new Journal(began.path).recall(), null)
  t.equal((await stat(began.path)).size, 0, 'the beginning comes again')
})

t.test('a large file keeps what nobody took and the newest, and says what is forgotten', async (t) => {
  const path = join(folder, 'large.jsonl')
  const journal = new Journal(path, { startBytes: 100_000, keptBytes: 20_000 })
  const payload = 'x'.repeat(1000)
  const open = '60038410-eb81-4348-9143-26d9203e1dd1'
  const used = '60038410-eb81-4348-9143-26d9203e1dd2'
  const party = { username: 'alice', fingerprint }
  const invitation = { inviter: party, invitee: party, challenge: 'A'.repeat(43), roster: fingerprint }
  const withOpen = LogState.parse({ ...state, lastSeq: 3, invitations: { [open]: invitation } })
  const declined = (seq: number, id: string) =>
    parseLogEvent({ ...message(seq, ''), type: 'declined', invitation: id, payload: undefined })
  // As it is on disk: only these fields are looked at.
  const joined = { ...declined(2, used), type: 'joined' } as LogEvent
  journal.append({ event: message(1, payload) }, { event: joined }, { event: declined(3, open) }, { state: withOpen })
  for (let seq = 4; seq <= 90; seq += 1) journal.append({ event: message(seq, payload) })
  journal.append({ taken: 40 })
  const whole = upTo(90)
  const reading = journal.after(0)
  await journal.flush()
  const { size } = await stat(path)
  t.ok(size < 70_000, `${size} bytes`)
  t.equal((await stat(path)).mode & 0o777, 0o600)
  const isRight = async (one: Journal) => {
    const events: LogEvent[] = []
    for await (const event of one.after(0)) events.push(event)
    t.match(events.slice(0, 4), [
      { type: 'gap', first: 1, seq: 2, reason: 'forgotten' },
      { type: 'declined', seq: 3 },
      { type: 'gap', first: 4, seq: 40, reason: 'forgotten' },
      { type: 'message', seq: 41 },
    ])
    t.same(
      events.map(({ seq }) => seq),
      [2, 3, ...whole.slice(39)],
    )
    t.same(await seqsOf(one.after(40)), whole.slice(40), 'a reader misses nothing')
    t.same(
      (await one.before(91, 30)).map(({ seq }) => seq),
      whole.slice(60),
    )
    t.match(await one.find(20), { type: 'gap', first: 4 })
    t.match(await one.find(3), { type: 'declined' })
    t.same(
      [used, open].map((id) => one.isForgotten(id)),
      [true, false],
    )
  }
  await isRight(journal)
  t.same((await seqsOf(reading)).slice(-50), whole.slice(-50))
  const again = new Journal(path, { startBytes: 100_000, keptBytes: 20_000 })
  t.match(await again.recall(), { state: { ...withOpen, lastSeq: 90 }, taken: 40 })
  await isRight(again)

  again.append({ taken: 90 })
  for (let seq = 91; seq <= 260; seq += 1) {
    again.append({ event: message(seq, payload) }, { taken: seq })
    const [first] = await Promise.all([seqsOf(again.after(seq - 10)), again.flush()])
    t.ok(
      first.every((one, index) => index === 0 || one > (first[index - 1] ?? 0)),
      'read while it is replaced',
    )
  }
  t.ok((await stat(path)).size < 200_000)
  t.match(await again.before(10, 9), [{ seq: 2 }, { seq: 3 }])
  t.ok(
    (await readdir(folder)).every((name) => name.endsWith('.jsonl')),
    'no draft is left',
  )
  t.match(await new Journal(path).recall(), { state: { lastSeq: 260 }, taken: 260 })
})

t.test('a sealed message that is shown again is known by its sender and its id', async (t) => {
  const path = join(folder, 'repeated.jsonl')
  const journal = new Journal(path, { startBytes: 20_000, keptBytes: 10_000 })
  const sealed = (seq: number, more: object = {}) =>
    message(seq, `"seq":1,"messageId":"${seq}"`, { contentType: SEALED_TYPE, ...more }) as Message
  const [first, again] = [sealed(2), sealed(4, { messageId: sealed(2).messageId })]
  const other = sealed(5, { messageId: first.messageId, from: { username: 'bob', fingerprint } })
  journal.append({ state }, { event: first }, { event: message(3, 'plain') }, { event: again }, { event: other })
  await journal.flush()
  const recalled = new Journal(path)
  await recalled.recall()
  for (const one of [journal, recalled])
    t.same(
      [first, again, other].map((event) => one.isRepeated(event)),
      [false, true, false],
    )
  const rest = upTo(100).map((seq) => ({ event: sealed(seq + 5) }))
  journal.append(...rest, { taken: 105 })
  await journal.flush()
  const last = sealed(106, { messageId: sealed(105).messageId })
  t.same(
    [first, again, last].map((event) => journal.isRepeated(event)),
    [false, false, true],
    'of those that are kept',
  )
})
