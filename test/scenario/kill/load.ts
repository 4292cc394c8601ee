import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { createCertificateRequest, generateKey } from '../../../src/client/keys.js'
import { acceptance, confirmation, type Party } from '../../support/handshake.js'
import { request } from '../../support/https.js'
import { type Fields, type HubClient, RpcFailure } from '../../support/hub-client.js'
import { pick, type Random } from '../../support/seeded.js'
import type { TestServer } from '../../support/server.js'
import { challenge, PASSWORD } from '../../support/user.js'
import type { Ledger, Message } from './ledger.js'

/** Sends of one client under way at once. */
const IN_FLIGHT = 4
const RAISE_SHARE = 0.05

/** Goes on until the connection is gone; what fails for another reason is an error. */
async function untilGone(
  { closed }: HubClient,
  work: () => Promise<void>,
  gone = () => closed !== null,
): Promise<void> {
  try {
    while (!gone()) await work()
  } catch (error) {
    if (error instanceof RpcFailure || !gone()) throw error
  }
}

export function register(server: TestServer, username: string, csr: string) {
  const body = { username, password: PASSWORD, csr }
  return request(`${server.identityUrl}/register`, { method: 'POST', ca: server.rootPem }, body).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === undefined) throw error // no error of the socket: the answer was wrong
      return null
    },
  )
}

/** Registers one user after another until the server is gone. */
export async function keepRegistering(server: TestServer, ledger: Ledger, prefix: string): Promise<void> {
  for (let n = 0; ; n += 1) {
    const username = `${prefix}-${n}`
    ledger.unsureNames.add(username)
    const answer = await register(server, username, createCertificateRequest(await generateKey(), username))
    if (answer === null) return
    if (answer.status !== 201) throw new Error(`${username}: ${answer.status} ${answer.text}`)
    ledger.unsureNames.delete(username)
    ledger.facts.push({ what: 'user', username, certificate: answer.json<{ certificate: string }>().certificate })
  }
}

/** Sends until the connection is gone: first again what is unsure, then new messages, some of which raise the epoch. */
export async function keepSending(
  { user: { username }, client }: Party,
  ledger: Ledger,
  conversations: readonly string[],
  random: Random,
): Promise<void> {
  const unsure = ledger.unsureOf(username)
  const again = [...unsure.values()]
  const epochs = new Map<string, number>()
  const next = (): Message => {
    const conversation = pick(random, conversations)
    const message = { conversation, messageId: randomUUID(), payload: `${random()}` }
    const epoch = epochs.get(conversation) ?? 0
    return random() < RAISE_SHARE ? { ...message, epoch } : message
  }
  const lane = async () => {
    const message = again.shift() ?? next()
    const { conversation, messageId, payload, epoch } = message
    ledger.payloads.set(messageId, payload)
    if (epoch !== undefined) ledger.raising.add(messageId)
    unsure.set(messageId, message)
    const outcome = await client.call('send', message).catch((error: unknown) => {
      if (error instanceof RpcFailure && error.data.code === 'epoch_conflict') return error
      throw error
    })
    unsure.delete(messageId)
    if (outcome instanceof RpcFailure) return void epochs.set(conversation, Number(outcome.data.epoch))
    ledger.facts.push({
      what: 'event',
      conversation,
      seq: outcome.seq,
      expected: { type: 'message', messageId, payload, at: outcome.at },
    })
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, () => untilGone(client, lane, () => client.closed !== null)))
}

/** Starts conversations until the connection is gone, first again those that are unsure. */
export async function keepStarting({ user, client }: Party, other: Party, ledger: Ledger): Promise<void> {
  const again = [...ledger.unsureStarts]
  const fresh = () => ({ participants: [{ certificate: other.user.certificate }] })
  await untilGone(
    client,
    async () => {
      const [requestId, params] = again.shift() ?? [randomUUID(), fresh()]
      ledger.unsureStarts.set(requestId, params)
      const { conversation } = await client.call('start', { ...params, requestId })
      ledger.unsureStarts.delete(requestId)
      ledger.facts.push({ what: 'start', username: user.username, requestId, conversation })
    },
    () => client.closed !== null,
  )
}

/** One invites the other into a new conversation, who joins and leaves, again and again. */
export async function keepMeeting(server: TestServer, inviter: Party, invitee: Party, ledger: Ledger): Promise<void> {
  const { username, fingerprint, certificate } = invitee.user
  const gone = () => inviter.client.closed !== null || invitee.client.closed !== null
  let conversation = ''
  const note = (seq: number, expected: Partial<Fields>) =>
    ledger.facts.push({ what: 'event', conversation, seq, expected })
  await untilGone(
    inviter.client,
    async () => {
      if (conversation === '')
        conversation = (await inviter.client.call('start', { participants: [{ certificate }] })).conversation
      const params = { conversation, username, fingerprint, challenge: challenge() }
      const { invitation, seq } = await inviter.client.call('invite', params)
      note(seq, { type: 'invited', invitation })
      const invited = await invitee.client.event((event) => event.invitation === invitation)
      await invitee.client.call('accept', acceptance(server, invitee.user, invited))
      note(seq + 1, { type: 'accepted', invitation })
      const accepted = await inviter.client.event(
        (event) => event.type === 'accepted' && event.invitation === invitation,
      )
      const proof = confirmation(server, inviter.user, invited, accepted)
      if (invited.rosterSeq === 1) ledger.raising.add(invitation)
      const joined = await inviter.client.call('confirm', { ...proof, ...(invited.rosterSeq === 1 && { epoch: 0 }) })
      note(joined.seq, { type: 'joined', invitation })
      const left = await invitee.client.call('leave', { conversation })
      note(left.seq, { type: 'left' })
    },
    gone,
  )
}

/** Acknowledges what came, again and again, and takes the answers down. */
export async function keepAcknowledging({ user: { username }, client }: Party, ledger: Ledger): Promise<void> {
  await untilGone(
    client,
    async () => {
      const last = new Map(client.events.map(({ conversation, seq }) => [conversation, seq]))
      for (const [conversation, seq] of last) {
        if (seq === undefined) continue
        await client.call('ack', { conversation, seq })
        ledger.facts.push({ what: 'ack', username, conversation, seq })
      }
      client.frames.length = 0
      await setTimeout(5)
    },
    () => client.closed !== null,
  )
}
