import { setTimeout as pause } from 'node:timers/promises'
import { VerificationError } from '../../src/client/verification-error.js'
import { now } from '../now.js'
import { deleteAccount, fetchPerson, recover, renew, revoke } from './account.js'
import type { Device } from './device.js'
import { invite, leave, runErrand, start } from './invitations.js'
import { say, sayAgain, signal } from './messages.js'
import { isExpected, outcomeOf } from './recorder.js'
import { acknowledgeByRest, callByRest, poll } from './rest.js'

/** What anybody may do, and how often beside the others. */
const WEIGHTS = {
  say: 50,
  sayAgain: 10,
  errand: 12,
  signal: 4,
  start: 2,
  invite: 4,
  leave: 1,
  history: 4,
  conversations: 4,
  members: 2,
  acknowledge: 5,
  poll: 1,
  reconnect: 2,
  fetch: 1,
  renew: 0.5,
  revoke: 0.2,
  deleteAccount: 0.05,
} as const

type Act = keyof typeof WEIGHTS
/** Where fewer are left nobody deletes his account. */
const PEOPLE_MIN = 8

const ACTS: { readonly [A in Act]: (device: Device) => Promise<unknown> } = {
  say,
  sayAgain,
  errand: runErrand,
  signal,
  start,
  invite,
  leave,
  history,
  conversations,
  members,
  acknowledge,
  poll: async (device) => {
    for (const event of (await poll(device, device.random.int(0, 2))).events) device.take(event)
  },
  reconnect,
  fetch: (device) => fetchPerson(device, device.random.pick(device.person.world.present)?.username ?? 'nobody'),
  renew,
  revoke,
  deleteAccount: async (device) => {
    if (device.person.world.present.length > PEOPLE_MIN) await deleteAccount(device)
  },
}

/** One thing after another, until everybody goes. */
export async function act(device: Device, pauseMs: number): Promise<void> {
  const { person, random } = device
  while (!person.isGone && !person.world.isSettling) {
    await pause(random.pause(pauseMs))
    const next = person.needsRecovery ? recover : ACTS[random.weighted(WEIGHTS)]
    await attempt(device, next)
  }
}

/** What is refused or lost is written down already. What does not verify is a fault of the server. */
export async function attempt(device: Device, what: (device: Device) => Promise<unknown>): Promise<boolean> {
  try {
    await what(device)
    return true
  } catch (error) {
    if (error instanceof VerificationError) noteWrong(device, error)
    else if (!isExpected(error)) throw error
    return false
  }
}

function noteWrong({ recorder, person }: Device, error: VerificationError): void {
  const via = { connection: null, certificate: person.credentials?.fingerprint ?? null }
  recorder.called('whoami', {}, via, now(), outcomeOf(error))
}

async function history(device: Device): Promise<void> {
  const { person, random, connection } = device
  const conversation = random.pick([...person.rooms.keys()])
  if (conversation === null) return
  const params = {
    conversation,
    after: random.int(0, person.rooms.get(conversation)?.seq ?? 0),
    limit: random.int(1, 100),
  }
  if (connection?.isOpen && random.chance(0.7)) await connection.call('history', params)
  else await callByRest(device, 'history', params)
}

async function conversations(device: Device): Promise<void> {
  const { connection, random } = device
  if (connection?.isOpen && random.chance(0.7)) await connection.call('conversations', {})
  else await callByRest(device, 'conversations', {})
}

async function members({ person, random, connection }: Device): Promise<void> {
  const conversation = random.pick(person.memberships)
  if (conversation !== null) await connection?.call('members', { conversation })
}

/** With an answer. */
async function acknowledge(device: Device): Promise<void> {
  const { random, connection } = device
  const [conversation, seq] = device.unacknowledged(random) ?? []
  if (conversation === undefined || seq === undefined) return
  if (connection?.isOpen && random.chance(0.7)) await connection.call('ack', { conversation, seq })
  else await acknowledgeByRest(device, conversation, seq)
}

/** Beside the connection that there is, or after it was closed, or broken. */
async function reconnect(device: Device): Promise<void> {
  const how = device.random.weighted({ beside: 2, close: 1, terminate: 1 })
  if (how === 'close') device.connection?.close()
  else if (how === 'terminate') device.connection?.terminate()
  else await device.connect()
}
