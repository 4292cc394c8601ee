import { ClientError } from '../../src/client/client-error.js'
import { Refusal } from '../../src/client/refusal.js'
import type { CallMethod, Calls, DeviceEntry, Outcome } from '../history/entry.js'
import type { HistoryFile } from '../history/file.js'
import { now } from '../now.js'

/** The server went away, or never answered: whether the call took effect is not known. */
export class Lost extends Error {
  override readonly name = 'Lost'
}

/** Over what a call goes. */
export interface Via {
  readonly connection: number | null
  readonly certificate: string | null
}

/** Writes down what one device does and sees. */
export class Recorder {
  readonly #file: HistoryFile

  constructor(file: HistoryFile) {
    this.#file = file
  }

  write(entry: DeviceEntry): void {
    this.#file.write(entry)
  }

  /** Writes down a call whose outcome is known. */
  called<M extends CallMethod>(
    method: M,
    params: Calls[M][0],
    { connection, certificate }: Via,
    since: number,
    outcome: Outcome<Calls[M][1]>,
  ): void {
    this.write({ kind: 'call', t: now(), since, connection, certificate, method, params, outcome } as DeviceEntry)
  }

  /** Makes a call by REST, and writes down what became of it. */
  async rest<M extends CallMethod, R>(
    method: M,
    params: Calls[M][0],
    certificate: string | null,
    make: () => Promise<R>,
    toResult: (answer: R) => Calls[M][1],
  ): Promise<R> {
    const since = now()
    const via = { connection: null, certificate }
    try {
      const answer = await make()
      this.called(method, params, via, since, { result: toResult(answer) })
      return answer
    } catch (error) {
      this.called(method, params, via, since, outcomeOf(error))
      throw error
    }
  }
}

export function outcomeOf(error: unknown): Outcome<never> {
  if (error instanceof Refusal) return { refused: error.code }
  if (error instanceof ClientError || error instanceof Lost) return { lost: error.message }
  return { wrong: error instanceof Error ? error.message : String(error) }
}

/** Whether an error is one that must be expected while things break. */
export function isExpected(error: unknown): boolean {
  return error instanceof Refusal || error instanceof ClientError || error instanceof Lost
}
