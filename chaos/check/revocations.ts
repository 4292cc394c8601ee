import type { Call, DeviceEntry, Ending, Fault } from '../history/entry.js'
import type { History } from '../history/history.js'
import type { Log, Logs } from './logs.js'
import { type Observation, observationsOf } from './observations.js'
import { type Send, type Sends, sendKey } from './sends.js'
import { type Violation, violation } from './violation.js'

/** So long after the answer to a revocation a frame may still pass (issue 6). */
export const REVOCATION_MS = 1000
/** What is broken between several hubs delays the news; it is there so long after all is whole. */
export const NEWS_MS = 5000

/**
 * A second after a revocation was answered nothing that begins is done for that certificate, and nothing that begins
 * is told to it. What was on its way may arrive at any time: readers stall.
 */
export function findUsesAfterRevocation({ devices, run }: History, logs: Logs, sends: Sends): readonly Violation[] {
  const delays = run.flatMap((entry) => (entry.kind === 'fault' && entry.delaysNews ? [entry] : []))
  const ends = new Ends(
    devices.flatMap(({ entries }) => entries),
    delays.sort((a, b) => a.since - b.since),
  )
  return [
    ...devices.flatMap(({ entries }) => findUses(entries, ends, sends)),
    ...[...logs.values()].flatMap((log) => findStored(log, ends, sends)),
  ]
}

/** From when on a certificate, by its fingerprint, is good for nothing. */
class Ends {
  readonly #ends = new Map<string, number>()

  constructor(entries: readonly DeviceEntry[], delays: readonly Fault[]) {
    for (const entry of entries) {
      if (entry.kind !== 'call' || !isEnding(entry) || !('result' in entry.outcome)) continue
      for (const fingerprint of entry.params.ends)
        this.#ends.set(fingerprint, Math.min(this.of(fingerprint), knownEverywhere(entry.t, delays)))
    }
  }

  of(fingerprint: string | null): number {
    return this.#ends.get(fingerprint ?? '') ?? Number.POSITIVE_INFINITY
  }
}

/** `delays` in the order in which they began. */
function knownEverywhere(answered: number, delays: readonly Fault[]): number {
  return delays.reduce(
    (end, { since, t }) => (since < end && t > answered ? Math.max(end, t + NEWS_MS) : end),
    answered + REVOCATION_MS,
  )
}

function isEnding(call: Call): call is Call & { readonly params: Ending } {
  return call.method === 'revoke' || call.method === 'recover' || call.method === 'deleteAccount'
}

function findUses(entries: readonly DeviceEntry[], ends: Ends, sends: Sends): readonly Violation[] {
  const certificates = new Map<number | null, string>()
  return entries.flatMap((entry) => {
    if (entry.kind === 'opened') certificates.set(entry.connection, entry.certificate)
    const certificate = entry.kind === 'call' ? entry.certificate : certificateOf(entry, certificates)
    const end = ends.of(certificate)
    const told = observationsOf(entry).filter((observation) => isSentAfter(observation, end, sends))
    return [
      ...(isDone(entry) && entry.since > end
        ? [violation('revocation', `${certificate} could still ${nameOf(entry)}`)]
        : []),
      ...told.map(({ event }) =>
        violation('revocation', `${certificate} was given ${event.seq} of ${event.conversation}, which was sent later`),
      ),
    ]
  })
}

function certificateOf(entry: DeviceEntry, certificates: ReadonlyMap<number | null, string>): string | null {
  return 'connection' in entry ? (certificates.get(entry.connection) ?? null) : null
}

/** What the hub did for somebody. */
function isDone(entry: DeviceEntry): entry is DeviceEntry & { readonly since: number } {
  return entry.kind === 'opened' || (entry.kind === 'call' && 'result' in entry.outcome)
}

const nameOf = (entry: DeviceEntry) => (entry.kind === 'call' ? entry.method : 'connect')

function isSentAfter({ event }: Observation, end: number, sends: Sends): boolean {
  if (event.type !== 'message') return false
  return areAllAfter(sends.get(sendKey(event.from.username, event.conversation, event.messageId)), end)
}

function areAllAfter(attempts: readonly Send[] = [], end: number): boolean {
  return attempts.length > 0 && attempts.every(({ since }) => since > end)
}

/** Messages that are in the log, whether they were answered or not. */
function findStored({ places }: Log, ends: Ends, sends: Sends): readonly Violation[] {
  return [...places.values()].flatMap(({ event }) => {
    if (event.type !== 'message') return []
    const { username, fingerprint } = event.from
    const attempts = sends.get(sendKey(username, event.conversation, event.messageId))
    const own = attempts?.filter(({ certificate }) => certificate === fingerprint)
    if (!areAllAfter(own, ends.of(fingerprint)) || own?.some(isDone)) return []
    return [violation('revocation', `${fingerprint} could still send ${event.seq} of ${event.conversation}`)]
  })
}
