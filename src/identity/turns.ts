/** Runs a task when the earlier ones of the same key have ended, whatever their outcome. */
export type TakeTurn = <T>(key: string, task: () => Promise<T>) => Promise<T>

/** One line for each key; a key is forgotten with its last task. */
export function createTurns(): TakeTurn {
  const tails = new Map<string, Promise<unknown>>()
  return async (key, task) => {
    const result = (tails.get(key) ?? Promise.resolve()).then(task)
    const tail = result.catch(() => undefined)
    tails.set(key, tail)
    try {
      return await result
    } finally {
      if (tails.get(key) === tail) tails.delete(key)
    }
  }
}
