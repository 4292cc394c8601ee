import t from 'tap'
import { Chat } from '../../../src/cli/people/chat/chat.js'
import { runCommand } from '../../../src/cli/people/chat/commands.js'
import type { View } from '../../../src/cli/people/chat/view.js'
import type { FingerprintChange, HermesClient, Invitation, Notice } from '../../../src/client/index.js'
import { LinkClosedError } from '../../../src/client/index.js'

const FINGERPRINT = `sha256:${'ab'.repeat(32)}`

function invitationOf(username: string, id: string) {
  const told: string[] = []
  const invitation = {
    id,
    state: 'open',
    from: { username, fingerprint: FINGERPRINT },
    members: [{ username }],
    change: null,
    compared: false,
    accept: async () => void told.push('accepted'),
    decline: async (reason?: string) => void told.push(`declined: ${reason}`),
    joined: () => new Promise(() => undefined),
  }
  return { told, invitation: invitation as unknown as Invitation }
}

/** A chat of a client that was told these things. */
function chatOf({ invitations = [], notices = [] }: { invitations?: Invitation[]; notices?: Notice[] }) {
  const trusted: string[] = []
  const client = {
    username: 'me',
    invitations: async function* () {
      yield* invitations
    },
    notices: (async function* () {
      yield* notices
    })(),
    people: { trust: async (...words: string[]) => void trusted.push(words.join(' ')), list: () => [] },
  } as unknown as HermesClient
  const notes: string[] = []
  const view = {
    screen: { hasFooter: true },
    pending: [],
    note: (text: string) => void notes.push(text),
    event: () => undefined,
    send: () => notes.push('sent'),
    connection: () => undefined,
    close: () => undefined,
  } as unknown as View
  return { chat: new Chat(client, () => view), notes, trusted }
}

/** A conversation with bo, in which nothing happens. */
function conversationOf(changes: { changes?: FingerprintChange[]; invitations?: { username: string }[] }) {
  const conversation = {
    members: [{ username: 'me' }, { username: 'bo', fingerprint: 'sha256:aa' }],
    keyless: [],
    isSealed: true,
    changes: [],
    history: async () => [],
    events: async function* () {
      yield await new Promise(() => undefined)
    },
    invitations: [],
    ...changes,
  }
  return conversation as unknown as Parameters<Chat['enter']>[0]
}

t.test('of several invitations a list is shown, and its numbers may be said', async (t) => {
  const [first, second, third] = [invitationOf('al', '1'), invitationOf('bo', '2'), invitationOf('bo', '3')]
  const { chat, notes } = chatOf({ invitations: [first, second, third].map(({ invitation }) => invitation) })
  await new Promise(setImmediate)
  await runCommand(chat, 'accept', [])
  t.match(notes.at(-1), /^which one\? \/accept 1 takes the first\n1: al invites.*\n2: bo invites.*\n3: bo invites/s)
  await runCommand(chat, 'decline', ['bo'])
  t.match(notes.at(-1), /\/decline 1 takes the first\n1: bo invites.*\n2: bo invites/s, 'those of one name')
  await runCommand(chat, 'decline', ['2', 'not', 'now'])
  t.same([first.told, second.told, third.told], [[], [], ['declined: not now']])
  await runCommand(chat, 'accept', ['9'])
  t.match(notes.slice(-2), ['there is no such invitation', /1: al invites/])
  void runCommand(chat, 'accept', ['1'])
  await new Promise(setImmediate)
  t.same(first.told, ['accepted'])
  void runCommand(chat, 'accept', ['al'])
  await new Promise(setImmediate)
  t.same(first.told, ['accepted', 'accepted'], 'a name that stands for one needs no number')
})

t.test('two who have invited each other are told so', async (t) => {
  const { chat, notes } = chatOf({
    invitations: [invitationOf('al', '1'), invitationOf('cy', '2')].map((one) => one.invitation),
  })
  await chat.enter(conversationOf({ invitations: [{ username: 'al' }] }))
  await new Promise(setImmediate)
  chat.connected()
  t.match(notes.slice(-2), [/you have invited al here too: one of you accepts/, /\/decline cy stays here$/])
})

t.test('whoever is in no conversation stays nowhere', async (t) => {
  const { chat, notes } = chatOf({ invitations: [invitationOf('al', '1').invitation] })
  await new Promise(setImmediate)
  chat.connected()
  t.match(notes, [/\/accept al goes there, \/decline al$/])
})

t.test('a mistyped fingerprint is not looked for', async (t) => {
  const { chat, notes, trusted } = chatOf({})
  await runCommand(chat, 'trust', ['bo', FINGERPRINT.slice(0, -1)])
  t.match(notes.at(-1), /mistyped/)
  t.same(trusted, [])
  await runCommand(chat, 'trust', ['bo', FINGERPRINT])
  t.same(trusted, [`bo ${FINGERPRINT}`])
})

t.test('nothing is said to somebody whose key changed before he was compared', async (t) => {
  const { chat, notes } = chatOf({})
  const change: FingerprintChange = {
    username: 'bo',
    previous: 'sha256:aa',
    current: 'sha256:bb',
    how: 'unexplained',
    wasCompared: true,
  }
  await chat.enter(conversationOf({ changes: [change] }))
  chat.line('hello')
  chat.end()
  t.equal(await chat.over, 1)
  t.match(notes.at(-1), /^not sent: hello\nbo has another certificate.*"\/trust bo sha256:bb"/s)
  t.notOk(notes.includes('sent'))
})

t.test('what cannot begin is no good end, though whoever types has ended', async (t) => {
  const { chat } = chatOf({})
  const begun = chat.begin(async () => {
    throw new Error('there is nobody of that name')
  })
  chat.end()
  await t.rejects(Promise.race([chat.over, begun.then(() => chat.over)]), { message: 'there is nobody of that name' })
})

t.test('an end of the connection names what helps', async (t) => {
  const error = new LinkClosedError({ code: 4501, reason: 'the certificate was revoked', mayReconnect: false })
  const { chat, notes } = chatOf({ notices: [{ type: 'link', state: 'ended', reason: error.message, error }] })
  t.equal(await chat.over, 1)
  t.match(notes, [/closed the connection with 4501/, /"hermes recover"/])
})
