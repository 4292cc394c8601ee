import { randomUUID } from 'node:crypto'
import type { Page } from '../demo/page.js'
import type { UserProcess } from '../demo/user-process.js'
import type { Node } from './node.js'

export interface Cast {
  readonly page: Page
  readonly alice: UserProcess
  readonly bob: UserProcess
  readonly first: Node
  readonly second: Node
}

const secretsOf = (username: string) => ({
  username,
  password: `the server password of ${username}`,
  keyPassword: `the key password of ${username}`,
})

/** Two users on two nodes, of which one is killed. Throws Error when something does not happen as it should. */
export async function tell(cast: Cast): Promise<void> {
  await arrive(cast)
  const conversation = await meet(cast)
  await talk(cast, conversation)
  await kill(cast, conversation)
  await goOn(cast, conversation)
}

async function arrive({ page, alice, bob, first, second }: Cast): Promise<void> {
  page.heading('Alice comes to the first node, bob to the second')
  for (const [user, node, name] of [[alice, first, 'first'] as const, [bob, second, 'second'] as const]) {
    await user.do('register', { ...placeOf(node), ...secretsOf(user.name) })
    page.does(`${user.name} → ${name}`, 'registers, and pins the root that both nodes share')
    await user.do('connect', { device: 'laptop' })
    page.does(`${user.name} → ${name}`, `connects to ${node.hubUrl}`)
  }
  for (const [user, other] of [[alice, bob] as const, [bob, alice] as const])
    await user.do('fetch', { username: other.name })
  page.verified('both verify', "each other's certificate, fetched from the node that he is on")
}

async function meet({ page, alice, bob }: Cast): Promise<string> {
  page.heading('Alice invites bob, from node to node')
  const { conversation } = await alice.do('start', { username: 'bob' })
  await alice.do('invite', { conversation, username: 'bob' })
  await bob.do('receive')
  await bob.do('accept')
  await alice.do('verifyAcceptance')
  await alice.do('confirm')
  const { seq } = await bob.do('verifyConfirmation')
  page.verified('bob verifies', `that he joined, event ${seq}: signatures of both`)
  await alice.do('verifyMembership')
  return conversation
}

async function talk(cast: Cast, conversation: string): Promise<void> {
  const { page, alice, bob } = cast
  page.heading('They talk, each with his own node')
  await say(page, alice, bob, conversation, 'Hello bob, I am on the first node.')
  await say(page, bob, alice, conversation, 'Hello alice, I am on the second.')
}

async function kill({ page, bob, first }: Cast, conversation: string): Promise<void> {
  page.heading('The first node is killed in the middle of the conversation')
  const isGone = first.end('SIGKILL')
  const { seq } = await bob.do('send', { conversation, messageId: randomUUID(), payload: 'Alice, are you there?' })
  await isGone
  page.does('kill -9', `process ${first.pid}, while bob sends event ${seq}`)
}

async function goOn(cast: Cast, conversation: string): Promise<void> {
  const { page, alice, bob, second } = cast
  page.heading('Alice goes on at the second node')
  await alice.do('move', placeOf(second))
  await alice.do('connect', { device: 'laptop' })
  page.does('alice → second', 'connects as the same device')
  for (let isMissed = false; !isMissed; ) {
    const { seq, payload, from } = await alice.do('read')
    isMissed = payload === 'Alice, are you there?'
    const note = isMissed ? '' : ' (again: that she has it had not reached the disk)'
    page.does('second → alice', `event ${seq}, by ${from}: ${payload}${note}`)
  }
  await say(page, alice, bob, conversation, 'I am. Nothing is lost.')
  const events = await alice.do('history', { conversation })
  const seqs = events.map((event) => event.seq)
  if (seqs.some((each, index) => each !== index + 1)) throw new Error(`the log has holes: ${seqs.join()}`)
  page.verified('alice verifies', `the log has the events 1 to ${seqs.length}, without a hole`)
}

async function say(page: Page, from: UserProcess, to: UserProcess, conversation: string, payload: string) {
  const { seq } = await from.do('send', { conversation, messageId: randomUUID(), payload })
  const read = await to.do('read')
  if (read.payload !== payload || read.seq !== seq) throw new Error(`${to.name} read something else than was sent`)
  page.does(`${from.name} → ${to.name}`, `event ${seq}: ${payload}`)
}

function placeOf({ identityUrl, rootPem, rootFingerprint }: Node) {
  return { identityUrl, rootPem, rootFingerprint }
}
