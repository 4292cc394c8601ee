import { connect } from '@nats-io/transport-node'
import t from 'tap'
import { withTag } from '../../src/bus/nats/tag.js'
import { natsServer, noNatsServer } from '../support/nats-server.js'
import { standing, wake } from './contract.js'
import { KEY, node, nodes, prefix, until } from './nats-fixture.js'

const skip = noNatsServer

t.test('NATS may be killed and come back', { skip }, async (t) => {
  const server = await natsServer(t)
  const [here, there] = await nodes(t, 2, { servers: [server.url] })
  if (!here || !there) throw new Error('there are two')
  await there.bus.follow('conversation.1')
  await server.kill()
  await until(() => here.bus.isAway && there.bus.isAway, 'them to see it')
  here.bus.publish(wake)
  here.bus.standing(standing)
  t.same(here.heard.lines, ['missed', '1', 'user 7'], 'here all is heard')
  t.same(here.notes.drops, ['away', 'away'])
  await there.bus.follow('conversation.2')
  there.bus.unfollow('conversation.1')
  await server.start()
  await until(() => !here.bus.isAway && !there.bus.isAway, 'it to be back')
  here.bus.publish({ ...wake, seq: 2 })
  here.bus.publish({ ...wake, conversationId: 2, seq: 3 })
  await until(() => there.heard.lines.includes('3 elsewhere'), 'what was followed meanwhile')
  t.same(there.heard.lines, ['missed', 'missed', '3 elsewhere'])
  t.match(there.notes.lines, [
    /^NATS is there/,
    /^NATS is away \(.+\): other nodes are heard by reading the store$/,
    /^NATS is there/,
  ])
  t.equal(there.notes.lines.length, 3, 'a line for each change')
})

t.test('NATS may come after the node', { skip }, async (t) => {
  const server = await natsServer(t)
  await server.kill()
  const { bus, heard, notes } = node(t, { servers: [server.url] })
  t.equal(bus.isAway, true)
  await bus.follow('conversation.1')
  bus.publish(wake)
  await server.start()
  await until(() => !bus.isAway, 'it')
  t.same(heard.lines, ['1', 'missed'])
  t.ok(notes.lags.length > 0)
})

t.test('NATS that is there and does not answer counts as away, and nobody waits for it', { skip }, async (t) => {
  const server = await natsServer(t)
  const [here] = await nodes(t, 1, { servers: [server.url] })
  server.pause()
  t.teardown(() => server.resume())
  await here?.bus.follow('conversation.1')
  await until(() => here?.bus.isAway === true, 'the node to see it')
  await here?.bus.follow('conversation.2')
  server.resume()
  await until(() => here?.bus.isAway === false, 'it to be back')
  t.same(here?.heard.lines, ['missed', 'missed'])
})

t.test('what is no message is counted and ignored', { skip }, async (t) => {
  const server = await natsServer(t)
  const name = prefix()
  const [there] = await nodes(t, 1, { servers: [server.url], prefix: name })
  await there?.bus.follow('conversation.1')
  await there?.bus.follow('user.7')
  const stranger = await connect({ servers: server.url })
  t.teardown(() => stranger.close())
  const head = {
    kind: 'wake',
    conversationId: 1,
    uuid: 'u',
    seq: 1,
    type: 'message',
    invitation: null,
    isPlain: true,
    isMore: false,
    userId: null,
  }
  const mark = { sender: 's', number: 1, at: Date.now() }
  const bad: readonly (readonly [place: string, text: string])[] = [
    ['conversation.1', ''],
    ['conversation.1', 'null'],
    ['conversation.1', '[]'],
    ['conversation.1', JSON.stringify({ ...head, kind: 'other' })],
    ['conversation.1', JSON.stringify({ ...head, conversationId: 2 })],
    ['conversation.1', JSON.stringify({ ...head, seq: -1 })],
    ['conversation.1', JSON.stringify({ ...head, seq: '1' })],
    ['conversation.1', JSON.stringify({ ...head, userId: 7 })],
    ['conversation.1', JSON.stringify({ kind: 'standing', userId: 7 })],
    ['conversation.1', JSON.stringify({ kind: 'signal', conversationId: 1, ...mark })],
    ['conversation.1', `${JSON.stringify({ kind: 'signal', conversationId: 1 })}\n{}`],
    ['conversation.1', `${JSON.stringify({ kind: 'signal', conversationId: 1, ...mark, at: '0' })}\n{}`],
    ['user.7', JSON.stringify(head)],
    ['user.7', JSON.stringify({ ...head, userId: 8 })],
    ['user.7', JSON.stringify({ kind: 'connection', userId: 7, deviceId: 1, number: 1.5 })],
    ['control', JSON.stringify({ kind: 'standing', userId: {} })],
  ]
  // As a node of another version, which has the key.
  const say = (place: string, text: string) =>
    stranger.publish(`${name}.${place}`, withTag(KEY, `${name}.${place}`, text))
  for (const [place, text] of bad) say(place, text)
  say('conversation.1', JSON.stringify(head))
  await until(() => there?.heard.wakes.length === 1, 'the good one')
  t.same(there?.heard.lines, ['missed', '1 elsewhere'])
  t.same(
    there?.notes.drops,
    bad.map(() => 'invalid'),
  )
})
