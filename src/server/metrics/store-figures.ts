import type { ErrorCode } from '../../errors.js'
import type { ChangeName } from '../../store/changes/changes.js'
import type { StoreMeter, Transaction } from '../../store/meter.js'
import { Distribution, Durations, NUMBERS } from './distribution.js'
import type { Exposition, Sample } from './exposition.js'
import { Tally } from './tally.js'

/** Changes after which there is one certificate more, by what authorises it; and those that revoke, by who asks. */
const ISSUES = { register: 'registration', renew: 'key', recover: 'password' } as const
const REVOKES = { revoke: 'owner', revokeOfUser: 'administrator' } as const

/** What the store counts. */
export class StoreFigures implements StoreMeter {
  readonly commits = new Durations()
  readonly pieces = new Distribution(NUMBERS)
  readonly appends = new Durations()
  readonly changes = new Tally(...Object.keys(ISSUES), ...Object.keys(REVOKES))
  failures = 0

  committed({ pieces, ms, isTaken }: Transaction): void {
    this.commits.observeMs(ms)
    this.pieces.observe(pieces)
    if (!isTaken) this.failures += 1
  }

  appended(ms: number): void {
    this.appends.observeMs(ms)
  }

  changed(name: ChangeName, code: ErrorCode | null): void {
    if (code === null) this.changes.add(name)
  }

  expose(exposition: Exposition): void {
    exposition.histogram(
      { name: 'hermes_store_commit_seconds', help: 'Time of a transaction, until it is on the disk.' },
      () => [[[], this.commits]],
    )
    exposition.histogram({ name: 'hermes_store_commit_size', help: 'Pieces of work in a transaction.' }, () => [
      [[], this.pieces],
    ])
    exposition.counter(
      { name: 'hermes_store_commit_failures_total', help: 'Transactions of which the database refused something.' },
      () => [[[], this.failures]],
    )
    exposition.histogram(
      {
        name: 'hermes_store_append_seconds',
        help: 'Time from an event given to the store until it is on the disk, waiting for the transaction before it included.',
      },
      () => [[[], this.appends]],
    )
    this.#exposeAccounts(exposition)
  }

  #exposeAccounts(exposition: Exposition): void {
    exposition.counter({ name: 'hermes_registrations_total', help: 'Users registered.' }, () => [
      [[], this.changes.of('register')],
    ])
    exposition.counter(
      {
        name: 'hermes_certificates_issued_total',
        help: 'Certificates of users issued, by what authorised it.',
        labels: ['authorised_by'],
      },
      () => this.#named(ISSUES),
    )
    exposition.counter(
      {
        name: 'hermes_certificates_revoked_total',
        help: 'Revocations, each of one certificate or of all that a user has, by who asked for it.',
        labels: ['by'],
      },
      () => this.#named(REVOKES),
    )
  }

  #named(labels: Readonly<Record<string, string>>): readonly Sample[] {
    return Object.entries(labels).map(([change, label]) => [[label], this.changes.of(change)])
  }
}
