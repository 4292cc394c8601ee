import { type ReadEvent, type ReadMessage, SEALING_KEY_TYPE } from '../../client/index.js'

const LEFT = {
  left: 'left',
  recovered: 'lost the key and got another by password: he is out until somebody invites him again',
  deleted: 'has deleted the account',
} as const

/** An event as people read it: what stands before a message, and the message or what happened. */
export interface EventText {
  readonly label: string
  readonly text: string
}

/** Null for what only clients need to know. Nothing is neutralised here. */
export function eventText(event: ReadEvent): EventText {
  if (event.type === 'message') return messageText(event)
  return { label: '*', text: event.type === 'gap' ? gapText(event.first, event.seq, event.reason) : happened(event) }
}

const LABELS: Readonly<Record<ReadMessage['seal'], string>> = {
  sealed: '',
  none: ' (not sealed)',
  other_key: ' (under another key)',
  repeated: ' (said before)',
  unreadable: '',
}

function messageText({ seal, contentType, payload, from: { username } }: ReadMessage): EventText {
  if (contentType === SEALING_KEY_TYPE) return { label: '*', text: `${username} tells a new key to seal for` }
  if (seal === 'unreadable') return { label: '*', text: `${username} sealed something that cannot be opened here` }
  return { label: `${username}${LABELS[seal]}:`, text: payload }
}

const GONE = {
  retention: 'the server keeps messages for a while only',
  restored: 'the server went back to a backup',
  forgotten: 'this device keeps the newest, and those that nobody has read',
} as const

function gapText(first: number, last: number, reason: keyof typeof GONE): string {
  return `events ${first} to ${last} are no more: ${GONE[reason]}`
}

function happened(event: Exclude<ReadEvent, { readonly type: 'message' | 'gap' }>): string {
  const who = event.from.username
  switch (event.type) {
    case 'started':
      return `${who} began the conversation`
    case 'invited':
      return `${who} invited ${event.invitee.username}, ${event.invitee.fingerprint}`
    case 'accepted':
      return `${who} accepted`
    case 'joined':
      return `${event.member.username} is a member now, ${event.member.fingerprint}`
    case 'declined':
      return `${who} declined${because(event.reason)}`
    case 'cancelled':
      return `${who} took an invitation back${because(event.reason)}`
    case 'expired':
      return 'an invitation was not answered in time'
    case 'left':
      return `${who} ${LEFT[event.reason]}${because(event.text)}`
    case 'renewed':
      return `${who} renewed the certificate: ${event.from.fingerprint} in place of ${event.previous}`
  }
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason}`
}
