import { type AuditHead, type AuditRecord, type AuditStore, NO_HEAD } from '../store/audit.js'
import type { Delivery } from './delivery/delivery.js'
import type { Session } from './delivery/session.js'

/** Rows read at once. */
const PAGE = 200

/** After these a certificate or an account may no longer be good, or not for as long. */
const STANDING: ReadonlySet<string> = new Set(['renew', 'recover', 'revoke', 'delete-account', 'disable'])
/** After these those of anybody. */
const OF_ALL: ReadonlySet<string> = new Set(['revoke-ca', 'root-crl', 'retire-ca'])

export interface AccountWatchOptions {
  readonly audit: AuditStore
  readonly delivery: Pick<Delivery, 'all' | 'look'>
  /** Wrong passwords of an account are forgiven. */
  readonly unlocked: (username: string) => void
  /** Certificates of the server's own were revoked, those of this node among them. */
  readonly serverRevoked: () => void
  /** So many connections were ended for what the bus had not said. */
  readonly rescued: (count: number) => void
  /** Rows that were seen are there no longer. */
  readonly wentBack: () => void
}

/**
 * Follows what any node does with accounts, by the audit log, which has everything in the order in which it became so:
 * what the bus lost is noticed within a moment all the same, at the cost of one look for its newest rows.
 */
export class AccountWatch {
  readonly #options: AccountWatchOptions
  /** The last row that was seen; null before the first look. */
  #last: AuditHead | null = null

  constructor(options: AccountWatchOptions) {
    this.#options = options
  }

  /** Called about twice a second; rejects where the store cannot be read, and goes on with the next. */
  async round(): Promise<void> {
    if (this.#last === null) return this.#begin()
    for (let isMore = true; isMore; ) {
      const page = await this.#next(this.#last)
      if (page === null) {
        this.#options.wentBack()
        return this.#begin()
      }
      const concerned = new Set(page.filter(({ action }) => STANDING.has(action)).map(({ subject }) => subject))
      const isOfAll = page.some(({ action }) => OF_ALL.has(action))
      await this.#look((session) => isOfAll || concerned.has(session.options.username))
      for (const { action, subject } of page) if (action === 'unlock') this.#options.unlocked(subject)
      if (page.some(({ action }) => action === 'revoke-server')) this.#options.serverRevoked()
      this.#last = page.at(-1) ?? this.#last
      isMore = page.length === PAGE
    }
  }

  async #begin(): Promise<void> {
    const { audit, delivery } = this.#options
    this.#last = await audit.auditHead()
    await delivery.look(delivery.all)
  }

  /** The rows behind the last, which is read once more: null where it is another by now. */
  async #next(last: AuditHead): Promise<readonly AuditRecord[] | null> {
    const { audit } = this.#options
    if (last.seq === NO_HEAD.seq) return audit.listAudit({ subject: null, after: 0, limit: PAGE })
    const [again, ...page] = await audit.listAudit({ subject: null, after: last.seq - 1, limit: PAGE + 1 })
    return again?.hash === last.hash ? page : null
  }

  async #look(isConcerned: (session: Session) => boolean): Promise<void> {
    const { delivery, rescued } = this.#options
    const concerned = [...delivery.all].filter((session) => !session.isClosed && isConcerned(session))
    if (concerned.length === 0) return
    await delivery.look(concerned)
    rescued(concerned.filter(({ refusal }) => refusal !== null).length)
  }
}
