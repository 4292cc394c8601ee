import type { Conversation, HermesClient } from '../../../client/index.js'
import type { Answer } from '../../command.js'
import { minute, table } from '../../table.js'
import type { PeopleCommand } from '../command.js'
import { findConversation, lastAt } from '../find-conversation.js'
import { conversationShape } from '../shapes.js'

const CONVERSATION = { name: 'conversation', description: 'its id, or the name of a user for the one with him alone' }
const USERNAMES = { name: 'username', isRepeated: true, description: 'who is invited' }

export const conversations: PeopleCommand = {
  name: 'conversations',
  summary: 'lists conversations, the latest last',
  options: { left: { description: 'those too that you have left' } },
  async run({ session, flags }) {
    const client = await session.connect()
    const found = client.conversations().filter(({ standing }) => flags.has('left') || standing === 'member')
    const dated = await Promise.all(found.map(async (one) => ({ one, at: await lastAt(one) })))
    dated.sort((a, b) => a.at.localeCompare(b.at))
    return {
      json: {
        conversations: dated.map(({ one, at }) => ({ ...conversationShape(one), lastAt: at === '' ? null : at })),
      },
      text: (columns) =>
        dated.length === 0
          ? 'None yet: "hermes chat <username>" begins one.\n'
          : table(
              ['CONVERSATION', 'LAST', 'EVENTS', 'MEMBERS'],
              dated.map((row) => rowOf(client, row)),
              columns,
            ),
    }
  },
}

function rowOf(client: HermesClient, { one, at }: { readonly one: Conversation; readonly at: string }) {
  const others = one.members.filter(({ username }) => username !== client.username).map(({ username }) => username)
  const invited = one.invitations.map(({ username }) => `${username} (invited)`)
  const who = one.standing === 'left' ? ['(you left)'] : [...others, ...invited]
  return [one.id, at === '' ? null : minute(at), String(one.lastSeq), who.join(', ') || '(you alone)']
}

export const start: PeopleCommand = {
  name: 'start',
  summary: 'begins a conversation and invites others',
  operands: [USERNAMES],
  async run({ operands, session }) {
    return begun(await (await session.connect()).start(operands))
  },
}

export const invite: PeopleCommand = {
  name: 'invite',
  summary: 'invites others into a conversation',
  operands: [CONVERSATION, USERNAMES],
  async run({ operands: [name = '', ...usernames], session }) {
    const conversation = await findConversation(await session.connect(), name)
    for (const username of usernames) await conversation.invite(username)
    return begun(conversation)
  },
}

export const leave: PeopleCommand = {
  name: 'leave',
  summary: 'leaves a conversation',
  operands: [CONVERSATION],
  options: { reason: { value: 'TEXT', description: 'told to the others' } },
  async run({ operands: [name = ''], options: { reason }, session }) {
    const conversation = await findConversation(await session.connect(), name)
    await conversation.leave(reason)
    return { json: conversationShape(conversation), text: () => `You left ${conversation.id}.\n` }
  },
}

function begun(conversation: Conversation): Answer {
  const invited = conversation.invitations.map(({ username, fingerprint }) => [username, fingerprint])
  return {
    json: conversationShape(conversation),
    text: (columns) =>
      `Conversation ${conversation.id}\n${table(['INVITED', 'FINGERPRINT TO COMPARE'], invited, columns)}`,
  }
}
