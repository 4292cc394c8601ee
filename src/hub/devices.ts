import { LRUCache } from 'lru-cache'
import type { EventLog } from '../store/event-log.js'
import type { DeviceRecord } from '../store/records.js'

const REMEMBERED = 10_000
/** lastSeenAt is exact enough to forget a device after weeks. */
const SEEN_MS = 60 * 60 * 1000

/** Devices in use, so that a request need not write lastSeenAt each time. */
export class Devices {
  readonly #log: EventLog
  readonly #max: number
  readonly #now: () => Date
  readonly #known = new LRUCache<string, Promise<DeviceRecord>>({
    maxSize: REMEMBERED,
    sizeCalculation: () => 1,
    ttl: SEEN_MS,
  })

  constructor(log: EventLog, max: number, now: () => Date) {
    this.#log = log
    this.#max = max
    this.#now = now
  }

  /** The device of that name, made if need be. Rejects with `quota_exceeded` when there are too many. */
  open(userId: number, name: string): Promise<DeviceRecord> {
    const key = `${userId} ${name}`
    const known = this.#known.get(key)
    if (known) return known
    const opening = this.#log.openDevice(userId, name, this.#now(), this.#max)
    this.#known.set(key, opening)
    opening.catch(() => this.#known.delete(key))
    return opening
  }
}
