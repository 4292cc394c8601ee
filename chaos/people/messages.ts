import { v7 } from 'uuid'
import { Refusal } from '../../src/client/refusal.js'
import type { Random } from '../random.js'
import type { Device } from './device.js'
import { isExpected } from './recorder.js'
import { callByRest } from './rest.js'

export interface Message {
  readonly conversation: string
  readonly messageId: string
  readonly payload: string
  readonly contentType?: string
}

const BY_REST = 0.1
const ANSWERED_MAX = 20
const ACKNOWLEDGES_OWN = 0.5
/** What JSON, UTF-8 and terminals stumble over. */
const PIECES = [
  'word ',
  'Ω',
  'é',
  'e\u0301',
  '🙂',
  '"',
  '\\',
  '\n',
  '\u0000',
  '\u2028',
  '</script>',
  '\u202e',
  '漢字',
  '{"a":1}',
]
const LENGTHS = { short: 75, long: 22, large: 3 } as const
const PIECES_MAX = { short: 20, long: 400, large: 8000 } as const

/** Something new in one of his conversations. */
export async function say(device: Device): Promise<void> {
  const { person, random } = device
  const conversation = random.pick(person.memberships)
  if (conversation === null) return
  const contentType = random.chance(0.2) ? { contentType: 'text/plain' } : {}
  await send(device, { conversation, messageId: v7(), payload: createPayload(random), ...contentType })
}

/** What he does not know to be stored, again; or what he knows is. */
export async function sayAgain(device: Device): Promise<void> {
  const { person, random } = device
  const unanswered = person.unanswered.shift()
  if (unanswered) return send(device, unanswered)
  const answered = random.pick(person.answered)
  if (!answered) return
  const isOther = random.chance(0.2)
  await deliver(device, isOther ? { ...answered, payload: `${answered.payload}?` } : answered).catch(ifExpected)
}

export async function signal(device: Device): Promise<void> {
  const conversation = device.random.pick(device.person.memberships)
  if (conversation === null) return
  await device.connection?.call('signal', {
    conversation,
    payload: createPayload(device.random).slice(0, 1000).toWellFormed(),
  })
}

/** Sends it; it is kept to be sent again while it may be stored or not. */
async function send(device: Device, message: Message): Promise<void> {
  const { person } = device
  try {
    await deliver(device, message)
    person.answered.push(message)
    if (person.answered.length > ANSWERED_MAX) person.answered.shift()
  } catch (error) {
    ifExpected(error)
    if (!(error instanceof Refusal) || error.retryable || error.code.startsWith('certificate_'))
      person.unanswered.push(message)
  }
}

async function deliver(device: Device, message: Message): Promise<void> {
  const { connection, random } = device
  const byRest = !connection?.isOpen || random.chance(BY_REST)
  const { seq } = byRest ? await callByRest(device, 'send', message) : await connection.call('send', message)
  if (!byRest && (device.isEager || random.chance(ACKNOWLEDGES_OWN))) device.hasOwn(message.conversation, seq)
}

function ifExpected(error: unknown): void {
  if (!isExpected(error)) throw error
}

function createPayload(random: Random): string {
  const pieces = random.int(0, PIECES_MAX[random.weighted(LENGTHS)])
  return Array.from({ length: pieces }, () => random.pick(PIECES))
    .join('')
    .slice(0, 20_000)
    .toWellFormed()
}
