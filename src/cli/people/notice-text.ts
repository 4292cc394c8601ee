import type { ChangeKind, Invitation, Notice } from '../../client/index.js'
import { conversationShape } from './shapes.js'

const MS = 1000

/** How somebody came to another certificate, for people. */
export const HOW: Readonly<Record<ChangeKind, string>> = {
  same_key: 'of the same key',
  renewed: 'the server says that the old key renewed it',
  recovered: 'got by password alone',
  unexplained: 'nothing says why',
}

/** A notice as --json has it: docs/cli.md "For programs". */
export function noticeShape(notice: Notice) {
  const { type } = notice
  if (notice.type === 'conversation') return { type, ...conversationShape(notice.conversation) }
  if (notice.type === 'renewal_failed') return { type, message: notice.error.message }
  if (notice.type === 'not_confirmed') {
    const { id, username } = notice.invitation
    return { type, invitation: id, username, message: notice.error.message }
  }
  if (notice.type === 'link') {
    const { state, reason, retryInMs } = notice
    return { type, state, reason, retryInMs }
  }
  if (notice.type !== 'refused') return notice
  const { code, message } = notice.error
  return { type, code, message, conversation: notice.conversation }
}

/** In a sentence. Nothing is neutralised here. */
export function noticeText(notice: Notice): string {
  switch (notice.type) {
    case 'fingerprint_changed': {
      const { username, previous, current, how } = notice.change
      const advice = how === 'same_key' ? '' : `; compare it with ${username}`
      return `${username} has another certificate (${HOW[how]}): ${current} in place of ${previous}${advice}`
    }
    case 'certificate_renewed':
      return `your certificate was renewed, it is ${notice.fingerprint} until ${notice.notAfter}`
    case 'renewal_failed':
      return `your certificate could not be renewed, it is tried again: ${notice.error.message}`
    case 'link':
      return linkText(notice)
    case 'conversation':
      return `a conversation that is new here: ${notice.conversation.id}`
    case 'not_confirmed':
      return `${notice.invitation.username} accepted, and could not be made a member: ${notice.error.message}`
    case 'members_unverified':
      return `who was in conversation ${notice.conversation} while you were is not known for sure, since you have left it`
    case 'crl_outdated':
      return `the server has no CRL of its root since ${notice.nextUpdate}: ask whoever runs it for "hermes admin root-crl"`
    case 'refused':
      return `the server showed what does not hold, nothing more of it is taken: ${notice.error.message}`
  }
}

function linkText({ state, reason, retryInMs }: Extract<Notice, { readonly type: 'link' }>): string {
  if (state === 'connected') return 'connected'
  const why = reason === undefined ? '' : ` (${reason})`
  if (state === 'ended') return `the connection has ended${why}`
  return `connection lost${why}, trying again${retryInMs === undefined ? '' : ` in ${Math.ceil(retryInMs / MS)} s`}`
}

/** Who invites, and what to compare: three lines. */
export function invitationText({ from, compared, change, members }: Invitation): string {
  const others = members.filter(({ username }) => username !== from.username).map(({ username }) => username)
  const where = others.length === 0 ? 'a conversation' : `a conversation with ${others.join(', ')}`
  const known = change
    ? `not ${change.previous} as before`
    : compared
      ? 'which you compared'
      : `compare it with ${from.username}`
  return `${from.username} invites you to ${where}, under\n${from.fingerprint}\n${known}`
}
