import { randomUUID } from 'node:crypto'
import t from 'tap'
import { KEY_KINDS, type KeyKind } from '../../src/client/keys.js'
import { conversationOf, join, type Party } from '../support/handshake.js'
import { connect } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUser } from '../support/user.js'

t.test('users with every kind of key invite, accept, confirm and talk', async (t) => {
  const server = await startServer(t)
  const party = async (kind: KeyKind): Promise<Party> => {
    const user = await registerUser(server, kind.toLowerCase(), kind)
    return { user, client: await connect(t, server, user) }
  }
  const all = new Map(await Promise.all(KEY_KINDS.map(async (kind) => [kind, await party(kind)] as const)))
  const someone = (kind: KeyKind): Party => {
    const found = all.get(kind)
    if (!found) throw new Error(kind)
    return found
  }
  for (const [kind, inviter] of all) {
    const others = [...all.values()].filter((other) => other !== inviter)
    const [invitee = inviter] = others
    const conversation = await conversationOf(server, inviter, invitee)
    const messageId = randomUUID()
    const { seq } = await inviter.client.call('send', { conversation, messageId, payload: kind })
    t.match(await invitee.client.event((e) => e.messageId === messageId), { seq, payload: kind }, `${kind} invites`)
  }

  const first = someone('P-256')
  const conversation = await conversationOf(server, first, someone('P-384'))
  const { roster } = await join(server, conversation, first, someone('Ed25519'))
  t.match(roster, /^sha256:/)
  const joined = await join(server, conversation, someone('Ed25519'), someone('RSA-4096'))
  t.match(joined, { seq: 10, member: { username: 'rsa-4096' }, inviter: { username: 'ed25519' } })
})
