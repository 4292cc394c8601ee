import type { ErrorCode } from '../../errors.js'
import type { Reply } from '../../hub/operations/operation.js'
import { CLOSE } from '../../wire/frames.js'
import { Durations } from './distribution.js'
import type { Exposition } from './exposition.js'
import { ByLabel, Tally } from './tally.js'

/** What else may close a WebSocket: its client, nobody, or ws itself [RFC 6455 7.4.1]. */
const CLOSE_CODES = new Set([1000, 1001, 1002, 1005, 1006, 1007, 1009, ...Object.values(CLOSE).map(({ code }) => code)])

class Answered {
  readonly seconds = new Durations()
  readonly codes = new Tally('ok', 'internal')
}

/** What the hub listener counts: operations of both faces, and WebSockets. */
export class WireFigures {
  readonly operations = new ByLabel(() => new Answered())
  readonly sent = { answer: 0, event: 0, notification: 0 }
  readonly closes = new Tally('1000')
  readonly refusedUpgrades = new Tally()
  received = 0
  invalid = 0
  upgrades = 0

  /** The same reply, counted and timed from now on. */
  timed(operation: string, reply: Reply<unknown>): Reply<unknown> {
    const since = performance.now()
    return (answer) => {
      const answered = this.operations.of(operation)
      answered.seconds.observeMs(performance.now() - since)
      answered.codes.add('error' in answer ? answer.error.code : 'ok')
      reply(answer)
    }
  }

  closed(code: number): void {
    this.closes.add(CLOSE_CODES.has(code) ? String(code) : 'other')
  }

  upgradeRefused(code: ErrorCode): void {
    this.refusedUpgrades.add(code)
  }

  expose(exposition: Exposition): void {
    exposition.histogram(
      {
        name: 'hermes_operation_seconds',
        help: 'Time of an operation of the hub, over WebSocket or REST, until it was answered.',
        labels: ['operation'],
      },
      () => this.operations.samples(({ seconds }) => seconds),
    )
    exposition.counter(
      {
        name: 'hermes_operations_total',
        help: 'Operations of the hub by what was answered: ok, or the code of the refusal.',
        labels: ['operation', 'code'],
      },
      () =>
        [...this.operations].flatMap(([operation, { codes }]) =>
          [...codes].map(([code, count]) => [[operation, code], count] as const),
        ),
    )
    this.#exposeWebSockets(exposition)
  }

  #exposeWebSockets(exposition: Exposition): void {
    exposition.counter({ name: 'hermes_upgrades_total', help: 'WebSockets opened.' }, () => [[[], this.upgrades]])
    exposition.counter(
      {
        name: 'hermes_upgrade_rejected_total',
        help: 'WebSockets refused, by the code of the refusal.',
        labels: ['reason'],
      },
      () => this.refusedUpgrades.samples,
    )
    exposition.counter(
      { name: 'hermes_closes_total', help: 'WebSockets closed, by close code.', labels: ['code'] },
      () => this.closes.samples,
    )
    exposition.counter({ name: 'hermes_frames_received_total', help: 'Frames that clients sent.' }, () => [
      [[], this.received],
    ])
    exposition.counter({ name: 'hermes_frames_invalid_total', help: 'Those that were no request.' }, () => [
      [[], this.invalid],
    ])
    exposition.counter({ name: 'hermes_frames_sent_total', help: 'Frames sent to clients.', labels: ['kind'] }, () =>
      Object.entries(this.sent).map(([kind, count]) => [[kind], count]),
    )
  }
}
