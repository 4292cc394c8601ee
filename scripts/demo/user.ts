import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type Pin, verifyUserCertificate } from '../../src/client/certificates.js'
import { HubClient } from '../../src/client/hub-client.js'
import { createIdentityClient } from '../../src/client/identity-client.js'
import { createChallenge, type Self } from '../../src/client/invitation.js'
import {
  type AcceptedInvitation,
  acceptInvitation,
  type ReceivedInvitation,
  receiveInvitation,
  verifyConfirmation,
} from '../../src/client/invitee.js'
import {
  confirmInvitation,
  rememberInvitation,
  type SentInvitation,
  type VerifiedAcceptance,
  verifyAcceptance,
} from '../../src/client/inviter.js'
import { createCertificateRequest, generateKey, lockPrivateKey, unlockPrivateKey } from '../../src/client/keys.js'
import { verifyMembership } from '../../src/client/membership.js'
import { Refusal } from '../../src/client/refusal.js'
import type { ConversationEvent, EventType } from '../../src/wire/events.js'

/** What a user is told out of band: where the server is, and the root to trust. */
interface Place {
  readonly identityUrl: string
  readonly rootPem: string
  readonly rootFingerprint: string
}

interface Secrets {
  readonly username: string
  readonly password: string
  readonly keyPassword: string
}

type EventOf<T extends EventType> = Extract<ConversationEvent, { type: T }>

/** A step of the story needs what an earlier one made. */
function made<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`there is no ${what} yet`)
  return value
}

let place: Place | undefined
let pin: Pin | undefined
let self: (Self & { readonly certificate: string }) | undefined
let hub: HubClient | undefined
let sent: SentInvitation | undefined
let acceptance: VerifiedAcceptance | undefined
let received: ReceivedInvitation | undefined
let accepted: AcceptedInvitation | undefined
const certificates = new Map<string, string>()

const identities = () => createIdentityClient({ ...made(place, 'server'), url: made(place, 'server').identityUrl })

/** The next pushed event of a type; what comes before it is acknowledged and passed over. */
async function nextEvent<T extends EventType>(type: T): Promise<EventOf<T>> {
  const client = made(hub, 'connection')
  for await (const { method, params } of client.notifications) {
    if (method !== 'event') continue
    client.acknowledge(params)
    if (params.type === type) return params as EventOf<T>
  }
  throw new Error(`the connection ended while waiting for ${type}`)
}

async function verified(username: string, certificate: string) {
  const { fingerprint, notAfter } = verifyUserCertificate(certificate, username, made(pin, 'pinned root'), new Date())
  const { rootFingerprint, trustDomain } = made(pin, 'pinned root')
  return {
    fingerprint,
    notAfter: notAfter.toISOString(),
    root: rootFingerprint,
    name: `acct:${username}@${trustDomain}`,
  }
}

async function pinServer(where: Place): Promise<void> {
  place = where
  pin = await identities().pin(where.rootFingerprint)
}

const ACTIONS = {
  async register({ username, password, keyPassword, ...where }: Place & Secrets) {
    await pinServer(where)
    const key = await generateKey('P-256')
    const csr = createCertificateRequest(key, username)
    const encryptedPrivateKey = await lockPrivateKey(key, keyPassword)
    const identity = await identities().register({ username, password, csr, encryptedPrivateKey })
    const facts = await verified(username, identity.certificate)
    self = { username, key, certificate: identity.certificate, fingerprint: facts.fingerprint }
    return { ...facts, serialNumber: identity.serialNumber }
  },

  async fetch({ username }: { username: string }) {
    const { certificate } = await identities().fetch(username)
    certificates.set(username, certificate)
    return verified(username, certificate)
  },

  async connect({ device }: { device: string }) {
    const { hubUrl } = await identities().configuration()
    hub = await HubClient.connect({
      url: hubUrl,
      rootPem: made(place, 'server').rootPem,
      device,
      ...made(self, 'identity'),
    })
    for await (const { method, params } of hub.notifications) if (method === 'hello') return params
    throw new Error('the connection ended before hello')
  },

  /** Goes to another node of the same installation, whose root is the one he pinned. */
  async move(where: Place) {
    place = where
  },

  async start({ username }: { username: string }) {
    const certificate = made(certificates.get(username), `certificate of ${username}`)
    return made(hub, 'connection').call('start', { participants: [{ certificate }] })
  },

  async invite({ conversation, username }: { conversation: string; username: string }) {
    const me = made(self, 'identity')
    const { fingerprint } = await verified(username, made(certificates.get(username), `certificate of ${username}`))
    const params = { conversation, username, fingerprint, challenge: createChallenge() }
    const answer = await made(hub, 'connection').call('invite', params)
    sent = rememberInvitation(me, params, answer, new Date())
    return { challenge: params.challenge, invitation: answer.invitation, expiresAt: answer.expiresAt }
  },

  async receive() {
    const event = await nextEvent('invited')
    received = receiveInvitation(made(self, 'identity'), made(pin, 'pinned root'), event, new Date())
    return { inviter: received.inviter.username, fingerprint: received.inviter.fingerprint, members: event.members }
  },

  /** The right transcript, signed by somebody else's key. */
  async acceptAsImpostor() {
    const key: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const impostor = { ...made(self, 'identity'), key }
    const { params } = acceptInvitation(impostor, made(pin, 'pinned root'), made(received, 'invitation'))
    try {
      await made(hub, 'connection').call('accept', params)
    } catch (error) {
      if (error instanceof Refusal) return { code: error.code, status: error.status, message: error.message }
      throw error
    }
    throw new Error('the hub took a signature of the wrong key')
  },

  async accept() {
    const answer = acceptInvitation(made(self, 'identity'), made(pin, 'pinned root'), made(received, 'invitation'))
    accepted = answer.accepted
    await made(hub, 'connection').call('accept', answer.params)
    return { challenge: answer.params.challenge, signature: answer.params.signature }
  },

  async verifyAcceptance() {
    const event = await nextEvent('accepted')
    const me = made(self, 'identity')
    acceptance = await verifyAcceptance(me, made(pin, 'pinned root'), made(sent, 'invitation'), event, new Date())
    return { invitee: acceptance.transcript.invitee, fingerprint: acceptance.transcript.inviteeCertificate }
  },

  async confirm() {
    const params = confirmInvitation(made(self, 'identity'), made(acceptance, 'acceptance'))
    return made(hub, 'connection').call('confirm', params)
  },

  async verifyConfirmation() {
    const joined = await nextEvent('joined')
    await verifyConfirmation(made(accepted, 'acceptance'), joined)
    return { seq: joined.seq, inviter: joined.inviter.username }
  },

  async verifyMembership() {
    const joined = await nextEvent('joined')
    await verifyMembership(made(pin, 'pinned root'), joined)
    return { seq: joined.seq, member: joined.member.username }
  },

  send(message: { conversation: string; messageId: string; payload: string }) {
    return made(hub, 'connection').call('send', message)
  },

  async read() {
    const { seq, from, payload } = await nextEvent('message')
    return { seq, from: from.username, payload }
  },

  async fetchMy({ username, password, keyPassword, ...where }: Place & Secrets) {
    await pinServer(where)
    const { certificate, encryptedPrivateKey } = await identities().fetchMy({ username, password })
    const facts = await verified(username, certificate)
    const key = unlockPrivateKey(encryptedPrivateKey, keyPassword)
    self = { username, key, certificate, fingerprint: facts.fingerprint }
    return facts
  },

  async history({ conversation }: { conversation: string }) {
    const { events } = await made(hub, 'connection').call('history', { conversation, after: 0 })
    return events.map(({ type, seq, from }) => ({ type, seq, from: from.username }))
  },

  async leave({ conversation }: { conversation: string }) {
    return made(hub, 'connection').call('leave', { conversation, reason: 'the demo is over' })
  },

  async seeLeave() {
    const { seq, from } = await nextEvent('left')
    return { seq, from: from.username }
  },

  async close() {
    return hub?.close() ?? null
  },
} satisfies Record<string, (parameters: never) => Promise<unknown>>

export type Actions = typeof ACTIONS

/** What the demo asks of a user's process, and what it answers. */
export interface Order {
  readonly id: number
  readonly action: keyof Actions
  readonly parameters: unknown
}
export type Report =
  | { readonly id: number; readonly facts: unknown }
  | { readonly id: number; readonly failure: string }

process.on('message', ({ id, action, parameters }: Order) => {
  const act = ACTIONS[action] as (parameters: unknown) => Promise<unknown>
  act(parameters).then(
    (facts) => report({ id, facts }),
    (error: unknown) =>
      report({ id, failure: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }),
  )
})

function report(message: Report): void {
  process.send?.(message)
}
