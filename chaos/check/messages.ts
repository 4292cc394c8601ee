import type { NumberedEvent } from '../../src/client/log/apply.js'
import { getOrSet, type Logs } from './logs.js'
import { contentOf } from './observations.js'
import { type Send, type Sends, sendKey } from './sends.js'
import { type Violation, violation } from './violation.js'

type Message = Extract<NumberedEvent, { type: 'message' }>

const keyOf = ({ from, conversation, messageId }: Message) => sendKey(from.username, conversation, messageId)

/** One seq for each (sender, messageId), which every answer names; one answer at most says that it is new. */
export function findDoubles(logs: Logs, sends: Sends): readonly Violation[] {
  const stored = storedSeqs(logs)
  const twice = [...stored].filter(([, seqs]) => seqs.size > 1)
  return [
    ...twice.map(([key, seqs]) => violation('once', `${key} is stored at ${[...seqs].join(' and ')}`)),
    ...[...sends].flatMap(([key, attempts]) => faultsOfAnswers(key, attempts, stored.get(key), logs)),
  ]
}

function storedSeqs(logs: Logs): ReadonlyMap<string, ReadonlySet<number>> {
  const stored = new Map<string, Set<number>>()
  for (const { places } of logs.values())
    for (const [seq, { event }] of places)
      if (event.type === 'message') getOrSet(stored, keyOf(event), () => new Set<number>()).add(seq)
  return stored
}

function faultsOfAnswers(
  key: string,
  attempts: readonly Send[],
  stored: ReadonlySet<number> | undefined,
  logs: Logs,
): readonly Violation[] {
  const answers = attempts.flatMap(({ outcome }) => ('result' in outcome ? [outcome.result] : []))
  const seqs = [...new Set(answers.map(({ seq }) => seq))]
  const [seq] = seqs
  const found: Violation[] = []
  if (seqs.length > 1) found.push(violation('once', `${key} was answered ${seqs.join(' and ')}`))
  if (answers.filter(({ duplicate }) => !duplicate).length > 1)
    found.push(violation('once', `${key} was answered as new twice`))
  if (seq === undefined || seqs.length > 1) return found
  if (stored && !stored.has(seq))
    found.push(violation('once', `${key} was answered ${seq}, and is at ${[...stored].join(' and ')}`))
  if (!stored && isTaken(logs, attempts, seq))
    found.push(violation('loss', `${key} was answered ${seq}, where something else is`))
  return found
}

function isTaken(logs: Logs, [attempt]: readonly Send[], seq: number): boolean {
  return logs.get(attempt?.params.conversation ?? '')?.places.has(seq) ?? false
}

/** Whatever is a message was sent by its sender, and says bit for bit what he sent. */
export function findAltered(logs: Logs, sends: Sends): readonly Violation[] {
  return versionsOf(logs).flatMap(({ event }) => {
    if (event.type !== 'message') return []
    const attempts = sends.get(keyOf(event)) ?? []
    if (attempts.some((attempt) => isOf(attempt, event))) return []
    const where = `${event.seq} of ${event.conversation} by ${event.from.username}`
    return [violation('payload', `${where} ${attempts.length > 0 ? 'is not what he sent' : 'was never sent'}`)]
  })
}

/** A refusal may come of a store that was gone in the middle of a commit, but not where the content is the reason. */
function isOf({ params, outcome }: Send, { payload, contentType }: Message): boolean {
  const isConflict = 'refused' in outcome && outcome.refused === 'message_conflict'
  return !isConflict && params.payload === payload && params.contentType === contentType
}

/** All members see the same event at one seq. */
export function findDisagreements(logs: Logs): readonly Violation[] {
  return versionsOf(logs)
    .filter(({ event, place }) => contentOf(event) !== contentOf(place) && !isSameButForPayload(event, place))
    .map(({ event, place }) =>
      violation('order', `${event.seq} of ${event.conversation} is ${event.type} to some, ${place.type} to others`),
    )
}

/** `findAltered` says which of them is wrong. */
function isSameButForPayload(a: NumberedEvent, b: NumberedEvent): boolean {
  return (
    a.type === 'message' &&
    b.type === 'message' &&
    contentOf({ ...a, payload: '' }) === contentOf({ ...b, payload: '' })
  )
}

function versionsOf(logs: Logs): readonly { readonly event: NumberedEvent; readonly place: NumberedEvent }[] {
  return [...logs.values()].flatMap(({ places }) =>
    [...places.values()].flatMap(({ event: place, versions }) => versions.map((event) => ({ event, place }))),
  )
}
