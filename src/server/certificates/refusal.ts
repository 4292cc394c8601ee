import { HermesError } from '../../errors.js'

/** A file at fault and what to do about it, as one line; becomes the start error. */
export function refusal(file: string, problem: string, remedy: string, cause?: unknown): HermesError {
  const line = `${file}: ${problem}; ${remedy}`.replace(/\s*\n\s*/g, ' ')
  return new HermesError('invalid_request', line, { cause })
}

/** Runs `step`; whatever it throws becomes a refusal of `file`, unless it is one already. */
export function blaming<T>(file: string, remedy: string, step: () => T): T {
  try {
    return step()
  } catch (cause) {
    if (cause instanceof HermesError) throw cause
    throw refusal(file, cause instanceof Error ? cause.message : String(cause), remedy, cause)
  }
}

/** The code of a system error such as ENOENT, undefined for any other error. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
