import type { ErrorCode } from '../../errors.js'
import type { IdentityMeter } from '../../identity/meter.js'
import { Durations } from './distribution.js'
import type { Exposition } from './exposition.js'
import { ByLabel, Tally } from './tally.js'

/** What the identity service counts. */
export class IdentityFigures implements IdentityMeter {
  readonly logins = new Tally('ok', 'invalid_credentials', 'account_locked', 'rate_limited', 'busy')
  readonly waits = new Durations()
  readonly hashes = new ByLabel(() => new Durations())
  readonly ocsp = new Tally('successful')

  login(result: 'ok' | ErrorCode): void {
    this.logins.add(result)
  }

  waited(ms: number): void {
    this.waits.observeMs(ms)
  }

  hashed(task: 'hash' | 'compare', ms: number): void {
    this.hashes.of(task).observeMs(ms)
  }

  expose(exposition: Exposition): void {
    exposition.counter(
      {
        name: 'hermes_logins_total',
        help: 'Passwords that were checked, or refused unchecked, by what came of it: ok, or the code of the refusal.',
        labels: ['result'],
      },
      () => this.logins.samples,
    )
    exposition.histogram(
      { name: 'hermes_password_wait_seconds', help: 'Time for which a password waited for a thread.' },
      () => [[[], this.waits]],
    )
    exposition.histogram(
      {
        name: 'hermes_password_hash_seconds',
        help: 'Time of one bcrypt in a thread: hash of a new password, compare of one with its hash.',
        labels: ['task'],
      },
      () => this.hashes.samples((durations) => durations),
    )
    exposition.counter(
      { name: 'hermes_ocsp_responses_total', help: 'OCSP answers by their status.', labels: ['status'] },
      () => this.ocsp.samples,
    )
  }
}
