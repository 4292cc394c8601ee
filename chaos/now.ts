const origin = performance.now()

/** Milliseconds since the run began: one clock, that nothing sets. */
export function now(): number {
  return Math.round((performance.now() - origin) * 1000) / 1000
}
