import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import type { Test } from 'tap'
import { type Fields, type HubClient, RpcFailure } from '../../support/hub-client.js'
import { type Random, seeded } from '../../support/seeded.js'
import { startServer, type TestServer } from '../../support/server.js'
import type { User } from '../../support/user.js'

const REPETITIONS = 200
/** Races run at once, each in an arena of its own: so they also meet the commits of the others. */
export const LANES = 4
const SEED = Number(process.env.RACE_SEED ?? 20_260_301)
const GAP_MS = 3

const NO_LIMITS = {
  HERMES_STARTS_PER_HOUR: '0',
  HERMES_OPEN_INVITATIONS_MAX: '0',
  HERMES_OPEN_INVITATIONS_TO_ONE_MAX: '0',
  HERMES_MEMBERSHIPS_MAX: '0',
}

/** A server on which everything may be done as often as races need it. */
export function raceServer(t: Test): Promise<TestServer> {
  return startServer(t, NO_LIMITS)
}

/** Runs `round` so often, in every lane one after another; what it throws is told with the seed. */
export async function repeat(t: Test, round: (random: Random, lane: number) => Promise<void>): Promise<void> {
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    for (let n = lane; n < REPETITIONS; n += LANES)
      await round(seeded(SEED + n), lane).catch((cause: unknown) => {
        const message = cause instanceof Error ? cause.message : 'no Error'
        throw new Error(`repetition ${n} of RACE_SEED=${SEED}: ${message}`, { cause })
      })
  })
  await Promise.all(lanes)
  t.pass(`${REPETITIONS} repetitions`)
}

/** What a contestant came to: its answer, or the code of its refusal. */
export type Outcome = { readonly answer: Fields } | { readonly refused: string; readonly data: object }

export type Act = () => Promise<Fields>

/** Lets acts begin in any order, close to each other; their outcomes are in the order given. */
export function atOnce(random: Random, acts: readonly Act[]): Promise<readonly Outcome[]> {
  const begins = acts.map((act) => ({
    act,
    gap: random() < 0.5 ? 0 : random() * GAP_MS,
    turns: Math.floor(random() * 4),
  }))
  return Promise.all(
    begins.map(async ({ act, gap, turns }) => {
      if (gap > 0) await pause(gap)
      for (let n = 0; n < turns; n += 1) await turn()
      return outcomeOf(act())
    }),
  )
}

async function outcomeOf(answering: Promise<Fields>): Promise<Outcome> {
  try {
    return { answer: await answering }
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error
    return { refused: String(error.data.code), data: error.data }
  }
}

export function answersOf(outcomes: readonly Outcome[]): readonly Fields[] {
  return outcomes.flatMap((outcome) => ('answer' in outcome ? [outcome.answer] : []))
}

export function refusalsOf(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.flatMap((outcome) => ('refused' in outcome ? [outcome.refused] : []))
}

/** A call over the other face. Rejects with RpcFailure as the WebSocket does. */
export async function rest(user: User, path: string, body: object, device = 'rest'): Promise<Fields> {
  const answer = await user.call('POST', `${path}?device=${device}`, body)
  if (answer.status < 400) return answer.json<Fields>()
  const problem = answer.json<{ readonly code: string; readonly detail: string }>()
  throw new RpcFailure({ code: answer.status, message: problem.detail, data: problem })
}

/** The events of a conversation behind `after`, as the log has them. */
export async function logAfter(client: HubClient, conversation: string, after: number): Promise<readonly Fields[]> {
  const { events } = await client.call('history', { conversation, after, limit: 500 })
  return events
}
