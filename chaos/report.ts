import { gapsTold } from './check/logs.js'
import { observationsBy } from './check/observations.js'
import { RULES, type Violation } from './check/violation.js'
import type { History } from './history/history.js'

const SHOWN_MAX = 10

/** What happened, and what was wrong with it, for people. */
export function report(history: History, violations: readonly Violation[]): string {
  return [...countsOf(history), '', ...verdictOf(violations)].join('\n')
}

function countsOf(history: History): readonly string[] {
  const { devices, run } = history
  const entries = devices.flatMap((device) => device.entries)
  const count = (fits: (entry: (typeof entries)[number]) => boolean) => entries.filter(fits).length
  const events = devices.reduce((sum, device) => sum + [...observationsBy(device)].length, 0)
  const rss = Math.max(0, ...run.map((entry) => (entry.kind === 'memory' ? entry.rss : 0)))
  const settled = devices.filter((device) => device.entries.some(({ kind }) => kind === 'settled'))
  return [
    `users ${new Set(devices.map(({ username }) => username)).size}, devices ${devices.length}, of which ${settled.length} to the end`,
    `connections ${count(({ kind }) => kind === 'opened')}, events received ${events}, gaps ${entries.flatMap(gapsTold).length}`,
    ...outcomesOf(history),
    `faults: ${tally(run.flatMap((entry) => (entry.kind === 'fault' ? [entry.fault] : [])))}`,
    `resident memory of a hub: ${Math.round(rss / 1024 / 1024)} MiB at most`,
  ]
}

/** Calls by method, and by what became of them. */
function outcomesOf({ devices }: History): readonly string[] {
  const calls = devices.flatMap(({ entries }) => entries.flatMap((entry) => (entry.kind === 'call' ? [entry] : [])))
  const methods = [...new Set(calls.map(({ method }) => method))].sort()
  return methods.map((method) => {
    const outcomes = calls
      .filter((call) => call.method === method)
      .map(({ outcome }) => {
        if ('result' in outcome) return 'answered'
        if ('refused' in outcome) return outcome.refused
        return 'lost' in outcome ? 'lost' : 'wrong'
      })
    return `  ${method}: ${tally(outcomes)}`
  })
}

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  const inOrder = [...counts].sort(([, a], [, b]) => b - a)
  return inOrder.map(([word, count]) => `${count} ${word}`).join(', ') || 'none'
}

function verdictOf(violations: readonly Violation[]): readonly string[] {
  if (violations.length === 0) return ['No violations.']
  return Object.entries(RULES).flatMap(([rule, meaning]) => {
    const found = violations.filter((violation) => violation.rule === rule)
    if (found.length === 0) return []
    return [`${rule}, ${found.length} times: ${meaning}`, ...found.slice(0, SHOWN_MAX).map(({ what }) => `  ${what}`)]
  })
}
