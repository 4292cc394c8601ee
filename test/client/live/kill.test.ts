import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startServer } from '../../support/server.js'
import { clientOf, payloadsUpTo, reopen, talkOf } from './clients.js'

const CHILD = fileURLToPath(new URL('killed-client.ts', import.meta.url))
const server = await startServer(t)

/** Runs a client until it has killed itself. */
async function kill(...words: readonly string[]): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [`--import=${import.meta.resolve('tsx')}`, CHILD, ...words], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [, signal] = await once(child, 'exit')
  return signal as NodeJS.Signals | null
}

t.test('a client that is killed at the worst moments loses nothing and doubles nothing', async (t) => {
  const [alice, bob] = [await clientOf(t, server, 'alice'), await clientOf(t, server, 'bob')]
  await Promise.all([alice.client.connect(), bob.client.connect()])
  const [{ id }, theirs] = await talkOf(alice, bob)
  await alice.client.close()

  const messageId = randomUUID()
  t.equal(await kill(alice.directory, id, 'journal', 'answered, not written', messageId), 'SIGKILL')
  t.equal(await kill(alice.directory, id, 'acknowledgement', 'written, not acknowledged'), 'SIGKILL')
  await theirs.send('received, not acknowledged')
  t.equal(await kill(alice.directory, id, 'acknowledgement'), 'SIGKILL')
  await theirs.send('received, not written')
  t.equal(await kill(alice.directory, id, 'journal'), 'SIGKILL')

  const { client } = await reopen(t, alice.directory)
  await client.connect()
  const ours = client.conversation(id)
  t.match((await ours.history({ limit: 1 }))[0], { payload: 'received, not written' })
  const again = await ours.send('answered, not written', { messageId })
  await ours.send('the end')
  const all = [
    'answered, not written',
    'written, not acknowledged',
    'received, not acknowledged',
    'received, not written',
    'the end',
  ]
  t.same(await payloadsUpTo(ours, 'the end', 0), all)
  t.same(await payloadsUpTo(theirs, 'the end', 0), all)
  const history = await ours.history()
  t.same(
    history.map(({ seq }) => seq),
    history.map((_, index) => index + 1),
  )
  t.equal(
    history.find((event) => event.type === 'message')?.seq,
    again.seq,
    'the same message, sent again, is the same',
  )
})

t.test('a loop goes on where the last one stopped, in another process too', async (t) => {
  const [alice, bob] = [await clientOf(t, server, 'anna'), await clientOf(t, server, 'ben')]
  await Promise.all([alice.client.connect(), bob.client.connect()])
  const [ours, theirs] = await talkOf(alice, bob)
  for (const payload of ['one', 'two', 'three']) await theirs.send(payload)
  t.same(await payloadsUpTo(ours, 'two'), ['one', 'two'])
  await alice.client.close()
  const { client } = await reopen(t, alice.directory)
  const again = client.conversation(ours.id)
  t.same(await payloadsUpTo(again, 'three'), ['two', 'three'], 'the one that the loop broke off at comes again')
  t.same(await payloadsUpTo(again, 'three', 0), ['one', 'two', 'three'])
  await t.rejects(again.send('four'), { code: 'not_connected' })
  t.equal(await again.signal('typing'), false)
  await client.connect()
  const reading = payloadsUpTo(again, 'never')
  await client.close()
  t.same(await reading, ['three'], 'closing ends it')
})
