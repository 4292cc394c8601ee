import { ClientError, type HermesClient, type Invitation } from '../../../client/index.js'
import { block, minute } from '../../table.js'
import type { PeopleCommand } from '../command.js'
import { openInvitations } from '../session.js'
import { invitationShape } from '../shapes.js'

const INVITATION = { name: 'invitation', description: 'its id, or the name of whoever invites' }

export const invitations: PeopleCommand = {
  name: 'invitations',
  summary: 'lists open invitations to you, with the fingerprint to compare',
  async run({ session }) {
    const open = await openInvitations(await session.connect())
    const text = open.map(described).join('\n') || 'None is open.\n'
    return { json: { invitations: open.map(invitationShape) }, text: () => text }
  },
}

export const accept: PeopleCommand = {
  name: 'accept',
  summary: 'accepts an invitation',
  operands: [INVITATION],
  options: { wait: { description: 'ends only when you are a member' } },
  async run({ operands: [name = ''], flags, session }) {
    const invitation = await findInvitation(await session.connect(), name)
    await invitation.accept()
    if (flags.has('wait')) await invitation.joined()
    const { from, conversation, state } = invitation
    const sentence =
      state === 'joined'
        ? `You are a member of ${conversation}.\n`
        : `Accepted. You are a member of ${conversation} once the client of ${from.username} confirms.\n`
    return { json: invitationShape(invitation), text: () => sentence }
  },
}

export const decline: PeopleCommand = {
  name: 'decline',
  summary: 'declines an invitation',
  operands: [INVITATION],
  options: { reason: { value: 'TEXT', description: 'told to whoever invites' } },
  async run({ operands: [name = ''], options: { reason }, session }) {
    const invitation = await findInvitation(await session.connect(), name)
    await invitation.decline(reason)
    return {
      json: invitationShape(invitation),
      text: () => `Declined the invitation of ${invitation.from.username}.\n`,
    }
  },
}

async function findInvitation(client: HermesClient, name: string): Promise<Invitation> {
  const open = await openInvitations(client)
  const found = open.filter(({ id, from }) => id === name || from.username === name)
  const [only] = found
  if (found.length > 1) {
    const ids = found.map(({ id }) => id).join(', ')
    throw new ClientError('invitation_ended', `${name} has several invitations open, say which: ${ids}`)
  }
  if (only) return only
  throw new ClientError('invitation_ended', `there is no open invitation ${name}`)
}

function described(invitation: Invitation): string {
  const { id, conversation, from, compared, change, members, expiresAt } = invitation
  return block([
    ['from', from.username],
    ['fingerprint', `${from.fingerprint}${compared ? ' (compared)' : ''}`],
    ['changed', change && `was ${change.previous}: "hermes trust" after you compared it`],
    ['members', members.map(({ username }) => username).join(', ')],
    ['until', minute(expiresAt)],
    ['conversation', conversation],
    ['invitation', id],
  ])
}
