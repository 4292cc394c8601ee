/** Whatever hangs, hangs no longer. */
const PATIENCE_MS = 60_000

/** Rejects when the story takes too long, or somebody does not want to see its end. */
export function impatience(ms = PATIENCE_MS): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('it took too long')), ms).unref()
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => reject(new Error(`stopped by ${signal}`)))
  })
}
