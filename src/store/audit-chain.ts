import { setImmediate } from 'node:timers/promises'
import { type AuditHead, type AuditRecord, type AuditStore, auditHash, NO_HEAD } from './audit.js'

/** Rows that are read at once; between two pages others have their turn. */
const PAGE = 1000

/** The first row of an audit log that is not as it was written. */
export interface BrokenRow {
  readonly seq: number
  /** One sentence. */
  readonly reason: string
}

/** Follows an audit log row by row. What comes behind a broken row proves nothing, so that it stops there. */
export class AuditChain {
  #head: AuditHead = NO_HEAD
  #broken: BrokenRow | null = null
  readonly #sought: string | null
  #isFound: boolean

  /** `sought`: a hash that was the newest once, and must be there still. */
  constructor(sought: string | null) {
    this.#sought = sought
    this.#isFound = sought === null || sought === NO_HEAD.hash
  }

  /** The last row that is as it was written. */
  get head(): AuditHead {
    return this.#head
  }

  /** Takes the next rows; false when there is no need for more. */
  follow(records: readonly AuditRecord[]): boolean {
    for (const record of records) {
      this.#broken = whyBroken(this.#head, record)
      if (this.#broken) return false
      this.#head = { seq: record.seq, hash: record.hash }
      if (record.hash === this.#sought) this.#isFound = true
    }
    return true
  }

  /** When all rows were taken: what is broken, or null. */
  end(): BrokenRow | null {
    if (this.#broken || this.#isFound) return this.#broken
    const { seq } = this.#head
    const why = seq === 0 ? 'the log is empty, begun anew, or another one' : 'the log was cut off, or begun anew'
    return { seq: seq + 1, reason: `The row with the hash ${this.#sought} is missing: ${why}` }
  }
}

/** Follows a whole log; `sought` as for `AuditChain`. */
export async function followAudit(store: AuditStore, sought: string | null): Promise<AuditChain> {
  const chain = new AuditChain(sought)
  for (;;) {
    const page = await store.listAudit({ subject: null, after: chain.head.seq, limit: PAGE })
    if (!chain.follow(page) || page.length < PAGE) return chain
    await setImmediate()
  }
}

function whyBroken(head: AuditHead, record: AuditRecord): BrokenRow | null {
  const { seq, previousHash, hash } = record
  const expected = head.seq + 1
  if (seq !== expected) return { seq: expected, reason: `Row ${expected} is missing` }
  const hasTime = !Number.isNaN(record.at.getTime())
  if (!hasTime || auditHash(record) !== hash) return { seq, reason: `Row ${seq} was changed` }
  if (previousHash !== head.hash)
    return { seq, reason: `Row ${seq} does not follow row ${head.seq}: one of them was replaced` }
  return null
}
