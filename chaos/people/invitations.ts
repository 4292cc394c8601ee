import { v4 } from 'uuid'
import { z } from 'zod'
import { createChallenge } from '../../src/client/invitation.js'
import { acceptInvitation, receiveInvitation } from '../../src/client/invitee.js'
import { confirmInvitation, rememberInvitation, verifyAcceptance } from '../../src/client/inviter.js'
import { Refusal } from '../../src/client/refusal.js'
import { Party } from '../../src/wire/events.js'
import { fetchPerson } from './account.js'
import type { Device } from './device.js'
import type { Errand, Person } from './person.js'
import { Lost } from './recorder.js'
import { callByRest } from './rest.js'

const MEMBERSHIPS_MAX = 6
const PARTICIPANTS_MAX = 3
const DECLINES = 0.15
const CANCELS = 0.1
const TRIES_MAX = 5
const RosterChanged = z.object({ members: z.array(Party) })

/** A conversation, and whoever it is meant for invited. */
export async function start(device: Device): Promise<void> {
  const { person, random } = device
  if (person.memberships.length >= MEMBERSHIPS_MAX) return
  const others = random.some(othersOf(person), 0.3).slice(0, PARTICIPANTS_MAX)
  if (others.length === 0) return
  const participants = others.flatMap(({ username, credentials }) =>
    credentials ? [{ username, fingerprint: credentials.fingerprint }] : [],
  )
  const params = { participants, requestId: v4() }
  const { conversation } = await twice(device, 'start', params)
  for (const { username, fingerprint } of participants) await inviteTo(device, conversation, username, fingerprint)
}

/** Somebody more into one of his conversations. */
export async function invite(device: Device): Promise<void> {
  const { person, random } = device
  const conversation = random.pick(person.memberships)
  const room = person.rooms.get(conversation ?? '')
  const other = random.pick(othersOf(person).filter(({ username }) => !room?.others.has(username)))
  if (conversation === null || !other) return
  const { username, fingerprint } = await fetchPerson(device, other.username)
  await inviteTo(device, conversation, username, fingerprint)
}

function othersOf(person: Person): readonly Person[] {
  return person.world.present.filter((other) => other !== person)
}

async function inviteTo(device: Device, conversation: string, username: string, fingerprint: string): Promise<void> {
  const { person } = device
  const params = { conversation, username, fingerprint, challenge: createChallenge(), requestId: v4() }
  const answer = await twice(device, 'invite', params)
  // He may have renewed meanwhile: the answer shows under which certificate the hub took the call.
  const shown = answer.members.find((member) => member.username === person.username)
  const self = person.owned.get(shown?.fingerprint ?? '') ?? person.credentials
  if (!self) return
  person.sent.set(answer.invitation, { ...rememberInvitation(self, params, answer, person.world.time()), self })
}

/** A call with a requestId: when its answer is lost it is made again, with the same answer if it took effect. */
async function twice<M extends 'start' | 'invite'>(
  device: Device,
  method: M,
  params: Parameters<typeof callByRest<M>>[2],
) {
  const { connection } = device
  if (!connection?.isOpen) return callByRest(device, method, params)
  try {
    return await connection.call(method, params)
  } catch (error) {
    if (!(error instanceof Lost)) throw error
    return callByRest(device, method, params)
  }
}

/** What is to be done about an invitation. */
export async function runErrand(device: Device): Promise<void> {
  const { person, random } = device
  const entry = random.pick([...person.errands])
  if (!entry) return
  const [invitation, errand] = entry
  errand.tries += 1
  if (errand.tries > TRIES_MAX) person.errands.delete(invitation)
  try {
    await run(device, errand)
    person.errands.delete(invitation)
  } catch (error) {
    if (error instanceof Refusal && !error.retryable) person.errands.delete(invitation)
    throw error
  }
}

function run(device: Device, errand: Errand): Promise<unknown> {
  return errand.what === 'respond' ? respond(device, errand) : confirm(device, errand)
}

async function respond(device: Device, errand: Extract<Errand, { what: 'respond' }>): Promise<void> {
  const { person, random, connection } = device
  const { invitation } = errand.event
  const { world } = person
  const self = person.owned.get(errand.event.invitee.fingerprint)
  if (!self || !connection) return
  if (random.chance(DECLINES)) return void (await connection.call('decline', { invitation, reason: 'no' }))
  // The same acceptance again when its answer was lost: another would be refused.
  errand.acceptance ??= acceptInvitation(
    self,
    world.pin,
    receiveInvitation(self, world.pin, errand.event, world.time()),
  ).params
  await connection.call('accept', errand.acceptance)
}

async function confirm(device: Device, errand: Extract<Errand, { what: 'confirm' }>): Promise<void> {
  const { person, random, connection } = device
  const { world } = person
  const sent = person.sent.get(errand.event.invitation)
  if (!connection || !sent) return
  const { self } = sent
  const { invitation } = errand.event
  if (random.chance(CANCELS)) return void (await connection.call('cancel', { invitation }))
  const acceptance = await verifyAcceptance(self, world.pin, sent, errand.event, world.time())
  errand.confirmation ??= confirmInvitation(self, acceptance)
  try {
    await connection.call('confirm', errand.confirmation)
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'roster_changed') throw error
    const { members } = RosterChanged.parse(error.data)
    // He renewed since: clients do not sign a roster that shows them under another certificate than they sign with.
    if (!members.some(({ fingerprint }) => fingerprint === self.fingerprint))
      return void (await connection.call('cancel', { invitation }))
    errand.confirmation = confirmInvitation(self, acceptance, { members })
    await connection.call('confirm', errand.confirmation)
  }
}

export async function leave(device: Device): Promise<void> {
  const conversation = device.random.pick(device.person.memberships)
  if (conversation !== null) await device.connection?.call('leave', { conversation, reason: 'enough' })
}
