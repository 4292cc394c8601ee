import type { Pin } from '../../src/client/certificates.js'
import { applyEvent, begin, NOBODY, type NumberedEvent } from '../../src/client/log/apply.js'
import type { LogState } from '../../src/client/log/state.js'
import { verifyMembership } from '../../src/client/membership.js'
import type { History } from '../history/history.js'
import type { Log, Logs } from './logs.js'
import { type Violation, violation } from './violation.js'

/** Each `joined` verifies offline, and each log follows the rules by which clients verify it. */
export async function findForgeries({ pin }: History, logs: Logs): Promise<readonly Violation[]> {
  const found: Violation[] = []
  for (const log of logs.values()) {
    const failure = await failureOf(verifyLog(pin, log))
    if (failure !== null) found.push(violation('membership', `${log.conversation}: ${failure}`))
  }
  return found
}

/** Where nobody saw an event, what follows it cannot be verified from it: `joined` has to stand by itself. */
async function verifyLog(pin: Pin, { places }: Log): Promise<void> {
  const events = [...places.values()].map(({ event }) => event)
  const whole = events.findIndex(({ seq }, index) => seq !== index + 1)
  const rest = whole < 0 ? [] : events.slice(whole)
  await verifyFromStart(pin, events.slice(0, events.length - rest.length))
  for (const event of rest) if (event.type === 'joined') await verifyMembership(pin, event)
}

async function verifyFromStart(pin: Pin, [first, ...rest]: readonly NumberedEvent[]): Promise<void> {
  if (!first) return
  const verifier = { pin, username: first.from.username }
  let state: LogState = (await begin(verifier, first, NOBODY)).state
  for (const event of rest) state = (await applyEvent(state, verifier, event)).state
}

async function failureOf(verification: Promise<void>): Promise<string | null> {
  try {
    await verification
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
