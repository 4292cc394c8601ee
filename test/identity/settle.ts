import { HermesError } from '../../src/errors.js'

function codeOf(result: PromiseSettledResult<unknown>): string {
  if (result.status === 'fulfilled') return 'ok'
  return result.reason instanceof HermesError ? result.reason.code : String(result.reason)
}

/** How many of the promises ended how: `ok` or the code of the refusal. */
export async function settle(promises: readonly Promise<unknown>[]): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (const result of await Promise.allSettled(promises)) counts[codeOf(result)] = (counts[codeOf(result)] ?? 0) + 1
  return counts
}
