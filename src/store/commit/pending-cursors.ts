import type { HermesError } from '../../errors.js'
import type { CursorMove } from './batch.js'

export type CursorCallback = (failure: HermesError | null) => void

export interface PendingMove extends CursorMove {
  readonly callbacks: readonly CursorCallback[]
}

interface Entry {
  value: number
  callbacks: CursorCallback[]
}

/** Acknowledgements that no commit has taken yet: for each device and target the highest. */
export class PendingCursors {
  readonly #devices = new Map<number, Map<number | string, Entry>>()

  move({ deviceId, target, value }: CursorMove, callbacks: readonly CursorCallback[]): void {
    let targets = this.#devices.get(deviceId)
    if (targets === undefined) {
      targets = new Map()
      this.#devices.set(deviceId, targets)
    }
    const entry = targets.get(target)
    if (entry === undefined) {
      targets.set(target, { value, callbacks: [...callbacks] })
      return
    }
    entry.value = Math.max(entry.value, value)
    entry.callbacks.push(...callbacks)
  }

  has(deviceId: number): boolean {
    return this.#devices.has(deviceId)
  }

  takeAll(): readonly PendingMove[] {
    const moves: PendingMove[] = []
    for (const [deviceId, targets] of this.#devices)
      for (const [target, { value, callbacks }] of targets) moves.push({ deviceId, target, value, callbacks })
    this.#devices.clear()
    return moves
  }
}
