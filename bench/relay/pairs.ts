import { createPrivateKey, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { fingerprintOf } from '../../src/pki/fingerprint.js'
import { decodePem } from '../../src/pki/pem.js'
import { signInvitation } from '../../src/pki/signature.js'
import { buildAcceptTranscript, buildConfirmTranscript } from '../../src/wire/transcript.js'
import type { Person } from '../support/people.js'

interface Pair {
  readonly from: WebSocket
  readonly to: WebSocket
}

async function dial(directory: string, url: string, person: Person): Promise<WebSocket> {
  const ca = await readFile(join(directory, 'certs', 'root-ca.pem'), 'utf8')
  return new WebSocket(url, { ca, cert: person.certificate, key: person.keyPem, perMessageDeflate: false })
}

async function open(directory: string, url: string, person: Person): Promise<WebSocket> {
  const socket = await dial(directory, url, person)
  await once(socket, 'open')
  return socket
}

async function openSynced(directory: string, url: string, person: Person): Promise<WebSocket> {
  const socket = await dial(directory, url, person)
  await next(socket, ({ method }) => method === 'synced')
  return socket
}

function pairsOf(people: readonly Person[]): readonly (readonly [Person, Person])[] {
  return people.flatMap((person, index) => {
    const other = people[index + 1]
    return index % 2 === 0 && other ? [[person, other] as const] : []
  })
}

export async function openBarePairs(directory: string, port: number, people: readonly Person[]) {
  const pairs: (Pair & { readonly name: string })[] = []
  for (const [sender, receiver] of pairsOf(people)) {
    const url = (name: string) => `wss://localhost:${port}/?name=${name}`
    const from = await open(directory, url(sender.username), sender)
    const to = await open(directory, url(receiver.username), receiver)
    pairs.push({ from, to, name: receiver.username })
  }
  return pairs
}

export async function openHermesPairs(directory: string, port: number, people: readonly Person[]) {
  const root = fingerprintOf(
    decodePem(await readFile(join(directory, 'certs', 'root-ca.pem'), 'utf8'), ['CERTIFICATE']),
  )
  const pairs: (Pair & { readonly conversation: string })[] = []
  for (const [inviter, invitee] of pairsOf(people)) {
    const url = `wss://localhost:${port}/hub?ack=auto`
    const [a, b] = [await open(directory, url, inviter), await open(directory, url, invitee)]
    const conversation = await converse(root, [inviter, a], [invitee, b])
    // A joined pair starts afresh on the connections that are measured: these acknowledge for themselves.
    a.terminate()
    b.terminate()
    const from = await openSynced(directory, `wss://localhost:${port}/hub`, inviter)
    const to = await openSynced(directory, `wss://localhost:${port}/hub`, invitee)
    pairs.push({ from, to, conversation })
  }
  return pairs
}

interface Frame {
  readonly id?: number
  readonly method?: string
  readonly result?: Readonly<Record<string, unknown>>
  readonly params?: Readonly<Record<string, unknown>>
}

function next(socket: WebSocket, fits: (frame: Frame) => boolean): Promise<Frame> {
  return new Promise((resolve) => {
    const listen = (data: unknown) => {
      const frame = JSON.parse((data as Buffer).toString()) as Frame
      if (!fits(frame)) return
      socket.off('message', listen)
      resolve(frame)
    }
    socket.on('message', listen)
  })
}

let lastId = 0

async function call(socket: WebSocket, method: string, params: object) {
  lastId += 1
  const id = lastId
  const answer = next(socket, (frame) => frame.id === id)
  socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
  const { result } = await answer
  if (!result) throw new Error(`${method} was refused: ${JSON.stringify(await answer)}`)
  return result
}

/** Start, invite, accept, confirm: the invitee becomes a member. Answers the conversation. */
async function converse(
  hub: string,
  [inviter, a]: [Person, WebSocket],
  [invitee, b]: [Person, WebSocket],
): Promise<string> {
  const { username, fingerprint } = invitee
  const { conversation } = await call(a, 'start', { participants: [{ username, fingerprint }] })
  const inviterChallenge = randomBytes(32).toString('base64url')
  const { invitation, expiresAt, roster } = await call(a, 'invite', {
    conversation,
    username,
    fingerprint,
    challenge: inviterChallenge,
  })
  const inviteeChallenge = randomBytes(32).toString('base64url')
  const fields = {
    hub,
    conversation: String(conversation),
    invitation: String(invitation),
    expires: String(expiresAt),
    inviter: inviter.username,
    inviterCertificate: inviter.fingerprint,
    inviterChallenge,
    invitee: username,
    inviteeCertificate: fingerprint,
    inviteeChallenge,
    roster: String(roster),
    inviterAttachment: '-',
    inviteeAttachment: '-',
  }
  const accepted = signInvitation(createPrivateKey(invitee.keyPem), 'accept', buildAcceptTranscript(fields))
  await call(b, 'accept', { invitation, challenge: inviteeChallenge, signature: accepted.toString('base64url') })
  const none = { confirmationRoster: fields.roster, confirmationAttachment: '-', commitAttachment: '-' }
  const confirmed = signInvitation(
    createPrivateKey(inviter.keyPem),
    'confirm',
    buildConfirmTranscript({ ...fields, ...none }),
  )
  await call(a, 'confirm', { invitation, signature: confirmed.toString('base64url') })
  return String(conversation)
}
